/**
 * Tells when a member declares a kind otherwise than this node does: with another number of replicas, another mode, other types.
 *
 * Nodes that link compare the replicas themselves, and refuse. Here are also those that never link, and types, which are told and not
 * refused: states say of each field which type it is, so both programs go on, and each finds its own fields only. A member's row has
 * a hash of its facts; what a hash that is not one's own stands for is asked for once, of any linked member: whoever has it tells.
 */
import type { shoal } from '#proto/generated/peer.js'
import type { Cluster } from '../../cluster/cluster.ts'
import { type Calls, copied } from '../../cluster/wire.ts'
import type { Clock, Timer } from '../../ports/clock.ts'
import type { Logger } from '../../ports/logger.ts'
import type { Metrics } from '../../ports/metrics.ts'
import type { PeerId } from '../../ports/network.ts'
import {
  decodeFacts,
  differencesOf,
  encodeFacts,
  type FactsByKind,
  factsOf,
  hashOfFacts,
  type KindDifference,
  maxFactsBytes
} from './kind-facts.ts'
import type { Kinds } from './kinds.ts'

/** Between two questions about the same hash. */
const askAgainAfterMs = 1000
/** Programs that are compared with this one at once, and told of to others. */
const maxPrograms = 32
/** Bytes queued for a peer among its calls up to which a text is added to them. */
const maxQueuedBytes = 1024 * 1024

/** This node's own facts, for its row and for whoever asks. */
export class OwnKinds {
  readonly facts: FactsByKind
  readonly text: Uint8Array
  /** None where the text is too long to be told. */
  readonly hash: string | undefined

  constructor(kinds: Kinds) {
    this.facts = factsOf(kinds)
    this.text = encodeFacts(this.facts)
    this.hash = this.text.length > maxFactsBytes ? undefined : hashOfFacts(this.text)
  }
}

interface Program {
  readonly text: Uint8Array
  readonly differences: readonly KindDifference[]
}

/** Members, by id, whose program contradicts this one's. */
export interface DifferingKinds extends KindDifference {
  readonly members: readonly PeerId[]
}

export class KindComparison {
  readonly #cluster: Pick<Cluster, 'membership' | 'links' | 'sendCalls' | 'queuedCallBytes'>
  readonly #own: OwnKinds
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #differ: (difference: DifferingKinds) => void
  readonly #gauge
  /** By hash: those of members that are not this node's, as far as they are known. */
  readonly #programs = new Map<string, Program>()
  /** Members that were told of, by hash. */
  readonly #told = new Map<string, string>()
  #asked = 0
  /** Questions about members without a link: each time about others, who may all be made up. */
  #turn = 0
  #timer: Timer | undefined
  #stopped = false
  /** How many changes of members there had been when they were last looked at. */
  #seenChanges = -1

  constructor(parts: {
    cluster: Pick<Cluster, 'membership' | 'links' | 'sendCalls' | 'queuedCallBytes'>
    own: OwnKinds
    clock: Clock
    logger: Logger
    metrics: Metrics
    /** Once for each difference, and again where other members have it. */
    differ(difference: DifferingKinds): void
  }) {
    this.#cluster = parts.cluster
    this.#own = parts.own
    this.#clock = parts.clock
    this.#logger = parts.logger
    this.#differ = difference => parts.differ(difference)
    this.#gauge = parts.metrics.gauge(
      'shoal_differing_kinds',
      'Kinds that a member declares otherwise than this node: with other types, another mode, another replication'
    )
  }

  stop(): void {
    this.#stopped = true
    this.#timer?.cancel()
  }

  /** Members came, went or were started anew. */
  viewChanged(): void {
    const { rosterChanges } = this.#cluster.membership
    if (this.#stopped || rosterChanges === this.#seenChanges) return
    this.#seenChanges = rosterChanges
    const members = this.#membersByHash()
    for (const hash of this.#programs.keys()) if (!members.has(hash)) this.#programs.delete(hash)
    for (const hash of this.#told.keys()) if (!members.has(hash)) this.#told.delete(hash)
    this.#tell(members)
    this.#ask(members)
  }

  /** Answers whether the message was one of these. Throws `SHOAL_MALFORMED`. */
  receive(peer: PeerId, { kindsRequest, kindsReply }: Calls): boolean {
    if (kindsRequest != null) this.#answer(peer, kindsRequest.hash ?? '')
    else if (kindsReply != null) this.#learn(kindsReply)
    else return false
    return true
  }

  #answer(peer: PeerId, hash: string): void {
    const text = hash === this.#own.hash ? this.#own.text : this.#programs.get(hash)?.text
    if (text === undefined || this.#cluster.queuedCallBytes(peer) > maxQueuedBytes) return
    this.#cluster.sendCalls(peer, { kindsReply: { hash, text } })
  }

  #learn(reply: shoal.peer.IKindsReply): void {
    const hash = reply.hash ?? ''
    const members = this.#membersByHash()
    if (!members.has(hash) || this.#programs.has(hash) || !this.#mayTake(hash, members)) return
    const text = copied(reply.text)
    // Whoever passes it on cannot change it; what it says is its author's.
    if (text.length > maxFactsBytes || hashOfFacts(text) !== hash) return
    this.#makeRoom(members)
    this.#programs.set(hash, { text, differences: differencesOf(this.#own.facts, this.#read(text)) })
    this.#tell(members)
  }

  /** There is room, or it is a linked member's and can be made. */
  #mayTake(hash: string, members: ReadonlyMap<string, readonly PeerId[]>): boolean {
    if (this.#programs.size < maxPrograms) return true
    return this.#isLinked(hash, members) && this.#leastWanted(members) !== undefined
  }

  #makeRoom(members: ReadonlyMap<string, readonly PeerId[]>): void {
    const least = this.#programs.size < maxPrograms ? undefined : this.#leastWanted(members)
    if (least !== undefined) this.#programs.delete(least)
  }

  /** A program of no linked member. */
  #leastWanted(members: ReadonlyMap<string, readonly PeerId[]>): string | undefined {
    return [...this.#programs.keys()].find(hash => !this.#isLinked(hash, members))
  }

  #isLinked(hash: string, members: ReadonlyMap<string, readonly PeerId[]>): boolean {
    const links = this.#cluster.links()
    return members.get(hash)?.some(id => links.includes(id)) ?? false
  }

  #read(text: Uint8Array): FactsByKind {
    try {
      return decodeFacts(text)
    } catch (error) {
      this.#logger.debug('what a member says of its kinds cannot be read', { err: error })
      return new Map()
    }
  }

  /** Present members with other facts than this node's. */
  #membersByHash(): Map<string, PeerId[]> {
    const members = new Map<string, PeerId[]>()
    const { membership } = this.#cluster
    for (const id of membership.alive()) {
      const hash = membership.member(id)?.kinds
      if (hash === undefined || hash === this.#own.hash) continue
      const known = members.get(hash)
      if (known === undefined) members.set(hash, [id])
      else known.push(id)
    }
    return members
  }

  #tell(members: ReadonlyMap<string, readonly PeerId[]>): void {
    const kinds = new Set<string>()
    for (const [hash, { differences }] of this.#programs) {
      const ids = members.get(hash) ?? []
      for (const { kind } of differences) kinds.add(kind)
      if (differences.length === 0 || ids.join() === this.#told.get(hash)) continue
      this.#told.set(hash, ids.join())
      for (const difference of differences) {
        this.#logger.warn('members declare a kind otherwise than this node', { ...difference, members: ids })
        this.#differ({ ...difference, members: ids })
      }
    }
    this.#gauge.set(kinds.size)
  }

  /** Who has the hash in its row is the first to be asked, where it is linked. */
  #ask(members: ReadonlyMap<string, readonly PeerId[]>): void {
    if (this.#timer !== undefined) return
    const unknown = [...members].filter(([hash]) => !this.#programs.has(hash) && this.#mayTake(hash, members))
    if (unknown.length === 0) return
    const links = this.#cluster.links()
    const ownerOf = (ids: readonly PeerId[]) => ids.find(id => links.includes(id))
    const linked = unknown.filter(([, ids]) => ownerOf(ids) !== undefined)
    const others = unknown.filter(([, ids]) => ownerOf(ids) === undefined)
    const from = this.#turn % Math.max(1, others.length)
    const chosen = [...linked, ...others.slice(from), ...others.slice(0, from)].slice(0, maxPrograms)
    this.#turn = from + Math.max(0, chosen.length - linked.length)
    for (const [hash, ids] of chosen) {
      const owner = ownerOf(ids)
      const peer = owner ?? links[this.#asked++ % Math.max(1, links.length)]
      if (peer !== undefined) this.#cluster.sendCalls(peer, { kindsRequest: { hash } })
    }
    this.#timer = this.#clock.after(askAgainAfterMs, () => {
      this.#timer = undefined
      this.#ask(this.#membersByHash())
    })
  }
}
