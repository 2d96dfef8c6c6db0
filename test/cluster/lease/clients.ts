/**
 * Clients of lease shards, who append their mark to lists and read them through whoever owns. What lists show tells everything: a mark is
 * in it once or not at all, no read ever shows what a later one does not begin with, and what was acknowledged is there from then on.
 */

import type { LeaseAcknowledgement } from '../../../src/cluster/lease/epoch-writer.ts'
import type { Lease } from '../../../src/cluster/lease/lease.ts'
import { isShoalError } from '../../../src/ports/errors.ts'
import type { SimulatedProcess } from '../../../src/simulation/process.ts'
import { SeededRandom } from '../../../src/simulation/random.ts'
import type { LeaseCluster } from './lease-cluster.ts'

interface Seen {
  readonly atMs: number
  readonly list: readonly string[]
}

class Died extends Error {}

const text = new TextDecoder()
const utf8 = new TextEncoder()

export class Clients {
  /** Marks by actor. */
  readonly acknowledged = new Map<string, string[]>()
  /** By actor what was read last, and acknowledged, as of the end of whichever was last. */
  readonly #seen = new Map<string, Seen>()
  readonly outcomes = new Map<string, number>()
  readonly #cluster: LeaseCluster
  #maxPauseMs: number
  /** Of an actor, what was written or parsed last: most calls find the same. */
  readonly #parsed = new Map<string, { readonly state: Uint8Array; readonly list: readonly string[] }>()
  readonly #callers = new WeakMap<SimulatedProcess, Set<(error: Died) => void>>()
  #isRunning = true
  #underWay = 0

  constructor(cluster: LeaseCluster, clients: number, actors: number, maxPauseMs = 40) {
    this.#cluster = cluster
    this.#maxPauseMs = maxPauseMs
    for (let i = 0; i < clients; i++)
      void this.#go(i, actors, new SeededRandom(`client/${cluster.options.seed}/${i}`)).catch(error =>
        cluster.faults.push(`client ${i}: ${error.stack}`)
      )
  }

  get isDone(): boolean {
    return this.#underWay === 0
  }

  /** From now on they call so many times less often. */
  slow(times: number): void {
    this.#maxPauseMs *= times
  }

  stop(): void {
    this.#isRunning = false
  }

  async #go(client: number, actors: number, random: SeededRandom): Promise<void> {
    const { world, options } = this.#cluster
    for (let count = 0; this.#isRunning; count++) {
      await new Promise<void>(resolve =>
        world.time.schedule(random.between(0, this.#maxPauseMs * 1000), undefined, resolve)
      )
      const number = random.below(actors)
      const shard = number % options.shards
      const actor = `list/${number}`
      const node = this.#cluster.node(random.below(options.nodes))
      const lease = node?.leases.get(shard)
      if (node === undefined || lease === undefined || !this.#isRunning) continue
      const { process } = node.ports
      if (process.isPaused || process.isDead) continue
      const { promise: died, reject: dies } = Promise.withResolvers<never>()
      died.catch(() => {})
      const callers = this.#callersOf(process)
      callers.add(dies)
      this.#underWay++
      const before = this.#seen.get(actor)
      const known = this.acknowledged.get(actor)?.slice() ?? []
      try {
        if (random.chance(0.6)) {
          const mark = `${client}.${count}`
          const list = this.#listOf(actor, lease.peek(actor))
          const size = random.chance(0.02) ? 60_000 : random.below(100)
          const level = random.chance(0.1) ? 'all' : 'majority'
          const next = [...list, mark]
          const state = encoded(next, size)
          this.#parsed.set(actor, { state: state.slice(), list: next })
          await Promise.race([lease.append(actor, state, level), died])
          this.#note('acknowledged')
          this.#checkCopies(shard, actor, mark, lease, level)
          this.acknowledged.set(actor, [...(this.acknowledged.get(actor) ?? []), mark])
          this.#check(actor, next, before, known)
        } else {
          const list = this.#listOf(actor, await Promise.race([lease.read(actor), died]))
          this.#note('read')
          // An owner whose time another does not respect may show what was there a while ago.
          const isCertain = !this.#cluster.isImpatient
          this.#check(actor, list, isCertain ? before : undefined, isCertain ? known : [])
        }
      } catch (error) {
        if (error instanceof Died) this.#note('died')
        else if (isShoalError(error)) this.#note(error.code)
        else throw error
      } finally {
        callers.delete(dies)
      }
      this.#underWay--
    }
  }

  #listOf(actor: string, state: Uint8Array | undefined): readonly string[] {
    if (state === undefined) return []
    const last = this.#parsed.get(actor)
    if (last !== undefined && Buffer.compare(last.state, state) === 0) return last.list
    const list = listOf(state)
    this.#parsed.set(actor, { state: state.slice(), list })
    return list
  }

  /** The process may die under them: then nobody knows, and nobody is told. */
  #callersOf(process: SimulatedProcess): Set<(error: Died) => void> {
    const known = this.#callers.get(process)
    if (known !== undefined) return known
    const callers = new Set<(error: Died) => void>()
    this.#callers.set(process, callers)
    process.onKill(() => {
      for (const dies of callers) dies(new Died())
    })
    return callers
  }

  #note(outcome: string): void {
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1)
  }

  /** `before` and `known`: what was certain when this one began. */
  #check(actor: string, list: readonly string[], before: Seen | undefined, known: readonly string[]): void {
    const fail = (why: string) =>
      void this.#cluster.faults.push(`${actor} at ${this.#cluster.world.time.nowMs}: ${why}: [${list.slice(-8)}]`)
    const there = new Set(list)
    if (there.size !== list.length) fail('a mark is there twice')
    const missing = known.find(mark => !there.has(mark))
    if (missing !== undefined) fail(`the acknowledged mark ${missing} is missing`)
    const last = this.#seen.get(actor)?.list ?? []
    const shorter = Math.min(last.length, list.length)
    for (let at = 0; at < shorter; at++)
      if (list[at] !== last[at]) {
        fail(`another was seen before: [${last.slice(-8)}]`)
        break
      }
    if (list.length < (before?.list.length ?? 0)) fail(`it has shown more before: [${before?.list.slice(-8)}]`)
    if (list.length > last.length) this.#seen.set(actor, { atMs: this.#cluster.world.time.nowMs, list })
  }

  /** It is on as many disks as was said, but for what was dropped before the last of them was heard of. */
  #checkCopies(shard: number, actor: string, mark: string, { epoch, set }: Lease, level: LeaseAcknowledgement): void {
    const copies = this.#cluster.copiesOf(shard, actor, set).filter(state => Buffer.from(state).includes(`"${mark}"`))
    const needed = level === 'all' ? set.length : Math.floor(set.length / 2) + 1
    if (copies.length + this.#cluster.droppedSince(shard, epoch, set) < needed)
      this.#cluster.faults.push(`${mark} of ${actor} is acknowledged, and on ${copies.length} of ${set.length} disks`)
  }

  /** At the end, by what an owner shows. */
  checkFinally(actor: string, state: Uint8Array | undefined): void {
    this.#check(actor, listOf(state), this.#seen.get(actor), this.acknowledged.get(actor) ?? [])
  }
}

function encoded(marks: readonly string[], padding: number): Uint8Array {
  return utf8.encode(JSON.stringify({ marks, padding: 'x'.repeat(padding) }))
}

export function listOf(state: Uint8Array | undefined): string[] {
  return state === undefined ? [] : (JSON.parse(text.decode(state)) as { marks: string[] }).marks
}
