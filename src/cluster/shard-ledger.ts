/**
 * What this node has seen of each shard that it stores: its context and floor, the count of this origin's own seqs, its set-hash and
 * tally. Memory is ahead of the disk by what the next commits carry; beacons and peers are told only of what is on disk.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import type { CausalContext, Origin } from '../crdt/index.ts'
import { encodeShort, shortened } from '../crdt/short-context.ts'
import type { DiskWrite } from '../ports/disk.ts'
import { ShoalError } from '../ports/errors.ts'
import { noShard, type ShardRecord, type StoredEnded, type StoredShard, writesOfShard } from './shard-record.ts'
import type { Tally } from './tally.ts'

export interface Shard {
  context: CausalContext
  floor: CausalContext
  /** The next seq of this process's origin. */
  nextSeq: number
  readonly setHash: Uint8Array
  tally: Tally
}

export interface DurableShard {
  readonly context: CausalContext
  readonly floor: CausalContext
  /** XOR of the digests of the shard's non-empty actors. */
  readonly setHash: Uint8Array
  /** 8 bytes over the context and the set-hash. */
  readonly hash: Uint8Array
  /** Grows as what is on disk changes. */
  readonly version: number
  /** Nothing newer is in memory. */
  readonly isSettled: boolean
}

interface LedgerShard extends Shard {
  unsaved: boolean
  /** This origin's seqs below it were drawn before the shard was dropped, and stored again. */
  ownBelow: number
  /** What the last commit that succeeded wrote, and its hash. */
  durable: ShardRecord
  /** What the disk has of ended lives, where that is known. */
  ended: StoredEnded | undefined
  hash: Uint8Array | undefined
  version: number
}

const hashBytes = 8
const rootBytes = 16

export class ShardLedger {
  readonly #origin: Origin
  readonly #shards = new Map<number, LedgerShard>()
  /** Of shards that were dropped: no seq of a process is drawn twice. */
  readonly #nextSeqs = new Map<number, number>()
  #hosted: readonly number[] | undefined
  #unsaved = new Set<number>()
  #root: Uint8Array | undefined

  constructor(origin: Origin) {
    this.#origin = origin
  }

  /** This node stores the shard, with what its disk has of it. */
  add(shard: number, stored: StoredShard = noShard): void {
    this.#add(shard, stored, stored.ended)
  }

  /** As `add`, where what the disk has of it cannot be read: it claims nothing. */
  addUnread(shard: number): void {
    this.#add(shard, noShard, undefined)
  }

  #add(shard: number, record: ShardRecord, ended: StoredEnded | undefined): void {
    const ownBelow = this.#nextSeqs.get(shard) ?? 1
    this.#shards.set(shard, {
      context: record.context,
      floor: record.floor,
      nextSeq: Math.max(record.context.next(this.#origin), ownBelow),
      setHash: Uint8Array.from(record.setHash),
      tally: record.tally,
      unsaved: false,
      ownBelow,
      durable: record,
      ended,
      hash: undefined,
      version: 0
    })
    this.#changedPlacement()
  }

  /** This node stores it no more. */
  remove(shard: number): void {
    this.#nextSeqs.set(shard, this.at(shard).nextSeq)
    this.#shards.delete(shard)
    this.#unsaved.delete(shard)
    this.#changedPlacement()
  }

  #changedPlacement(): void {
    this.#hosted = undefined
    this.#root = undefined
  }

  /** The shards that this node stores, in order. */
  hosted(): readonly number[] {
    this.#hosted ??= [...this.#shards.keys()].sort((a, b) => a - b)
    return this.#hosted
  }

  has(shard: number): boolean {
    return this.#shards.has(shard)
  }

  isUnsaved(shard: number): boolean {
    return this.#unsaved.has(shard)
  }

  get hasUnsaved(): boolean {
    return this.#unsaved.size > 0
  }

  /** Throws `SHOAL_NOT_OWNER` where this node does not store the shard. */
  at(shard: number): Shard {
    return this.#at(shard)
  }

  /** The next commit writes the shard's record. */
  changed(shard: number): void {
    this.#at(shard).unsaved = true
    this.#unsaved.add(shard)
  }

  /** What the disk has of the shard's ended lives is not to be relied upon: the next commit writes it anew. */
  doubtEnded(shard: number): void {
    this.#at(shard).ended = undefined
  }

  hasGap(shard: number, origin: Origin): boolean {
    const spans = this.#at(shard).context.intervals(origin)
    return spans.length > 2 || (spans[0] ?? 1) > 1
  }

  /** What the last commit that succeeded wrote, or this process has found. */
  onDisk(shard: number): ShardRecord {
    return this.#at(shard).durable
  }

  durable(shard: number): DurableShard {
    const state = this.#at(shard)
    const { durable, version } = state
    state.hash ??= sha256
      .create()
      .update(durable.setHash)
      .update(encodeShort(shortened(durable.context)))
      .digest()
      .subarray(0, hashBytes)
    const isSettled = !state.unsaved && durable.context === state.context
    const { context, floor, setHash } = durable
    return { context, floor, setHash, hash: state.hash, version, isSettled }
  }

  /** One hash over the shards that are named, in order. */
  root(shards: readonly number[] = this.hosted()): Uint8Array {
    if (shards === this.#hosted && this.#root !== undefined) return this.#root
    const hashes = new Uint8Array(shards.length * hashBytes)
    for (const [i, shard] of shards.entries()) hashes.set(this.durable(shard).hash, i * hashBytes)
    const root = sha256(hashes).subarray(0, rootBytes)
    if (shards === this.#hosted) this.#root = root
    return root
  }

  /** Until what this origin wrote to the shard is in its context, it takes no seq there. */
  wantsOwn(shard: number): void {
    const state = this.#at(shard)
    state.ownBelow = Math.max(state.ownBelow, state.nextSeq)
  }

  /**
   * The next seq of this origin. Throws `SHOAL_UNAVAILABLE` while the shard lacks what this origin wrote before it was dropped: what an
   * origin adds to its entry of a counter, or to a text, rests on what it added before.
   */
  takeSeq(shard: number): number {
    const state = this.#at(shard)
    if (state.ownBelow > 1) {
      if (!state.context.hasRange(this.#origin, 1, state.ownBelow - 1)) {
        const message = `shard ${shard}: what this process wrote there is being fetched again`
        throw new ShoalError('SHOAL_UNAVAILABLE', message, { retryable: true })
      }
      state.ownBelow = 1
    }
    return state.nextSeq++
  }

  /** Answers whether some could not be given back: they count as updates without effect. */
  returnSeqs(shard: number, seqs: readonly number[]): boolean {
    const state = this.#at(shard)
    const burnt: number[] = []
    for (const seq of seqs.toSorted((a, b) => b - a)) {
      if (seq === state.nextSeq - 1) state.nextSeq = seq
      else burnt.push(seq)
    }
    for (const seq of burnt) state.context = state.context.with(this.#origin, seq)
    return burnt.length > 0
  }

  /** Adds the changed shards' records to a batch. Call what it answers when that is on disk. */
  save(batch: DiskWrite[]): () => void {
    const saved = [...this.#unsaved].map(shard => {
      const state = this.#at(shard)
      const { context, floor, tally } = state
      const record = { context, floor, tally, setHash: Uint8Array.from(state.setHash) }
      const { writes, ended } = writesOfShard(record, shard, state.ended)
      batch.push(...writes)
      state.ended = ended
      state.unsaved = false
      return { state, record }
    })
    this.#unsaved = new Set()
    return () => {
      for (const { state, record } of saved) {
        state.durable = record
        state.hash = undefined
        state.version++
      }
      this.#root = undefined
    }
  }

  #at(shard: number): LedgerShard {
    const state = this.#shards.get(shard)
    if (state === undefined)
      throw new ShoalError('SHOAL_NOT_OWNER', `this node does not store shard ${shard}`, { retryable: true })
    return state
  }
}
