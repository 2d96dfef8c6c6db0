/**
 * How records of members travel: the whole table on a new link, news at once to a few peers and along with every probe, and
 * now and then a hash of the table to a random peer, which answers with its own table where the hashes differ: so whatever was
 * lost arrives in the end, and a cluster in which nothing happens says little.
 *
 * In a cluster of hundreds, tables on all links would be the cube of its size in records. There a new link begins with the two records
 * that it is about and a hash; a few tables a second are exchanged where hashes differ, and news brings the rest.
 */
import type { shoal } from '#proto/generated/peer.js'
import type { Clock, Timer } from '../ports/clock.ts'
import type { PeerId } from '../ports/network.ts'
import type { Random } from '../ports/random.ts'
import type { MemberRecord } from './member-record.ts'
import { memberLimits, memberTo } from './member-wire.ts'
import { estimateBytes, News } from './news.ts'
import { drawn, sample } from './sampling.ts'
import { isLargeTable, isSameHash } from './table-hash.ts'
import { TokenBucket } from './token-bucket.ts'

export interface MemberGossipDeps {
  readonly clock: Clock
  readonly random: Random
  send(peer: PeerId, control: shoal.peer.IControl): boolean
  /** Everything known, this node first. */
  records(): readonly MemberRecord[]
  self(): MemberRecord
  record(id: PeerId): MemberRecord | undefined
  members(): number
  /** Over all records of members that have not left: equal where they are. */
  hash(): Uint8Array
}

export interface MemberGossipOptions {
  readonly gossipFanout: number
  readonly spreadFactor: number
  readonly newsBytesMax: number
  readonly syncIntervalMs: number
}

const helloBytesMax = 256 * 1024
/**
 * Shortest time between two tellings of news, in milliseconds. Where much changes at once, others tell most of it meanwhile, which then
 * need not be told to them.
 */
const spreadIntervalMs = 10
/** What is told so may be so many times as long as what rides along with a probe: fewer messages, each with more. */
const spreadGrowth = 8
/** The hash of one peer's table is looked at no more often than this: it is work, and an answer may be large. */
const compareIntervalMs = 1000
/** Above so many members the whole table is exchanged less often, in proportion. */
const membersPerSyncInterval = 64
/** So many tables of a larger cluster are sent at once, and so many a second after that. */
const tables = { atOnce: 2, perSecond: 4 }

export class MemberGossip {
  readonly links = new Set<PeerId>()
  readonly #deps: MemberGossipDeps
  readonly #options: MemberGossipOptions
  readonly #news: News
  /** Linked peers that have yet to get the whole table, because their queue was full. */
  readonly #ungreeted = new Set<PeerId>()
  #spreading: Timer | undefined
  #nextSpreadMs = 0
  #isStopped = false
  #nextSyncMs: number
  /** When the table of a linked peer was last compared with ours. */
  readonly #comparedMs = new Map<PeerId, number>()
  /** Linked peers that told of a table which we do not know yet. */
  readonly #unknown = new Set<PeerId>()
  readonly #tables: TokenBucket

  constructor(deps: MemberGossipDeps, options: MemberGossipOptions) {
    this.#deps = deps
    this.#options = options
    this.#news = new News({
      recordsMax: memberLimits.newsMembers,
      bytesMax: options.newsBytesMax,
      spreadFactor: options.spreadFactor
    })
    this.#tables = new TokenBucket(deps.clock, tables.atOnce, tables.perSecond)
    this.#nextSyncMs = deps.clock.elapsed() + this.#syncDelayMs()
  }

  linked(peer: PeerId): void {
    this.links.add(peer)
    this.#news.untold(peer)
    this.#ungreeted.add(peer)
    this.#greet(peer)
  }

  unlinked(peer: PeerId): void {
    this.links.delete(peer)
    this.#ungreeted.delete(peer)
    this.#comparedMs.delete(peer)
    this.#unknown.delete(peer)
  }

  /** As if all links were new. */
  greetAll(): void {
    for (const peer of this.links) this.#greet(peer)
  }

  /** Whether all that the peer knew when it last greeted is known here. */
  knows(peer: PeerId): boolean {
    return !this.#unknown.has(peer)
  }

  /** Tells it at once to a few peers, and to more as time goes on. */
  announce(record: MemberRecord): void {
    this.#news.add(record)
    if (this.#spreading !== undefined || this.#isStopped) return
    const waitMs = Math.max(0, this.#nextSpreadMs - this.#deps.clock.elapsed())
    this.#spreading = this.#deps.clock.after(waitMs, () => this.#spread())
  }

  /** This peer has the record: it has told us so, or is being told. */
  known(peer: PeerId, record: MemberRecord): void {
    if (this.links.has(peer)) this.#news.known(peer, record, this.#deps.members())
  }

  /** What was to be told about this member is out of date. */
  hush(member: PeerId): void {
    this.#news.drop(member)
  }

  /** What should go along with a message to this peer: `first`, then news. */
  rideAlong(peer: PeerId, first: readonly MemberRecord[]): shoal.peer.IMember[] {
    return this.#news.take(peer, this.#deps.members(), first).map(memberTo)
  }

  /** Tells one peer just this; `table` is a hash over all that we know. Answers whether all of it left. */
  tell(peer: PeerId, records: readonly MemberRecord[], table?: Uint8Array): boolean {
    const chunks = chunksOf(records)
    return chunks.every((chunk, at) => {
      const hash = table !== undefined && at === chunks.length - 1 ? { table } : {}
      return this.#deps.send(peer, { hello: { members: chunk.map(memberTo), ...hash } })
    })
  }

  /** Something waits to be told. */
  get isBusy(): boolean {
    return this.#ungreeted.size > 0 || (!this.#news.isEmpty && this.links.size > 0)
  }

  tick(nowMs: number): void {
    for (const peer of this.#ungreeted) this.#greet(peer)
    if (!this.#news.isEmpty) this.#spread()
    if (nowMs < this.#nextSyncMs) return
    this.#nextSyncMs = nowMs + this.#syncDelayMs()
    for (const peer of sample(this.links, 1, this.#deps.random))
      this.#deps.send(peer, { hello: { table: this.#deps.hash() } })
  }

  /**
   * A peer says what its table hashes to. One that differs gets ours; with our hash, where it greeted without its table or ours is
   * large, so that it answers with what we lack.
   */
  compare(peer: PeerId, theirs: Uint8Array, isGreeting: boolean): void {
    const nowMs = this.#deps.clock.elapsed()
    if (!this.links.has(peer)) return
    const ours = this.#deps.hash()
    if (isSameHash(theirs, ours)) {
      this.#unknown.delete(peer)
      this.#news.knownAll(peer, this.#deps.members(), false)
      return
    }
    if (isGreeting) this.#unknown.add(peer)
    if (nowMs - (this.#comparedMs.get(peer) ?? -compareIntervalMs) < compareIntervalMs) return
    this.#comparedMs.set(peer, nowMs)
    if (!this.#isLarge() || this.#tables.take()) this.#tellAll(peer, isGreeting || this.#isLarge() ? ours : undefined)
  }

  stop(): void {
    this.#isStopped = true
    this.#spreading?.cancel()
  }

  #greet(peer: PeerId): void {
    const isTold = this.#isLarge() ? this.#introduce(peer) : this.#tellAll(peer)
    if (isTold) this.#ungreeted.delete(peer)
  }

  /** The whole table: no news for this peer is left after that. */
  #tellAll(peer: PeerId, table?: Uint8Array): boolean {
    const isTold = this.tell(peer, this.#deps.records(), table)
    if (isTold) this.#news.knownAll(peer, this.#deps.members(), true)
    return isTold
  }

  #isLarge(): boolean {
    return isLargeTable(this.#deps.members())
  }

  /** Who we are and what we hold of the peer, so that it can contradict. */
  #introduce(peer: PeerId): boolean {
    const theirs = this.#deps.record(peer)
    const self = this.#deps.self()
    return this.tell(peer, theirs === undefined ? [self] : [self, theirs], this.#deps.hash())
  }

  #spread(): void {
    this.#spreading?.cancel()
    this.#spreading = undefined
    if (this.#isStopped) return
    this.#nextSpreadMs = this.#deps.clock.elapsed() + spreadIntervalMs
    let left = this.#options.gossipFanout
    for (const peer of drawn(this.links, this.#deps.random)) {
      const records = this.#news.take(peer, this.#deps.members(), [], spreadGrowth)
      if (records.length === 0) continue
      if (!this.tell(peer, records)) this.#news.untold(peer)
      left -= 1
      if (left === 0 || this.#news.isEmpty) break
    }
  }

  #syncDelayMs(): number {
    const growth = Math.max(1, this.#deps.members() / membersPerSyncInterval)
    return this.#options.syncIntervalMs * growth * (0.5 + this.#deps.random.next())
  }
}

function chunksOf(records: readonly MemberRecord[]): MemberRecord[][] {
  const chunks: MemberRecord[][] = []
  let chunk: MemberRecord[] = []
  let bytes = 0
  for (const record of records) {
    const size = estimateBytes(record)
    if (chunk.length >= memberLimits.helloMembers || (chunk.length > 0 && bytes + size > helloBytesMax)) {
      chunks.push(chunk)
      chunk = []
      bytes = 0
    }
    chunk.push(record)
    bytes += size
  }
  if (chunk.length > 0) chunks.push(chunk)
  return chunks
}
