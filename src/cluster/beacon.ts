/**
 * Speed 2, noticing: what a push lost is found by comparing hashes, and pulled.
 *
 * Every second or so, to one random linked member and one in another region: a hash over all shards. A receiver whose own
 * differs answers with one hash per shard; for those that differ, each side pulls what it lacks. Between equal replicas a
 * beacon costs one small record, whatever the number of actors. (Merkle-style anti-entropy, flat because S is small: Demers et
 * al., "Epidemic algorithms for replicated database maintenance", 1987.)
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
import type { ShardStore } from './shard-store.ts'
import { type Control, malformed, shardNumber } from './wire.ts'

export interface BeaconOptions {
  /** Mean time between two beacons of one node, in milliseconds. @default 1000 */
  beaconIntervalMs?: number
  /** Time a gap between a peer's updates may stay open before it is pulled, in milliseconds. @default 100 */
  gapTimeoutMs?: number
}

export interface BeaconEvents {
  send(peer: PeerId, message: Control): boolean
  /** Linked members, and the region of each. */
  peers(): readonly { readonly id: PeerId; readonly region: string }[]
  readonly region: string
}

const hashBytes = 8

/** One hash per named shard, as a peer tells them. */
export interface ToldHashes {
  readonly hashes?: Uint8Array | null
  readonly shards?: readonly number[] | null
}

export class Beacon {
  readonly #store: ShardStore
  readonly #catchUp: CatchUp
  readonly #clock: Clock
  readonly #random: Random
  readonly #logger: Logger
  readonly #events: BeaconEvents
  readonly #beaconIntervalMs: number
  readonly #gapTimeoutMs: number
  readonly #mismatches
  readonly #fullCompares
  /** Shards that are being pulled, and from whom: no second peer is asked meanwhile. */
  readonly #pulling = new Map<number, PeerId>()
  /** Peers from whom a pull is under way. */
  readonly #busy = new Set<PeerId>()
  /** Shards seen with equal contexts and unequal states: at which version of ours, and how often. */
  readonly #suspects = new Map<string, { version: number; looks: number }>()
  readonly #gaps = new Map<number, { readonly origin: Origin; readonly peer: PeerId }>()
  #gapTimer: Timer | undefined
  #timer: Timer | undefined
  #stopped = false

  constructor(
    parts: {
      store: ShardStore
      catchUp: CatchUp
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
    this.#fullCompares = parts.metrics.counter(
      'shoal_full_compares_total',
      'Shards compared in full: equal contexts, unequal states'
    )
  }

  start(): void {
    const delayMs = this.#beaconIntervalMs * (0.5 + this.#random.next())
    this.#timer = this.#clock.after(delayMs, () => {
      this.#beat()
      if (!this.#stopped) this.start()
    })
  }

  stop(): void {
    this.#stopped = true
    this.#timer?.cancel()
    this.#gapTimer?.cancel()
  }

  /** A link came up: whatever was missed meanwhile should not wait for chance. */
  greet(peer: PeerId): void {
    this.#events.send(peer, { beacon: { root: this.#store.root() } })
  }

  /** Tells the peer all our hashes, so that it pulls whatever it lacks. */
  tell(peer: PeerId): void {
    this.#events.send(peer, { shardHashes: this.hashes() })
  }

  receiveBeacon(peer: PeerId, root: Uint8Array): void {
    if (!equalBytes(root, this.#store.root())) this.tell(peer)
  }

  receiveHashes(peer: PeerId, told: ToldHashes): void {
    const different = this.different(told)
    this.#mismatches.add(different.length)
    this.#pull(peer, different)
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
    const lacking: number[] = []
    const compare: number[] = []
    for (const { shard, context, full, hash } of wanted) {
      const own = this.#store.durableShard(shard)
      if (!own.context.covers(context)) lacking.push(shard)
      else if (hash === undefined || !own.isSettled || !context.covers(own.context) || equalBytes(hash, own.hash))
        continue
      else if (this.#isSuspect(peer, shard, own.version, full)) compare.push(shard)
    }
    this.#pull(peer, lacking)
    if (compare.length > 0) this.#compare(peer, compare)
  }

  /** Updates of this origin went missing in the shard before those that `peer` just pushed. */
  gap(shard: number, origin: Origin, peer: PeerId): void {
    this.#gaps.set(shard, { origin, peer })
    this.#gapTimer ??= this.#clock.after(this.#gapTimeoutMs, () => {
      this.#gapTimer = undefined
      const open = [...this.#gaps].filter(([shard, gap]) => this.#store.hasGap(shard, gap.origin))
      this.#gaps.clear()
      for (const [from, gaps] of Map.groupBy(open, ([, gap]) => gap.peer)) {
        this.#pull(
          from,
          gaps.map(([shard]) => shard)
        )
      }
    })
  }

  unlinked(peer: PeerId): void {
    for (const key of this.#suspects.keys()) if (key.endsWith(`/${peer}`)) this.#suspects.delete(key)
  }

  #beat(): void {
    const peers = this.#events.peers()
    const near = this.#choose(peers)
    if (near === undefined) return
    this.greet(near.id)
    const far = this.#choose(peers.filter(peer => peer.region !== this.#events.region && peer.id !== near.id))
    if (far !== undefined) this.greet(far.id)
  }

  #choose<T>(items: readonly T[]): T | undefined {
    return items.length === 0 ? undefined : items[this.#random.below(items.length)]
  }

  /** One pull per peer at a time, and one peer per shard; the next beacon comes back to what is left out. */
  #pull(peer: PeerId, shards: readonly number[]): void {
    if (this.#busy.has(peer) || this.#stopped) return
    const free = shards.filter(shard => !this.#pulling.has(shard))
    if (free.length === 0) return
    this.#run(peer, free, this.#catchUp.pull(peer, free))
  }

  #compare(peer: PeerId, shards: readonly number[]): void {
    if (this.#busy.has(peer) || this.#stopped) return
    this.#fullCompares.add(shards.length)
    this.#logger.warn('replicas with equal contexts differ; comparing them in full', { peer, shards })
    this.#run(peer, shards, this.#catchUp.pull(peer, shards, { full: true }))
  }

  #run(peer: PeerId, shards: readonly number[], pull: Promise<void>): void {
    for (const shard of shards) this.#pulling.set(shard, peer)
    this.#busy.add(peer)
    void pull
      .catch(error => this.#logger.debug('a pull broke off', { peer, err: error }))
      .finally(() => {
        for (const shard of shards) this.#pulling.delete(shard)
        this.#busy.delete(peer)
      })
  }

  /** The second look at the same pair of states, or the peer's word for it; once per state of ours. */
  #isSuspect(peer: PeerId, shard: number, version: number, told: boolean): boolean {
    if (this.#pulling.has(shard) || this.#busy.has(peer)) return false
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
