/** What a peer answers in a full compare is checked as it comes: nonsense is an offence of its sender, and nothing of it is used. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isShoalError } from 'shoal'
import type { shoal } from '#proto/generated/peer.js'
import { FullCompare } from '../../src/cluster/full-compare.ts'
import type { Bulk } from '../../src/cluster/wire.ts'
import { noMetrics } from '../../src/ports/metrics.ts'
import { SimulatedWorld } from '../../src/simulation/world.ts'
import { Replica } from './support/replica.ts'

const sums = (count: number) => new Uint8Array(8 * count)
const names = (count: number) => Array.from({ length: count }, (_, at) => `thing/${String(at).padStart(3, '0')}`)

const nonsense: Readonly<Record<string, shoal.peer.IRangeAnswer>> = {
  'no range': { ranges: [] },
  'the context of an answer before the first': { same: true, ranges: [{ sums: sums(0) }] },
  'more ranges than were asked for': { ranges: [{ sums: sums(1), actors: names(1) }, { sums: sums(0) }] },
  'a context that is none': { context: Uint8Array.of(9, 9), ranges: [{ sums: sums(0) }] },
  'a floor that is none': { floor: Uint8Array.of(9, 9), ranges: [{ sums: sums(0) }] },
  'fewer sums than actors': { ranges: [{ sums: sums(1), actors: names(2) }] },
  'both cuts and actors': { ranges: [{ sums: sums(2), cuts: names(1), actors: names(2) }] },
  'a name of no kind': { ranges: [{ sums: sums(1), actors: ['x'] }] },
  'actors out of order': { ranges: [{ sums: sums(2), actors: names(2).reverse() }] },
  'one cut twice': { ranges: [{ sums: sums(3), cuts: ['thing/a', 'thing/a'] }] },
  'more parts than are made of a range': { ranges: [{ sums: sums(17), cuts: names(16) }] },
  'more actors than are told one by one': { ranges: [{ sums: sums(33), actors: names(33) }] }
}

async function asking() {
  const world = new SimulatedWorld({ seed: 1 })
  const { store, ports } = await Replica.boot(world, 'a', 'a.1')
  const sent: Bulk[] = []
  const compare = new FullCompare({
    store,
    disk: ports.disk,
    clock: ports.clock,
    metrics: noMetrics,
    events: {
      send: (_, message) => sent.push(message) > 0,
      compared() {},
      isSound: () => true,
      fetch: () => Promise.reject(new Error('nothing is fetched'))
    },
    timeoutMs: 1000,
    maxSnapshotMs: 1000
  })
  let outcome = 'waits'
  compare.run('peer', 0, false).then(
    () => {
      outcome = 'done'
    },
    error => {
      outcome = isShoalError(error) ? error.code : String(error)
    }
  )
  await world.time.run({ untilMs: world.time.nowMs + 10 })
  const session = sent[0]?.rangeQuery?.session ?? 0
  assert.ok(session > 0)
  return { compare, session, settle: () => world.time.run({ untilMs: world.time.nowMs + 100 }), outcome: () => outcome }
}

for (const [name, answer] of Object.entries(nonsense)) {
  test(`an answer with ${name} is refused as it comes, and the compare ends with the link`, async () => {
    const { compare, session, settle, outcome } = await asking()
    assert.throws(
      () => compare.receiveAnswer('peer', { ...answer, session }),
      error => isShoalError(error) && error.code === 'SHOAL_MALFORMED'
    )
    await settle()
    assert.equal(outcome(), 'waits')
    compare.unlinked('peer')
    await settle()
    assert.equal(outcome(), 'SHOAL_UNAVAILABLE')
  })
}

test('of a peer that was not asked no answer is read, and one that fits is taken', async () => {
  const { compare, session, settle, outcome } = await asking()
  compare.receiveAnswer('other', { session, ranges: [] })
  compare.receiveAnswer('peer', { session: session + 1, ranges: [] })
  compare.receiveAnswer('peer', { session, ranges: [{ sums: sums(0) }] })
  await settle()
  assert.equal(outcome(), 'done')
})
