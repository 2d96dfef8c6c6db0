/**
 * Receive: pushes of other nodes joined and stored by one node, with the shipping receiver, store and LevelDB, and no network.
 *
 * The pushes are made beforehand: each adds to 256 counters, one after the other round all of a sender's. They are handed over as
 * fast as the node takes them: it says when peers are to wait. The clock stops when the last is on disk.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { LevelDisk } from '../src/adapters/level/disk.ts'
import { SystemClock } from '../src/adapters/system/clock.ts'
import { shardOf } from '../src/cluster/hash-ring.ts'
import { PushReceiver } from '../src/cluster/push-receiver.ts'
import { ShardStore } from '../src/cluster/shard-store.ts'
import { encodePush } from '../src/cluster/wire.ts'
import {
  type ActorState,
  type BatchUpdate,
  CausalContext,
  emptyState,
  encodeBatch,
  openView,
  pnCounter,
  Transaction
} from '../src/crdt/index.ts'
import { silentLogger } from '../src/ports/logger.ts'
import { noMetrics } from '../src/ports/metrics.ts'
import type { BenchContext, Benchmark, Figures } from './support/benchmark.ts'
import { monotonicMs } from './support/monotonic.ts'

const shards = 256
const deltasPerPush = 256
const schema = { count: pnCounter() }

interface Load {
  readonly senders: number
  /** For each sender, counters of its own. */
  readonly actors: number
  readonly deltas: number
}

export const receive: Benchmark = {
  name: 'receive',
  about: 'deltas per second that one node receives in pushes of 256, joins and stores',
  async run(context) {
    const deltas = context.size(300_000, 2000)
    const loads: Load[] = [
      { senders: 1, actors: 1024, deltas },
      { senders: 1, actors: 4096, deltas },
      { senders: 3, actors: 1024, deltas }
    ]
    for (let run = -1; run < context.runs; run++) {
      context.say(run < 0 ? 'warm-up' : `run ${run + 1}`)
      for (const load of loads) {
        const name = `${load.senders === 1 ? '1 sender' : `${load.senders} senders`}, ${load.actors} actors each`
        if (!context.wants(name)) continue
        const figures = await measure(context, run < 0 ? { ...load, deltas: load.deltas / 4 } : load)
        if (run >= 0) context.add(name, figures)
      }
    }
  }
}

async function measure(context: BenchContext, load: Load): Promise<Figures> {
  const pushes = interleaved(Array.from({ length: load.senders }, (_, i) => pushesOf(`sender-${i + 1}`, load)))
  const directory = await mkdtemp(join(context.dataDir, 'receive-'))
  const disk = new LevelDisk(directory)
  const clock = new SystemClock()
  const logger = silentLogger
  const metrics = noMetrics
  await disk.open()
  try {
    const store = new ShardStore({ disk, clock, logger, metrics, origin: 'receiver.1', shards })
    await store.load({
      committed() {},
      failed(error) {
        throw error
      }
    })
    let goOn: PromiseWithResolvers<void> | undefined
    const events = {
      sendControl: () => true,
      holdPushes(isHeld: boolean) {
        if (isHeld) goOn = Promise.withResolvers()
        else goOn?.resolve()
      },
      members: () => [],
      gap() {},
      fetch: () => Promise.resolve()
    }
    const receiver = new PushReceiver({ store, clock, metrics, events })
    const cpuBefore = process.cpuUsage()
    const startMs = monotonicMs()
    for (const [peer, push] of pushes) {
      receiver.receive(peer, push)
      // As records come in: a few to a turn of the event loop.
      await new Promise(setImmediate)
      await goOn?.promise
    }
    await store.durable()
    const seconds = (monotonicMs() - startMs) / 1000
    const { user, system } = process.cpuUsage(cpuBefore)
    const bytes = pushes.reduce((sum, [, push]) => sum + push.length, 0)
    await store.close()
    return {
      deltasPerSecond: load.deltas / seconds,
      cpuUsPerDelta: (user + system) / load.deltas,
      bytesPerDelta: bytes / load.deltas
    }
  } finally {
    clock.stop()
    await disk.close()
    await rm(directory, { recursive: true, force: true })
  }
}

/** What a sender pushes: its origin starts with its name, as that of a node does. */
function pushesOf(sender: string, { senders, actors, deltas }: Load): [string, Uint8Array][] {
  const origin = `${sender}.1`
  const counters = Array.from({ length: actors }, (_, i) => {
    const name = `counter/${sender}-${i}`
    return { name, shard: shardOf('counter', name, shards, 'bench'), state: emptyState, seen: CausalContext.empty }
  })
  const seqs = new Array<number>(shards).fill(0)
  const pushes: [string, Uint8Array][] = []
  for (let made = 0; made < deltas / senders; ) {
    const updates: BatchUpdate[] = []
    for (; updates.length < deltasPerPush && made < deltas / senders; made++) {
      const counter = counters[made % actors]
      if (counter === undefined) break
      const seq = (seqs[counter.shard] ?? 0) + 1
      seqs[counter.shard] = seq
      updates.push(addOne(counter, origin, seq))
    }
    const push = { number: pushes.length + 1, batch: encodeBatch({ origin, updates }) }
    pushes.push([sender, encodePush(push)])
  }
  return pushes
}

function addOne(
  counter: { readonly name: string; readonly shard: number; state: ActorState; seen: CausalContext },
  origin: string,
  seq: number
): BatchUpdate {
  const { name, shard, state, seen } = counter
  const transaction = new Transaction({
    state,
    covers: seen,
    origin,
    nextDot: () => ({ origin, seq }),
    now: () => 0,
    clientId: () => 1
  })
  openView(schema, transaction).count.add(1)
  const { delta } = transaction
  if (delta === undefined) throw new Error('an addition without a delta')
  counter.state = transaction.state
  counter.seen = seen.with(origin, seq)
  return { shard, name, seqs: CausalContext.empty.with(origin, seq), after: 0, delta }
}

function interleaved<T>(lists: readonly (readonly T[])[]): T[] {
  const longest = Math.max(...lists.map(list => list.length))
  return Array.from({ length: longest }, (_, i) => lists.flatMap(list => list.slice(i, i + 1))).flat()
}
