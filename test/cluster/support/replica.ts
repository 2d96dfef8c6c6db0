/** One shard store on a simulated disk, and local writes to it: what the runtime does, without handlers. */
import { orSet, pnCounter, text } from 'shoal/crdt'
import type { ShardStoreOptions } from '../../../src/cluster/shard-store.ts'
import { type Commit, ShardStore } from '../../../src/cluster/shard-store.ts'
import { CausalContext, openView, plainValue, Transaction } from '../../../src/crdt/index.ts'
import { silentLogger } from '../../../src/ports/logger.ts'
import { noMetrics } from '../../../src/ports/metrics.ts'
import type { SimulatedPorts, SimulatedWorld } from '../../../src/simulation/world.ts'

/** What the actors of these tests are made of. */
export const schema = { tags: orSet<string>(), sum: pnCounter(), page: text() }
type View = ReturnType<typeof openView<typeof schema>>

const admission = { clusterKey: new Uint8Array(32), facts: { cluster: 'test', shards: 4, protocol: 1 } }

export class Replica {
  readonly store: ShardStore
  readonly ports: SimulatedPorts
  readonly commits: Commit[] = []
  readonly failures: string[] = []
  readonly world: SimulatedWorld

  private constructor(world: SimulatedWorld, ports: SimulatedPorts, origin: string, options: ShardStoreOptions) {
    this.world = world
    this.ports = ports
    const { disk, clock } = ports
    const quiet = { logger: silentLogger, metrics: noMetrics }
    this.store = new ShardStore({ disk, clock, ...quiet, origin, shards: 4 }, options)
  }

  /** A process on this machine, with what its disk holds. Each needs an origin of its own. */
  static async boot(
    world: SimulatedWorld,
    machine: string,
    origin: string,
    options: ShardStoreOptions = {}
  ): Promise<Replica> {
    const replica = await Replica.bootUnchecked(world, machine, origin, options)
    await settle(world, replica.verify())
    return replica
  }

  /** The same, before it has looked through its disk. */
  static async bootUnchecked(
    world: SimulatedWorld,
    machine: string,
    origin: string,
    options: ShardStoreOptions = {}
  ): Promise<Replica> {
    const ports = world.machine(machine).boot(admission)
    await settle(world, ports.disk.open())
    const replica = new Replica(world, ports, origin, options)
    const { commits, failures } = replica
    const loaded = replica.store.load({
      committed: commit => commits.push(commit),
      failed: error => failures.push(error.code)
    })
    await settle(world, loaded)
    return replica
  }

  /** Looks through the disk, as a node does after its start. Answers the damaged shards. */
  async verify(): Promise<number[]> {
    const damaged: number[] = []
    for (;;) {
      const shard = this.store.trust.next()
      if (shard === undefined) return damaged
      const scan = await this.store.mending.look(shard, async () => {})
      if (scan === undefined || scan.faults.length === 0) continue
      damaged.push(shard)
      if (await this.store.mending.distrust(shard)) this.store.failOfOwn(shard)
    }
  }

  /** Changes an actor in memory. `await settle(store.durable())` to have it on disk. */
  write(actor: string, change: (view: View) => void, shard = 0): void {
    const seqs: number[] = []
    const held = this.store.actor(shard, actor)
    const transaction = new Transaction({
      state: held.state,
      covers: this.store.covers(held),
      origin: this.store.origin,
      nextDot: () => {
        const seq = this.store.writing.takeSeq(shard)
        seqs.push(seq)
        return { origin: this.store.origin, seq }
      },
      now: () => this.ports.clock.now(),
      clientId: () => 1 + [...this.store.origin].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 7)
    })
    change(openView(schema, transaction))
    const { delta, state } = transaction
    if (delta !== undefined) this.store.writing.update(held, { base: held.state, state, delta, seqs })
  }

  async save(): Promise<void> {
    await settle(this.world, this.store.durable())
  }

  value(actor: string, shard = 0): { tags: string[]; sum: number; page: string } {
    return plainValue(schema, this.store.actor(shard, actor).state)
  }

  /** Sends everything that `since` lacks of a shard as one batch, as a push would. */
  pushTo(other: Replica, ...commits: readonly Commit[]): void {
    for (const commit of commits) {
      for (const { shard, actor, seqs, after, delta } of commit.updates) {
        const seq = seqs.next(this.store.origin) - 1
        other.store.joining.joinBatch(shard, this.store.origin, seqs, [{ actor, seq, after, delta }])
      }
    }
  }

  own(shard = 0): readonly number[] {
    return this.store.context(shard).intervals(this.store.origin)
  }
}

export const noSeqs = CausalContext.empty

export async function settle<T>(world: SimulatedWorld, promise: Promise<T>): Promise<T> {
  let done = false
  const end = () => {
    done = true
  }
  promise.then(end, end)
  await world.time.run({ condition: () => done, untilMs: world.time.nowMs + 60_000 })
  if (!done) throw new Error('not settled within a minute of virtual time')
  return promise
}
