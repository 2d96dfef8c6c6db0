/** When a watch of a leased actor looks again at what its owner has: after each change, and whenever the owner may be another. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { appendEntry } from '../../src/actors/leased/lease-entry.ts'
import { formOf } from '../../src/actors/leased/lease-forms.ts'
import { Holding, leasedMemory } from '../../src/actors/leased/lease-holding.ts'
import type { LeaseHoldings } from '../../src/actors/leased/lease-holdings.ts'
import { encodeLeaseRecord } from '../../src/actors/leased/lease-record.ts'
import { noRequests } from '../../src/actors/leased/lease-requests.ts'
import { LeasedDocuments } from '../../src/actors/leased/leased-documents.ts'
import { noMail } from '../../src/actors/outbox/outbox-log.ts'
import { LeasedWatches } from '../../src/actors/watches/leased-watches.ts'
import type { Lease } from '../../src/cluster/lease/lease.ts'
import { CausalContext } from '../../src/crdt/index.ts'
import { SimulatedClock } from '../../src/simulation/clock.ts'
import { SimulatedProcess } from '../../src/simulation/process.ts'
import { SimulatedTime } from '../../src/simulation/time.ts'
import { Value } from './support/growing.ts'

const form = formOf(Value)
const bodyOf = (words: readonly string[]) => new TextEncoder().encode(JSON.stringify({ words }))

/** One owner after the other of `value/a`, on one node. */
function world() {
  const clock = new SimulatedClock(new SimulatedProcess('one', new SimulatedTime()))
  let now: Holding | undefined
  const holdings = { holding: async () => now, held: () => [] } as unknown as LeaseHoldings
  const cluster = { ownership: { owner: () => 'one' } } as never
  // A value has no documents.
  const documents = new LeasedDocuments({} as never)
  const watches = new LeasedWatches({ cluster, holdings, documents, clock, leaseMs: 1000 })
  const opened = (words: readonly string[]) => {
    const fenced = Promise.withResolvers<unknown>()
    let bytes = encodeLeaseRecord(form.format, noRequests, bodyOf(words), noMail, words.length)
    const waiting: PromiseWithResolvers<void>[] = []
    const accepted = () => {
      const wait = Promise.withResolvers<void>()
      waiting.push(wait)
      return wait.promise
    }
    let isValid = true
    const lease = {
      ...{ shard: 0, epoch: 1, fenced: fenced.promise },
      isValid: () => isValid,
      peek: () => bytes,
      read: accepted,
      append: (_: string, state: Uint8Array) => {
        bytes = state
        return accepted()
      }
    }
    const holding = new Holding(lease as unknown as Lease, leasedMemory(10))
    now = holding
    watches.opened(holding)
    const write = (all: readonly string[]) => {
      const actor = holding.actor('value/a', form, 0)
      const held = form.load(bodyOf(all), holding.records('value/a'))
      const changed = { held, body: bodyOf(all) }
      void appendEntry(
        { holding, name: 'value/a', actor, format: form.format },
        { requests: noRequests, mail: noMail, changed },
        'majority'
      )
    }
    /** The first so many of those that wait for replicas. */
    const accept = async (count: number) => {
      for (const { resolve } of waiting.splice(0, count)) resolve()
      await setImmediate()
    }
    const end = async () => {
      isValid = false
      holding.isFenced = true
      fenced.resolve(undefined)
      await setImmediate()
    }
    return { write, accept, end }
  }
  return { watches, opened }
}

const none = CausalContext.empty

test('a watch looks again when its owner has lost the shard: at what the next life of it here has, or nowhere', async () => {
  for (const isBack of [true, false]) {
    const { watches, opened } = world()
    const first = opened(['v'])
    const watcher = watches.watch(Value, 'a', 0, none)
    assert.deepEqual((await watcher.next())?.value, { words: ['v'] })
    const next = watcher.next()
    // What others have made of it meanwhile is told by no change here.
    if (isBack) opened(['v', 'w'])
    await first.end()
    const shown = await Promise.race([next, setImmediate('nothing' as const)])
    assert.ok(shown !== 'nothing')
    assert.deepEqual(shown?.value, isBack ? { words: ['v', 'w'] } : undefined)
    const again = await watches.watch(Value, 'a', 0, none.with('lease', 1, 2)).next()
    assert.deepEqual(again?.value, isBack ? { words: ['v', 'w'] } : undefined)
  }
})

test('what changes while a look waits for replicas takes another look, also where the first had nothing new', async () => {
  const { watches, opened } = world()
  const { write, accept } = opened(['v'])
  const watcher = watches.watch(Value, 'a', 0, none)
  await watcher.next()
  let words: unknown
  void watcher.next().then(shown => {
    words = shown?.value
  })
  write(['v'])
  await setImmediate()
  write(['v', 'w'])
  // The first entry, and the look that waits for it.
  await accept(2)
  assert.equal(words, undefined, 'it is not accepted')
  await accept(2)
  assert.deepEqual(words, { words: ['v', 'w'] })
})
