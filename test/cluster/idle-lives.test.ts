/** Of which lives of others an owner needs a grant, and of which it does not. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ringOf } from '../../src/cluster/hash-ring.ts'
import { Ownership } from '../../src/cluster/ownership.ts'
import { silentLogger } from '../../src/ports/logger.ts'
import { noMetrics } from '../../src/ports/metrics.ts'
import { SimulatedClock } from '../../src/simulation/clock.ts'
import { SimulatedProcess } from '../../src/simulation/process.ts'
import { SimulatedTime } from '../../src/simulation/time.ts'

const shards = 16

interface Life {
  readonly incarnation: string
  readonly weight: number
}

/** Node `a` as it serves all shards, and who it asks for grants from then on. */
function serving(doesGrant = false) {
  const time = new SimulatedTime()
  const members = new Map<string, Life>([['a', { incarnation: '1', weight: 1 }]])
  const asked: { peer: string; shards: readonly number[] }[] = []
  let present: readonly string[] = ['a']
  const ownership = new Ownership({
    ...{ self: 'a', shards, logger: silentLogger, metrics: noMetrics },
    clock: new SimulatedClock(new SimulatedProcess('a', time)),
    events: {
      present: () => present,
      weights: () => new Map([...members].flatMap(([id, { weight }]) => (weight === 1 ? [] : [[id, weight] as const]))),
      incarnation: peer => members.get(peer)?.incarnation,
      isLinked: () => true,
      merge() {},
      claim: (peer, shards) => {
        asked.push({ peer, shards })
        return doesGrant ? Promise.resolve() : new Promise(() => {})
      },
      settled() {},
      drain: async () => {}
    }
  })
  ownership.start(true)
  const is = (id: string, life: Life | undefined) => {
    if (life === undefined) members.delete(id)
    else members.set(id, life)
    present = [...members.keys()].sort()
    ownership.viewChanged()
  }
  const open = () => Array.from({ length: shards }, (_, shard) => shard).filter(shard => ownership.isOpen(shard))
  /** It was held for gone, and is there again: `cluster.ts` says so where the record changes. */
  const returns = (id: string, life: Life) => {
    members.set(id, life)
    present = [...members.keys()].sort()
    ownership.forget(id)
  }
  return { ownership, asked, is, returns, open }
}

const partOf = (...ids: string[]) =>
  Array.from({ length: shards }, (_, shard) => shard).filter(shard => ringOf(ids, { shards }).owner(shard) === 'a')

test('an owner that hears of an idle life serves on, and asks that life for what it gains later', () => {
  const { asked, is, open } = serving()
  is('b', { incarnation: '1', weight: 0 })
  assert.equal(open().length, shards)
  is('b', { incarnation: '1', weight: 1 })
  const kept = partOf('a', 'b')
  assert.deepEqual(open(), kept)
  assert.deepEqual(asked, [])
  // It may have served the rest until it died, and its next life has that on its disk.
  is('b', { incarnation: '2', weight: 0 })
  assert.deepEqual(open(), kept)
  assert.deepEqual(
    asked.map(({ peer, shards }) => [peer, [...shards]]),
    [['b', Array.from({ length: shards }, (_, shard) => shard).filter(shard => !kept.includes(shard))]]
  )
})

test('a life that has weight when it is first heard of is asked for everything', () => {
  const { asked, is, open } = serving()
  is('b', { incarnation: '1', weight: 1 })
  assert.deepEqual(open(), [])
  assert.deepEqual(asked, [{ peer: 'b', shards: partOf('a', 'b') }])
})

test('so is an idle life that was held for dead and returns, and every one when this node was held for dead itself', () => {
  const idle = { incarnation: '1', weight: 0 }
  const all = Array.from({ length: shards }, (_, shard) => shard)
  const histories: ((run: ReturnType<typeof serving>) => void)[] = [
    ({ is, returns }) => {
      is('b', idle)
      is('b', undefined)
      returns('b', idle)
    },
    // It was dead when this node first heard of it: it may have served where all others were cut off from it.
    ({ returns }) => returns('b', idle),
    ({ ownership, is }) => {
      is('b', idle)
      ownership.revalidate()
    }
  ]
  for (const history of histories) {
    const run = serving()
    history(run)
    assert.deepEqual(run.open(), [])
    assert.deepEqual(run.asked, [
      {
        peer: 'b',
        shards: all.filter(shard => ringOf(['a', 'b'], { shards, weights: new Map([['b', 0]]) }).owner(shard) === 'a')
      }
    ])
  }
})

test('what one life has granted the next has not', async () => {
  const { asked, is, open } = serving(true)
  is('b', { incarnation: '1', weight: 1 })
  await new Promise(resolve => setImmediate(resolve))
  assert.deepEqual(open(), partOf('a', 'b'))
  is('b', { incarnation: '2', weight: 1 })
  assert.deepEqual(open(), [])
  assert.equal(asked.length, 2)
})
