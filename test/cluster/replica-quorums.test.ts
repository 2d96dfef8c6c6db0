/** Whose word counts for a shard with a number of replicas. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Holdings } from '../../src/cluster/holdings.ts'
import { HomeView } from '../../src/cluster/home-views.ts'
import type { MemberRecord } from '../../src/cluster/member-record.ts'
import { ReplicaSets } from '../../src/cluster/replica-sets.ts'
import type { ShardStore } from '../../src/cluster/shard-store.ts'
import { SimulatedWorld } from '../../src/simulation/world.ts'

const slices = 1
const shard = 3
const ids = ['a', 'b', 'c']
const admission = { clusterKey: new Uint8Array(32), facts: { cluster: 'test', shards: slices, protocol: 1 } }
const view = new HomeView(
  7,
  ids.map(id => ({ id, region: 'r', zone: 'z' })),
  slices
)
const earlier = new HomeView(6, view.members, slices)

function replicas(options: { settled: boolean; selfCounts: boolean; peerCounts: boolean; peerView?: string }) {
  const { clock } = new SimulatedWorld({ seed: 1 }).machine('a').boot(admission)
  const holdings = new Holdings(slices)
  const counted = options.peerCounts ? [shard, shard] : []
  holdings.take('b', { stored: [shard, shard], view: options.peerView ?? view.name, counted })
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
      isWhole: () => true,
      counts: () => options.selfCounts,
      view: () => view,
      placed: () => {}
    }
  })
}

const b = new Map([['b', view.name]])

test('a majority of writes is of members that count for the shard, and one that has the write is not sent it again', () => {
  for (const [selfCounts, peerCounts, enough] of [
    [true, true, true],
    [true, false, false],
    [false, true, false]
  ] as const) {
    const sets = replicas({ settled: true, selfCounts, peerCounts })
    const count = sets.quorum(shard, 'admitted', 'majority')(b)
    assert.deepEqual([count.enough, count.missing], [enough, ['c']])
    assert.equal(sets.quorum(shard, 'present', 'majority')(b).enough, true, 'majorities of the present are of disks')
  }
})

test('what a member has said in another view than this one does not count, nor what it counts for there', () => {
  const sets = replicas({ settled: true, selfCounts: true, peerCounts: true })
  for (const said of [earlier.name, undefined]) {
    const before = new Map([['b', said]])
    const write = sets.quorum(shard, 'admitted', 'majority')(before)
    assert.deepEqual([write.enough, new Set(write.missing)], [false, new Set(['b', 'c'])], 'it is asked again')
    assert.equal(sets.readQuorum(shard, 'admitted', 'majority', true)(before).enough, false)
  }
  const other = replicas({ settled: true, selfCounts: true, peerCounts: true, peerView: earlier.name })
  assert.equal(other.quorum(shard, 'admitted', 'majority')(b).enough, false)
})

test('a write on all disks is acknowledged when a majority of them counts, too', () => {
  const all = new Map(ids.map(id => [id, view.name]))
  for (const peerCounts of [true, false]) {
    const sets = replicas({ settled: true, selfCounts: true, peerCounts })
    assert.equal(sets.quorum(shard, 'admitted', 'all')(all).enough, peerCounts)
  }
})

test('a reader that does not count leaves itself out', () => {
  const sets = replicas({ settled: true, selfCounts: true, peerCounts: true })
  assert.equal(sets.readQuorum(shard, 'admitted', 'majority', true)(b).enough, true)
  assert.equal(sets.readQuorum(shard, 'admitted', 'majority', false)(b).enough, false)
})

test('nobody is a majority before this node knows who is a member', () => {
  const sets = replicas({ settled: false, selfCounts: true, peerCounts: true })
  assert.equal(sets.quorum(shard, 'admitted', 'majority')(b).enough, false)
  assert.equal(sets.readQuorum(shard, 'admitted', 'majority', true)(b).enough, false)
})
