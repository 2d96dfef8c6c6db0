/**
 * What this node has seen of each shard: its context, the count of this origin's own seqs, its set-hash. Memory is ahead of the
 * disk by what the next commits carry; beacons and peers are told only of what is on disk.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import type { CausalContext, Origin } from '../crdt/index.ts'
import type { Disk, DiskWrite } from '../ports/disk.ts'
import { ShoalError } from '../ports/errors.ts'
import { decodeShardRecord, encodeShardRecord, noShard, type ShardRecord, shardRecordKey } from './storage-layout.ts'

export interface Shard {
  context: CausalContext
  /** The next seq of this process's origin. */
  nextSeq: number
  readonly setHash: Uint8Array
}

interface LedgerShard extends Shard {
  unsaved: boolean
  /** What the last commit that succeeded wrote, and its 8-byte hash. */
  durable: ShardRecord
  hash: Uint8Array | undefined
  /** Grows with every commit that changed this shard. */
  version: number
}

export class ShardLedger {
  readonly #origin: Origin
  readonly #shards: LedgerShard[] = []
  #unsaved = new Set<number>()
  #root: Uint8Array | undefined

  constructor(origin: Origin) {
    this.#origin = origin
  }

  /** The disk is open. */
  load(disk: Disk, shards: number): void {
    for (let shard = 0; shard < shards; shard++) {
      const bytes = disk.get(shardRecordKey(shard))
      const record = bytes === undefined ? noShard : decodeShardRecord(bytes, `shard ${shard}`)
      this.#shards.push({
        context: record.context,
        nextSeq: record.context.next(this.#origin),
        setHash: Uint8Array.from(record.setHash),
        unsaved: false,
        durable: record,
        hash: undefined,
        version: 0
      })
    }
  }

  get hasUnsaved(): boolean {
    return this.#unsaved.size > 0
  }

  at(shard: number): Shard {
    return this.#at(shard)
  }

  /** The next commit writes the shard's record. */
  changed(shard: number): void {
    this.#at(shard).unsaved = true
    this.#unsaved.add(shard)
  }

  hasGap(shard: number, origin: Origin): boolean {
    const spans = this.#at(shard).context.intervals(origin)
    return spans.length > 2 || (spans[0] ?? 1) > 1
  }

  durable(shard: number): { context: CausalContext; hash: Uint8Array; version: number; isSettled: boolean } {
    const state = this.#at(shard)
    const { durable, version } = state
    state.hash ??= sha256.create().update(durable.setHash).update(durable.context.encode()).digest().subarray(0, 8)
    const isSettled = !state.unsaved && durable.context === state.context
    return { context: durable.context, hash: state.hash, version, isSettled }
  }

  root(): Uint8Array {
    if (this.#root === undefined) {
      const hash = sha256.create()
      for (let shard = 0; shard < this.#shards.length; shard++) hash.update(this.durable(shard).hash)
      this.#root = hash.digest().subarray(0, 16)
    }
    return this.#root
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
      const record = { context: state.context, setHash: Uint8Array.from(state.setHash) }
      batch.push({ type: 'put', key: shardRecordKey(shard), value: encodeShardRecord(record) })
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
    const state = this.#shards[shard]
    if (state === undefined)
      throw new ShoalError('SHOAL_MALFORMED', `no shard ${shard}: this cluster has ${this.#shards.length}`)
    return state
  }
}
