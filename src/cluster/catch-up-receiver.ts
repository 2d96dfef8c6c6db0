/**
 * Speed 2, the receiver's side of one catch-up stream: joins what its chunks bring.
 *
 * A stream that breaks off does no harm: what arrived was joined with its contexts, and a shard's context grows only with the last
 * entry of the shard. A chunk is read whole before a part of it is joined.
 */
import type { shoal } from '#proto/generated/peer.js'
import { decodeFragments, type Fragment, type FragmentEntry } from '../crdt/fragments.ts'
import { CausalContext, emptyState } from '../crdt/index.ts'
import { expanded } from '../crdt/short-context.ts'
import type { PeerId } from '../ports/network.ts'
import type { WantedShard } from './catch-up-sender.ts'
import { maxBodyBytes } from './catch-up-sender.ts'
import { checkOrigins } from './origin-limits.ts'
import type { ResumePoint, ResumePoints } from './resume-points.ts'
import type { ShardStore } from './shard-store.ts'
import { actorName, copied, malformed, name, safe } from './wire.ts'

/** What was asked of a shard, and with what in mind. */
export interface Asked extends Pick<WantedShard, 'what'> {
  /** What this replica had seen. */
  readonly context: CausalContext
  readonly resumed: ResumePoint | undefined
  /** Replicas with equal contexts differ: what one of them has is kept. */
  readonly keepsBoth: boolean
  /** The whole context was told, whatever the peer has of ended lives. */
  readonly inFull: boolean
}

const maxNamedActors = 16

export interface ReceivedFigures {
  readonly actors: { add(count?: number): void }
  readonly redundantActors: { add(count?: number): void }
  readonly keptActors: { add(count?: number): void }
}

export class CatchUpReceiver {
  readonly peer: PeerId
  readonly asked: ReadonlyMap<number, Asked>
  /** Shards of which all has come. */
  readonly completed = new Set<number>()
  /** Actors of which one side lacked what equal contexts say that both have: some of them. */
  readonly kept: string[] = []
  /** Whether any chunk has come. */
  hasBegun = false
  readonly #store: ShardStore
  readonly #resumePoints: ResumePoints
  readonly #figures: ReceivedFigures
  /** The sender's context and floor per shard, as its stream says them. */
  readonly #contexts = new Map<number, CausalContext>()
  readonly #floors = new Map<number, CausalContext>()
  readonly #setHashes = new Map<number, Uint8Array>()
  readonly #abandoned = new Set<number>()
  #pieces: Uint8Array[] = []
  #pieceBytes = 0
  #next = 1

  constructor(parts: {
    peer: PeerId
    asked: ReadonlyMap<number, Asked>
    store: ShardStore
    resumePoints: ResumePoints
    figures: ReceivedFigures
  }) {
    this.peer = parts.peer
    this.asked = parts.asked
    this.#store = parts.store
    this.#resumePoints = parts.resumePoints
    this.#figures = parts.figures
  }

  /** The sender's context and floor of a shard, once the stream has told them. */
  told(shard: number): { readonly context: CausalContext; readonly floor: CausalContext } | undefined {
    const context = this.#contexts.get(shard)
    return context && { context, floor: this.#floors.get(shard) ?? CausalContext.empty }
  }

  /**
   * Shards of which the sender's context is this replica's by now, on disk, and its states are not: one of the two has lost some, an
   * entry of the sender's index perhaps.
   */
  unlike(): number[] {
    return [...this.completed].filter(shard => {
      const [context, setHash] = [this.#contexts.get(shard), this.#setHashes.get(shard)]
      if (context === undefined || setHash === undefined || !this.#store.isVerified(shard)) return false
      const own = this.#store.durableShard(shard)
      return own.isSettled && !isSame(own.setHash, setHash) && own.context.equals(context)
    })
  }

  /** What this replica has of the shard is not what it asked with: nothing of this stream makes its context grow. */
  abandon(shard: number): void {
    this.#abandoned.add(shard)
  }

  /** Joins a chunk. Answers its number. Throws `SHOAL_MALFORMED`, and what the store throws. */
  take(chunk: shoal.peer.IChunk): number {
    const number = safe(chunk.number)
    if (number !== this.#next) throw malformed('catch-up: a chunk is missing')
    this.#next++
    this.hasBegun = true
    const body = this.#whole(chunk)
    if (body === undefined) return number
    const steps = body.length === 0 ? [] : this.#read(decodeFragments(body))
    for (const step of steps) step()
    return number
  }

  /** The body that ends with this piece. */
  #whole(chunk: shoal.peer.IChunk): Uint8Array | undefined {
    const piece = copied(chunk.body)
    this.#pieceBytes += piece.length
    if (this.#pieceBytes > maxBodyBytes) throw malformed(`catch-up: a chunk of more than ${maxBodyBytes} bytes`)
    if (chunk.more === true && chunk.last === true) throw malformed('catch-up: the last chunk goes on')
    if (this.#pieces.length === 0 && chunk.more !== true) {
      this.#pieceBytes = 0
      return piece
    }
    this.#pieces.push(piece)
    if (chunk.more === true) return undefined
    const body = new Uint8Array(this.#pieceBytes)
    let at = 0
    for (const part of this.#pieces) {
      body.set(part, at)
      at += part.length
    }
    this.#pieces = []
    this.#pieceBytes = 0
    return body
  }

  #read(entries: readonly FragmentEntry[]): (() => void)[] {
    const steps: (() => void)[] = []
    let shard = -1
    for (const entry of entries) {
      if (entry.is === 'shard') {
        shard = entry.shard
        if (!this.asked.has(shard)) throw malformed('catch-up: a shard that was not asked for')
        continue
      }
      const asked = this.asked.get(shard)
      if (asked === undefined) throw malformed('catch-up: an entry without a shard')
      steps.push(this.#step(shard, asked, entry))
    }
    return steps
  }

  #step(shard: number, asked: Asked, entry: Exclude<FragmentEntry, { is: 'shard' }>): () => void {
    switch (entry.is) {
      case 'context':
        return this.#toldContext(shard, asked, entry.context)
      case 'short': {
        const context = expanded(entry.short, asked.context)
        if (context === undefined) throw malformed('catch-up: a short context that was not asked for')
        return this.#toldContext(shard, asked, context)
      }
      case 'floor':
        if (!this.#known(shard).covers(entry.floor)) throw malformed('catch-up: a floor beyond the context')
        this.#floors.set(shard, checkOrigins(entry.floor))
        return nothing
      case 'fragment':
        return this.#joinFragment(shard, asked, entry.fragment)
      case 'absent':
        if (typeof asked.what === 'string') throw malformed('catch-up: an absent actor that was not asked for')
        return this.#joinAbsent(shard, actorName(entry.name))
      case 'cursor': {
        if (asked.what !== 'missing') throw malformed('catch-up: a cursor')
        const origin = name(entry.cursor.origin, 64, 'origin')
        return this.#reached(shard, asked, asked.what, { origin, seq: entry.cursor.seq })
      }
      case 'reached':
        if (typeof asked.what !== 'string') throw malformed('catch-up: a name that was reached')
        return this.#reached(shard, asked, asked.what, actorName(entry.name))
      case 'set-hash':
        this.#setHashes.set(shard, entry.setHash)
        return nothing
      case 'complete':
        return () => this.#complete(shard, asked)
    }
  }

  #toldContext(shard: number, asked: Asked, context: CausalContext): () => void {
    if (this.#contexts.has(shard)) throw malformed('catch-up: two contexts of a shard')
    this.#contexts.set(shard, checkOrigins(context))
    if (asked.what === 'missing' && !context.covers(asked.resumed?.seen ?? CausalContext.empty)) this.#isBehind(shard)
    return nothing
  }

  /** It lacks what an earlier stream, of another peer or before it lost something, had seen: nothing can be gone on with. */
  #isBehind(shard: number): void {
    this.#resumePoints.delete(shard)
    this.#abandoned.add(shard)
  }

  #joinFragment(shard: number, asked: Asked, fragment: Fragment): () => void {
    const { held, extra } = fragment
    const actor = actorName(fragment.name)
    const context = this.#known(shard)
    checkOrigins(extra)
    checkOrigins(held)
    const sender = { context, floor: this.#floorOf(shard) }
    return () => {
      this.#figures.actors.add()
      const { joining } = this.#store
      const { isNew, keeps } = asked.keepsBoth
        ? joining.joinKeepingBoth(shard, actor, fragment, sender)
        : { isNew: joining.joinActor(shard, actor, fragment, sender), keeps: false }
      if (!isNew) this.#figures.redundantActors.add()
      else if (keeps) this.#keptOne(actor)
    }
  }

  #keptOne(actor: string): void {
    this.#figures.keptActors.add()
    if (this.kept.length < maxNamedActors) this.kept.push(actor)
  }

  #joinAbsent(shard: number, actor: string): () => void {
    const context = this.#known(shard)
    return () => {
      // That it has nothing of it any more is proven as far as its floor reaches.
      this.#store.joining.joinActor(shard, actor, nothingOfIt, { context, floor: this.#floorOf(shard) })
    }
  }

  #floorOf(shard: number): CausalContext {
    return this.#floors.get(shard) ?? CausalContext.empty
  }

  #known(shard: number): CausalContext {
    const context = this.#contexts.get(shard)
    if (context === undefined) throw malformed('catch-up: an actor before the context')
    return context
  }

  #reached(shard: number, asked: Asked, what: ResumePoint['what'], cursor: ResumePoint['cursor']): () => void {
    const told = this.#known(shard)
    const context = asked.resumed?.context ?? told
    const seen = typeof cursor === 'string' ? context : told
    return () => {
      if (!this.#abandoned.has(shard)) this.#resumePoints.set(shard, { context, seen, cursor, what })
    }
  }

  #complete(shard: number, asked: Asked): void {
    if (this.#abandoned.has(shard)) return
    this.completed.add(shard)
    const context = this.#contexts.get(shard)
    // Without a context: it has nothing that this replica lacks.
    if (context === undefined) return
    this.#resumePoints.delete(shard)
    // Only the index tells that nothing is missing; after anything else a full compare does.
    if (asked.what === 'missing') this.#store.joining.joinContext(shard, asked.resumed?.context ?? context)
  }
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}

const nothingOfIt = { state: emptyState, positions: [], held: CausalContext.empty, extra: CausalContext.empty }

function nothing(): void {}
