/**
 * What all members have seen of actors: no later command can be concurrent with it, and so nobody needs to remember that it ran.
 *
 * A replica that has seen an actor's dots says so when it is asked, and not before its disk has them (`vouch` in
 * src/cluster/replication.ts). Asked of all admitted members at once, and only while all are present: under a cut nothing is forgotten so.
 */
import type { Cluster } from '../cluster/cluster.ts'
import { seenDots } from '../cluster/seen-dots.ts'
import { CausalContext } from '../crdt/index.ts'
import type { Clock } from '../ports/clock.ts'

/** Actors about which something is remembered; those that were asked about longest ago are forgotten first. */
const maxActors = 10_000
/** How long answers are waited for, in milliseconds; until then the same is not asked again. */
const answerTimeoutMs = 3000
/** Where somebody is away it is looked again after so long, in milliseconds. */
const retryAfterMs = 250

interface Known {
  readonly seen: CausalContext
  readonly isAsking: boolean
}

const nothing: Known = { seen: CausalContext.empty, isAsking: false }

export class SeenByAll {
  readonly #cluster: Cluster
  readonly #clock: Clock
  readonly #actors = new Map<string, Known>()
  /** Nobody is asked before. On the clock's `elapsed`. */
  #notBeforeMs = Number.NEGATIVE_INFINITY

  constructor(parts: { cluster: Cluster; clock: Clock }) {
    this.#cluster = parts.cluster
    this.#clock = parts.clock
  }

  /** As far as is known here. */
  of(name: string): CausalContext {
    return (this.#actors.get(name) ?? nothing).seen
  }

  /** Answers what is known then. Whoever asks while another does may be told less. */
  async ask(shard: number, name: string): Promise<CausalContext> {
    const known = this.#actors.get(name) ?? nothing
    if (known.isAsking || !this.#isPossible()) return known.seen
    this.#know(name, { ...known, isAsking: true })
    const seen = (await this.#ask(shard, name).catch(() => undefined)) ?? this.of(name)
    this.#know(name, { seen, isAsking: false })
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

  /** `undefined` where not all have said so in time. */
  async #ask(shard: number, name: string): Promise<CausalContext | undefined> {
    const { store, replication, replicas } = this.#cluster
    if (!store.isVerified(shard)) return undefined
    const { tracker } = replication
    tracker.admit()
    const seen = seenDots(store.actor(shard, name))
    await store.durable()
    const wait = tracker.wait(replicas.quorum(shard, 'admitted', 'all'))
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
