/**
 * Lets go of shards in the lease store: whatever this node has claimed and does not write any more, while its session lives.
 *
 * Others take a shard for owned as long as the session in its record lives. So a claim that could not be opened, an owner that was fenced and
 * a release all come here, and are tried again until the record says that nobody has it, or another does, or the session is over.
 */
import type { Clock, Timer } from '../../ports/clock.ts'
import type { LeaseStore, RegisterVersion } from '../../ports/lease-store.ts'
import type { Logger } from '../../ports/logger.ts'
import type { PeerId } from '../../ports/network.ts'
import { encodeRegister, type OwnershipRecord, ownershipFrom, ownershipKey } from './lease-registers.ts'
import type { Sessions } from './sessions.ts'

export interface LettingGoParts {
  readonly store: LeaseStore
  readonly sessions: Sessions
  readonly clock: Clock
  readonly logger: Logger
  readonly self: PeerId
}

interface Claim {
  readonly shard: number
  readonly epoch: number
  readonly session: string
  readonly firstTry: PromiseWithResolvers<void>
  readonly doubt: Doubt | undefined
  /** As this node wrote it last; where nobody has written since, it need not be read. */
  readonly written: WrittenClaim | undefined
}

/** Of a claim of which nobody knows whether it was written, or will be. */
export interface Doubt {
  /** Of the register that it was to follow: with another one it will not be. */
  readonly expected: RegisterVersion | undefined
}

/** What this node has written into the register of a shard. */
export interface WrittenClaim {
  readonly record: OwnershipRecord
  readonly version: RegisterVersion
}

const maxAtOnce = 8

const nobodys = { set: [], opened: { epoch: 0, set: [] } }

export class LettingGo {
  readonly #parts: LettingGoParts
  /** One per shard, of the newest epoch. */
  readonly #left = new Map<number, Claim>()
  readonly #queue: Claim[] = []
  readonly #timers = new Set<Timer>()
  #underWay = 0
  #isStopped = false

  constructor(parts: LettingGoParts) {
    this.#parts = parts
  }

  /** Call it when nothing of that epoch is written or shown any more. Rejects where the first try fails; it is not the last. */
  letGo(
    shard: number,
    epoch: number,
    session: string,
    { doubt, written }: { readonly doubt?: Doubt; readonly written?: WrittenClaim } = {}
  ): Promise<void> {
    return this.#lets({ shard, epoch, session, doubt, written }, claim => this.#push(claim))
  }

  /** The same where this node is to claim the shard anew: the store hears of it only where that takes longer than a beat. */
  letGoLater(shard: number, epoch: number, session: string): void {
    void this.#lets({ shard, epoch, session, doubt: undefined, written: undefined }, claim => this.#pushLater(claim))
  }

  /** This node has claimed the shard under a later epoch: nothing of before is left to be let go of, or may yet come true. */
  claimed(shard: number, epoch: number): void {
    const known = this.#left.get(shard)
    if (known === undefined || known.epoch >= epoch) return
    known.firstTry.resolve()
    this.#left.delete(shard)
  }

  /** Nothing is let go of by itself any more: the session ends as a whole, or this node does. */
  stop(): void {
    this.#isStopped = true
    for (const timer of this.#timers) timer.cancel()
    this.#timers.clear()
    for (const { firstTry } of this.#left.values()) firstTry.resolve()
    this.#left.clear()
  }

  #lets(of: Omit<Claim, 'firstTry'>, push: (claim: Claim) => void): Promise<void> {
    if (this.#isStopped) return Promise.resolve()
    const known = this.#left.get(of.shard)
    if (known !== undefined && known.epoch >= of.epoch) return known.firstTry.promise
    known?.firstTry.resolve()
    const claim: Claim = { ...of, firstTry: Promise.withResolvers<void>() }
    claim.firstTry.promise.catch(() => {})
    this.#left.set(of.shard, claim)
    push(claim)
    return claim.firstTry.promise
  }

  #push(claim: Claim): void {
    this.#queue.push(claim)
    this.#goOn()
  }

  #pushLater(claim: Claim): void {
    const { clock, sessions } = this.#parts
    const timer = clock.after(sessions.beatIntervalMs, () => {
      this.#timers.delete(timer)
      this.#push(claim)
    })
    this.#timers.add(timer)
  }

  #goOn(): void {
    while (this.#underWay < maxAtOnce) {
      const claim = this.#queue.shift()
      if (claim === undefined) return
      if (this.#left.get(claim.shard) !== claim) continue
      this.#underWay++
      void this.#try(claim).finally(() => {
        this.#underWay--
        this.#goOn()
      })
    }
  }

  async #try(claim: Claim): Promise<void> {
    const { sessions, logger } = this.#parts
    const { shard, session, firstTry } = claim
    try {
      if (sessions.current !== session || (await this.#isOver(claim))) {
        if (this.#left.get(shard) === claim) this.#left.delete(shard)
        return firstTry.resolve()
      }
    } catch (error) {
      logger.debug('a lease shard could not be let go of yet', { shard, err: error })
      firstTry.reject(error)
    }
    if (!this.#isStopped) this.#pushLater(claim)
  }

  async #isOver(claim: Claim): Promise<boolean> {
    const { store, sessions, self } = this.#parts
    const key = ownershipKey(claim.shard)
    if (claim.written !== undefined) {
      const { record, version } = claim.written
      const free = encodeRegister({ ...record, session: '' })
      if ((await store.write(key, free, version, sessions.deadline())) !== 'conflict') return true
    }
    const register = await store.read(key, sessions.deadline())
    const record = register === undefined ? undefined : ownershipFrom(register)
    if (record === undefined || record.epoch < claim.epoch) {
      if (claim.doubt === undefined || register?.version !== claim.doubt.expected) return true
      // It may come true as long as the register stays as it is. Nobody is in it, and now under that epoch.
      const nobodysNow = encodeRegister({ ...(record ?? nobodys), epoch: claim.epoch, node: self, session: '' })
      return (await store.write(key, nobodysNow, register?.version, sessions.deadline())) !== 'conflict'
    }
    if (record.epoch > claim.epoch || record.node !== self || record.session !== claim.session) return true
    const free = encodeRegister({ ...record, session: '' })
    return (await store.write(key, free, register?.version, sessions.deadline())) !== 'conflict'
  }
}
