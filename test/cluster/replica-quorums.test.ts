/** Whose word counts for a shard with a number of replicas. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Holdings } from '../../src/cluster/holdings.ts'
import type { MemberRecord } from '../../src/cluster/member-record.ts'
import { ReplicaSets } from '../../src/cluster/replica-sets.ts'
import type { ShardStore } from '../../src/cluster/shard-store.ts'
import { SimulatedWorld } from '../../src/simulation/world.ts'

const slices = 1
const shard = 3
const ids = ['a', 'b', 'c']
const admission = { clusterKey: new Uint8Array(32), facts: { cluster: 'test', shards: slices, protocol: 1 } }

function replicas(options: { settled: boolean; selfWhole: boolean; peerWhole: boolean }): ReplicaSets {
  const { clock } = new SimulatedWorld({ seed: 1 }).machine('a').boot(admission)
  const holdings = new Holdings(slices)
  holdings.take('b', { stored: [shard, shard], whole: options.peerWhole ? [shard, shard] : [] })
  return new ReplicaSets({
    self: 'a',
    store: { shardCount: slices } as unknown as ShardStore,
    holdings,
    clock,
    events: {
      admitted: () => ids,
      present: () => ids,
      member: id => ({ id, region: 'r', zone: 'z' }) as unknown as MemberRecord,
      isSettled: () => options.settled,
      isWhole: () => options.selfWhole,
      placed: () => {}
    }
  })
}

const b = new Set(['b'])

test('a majority of writes is of members that have the shard whole, and one that has the write is not sent it again', () => {
  for (const [selfWhole, peerWhole, enough] of [
    [true, true, true],
    [true, false, false],
    [false, true, false]
  ] as const) {
    const sets = replicas({ settled: true, selfWhole, peerWhole })
    const count = sets.quorum(shard, 'admitted', 'majority')(b)
    assert.deepEqual([count.enough, count.missing], [enough, ['c']])
    assert.equal(sets.quorum(shard, 'present', 'majority')(b).enough, true, 'majorities of the present are of disks')
  }
})

test('a reader that is not whole does not count itself', () => {
  const sets = replicas({ settled: true, selfWhole: true, peerWhole: true })
  assert.equal(sets.readQuorum(shard, 'admitted', 'majority', true)(b).enough, true)
  assert.equal(sets.readQuorum(shard, 'admitted', 'majority', false)(b).enough, false)
})

test('nobody is a majority before this node knows who is a member', () => {
  const sets = replicas({ settled: false, selfWhole: true, peerWhole: true })
  assert.equal(sets.quorum(shard, 'admitted', 'majority')(b).enough, false)
  assert.equal(sets.readQuorum(shard, 'admitted', 'majority', true)(b).enough, false)
})
