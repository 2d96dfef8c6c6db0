/**
 * When the session of another node is over, and with it what it owns.
 *
 * A watcher has seen the same beat for as long as the session's lease, and as much more as clocks may differ, and then ends it by
 * compare-and-set, so that of the two exactly one has the register. Whoever is not heard of any more is watched from that moment, by one look at
 * one register however many shards it owns, so that they can be claimed when its lease is over, and not a lease after the first call.
 */
import type { Clock, Timer } from '../../ports/clock.ts'
import type { LeaseStore, RegisterVersion } from '../../ports/lease-store.ts'
import type { Logger } from '../../ports/logger.ts'
import type { PeerId } from '../../ports/network.ts'
import { encodeRegister, type SessionRecord, sessionFrom, sessionKey } from './lease-registers.ts'
import { Turns } from './turns.ts'

export interface SessionWatchParts {
  readonly store: LeaseStore
  readonly clock: Clock
  readonly logger: Logger
  readonly rateError: number
  /** How long the answer of one look serves all who ask. */
  readonly lookEveryMs: number
  /** After a look that failed. */
  readonly retryMs: number
  /** A moment by which a call to the store must have ended. */
  deadline(): number
}

/** A register of another node's session, as it was seen first under this version. */
interface Seen {
  readonly record: SessionRecord
  readonly version: RegisterVersion
  readonly sinceMs: number
}

interface Watched {
  readonly node: PeerId
  seen: Seen | undefined
  lookedMs: number
  /** One that is known to be over. */
  over: string | undefined
  /** It is not there, as far as this node can tell. */
  isSuspect: boolean
  underWay: Promise<SessionRecord | undefined> | undefined
  /** Begins when the one under way ends: for who asks meanwhile, since what that one has read may be too old for it. */
  next: Promise<SessionRecord | undefined> | undefined
  timer: Timer | undefined
  readonly waiting: Set<() => void>
}

const maxWatched = 10_000
const maxLooksAtOnce = 8

export class SessionWatch {
  readonly #parts: SessionWatchParts
  readonly #watched = new Map<PeerId, Watched>()
  /** Whoever loses all its links at once has more to do than to look at all of the others: its own beats. */
  readonly #looks = new Turns(maxLooksAtOnce)
  #isStopped = false

  constructor(parts: SessionWatchParts) {
    this.#parts = parts
  }

  /** It is not there any more, as it seems: from now on this node sees to it that its session ends in time. */
  suspect(node: PeerId): void {
    const watched = this.#of(node)
    if (watched.isSuspect || this.#isStopped) return
    watched.isSuspect = true
    this.#lookAgain(watched)
  }

  trust(node: PeerId): void {
    const watched = this.#watched.get(node)
    if (watched === undefined) return
    watched.isSuspect = false
    wake(watched)
  }

  /**
   * It has said farewell, after the end of its session: what was seen before tells nothing any more. It is looked at now, once, so that whoever
   * claims what it had need not wait for that.
   */
  left(node: PeerId): void {
    if (this.#isStopped) return
    const watched = this.#of(node)
    watched.lookedMs = Number.NEGATIVE_INFINITY
    wake(watched)
    this.#look(watched).catch(error =>
      this.#parts.logger.debug('the session of a node that left could not be looked at', { node, err: error })
    )
  }

  /** Whether that session, which this node has read of, can never be valid again. Ends it where it may. Throws as the store does. */
  async isOver(node: PeerId, session: string): Promise<boolean> {
    const { clock, lookEveryMs } = this.#parts
    const watched = this.#of(node)
    const { seen, lookedMs } = watched
    if (watched.over === session) return true
    const nowMs = clock.elapsed()
    // Another session than this may be an older one: that takes a look that begins now.
    if (seen?.record.session === session && nowMs - lookedMs < lookEveryMs && nowMs < this.#dueMs(seen)) return false
    const { underWay } = watched
    const look = this.#look(watched)
    look.catch(() => {})
    // What one that began before has read may be too old to say that it is valid, and never to say that it is over.
    await underWay?.catch(() => {})
    if (watched.over === session) return true
    const record = await look
    if (record !== undefined && record.session === session && !record.isOver) return false
    watched.over = session
    return true
  }

  /** Resolves when the session that the node had is over, or the node is there again (`true`), or after so long. */
  whenOver(node: PeerId, atMostMs: number): Promise<boolean> {
    const watched = this.#of(node)
    if (watched.seen === undefined && watched.over !== undefined) return Promise.resolve(true)
    return new Promise(resolve => {
      const done = (isOver = true) => {
        timer.cancel()
        watched.waiting.delete(done)
        resolve(isOver)
      }
      const timer = this.#parts.clock.after(atMostMs, () => done(false))
      watched.waiting.add(done)
    })
  }

  stop(): void {
    this.#isStopped = true
    for (const watched of this.#watched.values()) this.#end(watched)
    this.#watched.clear()
  }

  #of(node: PeerId): Watched {
    const known = this.#watched.get(node)
    if (known !== undefined) return known
    const [oldest] = this.#watched.size < maxWatched ? [] : this.#watched.values()
    if (oldest !== undefined) this.#end(oldest)
    const watched: Watched = {
      node,
      seen: undefined,
      lookedMs: Number.NEGATIVE_INFINITY,
      over: undefined,
      isSuspect: false,
      underWay: undefined,
      next: undefined,
      timer: undefined,
      waiting: new Set()
    }
    this.#watched.set(node, watched)
    return watched
  }

  #end(watched: Watched): void {
    watched.timer?.cancel()
    watched.isSuspect = false
    this.#watched.delete(watched.node)
    wake(watched)
  }

  #dueMs({ record, sinceMs }: Seen): number {
    return sinceMs + record.leaseMs * (1 + this.#parts.rateError)
  }

  /** A look that begins now or later. */
  #look(watched: Watched): Promise<SessionRecord | undefined> {
    if (watched.next !== undefined) return watched.next
    if (watched.underWay !== undefined) {
      watched.next = watched.underWay
        .then(
          () => {},
          () => {}
        )
        .then(() => this.#begin(watched))
      return watched.next
    }
    return this.#begin(watched)
  }

  #begin(watched: Watched): Promise<SessionRecord | undefined> {
    watched.next = undefined
    const look = this.#looks
      .take(() => this.#read(watched))
      .finally(() => {
        if (watched.underWay === look) watched.underWay = undefined
      })
    watched.underWay = look
    return look
  }

  /** What is in the register, with the end that this look may have made. */
  async #read(watched: Watched): Promise<SessionRecord | undefined> {
    const { store, clock, deadline } = this.#parts
    const key = sessionKey(watched.node)
    const register = await store.read(key, deadline())
    const nowMs = clock.elapsed()
    watched.lookedMs = nowMs
    const { seen } = watched
    const record = register === undefined ? undefined : sessionFrom(register)
    if (register === undefined || record === undefined || record.isOver) {
      this.#isOverNow(watched, record)
      return record
    }
    if (seen?.version !== register.version) {
      watched.seen = { record, version: register.version, sinceMs: nowMs }
      if (seen !== undefined && seen.record.session !== record.session) wake(watched)
      this.#lookWhenDue(watched)
      return record
    }
    if (nowMs < this.#dueMs(seen)) return record
    const ended: SessionRecord = { ...record, isOver: true }
    const outcome = await store.write(key, encodeRegister(ended), register.version, deadline())
    watched.seen = undefined
    if (outcome === 'conflict') {
      this.#lookAgain(watched)
      return record
    }
    this.#isOverNow(watched, ended)
    return ended
  }

  #isOverNow(watched: Watched, record: SessionRecord | undefined): void {
    watched.seen = undefined
    watched.over = record?.session
    watched.isSuspect = false
    watched.timer?.cancel()
    wake(watched)
  }

  #lookWhenDue(watched: Watched): void {
    if (watched.seen === undefined || this.#isStopped) return
    const { clock } = this.#parts
    watched.timer?.cancel()
    watched.timer = clock.after(Math.max(0, this.#dueMs(watched.seen) - clock.elapsed()), () =>
      this.#lookAgain(watched)
    )
  }

  /** For as long as somebody wants to know. */
  #lookAgain(watched: Watched): void {
    if (this.#isStopped || (!watched.isSuspect && watched.waiting.size === 0)) return
    const { clock, logger, retryMs } = this.#parts
    this.#look(watched).catch(error => {
      logger.debug('the session of another node could not be looked at', { node: watched.node, err: error })
      watched.timer?.cancel()
      if (!this.#isStopped) watched.timer = clock.after(retryMs, () => this.#lookAgain(watched))
    })
  }
}

function wake({ waiting }: Watched): void {
  for (const done of [...waiting]) done()
}
