/**
 * Asks members whether their disks cover what this node's disk has seen of some shards, and answers the same question.
 *
 * Asked only when there is something to gain by it, first by the shards' hashes, which are 8 bytes each and equal in calm shards; then,
 * of those that differ, by their contexts, short: where the two have not seen the same of ended lives there is no confirming anyway
 * before they have. An answer is void once the link it came by has ended: a member that started again may have
 * another disk.
 */
import type { shoal } from '#proto/generated/peer.js'
import { CausalContext } from '../crdt/index.ts'
import { encodeShort, expanded, shortened } from '../crdt/short-context.ts'
import type { Clock } from '../ports/clock.ts'
import type { PeerId } from '../ports/network.ts'
import { RequestNumbers } from './request-numbers.ts'
import type { ShardStore } from './shard-store.ts'
import { type Bulk, malformed, safe, shortContextFrom } from './wire.ts'

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
  readonly #questions = new Map<
    number,
    { readonly peer: PeerId; readonly answered: (shards: readonly number[]) => void }
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
    // The hash is of the context that is asked about: both are what the disk has in this turn.
    const byHash = shards.map(shard => ({ shard, hash: this.#store.durableShard(shard).hash }))
    await this.#question(peer, byHash, confirmed)
    const isMissing = (shard: number) => confirmed.get(peer)?.has(shard) === false
    if (!shards.some(isMissing)) return
    await this.#pause(settleMs)
    let query: shoal.peer.IPrefix[] = []
    let bytes = 0
    for (const shard of shards.filter(isMissing)) {
      const context = encodeShort(shortened(asked.get(shard) ?? CausalContext.empty))
      if (bytes + context.length > maxQueryBytes && query.length > 0) {
        await this.#question(peer, query, confirmed)
        query = []
        bytes = 0
      }
      query.push({ shard, context })
      bytes += context.length + 8
    }
    if (query.length > 0) await this.#question(peer, query, confirmed)
  }

  #question(peer: PeerId, prefixes: shoal.peer.IPrefix[], confirmed: ReadonlyMap<PeerId, Set<number>>): Promise<void> {
    const number = this.#numbers.next()
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = this.#clock.after(answerTimeoutMs, () => answered([]))
    const answered = (shards: readonly number[]) => {
      timer.cancel()
      this.#questions.delete(number)
      const wanted = new Set(prefixes.map(({ shard }) => shard))
      for (const shard of shards) if (wanted.has(shard)) confirmed.get(peer)?.add(shard)
      resolve()
    }
    this.#questions.set(number, { peer, answered })
    if (!this.#send(peer, { prefixQuery: { number, prefixes } })) answered([])
    return promise
  }

  #pause(ms: number): Promise<void> {
    return new Promise(resolve => this.#clock.after(ms, resolve))
  }

  /** Throws `SHOAL_MALFORMED`. */
  receiveQuery(peer: PeerId, query: shoal.peer.IPrefixQuery): void {
    const covered: number[] = []
    for (const prefix of query.prefixes ?? []) {
      const shard = safe(prefix.shard)
      const short = prefix.context == null || prefix.context.length === 0 ? undefined : shortContextFrom(prefix.context)
      // Of a shard that is not stored, or not believed, nothing can be confirmed.
      if (!this.#store.isVerified(shard)) continue
      const own = this.#store.durableShard(shard)
      const context = short && expanded(short, own.context)
      const isEqual = prefix.hash != null && equalBytes(prefix.hash, own.hash)
      if (isEqual || (context !== undefined && own.context.covers(context))) covered.push(shard)
    }
    this.#send(peer, { prefixReply: { number: safe(query.number), shards: covered } })
  }

  /** Throws `SHOAL_MALFORMED`. */
  receiveReply(peer: PeerId, reply: shoal.peer.IPrefixReply): void {
    const question = this.#questions.get(safe(reply.number))
    // A late answer is none.
    if (question === undefined) return
    if (question.peer !== peer) throw malformed('answer about prefixes')
    question.answered(reply.shards ?? [])
  }

  /** All that the peer has answered is void. */
  unlinked(peer: PeerId): void {
    for (const confirmed of this.#rounds) confirmed.delete(peer)
    for (const question of [...this.#questions.values()]) if (question.peer === peer) question.answered([])
  }

  stop(): void {
    for (const question of [...this.#questions.values()]) question.answered([])
  }
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}
