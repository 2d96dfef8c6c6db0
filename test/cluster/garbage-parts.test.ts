/** The parts of dropping removed actors: candidates, silent members, compaction. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DiskCompaction } from '../../src/cluster/disk-compaction.ts'
import { DurablePrefixes } from '../../src/cluster/durable-prefixes.ts'
import { Garbage } from '../../src/cluster/garbage.ts'
import { GarbageCandidates } from '../../src/cluster/garbage-candidates.ts'
import type { MemberRecord, MemberStatus } from '../../src/cluster/member-record.ts'
import { SilentMembers } from '../../src/cluster/silent-members.ts'
import { stateRange, wholeIndexRange } from '../../src/cluster/storage-layout.ts'
import { silentLogger } from '../../src/ports/logger.ts'
import { noMetrics } from '../../src/ports/metrics.ts'
import { entriesBetween } from '../../src/simulation/sorted-store.ts'
import { SimulatedWorld } from '../../src/simulation/world.ts'
import { Replica } from './support/replica.ts'

test('candidates past the limit are not kept, but that there were some is', () => {
  const candidates = new GarbageCandidates(2)
  for (const name of ['a', 'b', 'a']) candidates.add(1, name)
  assert.equal(candidates.size, 2)
  assert.equal(candidates.hasOverlooked, false)
  candidates.add(2, 'c')
  assert.equal(candidates.hasOverlooked, true)
  assert.deepEqual(candidates.shards(), [1])
  candidates.remove(1, 'a')
  candidates.remove(1, 'a')
  candidates.remove(1, 'b')
  assert.equal(candidates.size, 0)
  assert.deepEqual(candidates.shards(), [])
  candidates.add(3, 'd')
  candidates.add(4, 'e')
  candidates.removeAll(3)
  candidates.removeAll(3)
  assert.deepEqual([candidates.size, candidates.of(3), candidates.of(4)], [1, [], ['e']])
  candidates.clear()
  assert.deepEqual([candidates.size, candidates.shards()], [0, []])
})

test('more removed actors than candidates have room go, too', async t => {
  const world = new SimulatedWorld({ seed: 1 })
  const replica = await Replica.boot(world, 'a', 'a.1')
  for (let i = 0; i < 40; i++) {
    replica.write(`k/${i}`, view => view.tags.add('x'), i % 4)
    replica.write(`k/${i}`, view => view.tags.remove('x'), i % 4)
  }
  await replica.save()
  const { store, ports } = replica
  const { clock, disk, random } = ports
  const events = { self: 'a', members: () => [], peers: () => [], stores: () => true }
  const prefixes = new DurablePrefixes({ store, clock, send: () => false })
  const quiet = { logger: silentLogger, metrics: noMetrics }
  const garbage = new Garbage(
    { store, disk, clock, random, ...quiet, prefixes, events, maxCandidates: 7 },
    { gcIntervalMs: 100 }
  )
  t.after(() => garbage.stop())
  const left = () => entriesBetween(world.machine('a').disk.root, 's', 't', Number.POSITIVE_INFINITY).length
  assert.equal(left(), 40)
  garbage.start()
  const ended = await world.time.run({ untilMs: world.time.nowMs + 20_000, condition: () => left() === 0 })
  assert.equal(ended, 'condition', `${left()} are left`)
})

function member(id: string, status: MemberStatus): MemberRecord {
  return { id, name: id, region: 'r', zone: 'z', incarnation: 'i', refutation: 0, status, addresses: [] }
}

test('a member is given up when it was gone for the horizon without a break', () => {
  const silent = new SilentMembers(100)
  const look = (status: MemberStatus, nowMs: number) => {
    silent.look([member('a', status)], nowMs)
    return silent.isGivenUp('a', nowMs)
  }
  assert.equal(look('dead', 0), false)
  assert.equal(look('dead', 100), false)
  assert.equal(look('dead', 101), true)
  assert.equal(look('alive', 102), false)
  assert.equal(look('dead', 150), false)
  assert.equal(look('suspect', 240), false)
  assert.equal(look('dead', 250), false)
  assert.equal(look('dead', 351), true)
  silent.look([], 352)
  assert.equal(silent.isGivenUp('a', 352), false)
})

test('a disk is compacted in steps, and no further one is begun after the stop', async () => {
  let steps = 0
  const parts = { clock: { elapsed: () => 0 }, logger: silentLogger, metrics: noMetrics }
  const compaction = new DiskCompaction(
    {
      disk: {
        compact: async ({ gte, lt }) => {
          assert.ok((lt[2] ?? 0) - (gte[2] ?? 0) <= 16)
          if (++steps === 3) compaction.stop()
        }
      },
      ...parts
    },
    { compactAfterBytes: 1, compactIntervalMs: 1 }
  )
  for (let shard = 0; shard < 64; shard++) compaction.deleted(shard, 1)
  await compaction.runIfDue()
  assert.equal(steps, 3)
})

test('a compaction waits where the disk has no room for its next step, and goes on with what is left of it', async () => {
  let nowMs = 0
  let steps = 0
  let hasRoom = () => steps < 2
  const compacted: number[] = []
  const compaction = new DiskCompaction(
    {
      disk: {
        compact: async ({ gte }) => {
          steps++
          compacted.push((gte[1] ?? 0) * 256 + (gte[2] ?? 0))
        },
        hasRoomToCompact: async () => hasRoom()
      },
      clock: { elapsed: () => nowMs },
      logger: silentLogger,
      metrics: noMetrics
    },
    { compactAfterBytes: 100, compactIntervalMs: 1000 }
  )
  for (const shard of [10, 20, 30]) compaction.deleted(shard, 50)
  await compaction.runIfDue()
  assert.deepEqual(compacted.splice(0), [10, 10])
  nowMs = 1000
  hasRoom = () => true
  await compaction.runIfDue()
  assert.deepEqual(compacted.splice(0), [20, 20, 30, 30])
  nowMs = 2000
  await compaction.runIfDue()
  assert.deepEqual(compacted, [])
})

test('the disk is compacted where much was deleted, and not too often', async () => {
  const compacted: { gte: Uint8Array; lt: Uint8Array }[] = []
  let nowMs = 0
  const compaction = new DiskCompaction(
    {
      disk: { compact: async bounds => void compacted.push(bounds) },
      clock: { elapsed: () => nowMs },
      logger: silentLogger,
      metrics: noMetrics
    },
    { compactAfterBytes: 1000, compactIntervalMs: 60_000 }
  )
  compaction.deleted(3, 999)
  await compaction.runIfDue()
  assert.deepEqual(compacted, [])
  for (const shard of [7, 4, 5]) compaction.deleted(shard, 1)
  await compaction.runIfDue()
  assert.deepEqual(compacted, [
    { gte: stateRange(3).gte, lt: stateRange(5).lt },
    { gte: wholeIndexRange(3).gte, lt: wholeIndexRange(5).lt },
    stateRange(7),
    wholeIndexRange(7)
  ])
  compacted.splice(0)
  compaction.deleted(1, 5000)
  nowMs = 59_999
  await compaction.runIfDue()
  assert.deepEqual(compacted, [])
  nowMs = 60_000
  await compaction.runIfDue()
  assert.deepEqual(compacted, [stateRange(1), wholeIndexRange(1)])
})
