/** What the nodes of a lease shard say to each other is read totally, and comes back as it was. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type LeaseBody, leaseFrom, leaseTo, maxNamed } from '../../../src/cluster/lease/lease-messages.ts'
import { maxEpoch, maxLineage } from '../../../src/cluster/lease/lineage.ts'
import { decodeCalls, encodeCalls } from '../../../src/cluster/wire.ts'
import { isShoalError } from '../../../src/ports/errors.ts'

const shards = 16
const plain = { noNullPrototype: true }
const count = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER - 8192 })
const epochs = fc.integer({ min: 1, max: maxEpoch })
const actor = fc.stringMatching(/^[a-z]{1,8}\/[a-z0-9]{1,12}$/)
const state = fc.uint8Array({ maxLength: 40 })
const lineage = fc
  .uniqueArray(epochs, { maxLength: maxLineage })
  .map(all => all.sort((a, b) => a - b).map((epoch, i) => ({ epoch, n: i * 3 })))
const stamp = fc.record({ epoch: epochs, n: count }, plain)
const records = fc.array(fc.record({ actor, state, epoch: epochs, n: count }, plain), { maxLength: 5 })
const entries = fc.record({
  after: count,
  entries: fc.array(fc.record({ actor, state }), { maxLength: 5 }),
  fetch: fc.boolean()
})
const kind = <K extends string>(name: K) => fc.constant(name)

const body: fc.Arbitrary<LeaseBody> = fc.oneof(
  fc.record({ kind: kind('seal') }),
  fc.record({ kind: kind('sealed'), lineage }),
  fc.record({ kind: kind('accepted'), n: count }),
  fc.record({ kind: kind('released') }),
  fc.record({ kind: kind('refused'), promised: epochs }),
  fc.record({ kind: kind('fetch'), number: count, want: fc.constant({ what: 'lineage' } as const) }),
  fc.record({ kind: kind('fetch'), number: count, want: stamp.map(after => ({ what: 'scan' as const, after })) }),
  fc.record({
    kind: kind('fetch'),
    number: count,
    want: fc.array(actor, { minLength: 1, maxLength: 9 }).map(actors => ({ what: 'actors' as const, actors }))
  }),
  fc.record({
    kind: kind('page'),
    number: count,
    entries: records,
    absent: fc.array(actor, { maxLength: 3 }),
    cursor: stamp,
    lineage,
    isLast: fc.boolean()
  })
)

function read(bytes: Uint8Array) {
  const { lease } = decodeCalls(bytes)
  return lease == null ? undefined : leaseFrom(lease, shards)
}

test('every message comes back as it was', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: shards - 1 }), epochs, body, (shard, epoch, what) => {
      const message = { shard, epoch, ...what }
      assert.deepEqual(read(encodeCalls(leaseTo(message))), message)
    })
  )
  fc.assert(
    fc.property(epochs, entries, (epoch, { after, entries, fetch }) => {
      const numbered = entries.map((entry, i) => ({ ...entry, epoch, n: after + i + 1 }))
      const message = { shard: 1, epoch, kind: 'entries' as const, after, entries: numbered, fetch }
      assert.deepEqual(read(encodeCalls(leaseTo(message))), message)
    })
  )
})

test('whatever the bytes are, they are a message or malformed', () => {
  fc.assert(
    fc.property(body, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 }), (what, changes) => {
      const bytes = encodeCalls(leaseTo({ shard: 3, epoch: 4, ...what }))
      for (const [at, value] of changes) bytes[at % bytes.length] = value
      try {
        read(bytes)
      } catch (error) {
        assert.ok(isShoalError(error) && error.code === 'SHOAL_MALFORMED', String(error))
      }
    })
  )
})

test('what no owner says is refused: a shard that is none, a lineage that is none, too much', () => {
  const refused = (lease: Parameters<typeof leaseFrom>[0]) =>
    assert.throws(() => leaseFrom(lease, shards), { code: 'SHOAL_MALFORMED' })
  refused({ shard: shards, epoch: 1, seal: {} })
  refused({ shard: 0, epoch: 0, seal: {} })
  refused({ shard: 0, epoch: 1 })
  for (const { epochs, cuts } of [
    { epochs: [2, 1], cuts: [0, 0] },
    { epochs: [1, 1], cuts: [0, 0] },
    { epochs: [1], cuts: [] },
    { epochs: [0], cuts: [0] },
    { epochs: [1], cuts: [-1] },
    { epochs: Array.from({ length: maxLineage + 1 }, (_, i) => i + 1), cuts: Array<number>(maxLineage + 1).fill(0) }
  ])
    refused({ shard: 0, epoch: 1, sealed: { lineage: { epochs, cuts } } })
  refused({ shard: 0, epoch: 1, fetch: { number: 1, actors: Array<string>(maxNamed + 1).fill('a/b') } })
  refused({ shard: 0, epoch: 1, entries: { after: 0, entries: [{ actor: 'none' }] } })
  refused({ shard: 0, epoch: 1, entries: { after: Number.MAX_SAFE_INTEGER, entries: [{ actor: 'a/b' }] } })
})
