/**
 * Which members have spoken for themselves, over a link made with their key, and by whom each of the others was made known.
 *
 * Whoever tells of members can invent them. Where room is short, those who have proven themselves stay, and the others share what is
 * left fairly among the peers that made them known: so an inventor crowds out its own inventions, and who stands before us always
 * gets in.
 */
import type { PeerId } from '../ports/network.ts'

export class Introductions {
  readonly #proven = new Set<PeerId>()
  /** Of members known by hearsay only: who told of them first. */
  readonly #introducers = new Map<PeerId, PeerId>()
  /** Per introducer its members, in the order in which they were heard of. Never empty. */
  readonly #members = new Map<PeerId, Set<PeerId>>()

  isProven(member: PeerId): boolean {
    return this.#proven.has(member)
  }

  /** `by` the member itself, where it speaks over its own link. */
  made(member: PeerId, by: PeerId): void {
    if (this.#proven.has(member)) return
    if (by === member) {
      this.dropped(member)
      this.#proven.add(member)
      return
    }
    if (this.#introducers.has(member)) return
    this.#introducers.set(member, by)
    const members = this.#members.get(by) ?? new Set()
    this.#members.set(by, members.add(member))
  }

  dropped(member: PeerId): void {
    this.#proven.delete(member)
    const by = this.#introducers.get(member)
    if (by === undefined) return
    this.#introducers.delete(member)
    const members = this.#members.get(by)
    members?.delete(member)
    if (members?.size === 0) this.#members.delete(by)
  }

  /** Who goes, that the stranger can be taken in: of whoever has made the most known, the last. None where that would be no fairer. */
  giveWayTo(stranger: PeerId, by: PeerId): PeerId | undefined {
    let most: ReadonlySet<PeerId> = new Set()
    for (const members of this.#members.values()) if (members.size > most.size) most = members
    const fewest = by === stranger ? 0 : (this.#members.get(by)?.size ?? 0) + 1
    return most.size > fewest ? [...most].at(-1) : undefined
  }
}
