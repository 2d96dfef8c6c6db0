/**
 * News about members that still has to be told, with the peers that were told it.
 *
 * Each piece is told to λ·log n different peers and then forgotten here (SWIM's infection-style dissemination): links are
 * reliable while they last, a new link begins with the whole table, and a slow full exchange mends what is missed all the same.
 * Whoever tells us the same counts as told, so that what all know already soon rests (Demers et al., "Epidemic algorithms for
 * replicated database maintenance", 1987).
 */
import type { PeerId } from '../ports/network.ts'
import { compareRecords, type MemberRecord } from './member-record.ts'

interface Piece {
  readonly record: MemberRecord
  readonly told: Set<PeerId>
}

export interface NewsLimits {
  /** Records in one message. */
  readonly recordsMax: number
  /** Estimated bytes of news in one message. */
  readonly bytesMax: number
  /** λ: how many times log2 of the number of members each piece is told. */
  readonly spreadFactor: number
}

export class News {
  readonly #pieces = new Map<PeerId, Piece>()
  /** Who was told anything of these. */
  readonly #told = new Set<PeerId>()
  readonly #limits: NewsLimits

  constructor(limits: NewsLimits) {
    this.#limits = limits
  }

  get isEmpty(): boolean {
    return this.#pieces.size === 0
  }

  /** Replaces what was still to be told about the same member. */
  add(record: MemberRecord): void {
    this.#pieces.delete(record.id)
    if (this.isEmpty) this.#told.clear()
    this.#pieces.set(record.id, { record, told: new Set() })
  }

  drop(member: PeerId): void {
    this.#pieces.delete(member)
  }

  /**
   * What this peer has not heard from us, within so many times the limits of one message; `first` goes before it. Counts as told.
   */
  take(peer: PeerId, members: number, first: readonly MemberRecord[] = [], times = 1): MemberRecord[] {
    const recordsMax = this.#limits.recordsMax * times
    const bytesMax = this.#limits.bytesMax * times
    const taken = first.slice(0, recordsMax)
    const tellings = this.#tellings(members)
    let bytes = taken.reduce((sum, record) => sum + estimateBytes(record), 0)
    for (const piece of this.#pieces.values()) {
      if (taken.length >= recordsMax) break
      if (piece.told.has(peer)) continue
      const size = estimateBytes(piece.record)
      if (taken.length > 0 && bytes + size > bytesMax) break
      if (!first.includes(piece.record)) {
        taken.push(piece.record)
        bytes += size
      }
      this.#note(peer, piece, tellings)
    }
    return taken
  }

  /** This peer has the record already. */
  known(peer: PeerId, record: MemberRecord, members: number): void {
    const piece = this.isEmpty ? undefined : this.#pieces.get(record.id)
    if (piece === undefined || compareRecords(piece.record, record) !== 0) return
    this.#note(peer, piece, this.#tellings(members))
  }

  /** This peer has all of it, but perhaps what the hash of a table does not show: that somebody has left. */
  knownAll(peer: PeerId, members: number, areLeftKnown: boolean): void {
    const tellings = this.#tellings(members)
    for (const piece of this.#pieces.values())
      if (areLeftKnown || piece.record.status !== 'left') this.#note(peer, piece, tellings)
  }

  #note(peer: PeerId, { record, told }: Piece, tellings: number): void {
    told.add(peer)
    this.#told.add(peer)
    if (told.size >= tellings) this.#pieces.delete(record.id)
  }

  #tellings(members: number): number {
    return this.#limits.spreadFactor * Math.ceil(Math.log2(members + 2))
  }

  /** Is there anything that this peer has not been told? */
  hasFor(peer: PeerId): boolean {
    return this.#pieces.values().some(piece => !piece.told.has(peer))
  }

  /** A message to this peer was not sent after all, or the peer is new: it counts as not told. */
  untold(peer: PeerId): void {
    if (this.#told.delete(peer)) for (const piece of this.#pieces.values()) piece.told.delete(peer)
  }
}

const signatureBytes = 66

export function estimateBytes(record: MemberRecord): number {
  let bytes =
    record.id.length + record.name.length + record.region.length + record.incarnation.length + 24 + signatureBytes
  for (const address of record.addresses) bytes += address.length + 2
  return bytes
}
