/**
 * Catch-up: what a fresh node, or one that was cut off, costs in time and bytes.
 *
 * Two stores on LevelDB in one process, with the beacon and the streams of the shipping code between them; records are encoded,
 * counted and decoded, and handed over in the next turn of the event loop. So both sides share one core, and nothing is spent on a
 * network: the figures are of replication itself. What differs, in bytes, is the encoded states (with their names) of the actors
 * that differ, as `differBytes` says.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { LevelDisk } from '../src/adapters/level/disk.ts'
import { SystemClock } from '../src/adapters/system/clock.ts'
import { Beacon } from '../src/cluster/beacon.ts'
import { CatchUp } from '../src/cluster/catch-up.ts'
import { shardOf } from '../src/cluster/hash-ring.ts'
import { ShardStore } from '../src/cluster/shard-store.ts'
import { type Control, decodeBulk, decodeControl, encodeBulk, encodeControl, malformed } from '../src/cluster/wire.ts'
import {
  encodeState,
  lwwRegister,
  openView,
  orMap,
  orSet,
  pnCounter,
  Transaction,
  text,
  type View
} from '../src/crdt/index.ts'
import { silentLogger } from '../src/ports/logger.ts'
import { noMetrics } from '../src/ports/metrics.ts'
import { SeededRandom } from '../src/simulation/random.ts'
import { catchUpOfProcesses } from './catch-up-processes.ts'
import type { BenchContext, Benchmark, Figures } from './support/benchmark.ts'
import { monotonicMs, pause } from './support/monotonic.ts'

const shards = 256
const deadlineMs = 120_000
const schema = {
  count: pnCounter(),
  name: lwwRegister(''),
  tags: orSet<string>(),
  lines: orMap(pnCounter()),
  page: text()
}
type Edit = (view: View<typeof schema>, random: SeededRandom, i: number) => void

interface Kind {
  readonly name: string
  readonly create: Edit
  readonly change: Edit
}

const kinds: readonly Kind[] = [
  { name: 'counters', create: view => view.count.add(1), change: view => view.count.add(1) },
  {
    name: 'records',
    create(view, random, i) {
      view.name.set(`name of ${i}`)
      for (let tag = 0; tag < 3; tag++) view.tags.add(`tag-${random.below(100)}`)
      view.lines.at(`sku-${random.below(20)}`).add(1)
    },
    change(view, random, i) {
      view.name.set(`new name of ${i}`)
      view.lines.at(`sku-${random.below(20)}`).add(1)
    }
  },
  {
    name: 'removals',
    create: (view, random) => view.tags.add(`tag-${random.below(100)}`),
    change(view) {
      for (const tag of view.tags.values()) view.tags.remove(tag)
    }
  },
  {
    name: 'documents',
    create: view => view.page.insert(0, 'a page with some lines of text in it, as they are written every day'),
    change: view => view.page.insert(10, 'more ')
  }
]

export const catchUp: Benchmark = {
  name: 'catch-up',
  about: 'a fresh node, and two nodes after a cut with changes on both sides: time and bytes until they are equal',
  async run(context) {
    for (const kind of kinds) {
      const actors = context.size(kind.name === 'documents' ? 10_000 : 100_000, 400)
      const name = `${actors} ${kind.name}`
      if (!context.wants(name)) continue
      for (let run = 0; run < context.runs; run++) {
        context.say(`${name}, run ${run + 1}`)
        await measure(context, kind, actors, name)
      }
    }
    await catchUpOfProcesses(context)
  }
}

async function measure(context: BenchContext, kind: Kind, actors: number, name: string): Promise<void> {
  await using a = await Party.open(context, 'a')
  await using b = await Party.open(context, 'b')
  connect(a, b)
  const differBytes = await a.fill(kind.create, 0, actors, context.random)
  context.add(`${name}: a fresh node`, { ...(await equal(a, b)), differBytes })
  const changed = Math.floor(actors / 10)
  const changedBytes =
    (await a.fill(kind.change, 0, changed, context.random)) +
    (await b.fill(kind.change, changed, 2 * changed, context.random))
  context.add(`${name}: after a cut, ${changed} changed on each side`, {
    ...(await equal(a, b)),
    differBytes: changedBytes
  })
}

/** Brings them together, and answers what it took. */
async function equal(a: Party, b: Party): Promise<Figures> {
  const [recordsBefore, bytesBefore] = [a.records + b.records, a.bytes + b.bytes]
  const cpuBefore = process.cpuUsage()
  const startMs = monotonicMs()
  a.beacon.greet('b')
  while (!sameBytes(a.store.root(), b.store.root())) {
    if (monotonicMs() - startMs > deadlineMs) throw new Error('the replicas were not equal in time')
    await pause(2)
  }
  const tookMs = monotonicMs() - startMs
  const { user, system } = process.cpuUsage(cpuBefore)
  return {
    tookMs,
    cpuMs: (user + system) / 1000,
    sentBytes: a.bytes + b.bytes - bytesBefore,
    records: a.records + b.records - recordsBefore
  }
}

class Party implements AsyncDisposable {
  readonly store: ShardStore
  readonly beacon: Beacon
  readonly #catchUp: CatchUp
  readonly #disk: LevelDisk
  readonly #clock: SystemClock
  readonly #directory: string
  peer: Party | undefined
  bytes = 0
  records = 0

  private constructor(name: string, directory: string, disk: LevelDisk) {
    this.#directory = directory
    this.#disk = disk
    this.#clock = new SystemClock()
    const quiet = { logger: silentLogger, metrics: noMetrics, clock: this.#clock }
    this.store = new ShardStore({ ...quiet, disk, origin: `${name}bcdefghijklmnopqrst.0123456789abcdef`, shards })
    this.#catchUp = new CatchUp({
      ...quiet,
      store: this.store,
      disk,
      events: {
        send: (_, message) => this.#send(encodeBulk(message), bytes => this.peer?.bulk(name, bytes)),
        seal: async () => {},
        asked: (peer, wanted) => this.beacon.asked(peer, wanted),
        compared: (peer, shard) => this.beacon.compared(peer, shard),
        told() {},
        members: () => [],
        table: () => ({ hash: new Uint8Array(8), isLarge: false })
      }
    })
    this.beacon = new Beacon({
      ...quiet,
      store: this.store,
      catchUp: this.#catchUp,
      random: new SeededRandom(name),
      events: {
        send: (_, message) => this.#send(encodeControl(message), bytes => this.peer?.control(name, bytes)),
        peers: () => [],
        region: 'r'
      }
    })
  }

  static async open(context: BenchContext, name: string): Promise<Party> {
    const directory = await mkdtemp(join(context.dataDir, `catch-up-${name}-`))
    const disk = new LevelDisk(directory)
    await disk.open()
    const party = new Party(name, directory, disk)
    const failed = (error: Error) => {
      throw error
    }
    await party.store.load({ committed: () => {}, failed })
    return party
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.beacon.stop()
    this.#catchUp.stop()
    await this.store.close()
    this.#clock.stop()
    await this.#disk.close()
    await rm(this.#directory, { recursive: true, force: true })
  }

  #send(bytes: Uint8Array, deliver: (bytes: Uint8Array) => void): boolean {
    this.bytes += bytes.length
    this.records++
    setImmediate(deliver, bytes)
    return true
  }

  bulk(from: string, bytes: Uint8Array): void {
    this.#catchUp.receive(from, decodeBulk(bytes))
  }

  control(from: string, bytes: Uint8Array): void {
    const message: Control = decodeControl(bytes)
    if (message.beacon != null) this.beacon.receiveBeacon(from, message.beacon.root ?? new Uint8Array(0))
    else if (message.shardHashes != null) this.beacon.receiveHashes(from, message.shardHashes)
    else throw malformed('control record')
  }

  /** Changes the actors of these numbers. Answers the bytes of their states and names. */
  async fill(edit: Edit, from: number, to: number, random: SeededRandom): Promise<number> {
    let bytes = 0
    for (let i = from; i < to; i++) {
      bytes += this.#change(i, view => edit(view, random, i))
      if (i % 1000 === 999) await this.store.durable()
    }
    await this.store.durable()
    return bytes
  }

  #change(i: number, edit: (view: View<typeof schema>) => void): number {
    const { store } = this
    const name = `thing/actor-${i}`
    const shard = shardOf('thing', `actor-${i}`, shards, 'bench')
    const actor = store.actor(shard, name)
    const base = actor.state
    const seqs: number[] = []
    const transaction = new Transaction({
      state: base,
      covers: store.covers(actor),
      origin: store.origin,
      nextDot: () => {
        const seq = store.writing.takeSeq(shard)
        seqs.push(seq)
        return { origin: store.origin, seq }
      },
      now: () => this.#clock.now(),
      clientId: () => 1 + i
    })
    edit(openView(schema, transaction))
    const { state, delta } = transaction
    if (delta !== undefined) store.writing.update(actor, { base, state, delta, seqs })
    return encodeState(actor.state).length + name.length
  }
}

function connect(a: Party, b: Party): void {
  a.peer = b
  b.peer = a
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}
