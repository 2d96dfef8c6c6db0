/**
 * Whose publications are taken: those of members, under the origin of the life that their record tells of.
 *
 * Over a link a peer writes under one origin for as long as the link lasts. A publication needs no link, so a life counts for some
 * seconds before another of the same node is believed: whoever makes up lives fills no shard with their names.
 */
import type { Origin } from '../crdt/index.ts'
import type { Clock } from '../ports/clock.ts'
import type { PeerId } from '../ports/network.ts'
import { originOf } from './identity.ts'
import type { MemberRecord } from './member-record.ts'

interface Life {
  readonly origin: Origin
  readonly sinceMs: number
}

/** A node that has just been started again is caught up with until then. */
const minLifeMs = 10_000
const maxLives = 1024

export class PublishingLives {
  readonly #clock: Clock
  readonly #members: () => readonly MemberRecord[]
  /** Those that were first heard of longest ago first. */
  readonly #lives = new Map<PeerId, Life>()
  readonly #writers = new Map<Origin, PeerId>()

  constructor(clock: Clock, members: () => readonly MemberRecord[]) {
    this.#clock = clock
    this.#members = members
  }

  get size(): number {
    return this.#lives.size
  }

  /** Whether the writer, who is certain, publishes under this origin now. */
  publishes(writer: PeerId, origin: Origin): boolean {
    const known = this.#lives.get(writer)
    if (known?.origin === origin) return true
    const nowMs = this.#clock.elapsed()
    if (known !== undefined && nowMs - known.sinceMs < minLifeMs) return false
    const record = this.#members().find(({ id }) => id === writer)
    if (record === undefined || originOf(writer, record.incarnation) !== origin) return false
    this.#drop(writer)
    const [oldest] = this.#lives.keys()
    if (oldest !== undefined && this.#lives.size >= maxLives) this.#drop(oldest)
    this.#lives.set(writer, { origin, sinceMs: nowMs })
    this.#writers.set(origin, writer)
    return true
  }

  /** Of an origin that was published under. */
  writerOf(origin: Origin): PeerId | undefined {
    return this.#writers.get(origin)
  }

  #drop(writer: PeerId): void {
    const life = this.#lives.get(writer)
    if (life !== undefined) this.#writers.delete(life.origin)
    this.#lives.delete(writer)
  }
}
