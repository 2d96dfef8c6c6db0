/**
 * Asks members whether their disks cover what this node's disk has seen of some shards, and answers the same question.
 *
 * Asked only when there is something to gain by it, first by the shards' hashes, which are 8 bytes each and equal in calm shards; then,
 * of those that differ, by their contexts, short, and in full where that says nothing to the member. An answer is void once the link it came by has ended: a member that started again may have
 * another disk.
 */
import type { shoal } from '#proto/generated/peer.js'
import { CausalContext } from '../crdt/index.ts'
import { encodeShort, expanded, shortened } from '../crdt/short-context.ts'
import type { Clock } from '../ports/clock.ts'
import type { PeerId } from '../ports/network.ts'
import { RequestNumbers } from './request-numbers.ts'
import type { ShardStore } from './shard-store.ts'
import { type Bulk, contextFrom, malformed, safe, shortContextFrom } from './wire.ts'

/** Contexts in one question. */
const maxQueryBytes = 512 * 1024
/** Time in which what was under way may arrive, between the two questions, in milliseconds. */
const settleMs = 500
/** How long an answer is waited for, in milliseconds. */
const answerTimeoutMs = 3000

/** What was asked about, and who has it. */
export interface PrefixRound {
  /** What this node's disk had seen of each shard when the round began. */
  readonly asked: ReadonlyMap<number, CausalContext>
  /** The member has answered that its disk covers it, and its link is up since. */
  has(shard: number, member: PeerId): boolean
  /** Answers are kept until then. */
  end(): void
}

export class DurablePrefixes {
  readonly #store: ShardStore
  readonly #clock: Clock
  readonly #send: (peer: PeerId, message: Bulk) => boolean
  /** Questions under way. */
  readonly #asked = new Map<
    number,
    { readonly peer: PeerId; readonly answered: (shards: readonly number[], inFull: readonly number[]) => void }
  >()
  readonly #rounds = new Set<Map<PeerId, Set<number>>>()
  readonly #numbers: RequestNumbers

  constructor(parts: { store: ShardStore; clock: Clock; send(peer: PeerId, message: Bulk): boolean }) {
    this.#store = parts.store
    this.#numbers = new RequestNumbers(parts.store.origin)
    this.#clock = parts.clock
    this.#send = parts.send
  }

  /** Asks each of these members about some of these shards. Resolves when all have answered or had the time to. */
  async ask(shards: readonly number[], members: ReadonlyMap<PeerId, readonly number[]>): Promise<PrefixRound> {
    const confirmed = new Map<PeerId, Set<number>>()
    const asked = new Map(shards.map(shard => [shard, this.#store.durableShard(shard).context]))
    this.#rounds.add(confirmed)
    for (const peer of members.keys()) confirmed.set(peer, new Set())
    await Promise.all([...members].map(([peer, shards]) => this.#askMember(peer, shards, asked, confirmed)))
    return {
      asked,
      has: (shard, member) => confirmed.get(member)?.has(shard) === true,
      end: () => this.#rounds.delete(confirmed)
    }
  }

  async #askMember(
    peer: PeerId,
    shards: readonly number[],
    asked: ReadonlyMap<number, CausalContext>,
    confirmed: ReadonlyMap<PeerId, Set<number>>
  ): Promise<void> {
    const inOrder = shards.toSorted((a, b) => a - b)
    const isMissing = (shard: number) => confirmed.get(peer)?.has(shard) === false
    // The hash is of the context that is asked about: both are what the disk has in this turn.
    const byHash = inOrder.map(shard => ({ shard, hash: this.#store.durableShard(shard).hash }))
    await this.#question(peer, byHash, confirmed)
    if (!inOrder.some(isMissing)) return
    await this.#pause(settleMs)
    const contextOf = (shard: number) => asked.get(shard) ?? CausalContext.empty
    const short = inOrder.filter(isMissing).map(shard => ({ shard, context: encodeShort(shortened(contextOf(shard))) }))
    const inFull = await this.#questions(peer, short, confirmed)
    const whole = inOrder
      .filter(shard => isMissing(shard) && inFull.has(shard))
      .map(shard => ({ shard, whole: contextOf(shard).encode() }))
    await this.#questions(peer, whole, confirmed)
  }

  /** In as many records as it takes. Answers the shards that must be asked about in full. */
  async #questions(
    peer: PeerId,
    prefixes: readonly shoal.peer.IPrefix[],
    confirmed: ReadonlyMap<PeerId, Set<number>>
  ): Promise<ReadonlySet<number>> {
    const inFull = new Set<number>()
    let query: shoal.peer.IPrefix[] = []
    let bytes = 0
    for (const [i, prefix] of prefixes.entries()) {
      query.push(prefix)
      bytes += (prefix.context?.length ?? 0) + (prefix.whole?.length ?? 0) + 8
      const next = prefixes[i + 1]
      const nextBytes = (next?.context?.length ?? 0) + (next?.whole?.length ?? 0)
      if (next !== undefined && bytes + nextBytes <= maxQueryBytes) continue
      for (const shard of await this.#question(peer, query, confirmed)) inFull.add(shard)
      query = []
      bytes = 0
    }
    return inFull
  }

  /** Answers the shards that must be asked about in full. */
  #question(
    peer: PeerId,
    prefixes: shoal.peer.IPrefix[],
    confirmed: ReadonlyMap<PeerId, Set<number>>
  ): Promise<readonly number[]> {
    const number = this.#numbers.next()
    const { promise, resolve } = Promise.withResolvers<readonly number[]>()
    const timer = this.#clock.after(answerTimeoutMs, () => answered([], []))
    const answered = (shards: readonly number[], inFull: readonly number[]) => {
      timer.cancel()
      this.#asked.delete(number)
      const wanted = new Set(prefixes.map(({ shard }) => shard))
      for (const shard of shards) if (wanted.has(shard)) confirmed.get(peer)?.add(shard)
      resolve(inFull)
    }
    this.#asked.set(number, { peer, answered })
    if (!this.#send(peer, { prefixQuery: { number, prefixes } })) answered([], [])
    return promise
  }

  #pause(ms: number): Promise<void> {
    return new Promise(resolve => this.#clock.after(ms, resolve))
  }

  /** Throws `SHOAL_MALFORMED`. */
  receiveQuery(peer: PeerId, query: shoal.peer.IPrefixQuery): void {
    const covered: number[] = []
    const inFull: number[] = []
    let last = -1
    for (const prefix of query.prefixes ?? []) {
      const shard = safe(prefix.shard)
      // Each costs more than the bytes that ask for it.
      if (shard <= last) throw malformed('prefixes: not in order')
      last = shard
      const short = isGiven(prefix.context) ? shortContextFrom(prefix.context) : undefined
      const whole = isGiven(prefix.whole) ? contextFrom(prefix.whole) : undefined
      // Of a shard that is not stored, or not believed, nothing can be confirmed.
      if (!this.#store.isVerified(shard)) continue
      const own = this.#store.durableShard(shard)
      const context = whole ?? (short && expanded(short, own.context, () => false))
      const isEqual = prefix.hash != null && equalBytes(prefix.hash, own.hash)
      if (isEqual || (context !== undefined && own.context.covers(context))) covered.push(shard)
      else if (context === undefined && short !== undefined && own.context.covers(short.last)) inFull.push(shard)
    }
    const prefixReply: shoal.peer.IPrefixReply = { number: safe(query.number), shards: covered }
    if (inFull.length > 0) prefixReply.inFull = inFull
    this.#send(peer, { prefixReply })
  }

  /** Throws `SHOAL_MALFORMED`. */
  receiveReply(peer: PeerId, reply: shoal.peer.IPrefixReply): void {
    const question = this.#asked.get(safe(reply.number))
    // A late answer is none.
    if (question === undefined) return
    if (question.peer !== peer) throw malformed('answer about prefixes')
    question.answered(reply.shards ?? [], reply.inFull ?? [])
  }

  /** All that the peer has answered is void. */
  unlinked(peer: PeerId): void {
    for (const confirmed of this.#rounds) confirmed.delete(peer)
    for (const question of [...this.#asked.values()]) if (question.peer === peer) question.answered([], [])
  }

  stop(): void {
    for (const question of [...this.#asked.values()]) question.answered([], [])
  }
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

function isGiven(bytes: Uint8Array | null | undefined): boolean {
  return bytes != null && bytes.length > 0
}
