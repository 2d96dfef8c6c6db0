/** What a node that is to store a shard no more waits for before it drops it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Holdings } from '../../src/cluster/holdings.ts'
import { Placement } from '../../src/cluster/placement.ts'
import { Rebalance } from '../../src/cluster/rebalance.ts'
import type { ShardStore } from '../../src/cluster/shard-store.ts'
import { silentLogger } from '../../src/ports/logger.ts'
import { noMetrics } from '../../src/ports/metrics.ts'
import { SimulatedWorld } from '../../src/simulation/world.ts'

const slices = 1
const shard = 2
const admission = { clusterKey: new Uint8Array(32), facts: { cluster: 'test', shards: slices, protocol: 1 } }

type Parts = ConstructorParameters<typeof Rebalance>[0]

const placementOf = (members: readonly string[]) =>
  new Placement(
    members.map(id => ({ id, region: 'r', zone: 'z', isLongGone: false })),
    slices
  )

/** Three seconds of a node whose view is settled, and whom everybody hears. */
async function rebalanced({
  events,
  made,
  ...parts
}: Pick<Parts, 'self' | 'store' | 'holdings'> & {
  metrics?: Parts['metrics']
  events: Pick<Parts['events'], 'placement' | 'present'> & Partial<Parts['events']>
  made?: (rebalance: Rebalance) => void
}): Promise<Rebalance> {
  const world = new SimulatedWorld({ seed: 1 })
  const { clock } = world.machine('self').boot(admission)
  const rebalance = new Rebalance(
    {
      clock,
      logger: silentLogger,
      metrics: noMetrics,
      replicaCounts: [2],
      ...parts,
      events: {
        admitted: () => events.placement().home(0),
        isSettled: () => true,
        pull: async () => {},
        flush: async () => true,
        send: () => true,
        links: () => [],
        kept: undefined,
        keep: () => {},
        moved: () => {},
        ...events
      }
    },
    { dropDelayMs: 100 }
  )
  made?.(rebalance)
  rebalance.start()
  await world.time.run({ untilMs: world.time.nowMs + 3000 })
  rebalance.stop()
  return rebalance
}

/** This node is not one of the two hosts of the shard that it stores. */
async function retiring(options: {
  whole: boolean
  flushed: boolean
  changes?: boolean
  returns?: boolean
  adopted?: boolean
  dropping?: (isAdopted: boolean | undefined) => void
}): Promise<boolean> {
  const ids = Array.from({ length: 5 }, (_, i) => `n${i}`)
  let placement = placementOf(ids)
  const hosts = placement.hosts(shard)
  const self = ids.find(id => !hosts.includes(id)) ?? ''
  let version = 0
  let isDropped = false
  let rebalance: Rebalance | undefined
  const store = {
    shardCount: slices,
    hosted: () => (isDropped ? [0] : [0, shard]),
    hosts: (of: number) => of === 0 || (of === shard && !isDropped),
    isVerified: () => true,
    durable: async () => {},
    durableShard: () => ({ version, isSettled: true }),
    removal: {
      drop: async (_: number, agreed: number) => {
        options.dropping?.(rebalance?.adopt([shard], placementOf([self, ...hosts.slice(1)])))
        isDropped = agreed === version
        return isDropped
      }
    }
  } as unknown as ShardStore
  const holdings = new Holdings(slices)
  for (const host of hosts) holdings.take(host, { stored: [shard, shard], whole: options.whole ? [shard, shard] : [] })
  await rebalanced({
    self,
    store,
    holdings,
    made: made => {
      rebalance = made
    },
    events: {
      placement: () => placement,
      present: () => ids,
      flush: async (_, shards) => {
        assert.deepEqual(shards, [shard])
        if (options.changes === true) version++
        if (options.returns === true) placement = placementOf([self, ...hosts.slice(1)])
        if (options.adopted === true) rebalance?.adopt(shards, placementOf([self, ...hosts.slice(1)]))
        return options.flushed
      }
    }
  })
  return isDropped
}

test('a shard is dropped when its hosts have it whole, and have said that they have all of it', async () => {
  assert.equal(await retiring({ whole: true, flushed: true }), true)
})

test('not before they have it whole', async () => {
  assert.equal(await retiring({ whole: false, flushed: true }), false)
})

test('not while one has not said that it has all that is here', async () => {
  assert.equal(await retiring({ whole: true, flushed: false }), false)
})

test('not what has changed since they said so', async () => {
  assert.equal(await retiring({ whole: true, flushed: true, changes: true }), false)
})

test('not where it is this node that is to store it again, since they were asked', async () => {
  assert.equal(await retiring({ whole: true, flushed: true, returns: true }), false)
})

test('not what a host that leaves has given to this node, since they were asked', async () => {
  assert.equal(await retiring({ whole: true, flushed: true, adopted: true }), false)
})

test('what goes from the disk just now is not taken over', async () => {
  const adopted: unknown[] = []
  assert.equal(await retiring({ whole: true, flushed: true, dropping: isAdopted => adopted.push(isAdopted) }), true)
  assert.deepEqual(adopted, [false])
})

/** Whether one of two hosts takes its shard for whole, of which the other has told what it has; how many were not, as told meanwhile. */
async function gaining(options: { settled: boolean; told: boolean }) {
  const ids = ['n0', 'n1', 'n2']
  const placement = placementOf(ids)
  const [self = '', other = ''] = placement.hosts(shard)
  const store = {
    shardCount: slices,
    hosted: () => [0, shard],
    hosts: () => true,
    isVerified: () => true
  } as unknown as ShardStore
  const holdings = new Holdings(slices)
  for (const id of ids)
    if (id === other) holdings.take(id, { stored: [shard, shard], whole: [shard, shard] })
    else if (id !== self && options.told) holdings.take(id, { stored: [], whole: [] })
  let unfinished = 0
  const toldDuringPulls: number[] = []
  const gauge = (name: string) => ({
    set(value: number) {
      if (name === 'shoal_unfinished_shards') unfinished = value
    }
  })
  const rebalance = await rebalanced({
    self,
    store,
    holdings,
    metrics: { ...noMetrics, gauge },
    events: {
      placement: () => placement,
      isSettled: () => options.settled,
      present: () => ids,
      pull: async () => {
        toldDuringPulls.push(unfinished)
      }
    }
  })
  return { isWhole: rebalance.isWhole(shard), unfinished, toldDuringPulls }
}

test('a shard is whole once every present member has told what it stores, and the node knows who is a member', async () => {
  assert.equal((await gaining({ settled: true, told: true })).isWhole, true)
  assert.equal((await gaining({ settled: true, told: false })).isWhole, false)
  assert.equal((await gaining({ settled: false, told: true })).isWhole, false)
})

test('what is not whole is counted from before the first fetch on, not after the last', async () => {
  const { unfinished, toldDuringPulls } = await gaining({ settled: true, told: true })
  assert.deepEqual(toldDuringPulls, [1])
  assert.equal(unfinished, 0)
})
