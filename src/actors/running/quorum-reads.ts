/**
 * Reads that see more than one replica: what a majority (or all) of the replica set have of an actor is joined into this node's
 * replica before the query runs, and the query is answered when that is on this disk.
 *
 * So a command that a majority acknowledged before the read began is seen: the two majorities share a member, which has it on disk,
 * and tells. The join is also the repair. (Attiya, Bar-Noy, Dolev, "Sharing memory robustly in message-passing systems", 1995; the
 * write-back of its reads is left out, so that a later read may see less than an earlier one did of commands that nobody has
 * acknowledged.) A replica that may have lost what it once confirmed does not count.
 */
import type { shoal } from '#proto/generated/peer.js'
import type { Cluster } from '../../cluster/cluster.ts'
import { isStoreEnd } from '../../cluster/group-commit.ts'
import { eachPosition } from '../../cluster/index-positions.ts'
import type { Quorum } from '../../cluster/quorum.ts'
import { RequestNumbers } from '../../cluster/request-numbers.ts'
import { seenDots } from '../../cluster/seen-dots.ts'
import { digestOf } from '../../cluster/set-hash.ts'
import {
  actorName,
  type Calls,
  contextFrom,
  copied,
  name,
  safe,
  seqNumber,
  shardNumber,
  shortContextFrom
} from '../../cluster/wire.ts'
import { type CausalContext, decodeState, diffState, encodeState } from '../../crdt/index.ts'
import { encodeShort, expanded, type ShortContext, shortened } from '../../crdt/short-context.ts'
import type { Clock } from '../../ports/clock.ts'
import { isShoalError, ShoalError } from '../../ports/errors.ts'
import type { Metrics } from '../../ports/metrics.ts'
import type { PeerId } from '../../ports/network.ts'
import type { Invocation } from '../calls/invocation.ts'

export interface QuorumReadsOptions {
  /** Time after which members that have not answered are asked again, and all others, too, in milliseconds. @default 200 */
  askAgainAfterMs?: number
  /** Reads under way that wait for others; one more is refused as `SHOAL_OVERLOADED`. @default 10000 */
  maxReads?: number
  /** Reads of other nodes that are answered at once; one more is refused, and asked again. @default 4096 */
  maxServed?: number
}

interface Read {
  readonly actor: string
  readonly shard: number
  readonly quorum: Quorum
  /** Who has told all it has. */
  readonly told: Set<PeerId>
  /** Numbers of the requests that have no answer. */
  readonly asked: Map<number, PeerId>
  readonly resolve: (end: 'enough' | 'moved') => void
  readonly reject: (error: unknown) => void
}

/** One member that was asked. */
interface Asked {
  readonly read: Read
  readonly peer: PeerId
}

export class QuorumReads {
  readonly #cluster: Cluster
  readonly #clock: Clock
  readonly #options: Required<QuorumReadsOptions>
  readonly #shardOfName: (name: string) => number
  readonly #reads = new Set<Read>()
  readonly #asked = new Map<number, Asked>()
  readonly #asks
  readonly #joined
  readonly #numbers: RequestNumbers
  #serving = 0
  #isStopped = false

  constructor(
    parts: { cluster: Cluster; clock: Clock; metrics: Metrics; shardOfName(name: string): number },
    options: QuorumReadsOptions = {}
  ) {
    this.#cluster = parts.cluster
    this.#clock = parts.clock
    this.#numbers = new RequestNumbers(parts.cluster.incarnation)
    this.#shardOfName = parts.shardOfName
    this.#options = {
      askAgainAfterMs: options.askAgainAfterMs ?? 200,
      maxReads: options.maxReads ?? 10_000,
      maxServed: options.maxServed ?? 4096
    }
    this.#asks = parts.metrics.counter(
      'shoal_read_requests_total',
      'Members asked for what they have of an actor by reads'
    )
    this.#joined = parts.metrics.counter('shoal_read_repairs_total', 'Answers to reads that had something new')
  }

  /**
   * Resolves when the query may run: `enough`; or `moved`, where this node does not store the shard any more. Throws
   * `SHOAL_UNAVAILABLE` at the deadline, `SHOAL_OVERLOADED`, and what reading the disk throws.
   */
  async read(invocation: Invocation): Promise<'enough' | 'moved'> {
    const { definition, shard, id, read: level, deadlineMs } = invocation
    if (level === 'local') return 'enough'
    if (this.#isStopped) throw stopped()
    if (this.#reads.size >= this.#options.maxReads)
      throw new ShoalError('SHOAL_OVERLOADED', 'too many reads wait for other nodes', { retryable: true })
    const of = definition.mode === 'exclusive' ? 'present' : 'admitted'
    const quorum: Quorum = told =>
      this.#cluster.replicas.readQuorum(shard, of, level, this.#cluster.isWhole(shard))(told)
    const { promise, resolve, reject } = Promise.withResolvers<'enough' | 'moved'>()
    const actor = `${definition.kind}/${id}`
    const read: Read = { actor, shard, quorum, told: new Set(), asked: new Map(), resolve, reject }
    this.#reads.add(read)
    const timers = new Set<{ cancel(): void }>()
    const askAgain = (isFirst: boolean) => {
      this.#advance(read, isFirst)
      timers.add(this.#clock.after(this.#options.askAgainAfterMs, () => askAgain(false)))
    }
    const late = Promise.withResolvers<'late'>()
    timers.add(this.#clock.after(Math.max(0, deadlineMs - this.#clock.elapsed()), () => late.resolve('late')))
    try {
      askAgain(true)
      const end = await Promise.race([promise, late.promise])
      if (end !== 'late') return end
      const { having, members } = quorum(read.told)
      throw new ShoalError(
        'SHOAL_UNAVAILABLE',
        `${actor}.${invocation.method}: ${having} of ${members} replicas answered before the deadline; ${level} was asked for`,
        { retryable: true }
      )
    } finally {
      for (const timer of timers) timer.cancel()
      this.#reads.delete(read)
      for (const number of read.asked.keys()) this.#asked.delete(number)
    }
  }

  /** Answers whether the message was one of these. */
  receive(peer: PeerId, message: Calls): boolean {
    if (message.readRequest != null) this.#serve(peer, message.readRequest)
    else if (message.readReply != null) this.#take(peer, message.readReply)
    else return false
    return true
  }

  /** Links or the view have changed: who could not be asked perhaps can, and others may be enough. */
  reconsider(): void {
    for (const read of this.#reads) this.#advance(read, false)
  }

  /** What was joined of the shard is perhaps gone: its reads begin again, here or at whoever stores it now. */
  abandoned(shard: number): void {
    for (const read of this.#reads) {
      if (read.shard !== shard) continue
      read.told.clear()
      for (const number of read.asked.keys()) this.#asked.delete(number)
      read.asked.clear()
      if (!this.#cluster.store.hosts(shard)) read.resolve('moved')
    }
  }

  /** Nobody is left waiting: the clock runs no more. */
  stop(): void {
    this.#isStopped = true
    for (const read of this.#reads) read.reject(stopped())
  }

  unlinked(peer: PeerId): void {
    for (const [number, asked] of this.#asked) {
      if (asked.peer !== peer) continue
      this.#asked.delete(number)
      asked.read.asked.delete(number)
    }
  }

  /** Whatever called it, a timer perhaps, what fails is the read's. */
  #advance(read: Read, isFirst: boolean): void {
    try {
      this.#ask(read, isFirst)
      this.#settle(read)
    } catch (error) {
      read.reject(error)
    }
  }

  /** At first so many as it takes and one more, then all that have not answered. */
  #ask(read: Read, isFirst: boolean): void {
    const { missing, lacking } = read.quorum(read.told)
    const waiting = new Set(read.asked.values())
    let left = isFirst && lacking < missing.length ? lacking + 1 : missing.length
    for (const peer of missing) {
      if (left === 0) return
      if (waiting.has(peer)) continue
      if (this.#send(read, peer)) left--
    }
  }

  #send(read: Read, peer: PeerId): boolean {
    const { store } = this.#cluster
    const own = store.actor(read.shard, read.actor)
    const { name, state } = own
    const number = this.#numbers.next()
    const digest = digestOf(name, state)
    const context = store.context(read.shard)
    const request = {
      number,
      actor: read.actor,
      shard: read.shard,
      digest: Uint8Array.from(digest, character => character.charCodeAt(0)),
      context: encodeShort(shortened(context)),
      seen: seenDots(own).encode()
    }
    if (!this.#cluster.sendCalls(peer, { readRequest: request })) return false
    this.#asks.add()
    read.asked.set(number, peer)
    this.#asked.set(number, { read, peer })
    return true
  }

  #take(peer: PeerId, reply: shoal.peer.IReadReply): void {
    const number = safe(reply.number)
    const asked = this.#asked.get(number)
    if (asked === undefined || asked.peer !== peer || asked.read.actor !== reply.actor) return
    const { read } = asked
    this.#asked.delete(number)
    read.asked.delete(number)
    if (reply.refused != null && reply.refused.length > 0) return
    if (reply.same !== true && !this.#isJoined(asked, reply)) return
    read.told.add(peer)
    this.#settle(read)
  }

  /** What cannot be joined here now, by no fault of the peer's, is asked for again. Throws `SHOAL_MALFORMED`. */
  #isJoined(asked: Asked, reply: shoal.peer.IReadReply): boolean {
    try {
      this.#join(asked, reply)
      return true
    } catch (error) {
      if (isStoreEnd(error) || (isShoalError(error) && !error.retryable)) throw error
      return false
    }
  }

  #join({ read: { shard, actor } }: Asked, reply: shoal.peer.IReadReply): void {
    const state = decodeState(copied(reply.fragment))
    const positions = (reply.index ?? []).map(({ origin, seq }) => ({
      origin: name(origin, 64, 'origin'),
      seq: seqNumber(seq)
    }))
    const [extra, held, floor] = [contextFrom(reply.extra), contextFrom(reply.held), contextFrom(reply.floor)]
    const sender = { context: floor.union(extra), floor }
    const isNew = this.#cluster.store.joining.joinActor(shard, actor, { state, positions, held, extra }, sender)
    if (isNew) this.#joined.add()
  }

  #settle(read: Read): void {
    if (read.quorum(read.told).enough) read.resolve('enough')
  }

  // ---- serving ---------------------------------------------------------------------------------------------------------------

  #serve(peer: PeerId, request: shoal.peer.IReadRequest): void {
    const number = safe(request.number)
    const actor = actorName(request.actor)
    const { store } = this.#cluster
    const shard = shardNumber(request.shard, store.shardCount)
    const known = shortContextFrom(request.context)
    const seen = contextFrom(request.seen)
    const digest = String.fromCharCode(...copied(request.digest).subarray(0, 64))
    const refuse = (refused: string) => this.#cluster.sendCalls(peer, { readReply: { number, actor, refused } })
    const isThere = shard % store.shardCount === this.#shardOfName(actor) % store.shardCount
    if (!isThere) refuse('the actor is in another shard')
    else if (!this.#cluster.isWhole(shard)) refuse('this replica is not whole')
    else if (this.#serving >= this.#options.maxServed) refuse('too many reads')
    else {
      this.#serving++
      this.#tell(peer, { number, actor, shard, known, seen, digest })
        .catch(error => refuse(isShoalError(error) ? error.code : 'SHOAL_INTERNAL'))
        .finally(() => this.#serving--)
    }
  }

  /** What is told is on this disk. */
  async #tell(
    peer: PeerId,
    asked: { number: number; actor: string; shard: number; known: ShortContext; seen: CausalContext; digest: string }
  ): Promise<void> {
    const { store } = this.#cluster
    const { number, actor: name, shard, known, seen, digest } = asked
    const actor = store.actor(shard, name)
    const { state, extra, gaps } = actor
    const [context, floor] = [store.context(shard), store.floor(shard)]
    const index = [...eachPosition(actor.index)]
    await store.durable()
    if (digestOf(name, state) === digest) {
      this.#cluster.sendCalls(peer, { readReply: { number, actor: name, same: true } })
      return
    }
    const whole = expanded(known, context)
    const { fragment, held } = diffState(state, seen)
    const readReply = {
      number,
      actor: name,
      fragment: encodeState(fragment),
      extra: extra.encode(),
      held: held.union(gaps).encode(),
      floor: whole?.covers(floor) === true ? new Uint8Array(0) : floor.encode(),
      index
    }
    this.#cluster.sendCalls(peer, { readReply })
  }
}

function stopped(): ShoalError {
  return new ShoalError('SHOAL_STOPPED', 'this node has stopped; the read had no effect', { retryable: true })
}
