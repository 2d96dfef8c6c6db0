/** Random writes to a simulated shop, and what is known of the fate of each. */
import { isShoalError, type ShoalNode } from 'shoal'
import type { TestCluster } from 'shoal/testing'
import { actorOfStateKey } from '../../../src/cluster/storage-layout.ts'
import { SeededRandom } from '../../../src/simulation/random.ts'
import type { SimulatedMachine } from '../../../src/simulation/world.ts'
import type { DiskWitness } from './disk-witness.ts'
import type { Trouble } from './trouble.ts'

export type Fate = 'pending' | 'acknowledged' | 'uncertain' | 'failed'

export interface Write {
  readonly kind: string
  readonly id: string
  readonly what: string
  readonly removes: boolean
  /** A majority of the members was to have it before it was acknowledged. */
  readonly isMajority: boolean
  /** Where and when it was begun. */
  readonly node: string
  readonly startedMs: number
  fate: Fate
  acknowledgedMs: number
}

const kinds = ['tags', 'tags', 'counter', 'cart', 'document', 'account', 'account'] as const
type Kind = (typeof kinds)[number]

/** Whoever wrote to so many actors at a node that ended goes on with them as soon as it is back. */
const latestCount = 3
const lookForReturnMs = 1
const givesUpAfterMs = 4000

/** Errors that promise that nothing happened. */
const certain = new Set([
  'SHOAL_DEADLINE',
  'SHOAL_OVERLOADED',
  'SHOAL_BAD_ARGUMENT',
  'SHOAL_LIMIT',
  'SHOAL_UNKNOWN_KIND'
])

export class Workload {
  readonly writes: Write[] = []
  /** Reads that saw less than was promised, or more than there was. */
  readonly wrongReads: string[] = []
  readonly #cluster: TestCluster
  readonly #trouble: Trouble
  readonly #disks: DiskWitness
  /** Acknowledged by a majority, one disk of which was put back since: until all have met, a majority may not have it. */
  readonly #thinned = new Set<Write>()
  /** Forgiven before the answer came: it may have been under way for long. */
  /** Disks that were harmed, when, and in which shards. */
  readonly #damaged: { readonly machine: SimulatedMachine; readonly atMs: number; isIn(shard: number): boolean }[] = []
  readonly #forgiven = new Set<Write>()
  /** Which process each was given to: two may be of one name. */
  readonly #by = new Map<Write, ShoalNode>()
  readonly #actorsPerKind: number
  /** What was written to last at each machine, oldest first. */
  readonly #latest = new Map<string, (readonly [kind: Kind, id: string])[]>()
  readonly #awaited = new Set<string>()
  #number = 0

  constructor(cluster: TestCluster, trouble: Trouble, disks: DiskWitness, actorsPerKind = 2) {
    this.#actorsPerKind = actorsPerKind
    this.#cluster = cluster
    this.#trouble = trouble
    this.#disks = disks
  }

  get isDone(): boolean {
    return this.writes.every(write => write.fate !== 'pending')
  }

  /** One write to one actor on one node, or a burst of them. */
  step(random: SeededRandom): void {
    const running = this.#cluster.nodes()
    if (running.length === 0) return
    const node = random.pick(running)
    const kind = random.pick(kinds)
    if (kind === 'counter' && random.chance(0.4)) {
      void this.#readOfMajority(node, `c${random.below(this.#actorsPerKind)}`)
      return
    }
    const id = `${kind[0]}${random.below(this.#actorsPerKind)}`
    if (kind === 'tags' && random.chance(0.3)) {
      this.#passing(random, node)
      return
    }
    const count = random.chance(0.15) ? 2 + random.below(4) : 1
    for (let i = 0; i < count; i++) this.#write(random, node, kind, id)
    this.#trouble.wrote(node)
  }

  /** An actor that is made, and soon removed by another node: nothing of it is to stay. */
  #passing(random: SeededRandom, node: ShoalNode): void {
    const what = `w${this.#number++}`
    const write = this.#note(node, { kind: 'tags', id: `gone-${what}`, what, removes: false, isMajority: false })
    void this.#perform(node, write)
    this.#removeElsewhere(random, node, write, 5)
  }

  /** Sees all that a majority had when it was asked for. */
  async #readOfMajority(node: ShoalNode, id: string): Promise<void> {
    const ofCounter = () => this.writes.filter(write => write.kind === 'counter' && write.id === id)
    const isSure = (write: Write) => write.isMajority && write.fate === 'acknowledged' && !this.#thinned.has(write)
    const least = ofCounter().filter(isSure).length
    try {
      const value = await node.call('counter', id, 'value', undefined, { deadlineMs: 1500, read: 'majority' })
      const most = ofCounter().filter(write => write.fate !== 'failed').length
      if (!(Number(value) >= least && Number(value) <= most))
        this.wrongReads.push(`${node.id}: a majority read of counter/${id} answered ${value}, not ${least} to ${most}`)
      else this.#cluster.world.sightings.see('workload: a majority read')
    } catch {
      // No majority answered in time: nothing was promised.
    }
  }

  /** What was acknowledged since, on a disk that was put back, may be gone; not what a majority has. */
  forgive(sinceMs: number, but?: Write): void {
    if (but !== undefined) this.#thinned.add(but)
    for (const write of this.writes) {
      if (write.fate === 'acknowledged' && write.acknowledgedMs >= sinceMs && write !== but) write.fate = 'uncertain'
      if (write.fate === 'pending' && !write.isMajority) this.#forgiven.add(write)
    }
  }

  /** A node and its disk are no more: what it alone had is gone; not what a majority has. */
  forgiveNode(node: ShoalNode): void {
    for (const [write, by] of this.#by)
      if (by === node && write.fate === 'acknowledged' && !write.isMajority) write.fate = 'uncertain'
  }

  /**
   * This machine's disk has lost what was under these keys: actors, and of the others in their shards perhaps what was removed. What it
   * alone had is gone; not what a majority has, nor what another disk has.
   */
  forgiveDamage(machine: SimulatedMachine, keys: readonly Uint8Array[]): void {
    const isActor = ([prefix]: Uint8Array) => prefix === 's'.charCodeAt(0)
    const names = new Set(keys.filter(isActor).map(actorOfStateKey))
    const shards = new Set([...names].map(name => this.#disks.shardOfName(name)))
    const isAnyShard = !keys.every(isActor)
    this.#damaged.push({
      machine,
      atMs: this.#cluster.world.time.nowMs,
      isIn: shard => isAnyShard || shards.has(shard)
    })
    for (const write of this.writes) {
      if (!(write.fate === 'acknowledged' || write.fate === 'pending') || write.isMajority) continue
      const name = `${write.kind}/${write.id}`
      const isInShard = isAnyShard || shards.has(this.#disks.shardOfName(name))
      const isTouched = write.removes ? isInShard : names.has(name)
      if (!isTouched) continue
      if (write.fate === 'pending') this.#forgiven.add(write)
      else if (this.#disks.mayBeOnlyAt(machine, write)) write.fate = 'uncertain'
    }
  }

  /**
   * A removal that was made while its disk's damage was not known yet may be forgotten as garbage before it is: then it is among what the
   * damaged shard claims no more (ADR 24), and is forgiven where no other disk has it in the end.
   */
  forgiveForgotten(): void {
    for (const { machine, atMs, isIn } of this.#damaged)
      for (const write of this.writes) {
        const isMeant = write.removes && !write.isMajority && isIn(this.#disks.shardOfName(`${write.kind}/${write.id}`))
        if (!isMeant || write.fate !== 'acknowledged' || write.acknowledgedMs < atMs) continue
        if (this.#disks.mayBeOnlyAt(machine, write)) write.fate = 'uncertain'
      }
  }

  #write(random: SeededRandom, node: ShoalNode, kind: Kind, id: string): void {
    const removed = kind === 'tags' && random.chance(0.3) ? this.#removable(random, id) : undefined
    const what = removed?.what ?? `w${this.#number++}`
    const isMajority = kind !== 'account' && random.chance(0.2)
    const write = this.#note(node, { kind, id, what, removes: removed !== undefined, isMajority })
    this.#awaitReturn(node, kind, id)
    void this.#perform(node, write)
    if (kind === 'tags' && !write.removes && random.chance(0.2)) this.#removeElsewhere(random, node, write, 5)
  }

  /** Its next life may lack what it wrote in this one, and has not heard of it from the others when its callers are back. */
  #awaitReturn(node: ShoalNode, kind: Kind, id: string): void {
    const latest = (this.#latest.get(node.id) ?? []).filter(([, other]) => other !== id)
    this.#latest.set(node.id, [...latest, [kind, id] as const].slice(-latestCount))
    if (this.#awaited.has(node.id)) return
    this.#awaited.add(node.id)
    this.#cluster.processOf(node)?.onKill(() => {
      this.#awaited.delete(node.id)
      this.#goOnWhenBack(node, this.#cluster.world.time.nowMs + givesUpAfterMs)
    })
  }

  #goOnWhenBack(before: ShoalNode, untilMs: number): void {
    const { time } = this.#cluster.world
    if (time.nowMs > untilMs) return
    time.schedule(lookForReturnMs * 1000, undefined, () => {
      const node = this.#cluster.nodes().find(other => other.id === before.id)
      if (node === undefined || node === before) this.#goOnWhenBack(before, untilMs)
      else {
        const random = new SeededRandom(`return/${node.id}/${this.#number}`)
        this.#cluster.world.sightings.see('workload: callers of a node that ended went on')
        for (const [kind, id] of this.#latest.get(node.id) ?? []) this.#write(random, node, kind, id)
      }
    })
  }

  #note(node: ShoalNode, write: Pick<Write, 'kind' | 'id' | 'what' | 'removes' | 'isMajority'>): Write {
    const startedMs = this.#cluster.world.time.nowMs
    const noted: Write = { ...write, node: node.id, startedMs, fate: 'pending', acknowledgedMs: 0 }
    this.writes.push(noted)
    this.#by.set(noted, node)
    return noted
  }

  #removable(random: SeededRandom, id: string): Write | undefined {
    const present = this.writes.filter(
      write => write.kind === 'tags' && write.id === id && write.fate === 'acknowledged' && !write.removes
    )
    return present.length === 0 ? undefined : random.pick(present)
  }

  /** Another node removes the tag as soon as it sees it, so that the removal may overtake the addition on the way to a third. */
  #removeElsewhere(random: SeededRandom, from: ShoalNode, added: Write, tries: number): void {
    this.#cluster.world.time.schedule(random.between(500, 5000), undefined, async () => {
      const others = this.#cluster.nodes().filter(node => node !== from)
      if (others.length === 0 || tries === 0) return
      const node = random.pick(others)
      const isSeen = await sees(node, added).catch(() => false)
      if (isSeen) await this.#perform(node, this.#note(node, { ...added, removes: true, isMajority: false }))
      else this.#removeElsewhere(random, from, added, tries - 1)
    })
  }

  async #perform(node: ShoalNode, write: Write): Promise<void> {
    // It may have been killed since it was picked.
    if (!this.#cluster.nodes().includes(node)) {
      write.fate = 'failed'
      return
    }
    // A call on a node that is killed never answers: the caller's connection would break.
    this.#cluster.processOf(node)?.onKill(() => {
      if (write.fate === 'pending') write.fate = 'uncertain'
    })
    const disaster = write.isMajority ? this.#trouble.prepareDisaster(node) : undefined
    try {
      const [method, argument] = command(write)
      const answer = await node.call(write.kind, write.id, method, argument, {
        deadlineMs: 1500,
        ...(write.isMajority ? { acknowledge: 'majority' as const } : {})
      })
      if (write.fate !== 'pending') return
      // A removal takes away what its replica has seen, so it counts only where the tag was.
      const isDone = !write.removes || answer === true
      write.fate = !isDone ? 'failed' : this.#forgiven.has(write) ? 'uncertain' : 'acknowledged'
      write.acknowledgedMs = this.#cluster.world.time.nowMs
      if (write.fate === 'acknowledged') this.#disks.noteAcknowledged(write)
      if (disaster === undefined) this.#trouble.acknowledged(node)
      else this.forgive(disaster(), write)
    } catch (error) {
      if (write.fate === 'pending') write.fate = isShoalError(error) && certain.has(error.code) ? 'failed' : 'uncertain'
    }
  }
}

async function sees(node: ShoalNode, { kind, id, what }: Write): Promise<boolean> {
  const view = await node.describe(kind, id)
  return JSON.stringify(view.state).includes(`"${what}"`)
}

function command(write: Write): [string, unknown] {
  if (write.kind === 'tags') return [write.removes ? 'remove' : 'add', write.what]
  if (write.kind === 'counter') return ['add', 1]
  if (write.kind === 'cart') return ['addLine', { sku: write.what, quantity: 1 }]
  if (write.kind === 'document') return ['insert', { at: 0, text: `<${write.what}>` }]
  return ['deposit', { amount: 1 }]
}
