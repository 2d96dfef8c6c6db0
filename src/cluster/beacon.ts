/**
 * Speed 2, noticing: what a push lost is found by comparing hashes, and pulled.
 *
 * Every second or so, to one random linked member and one in another region: a hash over all shards that both store. A receiver
 * whose own differs answers with one hash per shard; for those that differ, each side pulls what it lacks. Between equal replicas a
 * beacon costs one small record, whatever the number of actors, and where nothing changes it becomes rare. (Merkle-style
 * anti-entropy, flat because S is small: Demers et al., "Epidemic algorithms for replicated database maintenance", 1987.)
 *
 * Equal contexts over unequal states (a stream that broke off and whose sender is gone, bit rot) are looked at twice, then
 * compared in full.
 */
import type { Origin } from '../crdt/index.ts'
import type { Clock, Timer } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import type { Metrics } from '../ports/metrics.ts'
import type { PeerId } from '../ports/network.ts'
import type { Random } from '../ports/random.ts'
import type { CatchUp } from './catch-up.ts'
import type { WantedShard } from './catch-up-sender.ts'
import { PullSchedule } from './pull-schedule.ts'
import type { ShardStore } from './shard-store.ts'
import { type Control, malformed, shardNumber } from './wire.ts'

export interface BeaconOptions {
  /** Mean time between two beacons of one node, in milliseconds. @default 1000 */
  beaconIntervalMs?: number
  /** Mean time between two beacons where nothing has changed for a while, in milliseconds. @default 5000 */
  maxBeaconIntervalMs?: number
  /** Time a gap between a peer's updates may stay open before it is pulled, in milliseconds. @default 100 */
  gapTimeoutMs?: number
}

export interface BeaconEvents {
  send(peer: PeerId, message: Control): boolean
  /** Linked members, and the region of each. */
  peers(): readonly { readonly id: PeerId; readonly region: string }[]
  readonly region: string
  /** The shards that both store, in order. @default all that this node stores */
  common?(peer: PeerId): readonly number[]
  /** The peer stores this shard, too, which not every member does. @default none of those is stored here */
  stores?(peer: PeerId, shard: number): boolean
}

/** How much rarer a beacon becomes with each that found nothing changed. */
const calmGrowth = 1.5
const hashBytes = 8

/** One hash per named shard, as a peer tells them. */
export interface ToldHashes {
  readonly hashes?: Uint8Array | null
  readonly shards?: readonly number[] | null
}

export class Beacon {
  readonly #store: ShardStore
  readonly #catchUp: Pick<CatchUp, 'pull'>
  readonly #clock: Clock
  readonly #random: Random
  readonly #logger: Logger
  readonly #events: BeaconEvents
  readonly #beaconIntervalMs: number
  readonly #maxBeaconIntervalMs: number
  readonly #gapTimeoutMs: number
  readonly #mismatches
  readonly #beacons
  readonly #suspicions
  readonly #schedule: PullSchedule
  /** Shards seen with equal contexts and unequal states: at which version of ours, and how often. */
  readonly #suspects = new Map<string, { version: number; looks: number }>()
  readonly #gaps = new Map<number, { readonly origin: Origin; readonly peer: PeerId }>()
  #gapTimer: Timer | undefined
  #timer: Timer | undefined
  #stopped = false
  /** Mean time to the next beacon, and the root that the last one told of. */
  #intervalMs: number
  #lastRoot: Uint8Array | undefined
  #isStirred = false

  constructor(
    parts: {
      store: ShardStore
      catchUp: Pick<CatchUp, 'pull'>
      clock: Clock
      random: Random
      logger: Logger
      metrics: Metrics
      events: BeaconEvents
    },
    options: BeaconOptions = {}
  ) {
    this.#store = parts.store
    this.#catchUp = parts.catchUp
    this.#clock = parts.clock
    this.#random = parts.random
    this.#logger = parts.logger
    this.#events = parts.events
    this.#beaconIntervalMs = options.beaconIntervalMs ?? 1000
    this.#gapTimeoutMs = options.gapTimeoutMs ?? 100
    this.#mismatches = parts.metrics.counter(
      'shoal_beacon_mismatches_total',
      'Shards in which a beacon found a difference'
    )
    this.#maxBeaconIntervalMs = Math.max(this.#beaconIntervalMs, options.maxBeaconIntervalMs ?? 5000)
    this.#intervalMs = this.#beaconIntervalMs
    this.#beacons = parts.metrics.counter('shoal_beacons_sent_total', 'Beacons sent')
    this.#suspicions = parts.metrics.counter(
      'shoal_equal_contexts_unequal_total',
      'Shards compared in full because contexts were equal and states were not'
    )
    const behind = parts.metrics.histogram(
      'shoal_catch_up_behind_seconds',
      'Time from when a shard was seen to lack what a peer has until it was here'
    )
    this.#schedule = new PullSchedule({
      clock: this.#clock,
      logger: this.#logger,
      events: {
        pull: (peer, shards) => this.#catchUp.pull(peer, shards),
        compare: (peer, shards) => this.#compareNow(peer, shards),
        sources: () => this.#events.peers().length,
        isSettled: (shard, hash) =>
          !this.#store.hosts(shard) || (hash !== undefined && equalBytes(hash, this.#store.durableShard(shard).hash)),
        caughtUp: ms => behind.observe(ms / 1000),
        tookLong: peer => this.greet(peer)
      }
    })
  }

  start(): void {
    const delayMs = this.#intervalMs * (0.5 + this.#random.next())
    this.#timer = this.#clock.after(delayMs, () => {
      this.#beat()
      if (!this.#stopped) this.start()
    })
  }

  stop(): void {
    this.#stopped = true
    this.#timer?.cancel()
    this.#gapTimer?.cancel()
    this.#schedule.stop()
  }

  /** Something changes again: others are told as often as ever. */
  stir(): void {
    this.#isStirred = true
    if (this.#intervalMs === this.#beaconIntervalMs || this.#timer === undefined || this.#stopped) return
    this.#intervalMs = this.#beaconIntervalMs
    this.#timer.cancel()
    this.start()
  }

  /** A link came up: whatever was missed meanwhile should not wait for chance. */
  greet(peer: PeerId): void {
    this.#beacons.add()
    this.#events.send(peer, { beacon: { root: this.#store.root(this.#common(peer)) } })
  }

  /** Tells the peer our hashes of what both store, so that it pulls whatever it lacks. */
  tell(peer: PeerId): void {
    this.#events.send(peer, { shardHashes: this.hashes(this.#common(peer)) })
  }

  receiveBeacon(peer: PeerId, root: Uint8Array): void {
    if (equalBytes(root, this.#store.root(this.#common(peer)))) return
    this.stir()
    this.tell(peer)
  }

  receiveHashes(peer: PeerId, told: ToldHashes): void {
    const hashes = told.hashes ?? new Uint8Array(0)
    const places = new Map((told.shards ?? []).map((shard, place) => [shard, place]))
    const different = this.different(told)
    if (different.length === 0) return
    this.stir()
    this.#mismatches.add(different.length)
    this.#schedule.want(
      peer,
      different.map(shard => {
        const at = (places.get(shard) ?? 0) * hashBytes
        return [shard, hashes.slice(at, at + hashBytes)] as const
      })
    )
  }

  #common(peer: PeerId): readonly number[] {
    return this.#events.common?.(peer) ?? this.#store.hosted()
  }

  /** The shards in which a peer's hashes and ours differ, of those that both store. */
  different(told: ToldHashes): number[] {
    const hashes = told.hashes ?? new Uint8Array(0)
    const shards = told.shards ?? []
    if (hashes.length !== shards.length * hashBytes) throw malformed('shard hashes')
    const different: number[] = []
    let last = -1
    for (const [i, told] of shards.entries()) {
      const shard = shardNumber(told, this.#store.shardCount)
      if (shard <= last) throw malformed('shard hashes: not in order')
      last = shard
      if (!this.#store.hosts(shard)) continue
      const theirs = hashes.subarray(i * hashBytes, (i + 1) * hashBytes)
      if (!equalBytes(theirs, this.#store.durableShard(shard).hash)) different.push(shard)
    }
    return different
  }

  /** A peer pulls from us; its contexts show what we lack, and where contexts are equal, its asking shows that states are not. */
  asked(peer: PeerId, wanted: readonly WantedShard[]): void {
    const lacking: (readonly [number, undefined])[] = []
    const compare: number[] = []
    for (const { shard, context, what, hash } of wanted) {
      const own = this.#store.durableShard(shard)
      if (!own.context.covers(context)) lacking.push([shard, undefined])
      else if (what !== 'missing' || hash === undefined || !own.isSettled || !context.covers(own.context)) continue
      else if (!equalBytes(hash, own.hash) && this.#isSuspect(peer, shard, own.version, false)) compare.push(shard)
    }
    // Before the peer is busy with a pull.
    if (compare.length > 0) this.#compare(peer, compare)
    if (lacking.length > 0) this.#schedule.want(peer, lacking)
  }

  /** A peer has found that contexts are equal and states are not, and looks what it lacks: so do we. */
  compared(peer: PeerId, shard: number): void {
    if (!this.#store.hosts(shard)) return
    if (this.#isSuspect(peer, shard, this.#store.durableShard(shard).version, true)) this.#compare(peer, [shard])
  }

  /** Updates of this origin went missing in the shard before those that `peer` just pushed. */
  gap(shard: number, origin: Origin, peer: PeerId): void {
    this.#gaps.set(shard, { origin, peer })
    this.#gapTimer ??= this.#clock.after(this.#gapTimeoutMs, () => {
      this.#gapTimer = undefined
      const gaps = [...this.#gaps]
      this.#gaps.clear()
      const open = gaps.filter(([shard, gap]) => this.#store.hosts(shard) && this.#store.hasGap(shard, gap.origin))
      for (const [from, gaps] of Map.groupBy(open, ([, gap]) => gap.peer)) {
        this.#schedule.wantAtOnce(
          from,
          gaps.map(([shard]) => shard)
        )
      }
    })
  }

  unlinked(peer: PeerId): void {
    for (const key of this.#suspects.keys()) if (key.endsWith(`/${peer}`)) this.#suspects.delete(key)
    this.#schedule.unlinked(peer)
  }

  /** The peer is asked for what it has of these shards, whether or not it has told that it has more. */
  want(peer: PeerId, shards: readonly number[]): void {
    this.#schedule.want(
      peer,
      shards.map(shard => [shard, undefined])
    )
  }

  /** Resolves when nothing of these shards is on its way here because of a beacon: see `PullSchedule.fetched`. */
  fetched(shards: readonly number[], isWanted: () => boolean): Promise<void> {
    return this.#schedule.fetched(shards, isWanted)
  }

  #beat(): void {
    this.#adapt()
    const peers = this.#events.peers()
    const near = this.#choose(peers)
    if (near === undefined) return
    this.greet(near.id)
    const far = this.#choose(peers.filter(peer => peer.region !== this.#events.region && peer.id !== near.id))
    if (far !== undefined) this.greet(far.id)
    const sharer = this.#choose(this.#sharers(peers))
    if (sharer !== undefined && sharer !== near && sharer !== far) this.greet(sharer.id)
  }

  /** Of a shard that few store, those do not meet by chance often enough. */
  #sharers<P extends { readonly id: PeerId }>(peers: readonly P[]): P[] {
    const shard = this.#choose(this.#store.hosted().slice(this.#store.shardCount))
    return shard === undefined ? [] : peers.filter(({ id }) => this.#events.stores?.(id, shard) === true)
  }

  #adapt(): void {
    const root = this.#store.root()
    const isCalm = !this.#isStirred && this.#lastRoot !== undefined && equalBytes(root, this.#lastRoot)
    this.#lastRoot = root
    this.#isStirred = false
    this.#intervalMs = isCalm
      ? Math.min(this.#maxBeaconIntervalMs, this.#intervalMs * calmGrowth)
      : this.#beaconIntervalMs
  }

  #choose<T>(items: readonly T[]): T | undefined {
    return items.length === 0 ? undefined : items[this.#random.below(items.length)]
  }

  #compare(peer: PeerId, shards: readonly number[]): void {
    if (this.#schedule.isBusy(peer) || this.#stopped) return
    this.#suspicions.add(shards.length)
    this.#logger.warn('replicas with equal contexts differ; comparing them in full', { peer, shards })
    this.#schedule.compare(peer, shards)
  }

  /** One that breaks off has shown nothing: two more looks at the same states lead to the next. */
  async #compareNow(peer: PeerId, shards: readonly number[]): Promise<void> {
    try {
      await this.#catchUp.pull(peer, shards, { full: true, keepsBoth: true })
    } catch (error) {
      for (const shard of shards) this.#suspects.delete(`${shard}/${peer}`)
      throw error
    }
  }

  /** The second look at the same pair of states, or the peer's word for it; once per state of ours. */
  #isSuspect(peer: PeerId, shard: number, version: number, told: boolean): boolean {
    if (this.#schedule.isPulling(shard) || this.#schedule.isBusy(peer)) return false
    const key = `${shard}/${peer}`
    const seen = this.#suspects.get(key)
    const looks = seen?.version === version ? seen.looks + 1 : 1
    const isSecond = told ? looks <= 2 : looks === 2
    this.#suspects.set(key, { version, looks: isSecond ? 2 : looks })
    return isSecond
  }

  /** One hash for each of these shards, in order; of all that this node stores, unless some are named. */
  hashes(shards: readonly number[] = this.#store.hosted()): { shards: number[]; hashes: Uint8Array } {
    const hashes = new Uint8Array(shards.length * hashBytes)
    for (const [i, shard] of shards.entries()) hashes.set(this.#store.durableShard(shard).hash, i * hashBytes)
    return { shards: [...shards], hashes }
  }
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}
