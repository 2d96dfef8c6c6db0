/**
 * Trouble that the fault injector cannot aim: the end of a process in the moment after it acknowledged a write, and a restart on
 * an old copy of the disk, as after a restored backup.
 */
import type { ShoalNode } from 'shoal'
import type { TestCluster } from 'shoal/testing'
import { CausalContext } from '../../../src/crdt/index.ts'
import type { SimulatedProcess } from '../../../src/simulation/process.ts'
import { SeededRandom } from '../../../src/simulation/random.ts'
import type { SimulatedMachine } from '../../../src/simulation/world.ts'
import { contextOn } from './disk-shards.ts'
import type { TroublePlan } from './scenario.ts'

const slowWriteMs = { min: 20, max: 60 }
const slowDisksMs = 300

export class Trouble {
  readonly #cluster: TestCluster
  readonly #random: SeededRandom
  readonly #shards: readonly number[]
  /** Shards below it are on every node, and never dropped. */
  readonly #shardCount: number
  readonly #plan: TroublePlan
  readonly #timers = new Set<{ cancel(): void }>()
  readonly #ends: (() => void)[] = []
  readonly #guarded = new WeakSet<SimulatedProcess>()
  #isOver = false
  #areDisksSlow = false
  #hasRestored = false
  #isSpoilt = false
  /** What was found when a process ended: whoever ended it may have caught the error. */
  #phantom: Error | undefined

  constructor(cluster: TestCluster, options: { shards: readonly number[]; shardCount: number; plan: TroublePlan }) {
    this.#cluster = cluster
    this.#random = new SeededRandom(`trouble/${options.plan.luck}`)
    this.#shards = options.shards
    this.#shardCount = options.shardCount
    this.#plan = options.plan
  }

  /** Tell it of every write that was begun: the process may end before, while or after it comes to the disk. */
  wrote(node: ShoalNode): void {
    this.#guardAll()
    if (this.#isOver || !this.#random.chance(this.#plan.killChance / 2)) return
    const machine = this.#machineOf(node)
    this.#after(this.#random.between(0, 4), () => this.#killOne(machine, 'killed in the middle of a write'))
  }

  /**
   * Call it before a write to a replicated actor that a majority is to have, and its answer after the acknowledgement: then the
   * power fails everywhere, and this node has its disk from before. Answers the time of that disk.
   */
  prepareDisaster(node: ShoalNode): (() => number) | undefined {
    if (this.#isOver || this.#hasRestored || !this.#random.chance(this.#plan.disasterChance)) return undefined
    const machine = this.#machineOf(node)
    if (machine === undefined) return undefined
    const backup = machine.disk.backup()
    const backupMs = this.#cluster.world.time.nowMs
    if (this.#random.chance(0.5)) this.#slowDisks(machine)
    return () => {
      if (this.#isOver || this.#hasRestored || machine.process === undefined) return backupMs
      this.#hasRestored = true
      this.#cluster.world.sightings.see('trouble: disaster')
      for (const other of this.#cluster.world.machines()) if (other.process !== undefined) this.#kill(other, true)
      machine.disk.restore(backup)
      return backupMs
    }
  }

  /** The storage that the others share slows down before the power fails: what they have not synced is much. */
  #slowDisks(but: SimulatedMachine): void {
    if (this.#areDisksSlow) return
    this.#areDisksSlow = true
    const conditions = this.#cluster.world.machines().flatMap(other => (other === but ? [] : [other.disk.conditions]))
    const before = conditions.map(({ writeMs }) => writeMs)
    for (const slowed of conditions) slowed.writeMs = slowWriteMs
    const end = () => {
      for (const [i, slowed] of conditions.entries()) slowed.writeMs = before[i] ?? slowed.writeMs
      this.#areDisksSlow = false
    }
    this.#ends.push(end)
    this.#after(slowDisksMs, end)
  }

  /** Some disk does not have any more what it had. */
  get hasForgotten(): boolean {
    return this.#hasRestored || this.#isSpoilt
  }

  get hasRestored(): boolean {
    return this.#hasRestored
  }

  /** What is planned happens from now on. `gone` is told of what may be lost with it: all since a moment, or all that a node wrote. */
  start(gone: { since(backupMs: number): void; writtenBy(node: ShoalNode): void }): void {
    const { restore, copy } = this.#plan
    const machines = this.#cluster.world.machines()
    if (restore !== undefined) this.#restore(restore.machine % machines.length, restore, gone.since)
    if (copy !== undefined) this.#copy(copy.machine % machines.length, copy, gone.writtenBy)
  }

  /** The younger process of the two is ended, and the other started again, as whoever runs them would. */
  #copy(number: number, plan: { atMs: number; lastsMs: number }, writtenBy: (node: ShoalNode) => void): void {
    this.#after(plan.atMs, () => {
      if (this.#isOver) return
      this.#isSpoilt = true
      this.#cluster.world.sightings.see('trouble: a copied disk')
      let copy: ShoalNode | undefined
      const endCopy = this.#cluster.copy(number, node => {
        copy = node
      })
      let isOver = false
      const end = () => {
        if (isOver) return
        isOver = true
        endCopy()
        if (copy !== undefined) writtenBy(copy)
        if (this.#cluster.machine(number).process !== undefined) {
          this.#cluster.kill(number)
          this.#cluster.boot(number)
        }
      }
      this.#ends.push(end)
      this.#after(plan.lastsMs, end)
    })
  }

  #restore(
    number: number,
    { takenMs, usedMs }: { takenMs: number; usedMs: number },
    restored: (backupMs: number) => void
  ): void {
    const machine = this.#cluster.machine(number)
    this.#after(takenMs, () => {
      const backup = machine.disk.backup()
      const backupMs = this.#cluster.world.time.nowMs
      this.#after(usedMs - takenMs, () => {
        if (this.#isOver || this.#hasRestored) return
        this.#kill(machine, this.#plan.isPowerLoss)
        machine.disk.restore(backup)
        this.#hasRestored = true
        this.#cluster.world.sightings.see('trouble: an old disk')
        restored(backupMs)
      })
    })
  }

  /** Tell it of every acknowledged write. */
  acknowledged(node: ShoalNode): void {
    if (this.#isOver || !this.#random.chance(this.#plan.killChance)) return
    this.#killOne(this.#machineOf(node), 'killed after an acknowledgement')
  }

  /** All that it took down is up again. */
  heal(): void {
    this.#isOver = true
    for (const timer of this.#timers) timer.cancel()
    for (const end of this.#ends) end()
    for (const machine of this.#cluster.world.machines()) this.#boot(machine)
  }

  /** Bytes on a disk went bad: what it knew for sure, it may not know any more. */
  spoilt(): void {
    this.#isSpoilt = true
  }

  /** No disk may know of updates that the disk of their origin has forgotten: they left it too early. */
  assertNoPhantoms(): void {
    this.#phantom ??= this.#findPhantom()
    if (this.#phantom !== undefined) throw this.#phantom
  }

  #findPhantom(): Error | undefined {
    if (this.hasForgotten) return undefined
    const machines = this.#cluster.world.machines()
    for (const machine of machines) {
      for (const shard of this.#shards) {
        const own = contextOn(machine, shard)
        // It does not store the shard any more.
        if (own === undefined) continue
        for (const other of machines) {
          const theirs = contextOn(other, shard)
          for (const origin of theirs?.origins() ?? []) {
            if (!origin.startsWith(`${machine.id}.`)) continue
            // It had dropped the shard, stores it again, and has not fetched it yet.
            if (shard >= this.#shardCount && own.intervals(origin).length === 0) continue
            const spans = theirs?.intervals(origin) ?? []
            for (let i = 0; i < spans.length; i += 2) {
              if (own.covers(CausalContext.empty.with(origin, spans[i] ?? 1, spans[i + 1] ?? 1))) continue
              return new Error(
                `${other.id} has updates of ${origin} in shard ${shard} that ${machine.id} has not on disk`
              )
            }
          }
        }
      }
    }
    return undefined
  }

  /** A crash is when a disk may forget: whoever killed the process. */
  #guardAll(): void {
    for (const { process } of this.#cluster.world.machines()) {
      if (process === undefined || this.#guarded.has(process)) continue
      this.#guarded.add(process)
      process.onKill(() => {
        this.#phantom ??= this.#findPhantom()
      })
    }
  }

  #machineOf(node: ShoalNode): SimulatedMachine | undefined {
    return this.#cluster.world.machines().find(({ id }) => id === node.id)
  }

  #killOne(machine: SimulatedMachine | undefined, sighting: string): void {
    if (this.#isOver || machine?.process === undefined) return
    this.#cluster.world.sightings.see(`trouble: ${sighting}`)
    this.#kill(machine, this.#plan.isPowerLoss)
  }

  #kill(machine: SimulatedMachine, isPowerLoss: boolean): void {
    this.#cluster.kill(this.#cluster.world.machines().indexOf(machine), { isPowerLoss })
    this.#after(this.#random.between(100, 3000), () => this.#boot(machine))
  }

  #boot(machine: SimulatedMachine): void {
    if (machine.process === undefined) this.#cluster.boot(this.#cluster.world.machines().indexOf(machine))
  }

  #after(delayMs: number, task: () => void): void {
    this.#timers.add(this.#cluster.world.time.schedule(delayMs * 1000, undefined, task))
  }
}
