/**
 * Two processes under one identity, as a third node sees them: somebody greets it over a fresh link as an earlier life of a peer
 * of which it knew a later one, or says itself that it is one. The earlier ends when it hears of the later; the later is told here
 * that there was an earlier, so that both sides of a copied directory raise the alarm.
 */
import type { PeerId } from '../ports/network.ts'

const notesMax = 64
const keptMs = 60_000

export class Twins {
  /** Of linked peers: the life that was known as the link came up. */
  readonly #knownAtLink = new Map<PeerId, string>()
  readonly #notes = new Map<PeerId, { readonly incarnation: string; readonly atMs: number }>()

  /** Answers the earlier life that the peer should hear of, if there is one. */
  linked(peer: PeerId, known: string | undefined, nowMs: number): string | undefined {
    if (known !== undefined) this.#knownAtLink.set(peer, known)
    const note = this.#notes.get(peer)
    return note !== undefined && nowMs - note.atMs < keptMs ? note.incarnation : undefined
  }

  unlinked(peer: PeerId): void {
    this.#knownAtLink.delete(peer)
  }

  /** The peer speaks of itself. Answers whether it is a life that should have ended. */
  spoke(peer: PeerId, incarnation: string, nowMs: number): boolean {
    const known = this.#knownAtLink.get(peer)
    if (known === undefined || incarnation >= known) return false
    const isNew = this.#notes.get(peer)?.incarnation !== incarnation
    this.outlived(peer, incarnation, nowMs)
    return isNew
  }

  /** The peer is an earlier life, knows it, and says so. */
  outlived(peer: PeerId, incarnation: string, nowMs: number): void {
    this.#notes.delete(peer)
    this.#notes.set(peer, { incarnation, atMs: nowMs })
    const [oldest] = this.#notes.keys()
    if (oldest !== undefined && this.#notes.size > notesMax) this.#notes.delete(oldest)
  }
}
