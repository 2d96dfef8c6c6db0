/**
 * Keeps this node linked with every member and every known address, and never gives up.
 *
 * libp2p stops redialling after a few tries, which would make a long partition permanent. Here each target that should be
 * linked and is not is dialled again, one dial at a time, with jittered back-off up to a cap. Members that died long ago and
 * addresses that were only heard of are tried more slowly; members that left rarely, and yet: a new process may be there that
 * knows nobody who is up but us.
 */
import type { Clock, Timer } from '../ports/clock.ts'
import { isShoalError } from '../ports/errors.ts'
import type { Logger } from '../ports/logger.ts'
import type { Network, PeerId } from '../ports/network.ts'
import type { Random } from '../ports/random.ts'
import { Backoff, type DialTarget, type Pace } from './dial-target.ts'
import { isAdmitted, isPresent, type MemberRecord } from './member-record.ts'

export interface LinkSupervisorDeps {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly network: Pick<Network, 'dial' | 'links' | 'self'>
  /** All that is known of members, this node included or not. */
  members(): Iterable<MemberRecord>
  /** Grows with each change of them. Without it they are looked at anew each time. */
  changes?(): number
  /** Addresses given by the operator. Tried for ever. */
  readonly bootstrap: readonly string[]
  /** Addresses that an earlier life of this node was linked with. */
  readonly remembered: readonly string[]
}

export interface LinkSupervisorOptions {
  /** First wait after a dial that failed, in milliseconds; doubled with each further one. @default 100 */
  backoffStartMs?: number
  /** Longest wait for members that are present or died recently and for bootstrap addresses, in milliseconds. @default 2000 */
  backoffCapMs?: number
  /** Longest wait for members that died long ago and for addresses that were only heard of, in milliseconds. @default 10000 */
  slowBackoffCapMs?: number
  /** Longest wait for members that left, in milliseconds. @default 60000 */
  rareBackoffCapMs?: number
  /** How long after its death a member is still dialled at the faster pace, in milliseconds. @default 600000 */
  recentlyDeadMs?: number
  /** How much longer the node with the higher id waits before it dials, in milliseconds. @default 300 */
  higherIdDelayMs?: number
  /** A link that lasted so long starts the back-off anew when it ends, in milliseconds. @default 3000 */
  stableLinkMs?: number
  /** A dial that has not ended by then no longer keeps the next from starting, in milliseconds. @default 15000 */
  dialTimeoutMs?: number
  /** How often the list of members is looked at unasked, in milliseconds. @default 500 */
  lookIntervalMs?: number
  /** Dials under way at once. @default 16 */
  dialsMax?: number
  /** Addresses that were only heard of and are kept; the longest unanswered make room. @default 128 */
  discoveredMax?: number
}

const defaults: Required<LinkSupervisorOptions> = {
  backoffStartMs: 100,
  backoffCapMs: 2000,
  slowBackoffCapMs: 10_000,
  rareBackoffCapMs: 60_000,
  recentlyDeadMs: 10 * 60 * 1000,
  higherIdDelayMs: 300,
  stableLinkMs: 3000,
  dialTimeoutMs: 15_000,
  lookIntervalMs: 500,
  dialsMax: 16,
  discoveredMax: 128
}

/** Members that are looked at in each millisecond, at most, for whom to dial. */
const targetsPerMs = 64

/** Answers to a dial that will be the same for a while. */
const refusals: ReadonlySet<string> = new Set([
  'SHOAL_CLOCK_OFFSET',
  'SHOAL_CLUSTER_KEY',
  'SHOAL_CLUSTER_MISMATCH',
  'SHOAL_PEER_REFUSED'
])

export class LinkSupervisor {
  readonly #deps: LinkSupervisorDeps
  readonly #options: Readonly<Required<LinkSupervisorOptions>>
  readonly #peers = new Map<PeerId, DialTarget>()
  readonly #addresses = new Map<string, DialTarget>()
  readonly #deadSinceMs = new Map<PeerId, number>()
  readonly #linkedSinceMs = new Map<PeerId, number>()
  readonly #backoff: Backoff
  #timer: Timer | undefined
  #isScheduled = false
  #lookedMs = Number.NEGATIVE_INFINITY
  #isRunning = false
  #dials = 0
  /** What the members were like when they were last followed, and when they are to be followed in any case. */
  #followed: number | undefined
  #nextFollowMs = 0

  constructor(deps: LinkSupervisorDeps, options: LinkSupervisorOptions = {}) {
    this.#deps = deps
    this.#options = { ...defaults, ...options }
    this.#backoff = new Backoff(deps.random, this.#options)
    for (const address of deps.bootstrap) this.#addAddress(address, 'fast')
    for (const address of deps.remembered) this.#addAddress(address, 'slow')
  }

  start(): void {
    if (this.#isRunning) return
    this.#isRunning = true
    this.#lookSoon()
  }

  /** No dial starts any more. One that is under way may still make a link. Harmless when called twice. */
  stop(): void {
    this.#isRunning = false
    this.#timer?.cancel()
  }

  /** Tries this peer, or all, without further waiting. */
  wake(peer?: PeerId): void {
    const targets = peer === undefined ? [...this.#peers.values(), ...this.#addresses.values()] : this.#targetsOf(peer)
    for (const target of targets) this.#backoff.reset(target, this.#nowMs())
    this.#lookSoon()
  }

  linked(peer: PeerId): void {
    this.#linkedSinceMs.set(peer, this.#nowMs())
  }

  /** A link ended: it is made anew, at once where it was a good one. */
  unlinked(peer: PeerId): void {
    const nowMs = this.#nowMs()
    const lastedMs = nowMs - (this.#linkedSinceMs.get(peer) ?? nowMs - this.#options.stableLinkMs)
    this.#linkedSinceMs.delete(peer)
    this.#followMembers(nowMs)
    for (const target of this.#targetsOf(peer)) {
      if (target.pace === 'rare') continue
      if (lastedMs >= this.#options.stableLinkMs) this.#backoff.reset(target, nowMs)
      target.dueMs = Math.max(target.dueMs, nowMs + this.#politenessMs(peer))
    }
    this.#lookSoon()
  }

  /** Addresses at which a node of this cluster may be. */
  discovered(addresses: readonly string[]): void {
    for (const address of addresses) {
      const known = this.#addresses.get(address)
      if (known === undefined) this.#addAddress(address, 'slow')
      // Announced just now, so somebody may be there: worth a try even if it failed before.
      else if (known.pace === 'slow' && !known.isDialling) known.dueMs = Math.min(known.dueMs, this.#nowMs())
    }
    this.#lookSoon()
  }

  #nowMs(): number {
    return this.#deps.clock.elapsed()
  }

  /** What is dialled to reach this peer: the member, and addresses at which it was found. */
  #targetsOf(peer: PeerId): DialTarget[] {
    const member = this.#peers.get(peer)
    const targets = member === undefined ? [] : [member]
    for (const target of this.#addresses.values()) if (target.peer === peer) targets.push(target)
    return targets
  }

  /** At once, or a moment after the last look where there is much to look at: hundreds of links may come up together. */
  #lookSoon(): void {
    if (this.#isScheduled || !this.#isRunning) return
    this.#isScheduled = true
    const look = () => {
      this.#isScheduled = false
      this.#look()
    }
    const waitMs = this.#lookedMs + Math.floor(this.#peers.size / targetsPerMs) - this.#nowMs()
    if (waitMs > 0) this.#deps.clock.after(waitMs, look)
    else this.#deps.clock.soon(look)
  }

  /** Compares what should be linked with what is, and dials what is due. */
  #look(): void {
    if (!this.#isRunning) return
    const nowMs = this.#nowMs()
    this.#lookedMs = nowMs
    this.#followMembers(nowMs)
    const links = new Set(this.#deps.network.links())
    const dialling = new Set<PeerId>()
    let nextMs = nowMs + this.#options.lookIntervalMs
    const due: DialTarget[] = []
    const waiting: DialTarget[] = []
    for (const targets of [this.#peers, this.#addresses]) {
      for (const target of targets.values()) {
        this.#releaseIfStuck(target, nowMs)
        if (target.isDialling && target.peer !== undefined) dialling.add(target.peer)
        if (target.peer !== undefined && links.has(target.peer)) continue
        if (target.dueMs <= nowMs) due.push(target)
        else waiting.push(target)
      }
    }
    // What has been due longest comes first, or addresses that answer nothing would take all places for themselves.
    for (const target of due.sort((a, b) => a.dueMs - b.dueMs)) {
      if (this.#dials >= this.#options.dialsMax) break
      if (!this.#mayDial(target, dialling)) continue
      if (target.peer !== undefined) dialling.add(target.peer)
      this.#dial(target, nowMs)
    }
    for (const target of waiting) if (this.#mayDial(target, dialling)) nextMs = Math.min(nextMs, target.dueMs)
    this.#timer?.cancel()
    this.#timer = this.#deps.clock.after(Math.max(1, nextMs - nowMs), () => this.#look())
  }

  #mayDial(target: DialTarget, dialling: ReadonlySet<PeerId>): boolean {
    const { peer } = target
    if (target.isDialling || target.addresses.length === 0) return false
    if (peer !== undefined && dialling.has(peer)) return false
    // An address of a member is dialled with the others that the member has.
    return !(target.isAddress && target.pace === 'slow' && peer !== undefined && this.#peers.has(peer))
  }

  /** At once where one has changed, and now and then: who died long ago is dialled more slowly. */
  #followMembers(nowMs: number): void {
    const changes = this.#deps.changes?.()
    if (changes !== undefined && changes === this.#followed && nowMs < this.#nextFollowMs) return
    this.#followed = changes
    this.#nextFollowMs = nowMs + this.#options.lookIntervalMs
    const wanted = new Set<PeerId>()
    for (const record of this.#deps.members()) {
      if (record.id === this.#deps.network.self) continue
      wanted.add(record.id)
      const pace = this.#paceOf(record, nowMs)
      const dueMs = nowMs + this.#politenessMs(record.id)
      const target = this.#peers.get(record.id) ?? this.#backoff.target([], 'fast', dueMs, record.id, false)
      this.#peers.set(record.id, target)
      const earlier = target.pace
      target.pace = pace
      if (earlier !== 'rare' && pace === 'rare') this.#backoff.atCap(target, nowMs)
      if (earlier !== 'fast' && pace === 'fast') this.#backoff.reset(target, dueMs)
      target.addresses = record.addresses
    }
    for (const peer of this.#peers.keys()) {
      if (wanted.has(peer)) continue
      this.#peers.delete(peer)
      this.#deadSinceMs.delete(peer)
    }
  }

  #paceOf(record: MemberRecord, nowMs: number): Pace {
    if (isPresent(record)) this.#deadSinceMs.delete(record.id)
    else if (!this.#deadSinceMs.has(record.id)) this.#deadSinceMs.set(record.id, nowMs)
    if (!isAdmitted(record)) return 'rare'
    const deadMs = nowMs - (this.#deadSinceMs.get(record.id) ?? nowMs)
    return deadMs > this.#options.recentlyDeadMs ? 'slow' : 'fast'
  }

  #addAddress(address: string, pace: Pace): void {
    const peer = /\/p2p\/([^/]+)$/.exec(address)?.[1]
    if (peer === this.#deps.network.self || this.#addresses.has(address)) return
    if (pace === 'slow' && !this.#makeRoomForAddress()) return
    this.#addresses.set(address, this.#backoff.target([address], pace, this.#nowMs(), peer, true))
  }

  #makeRoomForAddress(): boolean {
    const heardOf = [...this.#addresses].filter(([, target]) => target.pace === 'slow')
    if (heardOf.length < this.#options.discoveredMax) return true
    const [worst] = heardOf.filter(([, target]) => !target.isDialling).sort(([, a], [, b]) => b.failures - a.failures)
    if (worst === undefined || worst[1].failures === 0) return false
    return this.#addresses.delete(worst[0])
  }

  /** Two nodes that know each other should not dial at the same moment: the lower id goes first. */
  #politenessMs(peer: PeerId): number {
    return this.#deps.network.self < peer ? 0 : this.#options.higherIdDelayMs
  }

  #dial(target: DialTarget, nowMs: number): void {
    const attempt = this.#backoff.started(target, nowMs)
    this.#dials += 1
    this.#deps.network.dial(target.addresses).then(
      peer => {
        if (this.#ended(target, attempt)) this.#answered(target, peer)
      },
      (error: unknown) => {
        if (this.#ended(target, attempt)) this.#failed(target, error)
      }
    )
  }

  /** `false`: this dial took so long that it was given up before it ended. */
  #ended(target: DialTarget, attempt: number): boolean {
    if (target.attempt !== attempt || !target.isDialling) return false
    target.isDialling = false
    this.#dials -= 1
    return true
  }

  #answered(target: DialTarget, peer: PeerId): void {
    if (peer === this.#deps.network.self) {
      for (const address of target.addresses) this.#addresses.delete(address)
      return
    }
    if (target.isAddress) target.peer = peer
    target.reason = ''
    // Not yet a success for the back-off: the link may end at once, and must then not be dialled in a tight loop.
    this.#backoff.failed(target, this.#nowMs())
    this.#lookSoon()
  }

  #failed(target: DialTarget, error: unknown): void {
    const reason = isShoalError(error) ? error.code : 'unknown'
    if (refusals.has(reason)) this.#backoff.atCap(target, this.#nowMs())
    else this.#backoff.failed(target, this.#nowMs())
    if (target.reason !== reason) {
      target.reason = reason
      const fields = { peer: target.peer, addresses: target.addresses, code: reason, err: error }
      if (reason === 'SHOAL_DIAL_FAILED') this.#deps.logger.debug('nobody answers; dialling again for ever', fields)
      else if (reason === 'SHOAL_PEER_REFUSED')
        this.#deps.logger.info('a peer refuses links; dialling again for ever', fields)
      else this.#deps.logger.warn('a dial was refused; dialling again for ever', fields)
    }
    this.#lookSoon()
  }

  #releaseIfStuck(target: DialTarget, nowMs: number): void {
    if (!target.isDialling || nowMs - target.startedMs < this.#options.dialTimeoutMs) return
    this.#ended(target, target.attempt)
    this.#backoff.failed(target, nowMs)
  }
}
