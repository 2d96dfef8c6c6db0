/**
 * The actors of a node that are in memory: those that something holds, and of the others those that are used again and again
 * (second-chance.ts). So many actors that are used once, as by a sweep over all of them, do not drive out those that are in use.
 */
import type { Clock } from '../ports/clock.ts'
import type { Gauge } from '../ports/metrics.ts'
import type { Actor } from './actor.ts'
import { SecondChance } from './second-chance.ts'

export class ActorCache {
  readonly #clock: Clock
  readonly #isHeld: (actor: Actor) => boolean
  readonly #cached: Gauge
  /** By name. */
  readonly #actors: SecondChance<Actor>
  /** How many have a key of their own: there is an actor of the same name in another shard, by a mistake of some peer. */
  #strays = 0

  /** An actor that is held, by a handler or for a commit, must stay the one object of its name. */
  constructor(parts: { clock: Clock; maxActors: number; cached: Gauge; isHeld(actor: Actor): boolean }) {
    this.#clock = parts.clock
    this.#isHeld = parts.isHeld
    this.#actors = new SecondChance({
      max: parts.maxActors,
      isHeld: actor => parts.isHeld(actor),
      evicted: ({ name }, key) => {
        if (key !== name) this.#strays--
      }
    })
    this.#cached = parts.cached
  }

  get(shard: number, name: string, elapsedMs = this.#clock.elapsed()): Actor | undefined {
    let actor = this.#actors.get(name)
    if (actor?.shard !== shard) {
      if (this.#strays === 0) return undefined
      actor = this.#actors.get(strayKey(shard, name))
    }
    if (actor === undefined) return undefined
    const nowMs = Math.floor(elapsedMs)
    // What one message does with it, it does at once.
    if (actor.lastUsedMs === nowMs) return actor
    actor.lastUsedMs = nowMs
    actor.isReused = true
    return actor
  }

  /** Makes room first. */
  add(actor: Actor): void {
    this.#actors.makeRoom()
    const isStray = this.#actors.get(actor.name) !== undefined
    if (isStray) this.#strays++
    this.#actors.set(isStray ? strayKey(actor.shard, actor.name) : actor.name, actor)
  }

  /** Removes those that nobody holds, nor used for `idleMs`. Answers how many stay. */
  passivate(idleMs: (name: string) => number): number {
    const nowMs = this.#clock.elapsed()
    for (const actor of this.#actors.values()) {
      if (!this.#isHeld(actor) && nowMs - actor.lastUsedMs >= idleMs(actor.name)) this.#delete(actor)
    }
    this.#actors.trim()
    this.#cached.set(this.#actors.size)
    return this.#actors.size
  }

  /** It is not wanted any more, unless somebody holds it. */
  release(actor: Actor): void {
    if (!this.#isHeld(actor)) this.#delete(actor)
  }

  ofShard(shard: number): Actor[] {
    return [...this.#actors.values()].filter(actor => actor.shard === shard)
  }

  removeShard(shard: number): void {
    for (const actor of this.#actors.values()) if (actor.shard === shard) this.#delete(actor)
  }

  #delete(actor: Actor): void {
    const { shard, name } = actor
    if (this.#actors.get(name) === actor) this.#actors.delete(name)
    else if (this.#strays > 0 && this.#actors.delete(strayKey(shard, name))) this.#strays--
  }
}

/** No name begins like that: a kind begins with a letter. */
function strayKey(shard: number, name: string): string {
  return `${shard} ${name}`
}
