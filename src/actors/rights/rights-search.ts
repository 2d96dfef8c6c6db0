/**
 * Rights for commands that lack them.
 *
 * A command whose subtraction from a bounded counter goes beyond this replica's rights has been rolled back. It waits here while
 * rights are sought: from this node's ended lives, then from the other members, the richest first as far as this replica sees. Then
 * it runs again from its start. Commands that lack rights of one counter wait together; others of the actor run meanwhile.
 *
 * Source: Balegas et al., "Extending eventually consistent cloud databases for enforcing numeric invariants", 2015.
 */
import type { Cluster } from '../../cluster/cluster.ts'
import { isStoreEnd } from '../../cluster/group-commit.ts'
import { originOf } from '../../cluster/identity.ts'
import type { Commit } from '../../cluster/shard-store.ts'
import { copied, safe } from '../../cluster/wire.ts'
import { heightOf, InsufficientRights, rightsByOrigin, rightsOf } from '../../crdt/bounded-counter.ts'
import { boundedCounterAt, fieldOfEntry, rowsOf } from '../../crdt/bounded-counter-access.ts'
import { type ActorState, CausalContext, decodeDelta, decodeState, emptyState, joinStates } from '../../crdt/index.ts'
import { nodeOf } from '../../crdt/origin-parts.ts'
import type { Clock, Timer } from '../../ports/clock.ts'
import { isShoalError, ShoalError } from '../../ports/errors.ts'
import type { Logger } from '../../ports/logger.ts'
import type { Metrics } from '../../ports/metrics.ts'
import type { PeerId } from '../../ports/network.ts'
import { HeardRows } from './heard-rows.ts'
import type { RightsChannel } from './rights-channel.ts'
import type { TakeOver } from './take-over.ts'

export interface RightsSearchOptions {
  /** Time for one node's answer, in milliseconds. @default 1000 */
  requestTimeoutMs?: number
  /** Commands that may wait for rights on this node at once; one more fails at once. @default 10000 */
  maxWaiting?: number
}

interface Waiter {
  /** Rights that the command needs in all. */
  readonly needed: number
  readonly timer: Timer
  readonly resolve: () => void
  readonly reject: (error: ShoalError) => void
}

/** The search for rights of one counter. */
interface Search {
  readonly shard: number
  readonly actor: string
  readonly field: string
  readonly waiters: Set<Waiter>
  readonly heard: HeardRows
  /** Ends a pause. */
  wake: () => void
}

/** A command hears that it failed for lack of rights, and not that it was late. */
const marginMs = 100
const firstPauseMs = 50
const maxPauseMs = 500
/** Searches in vain are not repeated, while nothing has changed, for so long. */
const vainMs = 1000
const maxVain = 1000

const nothingSeen = CausalContext.empty

export class RightsSearch {
  readonly #cluster: Cluster
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #channel: RightsChannel
  readonly #takeOver: TakeOver
  readonly #self: PeerId
  readonly #requestTimeoutMs: number
  readonly #maxWaiting: number
  readonly #searches = new Map<string, Search>()
  /** Counters for which all were asked and had nothing to give: until when, and in which state. */
  readonly #vain = new Map<string, { readonly untilMs: number; readonly state: ActorState }>()
  readonly #requests
  #waiting = 0
  #stopped = false

  constructor(
    parts: {
      cluster: Cluster
      clock: Clock
      logger: Logger
      metrics: Metrics
      channel: RightsChannel
      takeOver: TakeOver
      self: PeerId
    },
    options: RightsSearchOptions = {}
  ) {
    this.#cluster = parts.cluster
    this.#clock = parts.clock
    this.#logger = parts.logger
    this.#channel = parts.channel
    this.#takeOver = parts.takeOver
    this.#self = parts.self
    this.#requestTimeoutMs = options.requestTimeoutMs ?? 1000
    this.#maxWaiting = options.maxWaiting ?? 10_000
    this.#requests = parts.metrics.counter(
      'shoal_rights_requests_total',
      'Requests for rights to a bounded counter sent to other nodes'
    )
  }

  /**
   * Resolves when the command is worth another try. Rejects with `SHOAL_INSUFFICIENT_RIGHTS`, shortly before the deadline at the
   * latest, or when those that can be reached have not enough. `base` is the state that the command found.
   */
  seek(shard: number, actor: string, lack: InsufficientRights, base: ActorState, deadlineMs: number): Promise<void> {
    const field = fieldOfEntry(lack.entry)
    const leftMs = deadlineMs - this.#clock.elapsed()
    if (field === undefined || this.#stopped || this.#waiting >= this.#maxWaiting || leftMs <= 0)
      return Promise.reject(lack)
    const { origin } = this.#cluster.store
    const needed = lack.lacking + Math.max(0, rightsOf(boundedCounterAt(base, field), origin))
    const key = keyOf(actor, field)
    const search = this.#searches.get(key) ?? this.#begin(key, { shard, actor, field })
    return new Promise((resolve, reject) => {
      const timer = this.#clock.after(Math.max(0, leftMs - Math.min(marginMs, leftMs / 10)), () => {
        this.#end(search, waiter, this.#error(search, waiter))
        search.wake()
      })
      const waiter: Waiter = { needed, timer, resolve, reject }
      this.#waiting++
      search.waiters.add(waiter)
      search.wake()
    })
  }

  /** Links or the view changed: whoever could not be asked before may be asked now. */
  reconsider(): void {
    this.#vain.clear()
    for (const search of this.#searches.values()) search.wake()
  }

  /** Rights that commands wait for here, and may get. */
  wanted(actor: string, field: string): number {
    const search = this.#searches.get(keyOf(actor, field))
    return search === undefined ? 0 : this.#own(search) + this.#lacking(search)
  }

  /** What is on disk now may have brought rights. */
  committed(commit: Commit): void {
    if (this.#searches.size === 0) return
    const actors = new Set(commit.actors.map(actor => actor.name))
    for (const search of this.#searches.values()) if (actors.has(search.actor)) search.wake()
  }

  /** Nobody waits any more. */
  stop(): void {
    this.#stopped = true
    const stopped = new ShoalError('SHOAL_STOPPED', 'this node has stopped; the call had no effect', {
      retryable: true
    })
    for (const search of this.#searches.values()) {
      for (const waiter of search.waiters) this.#end(search, waiter, stopped)
      search.wake()
    }
  }

  #begin(key: string, place: Pick<Search, 'shard' | 'actor' | 'field'>): Search {
    const search: Search = { ...place, waiters: new Set(), heard: new HeardRows(place.field), wake() {} }
    this.#searches.set(key, search)
    // The first command is among the waiters when this turn is over.
    this.#clock.soon(() => void this.#run(key, search))
    return search
  }

  async #run(key: string, search: Search): Promise<void> {
    try {
      for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, maxPauseMs)) {
        this.#release(search)
        if (search.waiters.size === 0) return
        if (!(await this.#round(key, search))) this.#giveUp(search)
        if (search.waiters.size === 0) return
        if (!this.#release(search)) await this.#pause(search, pauseMs)
      }
    } catch (error) {
      if (!this.#cluster.store.hosts(search.shard)) {
        // Its commands find out where the actor is now.
        for (const waiter of search.waiters) this.#end(search, waiter, undefined)
        return
      }
      this.#logger.warn('the search for rights broke off', { actor: search.actor, err: error })
      for (const waiter of search.waiters)
        this.#end(search, waiter, isShoalError(error) ? error : this.#error(search, waiter))
    } finally {
      this.#searches.delete(key)
    }
  }

  /** Asks everybody once, until there is enough. Answers `false` where nobody is worth asking again so soon. */
  async #round(key: string, search: Search): Promise<boolean> {
    const vain = this.#vain.get(key)
    if (vain !== undefined && vain.state === this.#state(search) && vain.untilMs > this.#clock.elapsed()) return false
    let hasHelped = await this.#takeOver.run(search.shard, search.actor, search.field, this.#requestTimeoutMs)
    if (this.#lacking(search) === 0) await this.#look(search)
    const asked = new Set<PeerId>([this.#self])
    while (!this.#stopped) {
      const lacking = this.#lacking(search)
      const peer = lacking > 0 ? this.#richest(search, asked) : undefined
      if (peer === undefined) break
      asked.add(peer)
      hasHelped = (await this.#ask(peer, search, lacking)) || hasHelped
    }
    if (hasHelped || search.waiters.size === 0) return true
    if (this.#vain.size >= maxVain) this.#vain.clear()
    this.#vain.set(key, { untilMs: this.#clock.elapsed() + vainMs, state: this.#state(search) })
    return false
  }

  /** No command can be helped by what this replica knows of: perhaps the others know of more. */
  async #look(search: Search): Promise<void> {
    const peers = this.#cluster.membership.alive().filter(peer => peer !== this.#self)
    await Promise.all(peers.map(peer => this.#ask(peer, search, 0)))
  }

  /** Answers whether the peer gave something. An answer that makes no sense counts as a refusal: others may have more to say. */
  async #ask(peer: PeerId, search: Search, amount: number): Promise<boolean> {
    try {
      return await this.#askFor(peer, search, amount)
    } catch (error) {
      if (isStoreEnd(error)) throw error
      this.#logger.warn('an answer about rights was refused', { peer, actor: search.actor, err: error })
      return false
    }
  }

  async #askFor(peer: PeerId, search: Search, amount: number): Promise<boolean> {
    const { shard, actor, field } = search
    const timeoutMs = this.#requestTimeoutMs
    const { origin } = this.#cluster.store
    this.#requests.add()
    const message = await this.#channel.ask(peer, timeoutMs, number => ({
      rightsRequest: { number, actor, field, origin, amount, deadlineMs: timeoutMs }
    }))
    const reply = message?.rightsReply
    if (reply == null) return false
    if (safe(reply.granted) === 0) {
      if (reply.rows != null && reply.rows.length > 0) search.heard.hear(decodeState(copied(reply.rows)))
      return false
    }
    const delta = decodeDelta(copied(reply.delta))
    // The giver's push brings it again, with the seq that it counts as.
    this.#cluster.store.joining.joinBatch(shard, origin, nothingSeen, [{ actor, seq: 0, after: 0, delta }])
    return true
  }

  /** The member with the most rights, as far as is known here. */
  #richest(search: Search, asked: ReadonlySet<PeerId>): PeerId | undefined {
    const rights = this.#rightsByNode(search)
    let best: PeerId | undefined
    let most = 0
    for (const peer of this.#cluster.membership.alive()) {
      const amount = rights(peer)
      if (asked.has(peer) || amount <= most) continue
      best = peer
      most = amount
    }
    return best
  }

  /** What the present members have together, their ended lives' rights too. */
  #within(search: Search): number {
    const rights = this.#rightsByNode(search)
    let within = 0
    for (const peer of this.#cluster.membership.alive()) within += rights(peer)
    return within
  }

  /** Of the commands that can be helped at all, in the order of their coming. Others would only draw rights away. */
  #lacking(search: Search): number {
    const within = this.#within(search)
    let needed = 0
    for (const waiter of search.waiters) if (needed + waiter.needed <= within) needed += waiter.needed
    return Math.max(0, needed - this.#own(search))
  }

  /** Those for whom even all that is within reach is too little have waited long enough. */
  #giveUp(search: Search): void {
    const within = this.#within(search)
    for (const waiter of search.waiters)
      if (waiter.needed > within) this.#end(search, waiter, this.#error(search, waiter))
  }

  /** Lets those go for whom there is enough, in the order of their coming. Answers whether any went. */
  #release(search: Search): boolean {
    let left = this.#own(search)
    let released = false
    for (const waiter of search.waiters) {
      if (waiter.needed > left) continue
      left -= waiter.needed
      released = true
      this.#end(search, waiter, undefined)
    }
    return released
  }

  #end(search: Search, waiter: Waiter, error: ShoalError | undefined): void {
    if (!search.waiters.delete(waiter)) return
    this.#waiting--
    waiter.timer.cancel()
    if (error === undefined) waiter.resolve()
    else waiter.reject(error)
  }

  #error(search: Search, waiter: Waiter): InsufficientRights {
    const total = heightOf(boundedCounterAt(this.#state(search), search.field))
    return new InsufficientRights('', waiter.needed, Math.min(this.#own(search), waiter.needed), total)
  }

  async #pause(search: Search, delayMs: number): Promise<void> {
    await new Promise<void>(resolve => {
      const timer = this.#clock.after(delayMs, resolve)
      search.wake = () => {
        timer.cancel()
        resolve()
      }
    })
    search.wake = () => {}
  }

  #state({ shard, actor }: Search): ActorState {
    // It may have been dropped, which no timer may trip over.
    if (!this.#cluster.store.hosts(shard)) return emptyState
    return this.#cluster.store.actor(shard, actor).state
  }

  #own(search: Search): number {
    return Math.max(0, rightsOf(boundedCounterAt(this.#state(search), search.field), this.#cluster.store.origin))
  }

  /** Of all lives of a member, as seen here. */
  #rightsByNode(search: Search): (peer: PeerId) => number {
    const known = joinStates(rowsOf(this.#state(search), search.field), nothingSeen, search.heard.rows, nothingSeen)
    const byNode = new Map<string, number>()
    for (const [origin, amount] of rightsByOrigin(boundedCounterAt(known, search.field))) {
      const node = nodeOf(origin)
      byNode.set(node, (byNode.get(node) ?? 0) + amount)
    }
    return peer => byNode.get(nodeOf(originOf(peer, ''))) ?? 0
  }
}

function keyOf(actor: string, field: string): string {
  return `${actor}\0${field}`
}
