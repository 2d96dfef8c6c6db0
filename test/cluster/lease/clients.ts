/**
 * Clients of lease shards, who append their mark to lists and read them through whoever owns. What lists show tells everything: a mark is
 * in it once or not at all, no read ever shows what a later one does not begin with, and what was acknowledged is there from then on.
 */

import type { LeaseAcknowledgement } from '../../../src/cluster/lease/epoch-writer.ts'
import { isShoalError } from '../../../src/ports/errors.ts'
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
  readonly #maxPauseMs: number
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
      // The process may die under it: then nobody knows, and nobody is told.
      const died = new Promise<never>((_, reject) =>
        process.onKill(() => {
          reject(new Died())
        })
      )
      died.catch(() => {})
      this.#underWay++
      const before = this.#seen.get(actor)
      const known = this.acknowledged.get(actor)?.slice() ?? []
      try {
        if (random.chance(0.6)) {
          const mark = `${client}.${count}`
          const list = listOf(lease.peek(actor))
          const size = random.chance(0.02) ? 60_000 : random.below(100)
          const level = random.chance(0.1) ? 'all' : 'majority'
          await Promise.race([lease.append(actor, encoded([...list, mark], size), level), died])
          this.#note('acknowledged')
          this.#checkCopies(shard, actor, mark, lease.set, level)
          this.acknowledged.set(actor, [...(this.acknowledged.get(actor) ?? []), mark])
          this.#check(actor, [...list, mark], before, known)
        } else {
          const list = listOf(await Promise.race([lease.read(actor), died]))
          this.#note('read')
          // An owner whose time another does not respect may show what was there a while ago.
          const isCertain = !this.#cluster.isImpatient
          this.#check(actor, list, isCertain ? before : undefined, isCertain ? known : [])
        }
      } catch (error) {
        if (error instanceof Died) this.#note('died')
        else if (isShoalError(error)) this.#note(error.code)
        else throw error
      }
      this.#underWay--
    }
  }

  #note(outcome: string): void {
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1)
  }

  /** `before` and `known`: what was certain when this one began. */
  #check(actor: string, list: readonly string[], before: Seen | undefined, known: readonly string[]): void {
    const fail = (why: string) =>
      void this.#cluster.faults.push(`${actor} at ${this.#cluster.world.time.nowMs}: ${why}: [${list.slice(-8)}]`)
    if (new Set(list).size !== list.length) fail('a mark is there twice')
    const missing = known.find(mark => !list.includes(mark))
    if (missing !== undefined) fail(`the acknowledged mark ${missing} is missing`)
    const last = this.#seen.get(actor)?.list ?? []
    const shorter = Math.min(last.length, list.length)
    if (list.slice(0, shorter).join() !== last.slice(0, shorter).join())
      fail(`another was seen before: [${last.slice(-8)}]`)
    if (list.length < (before?.list.length ?? 0)) fail(`it has shown more before: [${before?.list.slice(-8)}]`)
    if (list.length > last.length) this.#seen.set(actor, { atMs: this.#cluster.world.time.nowMs, list })
  }

  /** It is on as many disks as was said. */
  #checkCopies(shard: number, actor: string, mark: string, set: readonly string[], level: LeaseAcknowledgement): void {
    const copies = this.#cluster.copiesOf(shard, actor, set).filter(state => Buffer.from(state).includes(`"${mark}"`))
    const needed = level === 'all' ? set.length : Math.floor(set.length / 2) + 1
    if (copies.length < needed)
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
