/**
 * Store: local updates through the shard store onto LevelDB, each waited for until its synced batch is on disk.
 *
 * Writers share batches (group commit): many at once should cost little more than one. The plain disk, with batches of the same
 * size but none of the store's states, indexes and digests, is measured beside it.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { LevelDisk } from '../src/adapters/level/disk.ts'
import { SystemClock } from '../src/adapters/system/clock.ts'
import { shardOf } from '../src/cluster/hash-ring.ts'
import { ShardStore } from '../src/cluster/shard-store.ts'
import { openView, pnCounter, Transaction } from '../src/crdt/index.ts'
import type { Disk, DiskWrite } from '../src/ports/disk.ts'
import { silentLogger } from '../src/ports/logger.ts'
import { noMetrics } from '../src/ports/metrics.ts'
import type { BenchContext, Benchmark, Figures } from './support/benchmark.ts'
import { monotonicMs } from './support/monotonic.ts'
import { latencies, quantile } from './support/statistics.ts'

const shards = 256
const actors = 2000
const schema = { count: pnCounter() }

export const store: Benchmark = {
  name: 'store',
  about: 'updates per second through the shard store on LevelDB, synced, with 1 and 64 concurrent writers',
  async run(context) {
    const durationMs = context.size(1200, 60)
    const cases = [1, 64].flatMap(casesOf).filter(({ name }) => context.wants(name))
    for (let run = -1; run < context.runs; run++) {
      context.say(run < 0 ? 'warm-up' : `run ${run + 1}`)
      for (const { name, measure } of cases) {
        const figures = await withDisk(context, disk => measure(disk, durationMs))
        if (run >= 0) context.add(name, figures)
      }
    }
  }
}

interface Case {
  readonly name: string
  measure(disk: LevelDisk, durationMs: number): Promise<Figures>
}

function casesOf(writers: number): Case[] {
  return [
    {
      name: `shard store, ${writers} ${writers === 1 ? 'writer' : 'writers'}`,
      measure: (disk, durationMs) => measureStore(disk, writers, durationMs)
    },
    { name: `plain disk, batches of ${writers}`, measure: (disk, durationMs) => measureDisk(disk, writers, durationMs) }
  ]
}

async function withDisk<T>(context: BenchContext, measure: (disk: LevelDisk) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(context.dataDir, 'store-'))
  const disk = new LevelDisk(directory)
  await disk.open()
  try {
    return await measure(disk)
  } finally {
    await disk.close()
    await rm(directory, { recursive: true, force: true })
  }
}

async function measureStore(disk: LevelDisk, writers: number, durationMs: number) {
  const clock = new SystemClock()
  const commitsMs: number[] = []
  const parts = { disk: timed(disk, commitsMs), clock, logger: silentLogger, metrics: noMetrics, shards }
  const shardStore = new ShardStore({ ...parts, origin: 'bench:1' })
  await shardStore.load({
    committed: () => {},
    failed: error => {
      throw error
    }
  })
  const tookMs: number[] = []
  let next = 0
  const cpuBefore = process.cpuUsage()
  const startMs = monotonicMs()
  const write = async () => {
    for (let nowMs = monotonicMs(); nowMs < startMs + durationMs; ) {
      addOne(shardStore, clock, `counter/actor-${next++ % actors}`)
      await shardStore.durable()
      const doneMs = monotonicMs()
      tookMs.push(doneMs - nowMs)
      nowMs = doneMs
    }
  }
  await Promise.all(Array.from({ length: writers }, write))
  const seconds = (monotonicMs() - startMs) / 1000
  const { user, system } = process.cpuUsage(cpuBefore)
  await shardStore.close()
  clock.stop()
  const { p50Ms, p99Ms } = latencies(tookMs)
  return {
    updatesPerSecond: tookMs.length / seconds,
    p50Ms,
    p99Ms,
    updatesPerBatch: tookMs.length / commitsMs.length,
    writeP50Ms: quantile(commitsMs, 0.5),
    writeP99Ms: quantile(commitsMs, 0.99),
    cpuUsPerUpdate: (user + system) / tookMs.length
  }
}

function addOne(shardStore: ShardStore, clock: SystemClock, name: string): void {
  const shard = shardOf('counter', name, shards, 'bench')
  const actor = shardStore.actor(shard, name)
  const base = actor.state
  const seq = shardStore.writing.takeSeq(shard)
  const transaction = new Transaction({
    state: base,
    covers: shardStore.covers(actor),
    origin: shardStore.origin,
    nextDot: () => ({ origin: shardStore.origin, seq }),
    now: () => clock.now(),
    clientId: () => 1
  })
  openView(schema, transaction).count.add(1)
  const { state, delta } = transaction
  if (delta !== undefined) shardStore.writing.update(actor, { base, state, delta, seqs: [seq] })
}

/** As many bytes per update as the store writes for a counter: a state, an index entry and a shard's record. */
async function measureDisk(disk: Disk, updatesPerBatch: number, durationMs: number) {
  const tookMs: number[] = []
  let next = 0
  const startMs = monotonicMs()
  for (let nowMs = startMs; nowMs < startMs + durationMs; ) {
    const batch = Array.from({ length: updatesPerBatch }, () => plainWrites(next++)).flat()
    await disk.write(batch)
    const doneMs = monotonicMs()
    tookMs.push(doneMs - nowMs)
    nowMs = doneMs
  }
  const { p50Ms, p99Ms } = latencies(tookMs)
  return {
    updatesPerSecond: (next / (monotonicMs() - startMs)) * 1000,
    writeP50Ms: p50Ms,
    writeP99Ms: p99Ms
  }
}

function plainWrites(n: number): DiskWrite[] {
  const put = (key: string, bytes: number): DiskWrite => ({
    type: 'put',
    key: Buffer.from(key),
    value: new Uint8Array(bytes).fill(n)
  })
  return [
    put(`state-${n % actors}`, 96),
    put(`index-${String(n).padStart(12, '0')}`, 16),
    put(`shard-${n % shards}`, 48)
  ]
}

/** The disk, with the time of each of its batches noted. */
function timed(disk: Disk, tookMs: number[]): Disk {
  return {
    open: () => disk.open(),
    get: key => disk.get(key),
    range: bounds => disk.range(bounds),
    snapshot: () => disk.snapshot(),
    compact: bounds => disk.compact(bounds),
    close: () => disk.close(),
    async write(batch) {
      const startMs = monotonicMs()
      await disk.write(batch)
      tookMs.push(monotonicMs() - startMs)
    }
  }
}
