/**
 * What all members have seen of actors: no later command can be concurrent with it, and so nobody needs to remember that it ran.
 *
 * Mostly they say so unasked: a push that somebody waits for is confirmed by each of them when its disk has it. Of what is left over, a replica
 * that has seen an actor's dots says so when it is asked, and not before its disk has them (`vouch` in src/cluster/replication.ts). Asked
 * of all admitted members at once, and only while all are present: under a cut nothing is forgotten so.
 */
import type { Cluster } from '../../cluster/cluster.ts'
import type { Quorum } from '../../cluster/quorum.ts'
import { seenDots } from '../../cluster/seen-dots.ts'
import { CausalContext, type Covers } from '../../crdt/index.ts'
import type { Clock } from '../../ports/clock.ts'

/** Actors about which something is remembered; those that were asked about longest ago are forgotten first. */
const maxActors = 10_000
/** Of an actor's commands whose pushes all have confirmed, so many of the last. */
const maxConfirmed = 32
/** How long answers are waited for, in milliseconds; until then the same is not asked again. */
const answerTimeoutMs = 3000
/** Where somebody is away it is looked again after so long, in milliseconds. */
const retryAfterMs = 250

interface Known {
  /** As all have answered. */
  readonly seen: CausalContext
  /** Seqs of this node's own, as all have confirmed. */
  readonly confirmed: readonly number[]
  readonly isAsking: boolean
}

const nothing: Known = { seen: CausalContext.empty, confirmed: [], isAsking: false }

export class SeenByAll {
  readonly #cluster: Cluster
  readonly #clock: Clock
  readonly #actors = new Map<string, Known>()
  /** Of pushes that not all have confirmed, the commands in them. */
  readonly #pushed = new Map<number, { readonly name: string; readonly seq: number }[]>()
  /** Nobody is asked before. On the clock's `elapsed`. */
  #notBeforeMs = Number.NEGATIVE_INFINITY

  constructor(parts: { cluster: Cluster; clock: Clock }) {
    this.#cluster = parts.cluster
    this.#clock = parts.clock
  }

  /** As far as is known here. */
  of(name: string): Covers {
    const { seen, confirmed } = this.#actors.get(name) ?? nothing
    const { origin: self } = this.#cluster.store
    return {
      has: (origin, seq) => (origin === self && confirmed.includes(seq)) || seen.has(origin, seq),
      hasRange: (origin, from, to) => seen.hasRange(origin, from, to)
    }
  }

  /** A command of this node leaves with that push, which is to be confirmed: `seq` is of the entry that says that it ran. */
  leaves(push: number, shard: number, name: string, seq: number): void {
    const known = this.#pushed.get(push)
    if (known !== undefined) {
      known.push({ name, seq })
      return
    }
    const commands = [{ name, seq }]
    this.#pushed.set(push, commands)
    this.#cluster.replication.tracker.follow(push, this.#all(shard), isAll => {
      this.#pushed.delete(push)
      if (isAll) for (const command of commands) this.#confirm(command)
    })
  }

  #confirm({ name, seq }: { readonly name: string; readonly seq: number }): void {
    const known = this.#actors.get(name) ?? nothing
    this.#know(name, { ...known, confirmed: [...known.confirmed.slice(1 - maxConfirmed), seq] })
  }

  /** Answers what is known then. Whoever asks while another does may be told less. */
  async ask(shard: number, name: string): Promise<CausalContext> {
    const known = this.#actors.get(name) ?? nothing
    if (known.isAsking || !this.#isPossible()) return known.seen
    this.#know(name, { ...known, isAsking: true })
    const seen = (await this.#ask(shard, name).catch(() => undefined)) ?? (this.#actors.get(name) ?? nothing).seen
    this.#know(name, { ...(this.#actors.get(name) ?? nothing), seen, isAsking: false })
    return seen
  }

  /** Everybody that is admitted is there to be asked. */
  #isPossible(): boolean {
    const nowMs = this.#clock.elapsed()
    if (nowMs < this.#notBeforeMs) return false
    const { membership, ownership } = this.#cluster
    const present = new Set(membership.alive())
    const isPossible = ownership.isSettled && membership.admitted().every(id => present.has(id))
    if (!isPossible) this.#notBeforeMs = nowMs + retryAfterMs
    return isPossible
  }

  #know(name: string, known: Known): void {
    this.#actors.delete(name)
    this.#actors.set(name, known)
    if (this.#actors.size <= maxActors) return
    const [oldest] = this.#actors.keys()
    if (oldest !== undefined) this.#actors.delete(oldest)
  }

  #all(shard: number): Quorum {
    return this.#cluster.replicas.quorum(shard, 'admitted', 'all')
  }

  /** `undefined` where not all have said so in time. */
  async #ask(shard: number, name: string): Promise<CausalContext | undefined> {
    const { store, replication } = this.#cluster
    if (!store.isVerified(shard)) return undefined
    const { tracker } = replication
    tracker.admit()
    const seen = seenDots(store.actor(shard, name))
    await store.durable()
    const wait = tracker.wait(this.#all(shard))
    const late = Promise.withResolvers<'late'>()
    const timer = this.#clock.after(answerTimeoutMs, () => late.resolve('late'))
    try {
      replication.vouch({ shard, actor: name, seen, tracked: wait.tracked })
      return (await Promise.race([wait.stored, late.promise])) === 'late' ? undefined : seen
    } finally {
      wait.cancel()
      timer.cancel()
    }
  }
}
