/**
 * Which disks must have an acknowledged write, as far as the shards' contexts tell.
 *
 * What a process has made it has made under its own origin. So a disk that covers all that another had of its own origins, when a write
 * was acknowledged, has that write, too, if the other has made it.
 */
import type { TestCluster } from 'shoal/testing'
import { shardOf } from '../../../src/cluster/hash-ring.ts'
import { CausalContext } from '../../../src/crdt/index.ts'
import type { SimulatedMachine } from '../../../src/simulation/world.ts'
import { contextOn } from './disk-shards.ts'
import type { Scenario } from './scenario.ts'
import type { Write } from './workload.ts'

export class DiskWitness {
  readonly #cluster: TestCluster
  readonly #scenario: Pick<Scenario, 'shards' | 'replicas'>
  readonly #isNeeded: boolean
  readonly #isOneDiskOnly: boolean
  /** Per write and machine: all that its disk had of its own origins. */
  readonly #made = new Map<Write, Map<string, CausalContext>>()

  constructor(cluster: TestCluster, scenario: Scenario, isHarmed: boolean) {
    this.#cluster = cluster
    this.#scenario = scenario
    this.#isNeeded = isHarmed
    this.#isOneDiskOnly = scenario.trouble.restore === undefined && scenario.trouble.disasterChance === 0
  }

  /** Of an actor: `kind/id`. */
  shardOfName(name: string): number {
    const { shards, replicas } = this.#scenario
    const slash = name.indexOf('/')
    const kind = name.slice(0, slash)
    return (kind === 'account' ? 0 : replicas) * shards + shardOf(kind, name.slice(slash + 1), shards, 'test')
  }

  noteAcknowledged(write: Write): void {
    if (!this.#isNeeded) return
    const shard = this.shardOfName(`${write.kind}/${write.id}`)
    const made = new Map<string, CausalContext>()
    for (const machine of this.#cluster.world.machines()) {
      let own = CausalContext.empty
      const context = contextOn(machine, shard)
      for (const origin of context?.origins() ?? []) {
        if (!origin.startsWith(`${machine.id}.`)) continue
        const spans = context?.intervals(origin) ?? []
        for (let i = 0; i < spans.length; i += 2) own = own.with(origin, spans[i] ?? 1, spans[i + 1] ?? 1)
      }
      made.set(machine.id, own)
    }
    this.#made.set(write, made)
  }

  /** No other disk is sure to have it, or that disk may be put back, too. */
  mayBeOnlyAt(machine: SimulatedMachine, write: Write): boolean {
    const made = this.#made.get(write)?.get(machine.id)
    if (made === undefined || !this.#isOneDiskOnly) return true
    const shard = this.shardOfName(`${write.kind}/${write.id}`)
    const others = this.#cluster.world.machines().filter(other => other !== machine)
    return !others.some(other => contextOn(other, shard)?.covers(made) === true)
  }
}
