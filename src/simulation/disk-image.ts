/**
 * What a simulated machine has on its disk: a log of batches, of which a prefix is known to be synced. A crash keeps a random
 * prefix of the log that reaches at least that far, as LevelDB does; a batch survives whole or not at all.
 */
import type { DiskWrite } from '../ports/disk.ts'
import { ShoalError } from '../ports/errors.ts'
import type { SeededRandom } from './random.ts'
import { Sightings } from './sightings.ts'
import { entriesBetween, lookUp, orderOf, type StoreRoot, withEntry, withoutKey } from './sorted-store.ts'

export interface DiskConditions {
  /** How long a write takes until it is synced, drawn evenly, in milliseconds. @default { min: 0.1, max: 2 } */
  writeMs: { min: number; max: number }
  /** How long a range takes, drawn evenly, in milliseconds. @default { min: 0.01, max: 0.1 } */
  rangeMs: { min: number; max: number }
  /** Probability that a write takes `stallMs` more. @default 0 */
  stallProbability: number
  /** @default 500 */
  stallMs: number
  /** Writes fail from now on, as on a full disk. @default false */
  isFull: boolean
  /** Probability that a write fails although the disk is not full. @default 0 */
  failProbability: number
  /** What a look at its files finds bent; reads are as they were. @default undefined */
  bent: string | undefined
}

const calm: DiskConditions = {
  writeMs: { min: 0.1, max: 2 },
  rangeMs: { min: 0.01, max: 0.1 },
  stallProbability: 0,
  stallMs: 500,
  isFull: false,
  failProbability: 0,
  bent: undefined
}

/** Keys are text of characters up to U+00FF. */
const pastEveryKey = '\u0100'

/**
 * `flip`: one bit of one value. `lose`: one entry. `lose a batch`: one batch of the log, not the last. `lose an actor`: one entry of those
 * that the nodes keep actors under; `lose an index entry`: one of those that say which actors have changed. `revert an actor`: one of
 * them is what it was before its last change.
 */
export type Damage = 'flip' | 'lose' | 'lose a batch' | 'lose an actor' | 'lose an index entry' | 'revert an actor'

/** Where nodes keep actors (storage-layout.ts, which floors keep from being imported here): keys of this prefix. */
const actors = { gte: 's', lt: 't' }
/** And where the change index. */
const index = { gte: 'i', lt: 'j' }
const all = { gte: '', lt: pastEveryKey }

/** A batch, and the state after it. */
interface LogEntry {
  readonly batch: readonly DiskWrite[]
  root: StoreRoot
}

/** So many synced batches are remembered, for the one that gets lost. */
const historyLength = 64

export class DiskImage {
  readonly random: SeededRandom
  readonly sightings: Sightings
  readonly conditions: DiskConditions = { ...calm }
  /** The newest state, and the unsynced tail of the log that led to it. */
  #root: StoreRoot
  #durable: StoreRoot
  #tail: LogEntry[] = []
  /** The newest synced batches, and the state before the first of them. */
  #history: LogEntry[] = []
  #beforeHistory: StoreRoot
  #holder: object | undefined

  constructor(random: SeededRandom, sightings: Sightings = new Sightings()) {
    this.random = random
    this.sightings = sightings
  }

  get root(): StoreRoot {
    return this.#root
  }

  lock(holder: object): void {
    if (this.#holder !== undefined && this.#holder !== holder) {
      throw new ShoalError('SHOAL_DISK_LOCKED', 'another process has this simulated disk open')
    }
    this.#holder = holder
  }

  unlock(holder: object): void {
    if (this.#holder === holder) this.#holder = undefined
  }

  /** Puts the batch at the end of the log, where readers see it; answers what is to be called when it is synced. */
  append(batch: readonly DiskWrite[]): () => void {
    this.#root = applied(this.#root, batch)
    const entry: LogEntry = { batch, root: this.#root }
    this.#tail.push(entry)
    return () => this.#synced(entry)
  }

  /** The process that has it open died, or the power failed: of what was not synced, the seed chooses how much is there. */
  crashUnder(holder: object): void {
    if (this.#holder !== holder) return
    const kept = this.random.below(this.#tail.length + 1)
    if (this.#tail.length > kept) this.sightings.see('disk: a crash lost an unsynced batch')
    if (kept > 0) this.sightings.see('disk: a crash kept an unsynced batch')
    this.#keep(kept)
    this.#root = this.#durable
    this.#tail = []
    this.#holder = undefined
  }

  /** The disk as it would be found after a crash that kept nothing more than it must: for a restore of an old backup. */
  backup(): StoreRoot {
    return this.#durable
  }

  /** Puts a backup in place, or an empty disk. Only while nobody has it open. */
  restore(backup: StoreRoot): void {
    if (this.#holder !== undefined) throw new TypeError('this simulated disk is in use')
    this.#root = backup
    this.#durable = backup
    this.#beforeHistory = backup
    this.#history = []
    this.#tail = []
  }

  /**
   * Bytes go bad without anybody being told: LevelDB opens silently with holes, and reads what is there. Answers the keys that it
   * hit; none where nothing is there to be hit.
   */
  damage(how: Damage, random: SeededRandom = this.random): readonly Uint8Array[] {
    const keys = this.#harm(how, random)
    if (keys.length > 0) this.sightings.see(`disk: damage, ${how}`)
    return keys
  }

  #harm(how: Damage, random: SeededRandom): readonly Uint8Array[] {
    if (how === 'lose a batch') return this.#loseBatch(random)
    if (how === 'revert an actor') return this.#revert(random)
    const { gte, lt } = how === 'lose an actor' ? actors : how === 'lose an index entry' ? index : all
    const entries = entriesBetween(this.#durable, gte, lt, Number.POSITIVE_INFINITY)
    if (entries.length === 0) return []
    const { key, value } = random.pick(entries)
    return this.#spoil(
      how === 'flip' ? { type: 'put', key, value: withFlippedBit(value, random) } : { type: 'del', key }
    )
  }

  #revert(random: SeededRandom): readonly Uint8Array[] {
    const before = entriesBetween(this.#beforeHistory, actors.gte, actors.lt, Number.POSITIVE_INFINITY)
    const earlier = [...before]
    for (const { batch } of this.#history)
      for (const write of batch) if (write.type === 'put' && isActorKey(write.key)) earlier.push(write)
    const changed = earlier.filter(({ key, value }) => {
      const now = lookUp(this.#durable, orderOf(key))
      return now !== undefined && now.value !== value
    })
    if (changed.length === 0) return []
    const { key, value } = random.pick(changed)
    return this.#spoil({ type: 'put', key, value })
  }

  #spoil(write: DiskWrite): readonly Uint8Array[] {
    this.#durable = applied(this.#durable, [write])
    this.#forgetHistory()
    this.#replayTail()
    return [write.key]
  }

  #loseBatch(random: SeededRandom): readonly Uint8Array[] {
    if (this.#history.length < 2) return []
    const lost = random.below(this.#history.length - 1)
    const [entry] = this.#history.splice(lost, 1)
    let root = this.#history[lost - 1]?.root ?? this.#beforeHistory
    for (const later of this.#history.slice(lost)) {
      root = applied(root, later.batch)
      later.root = root
    }
    this.#durable = root
    this.#replayTail()
    return entry?.batch.map(write => write.key) ?? []
  }

  /** What is not synced yet comes on top of a state that has changed. */
  #replayTail(): void {
    let root = this.#durable
    for (const entry of this.#tail) {
      root = applied(root, entry.batch)
      entry.root = root
    }
    this.#root = root
  }

  #forgetHistory(): void {
    this.#history = []
    this.#beforeHistory = this.#durable
  }

  /** The first so many batches of the tail are on the disk for good. */
  #keep(count: number): void {
    const kept = this.#tail.splice(0, count)
    this.#durable = kept.at(-1)?.root ?? this.#durable
    this.#history.push(...kept)
    if (this.#history.length <= 2 * historyLength) return
    const old = this.#history.splice(0, this.#history.length - historyLength)
    this.#beforeHistory = old.at(-1)?.root
  }

  #synced(entry: LogEntry): void {
    const index = this.#tail.indexOf(entry)
    if (index === -1) return // an earlier part of the log than one that is synced already
    this.#keep(index + 1)
  }
}

function isActorKey(key: Uint8Array): boolean {
  return key[0] === actors.gte.charCodeAt(0)
}

function withFlippedBit(value: Uint8Array, random: SeededRandom): Uint8Array {
  const spoilt = value.slice()
  const at = spoilt.length === 0 ? 0 : random.below(spoilt.length)
  spoilt[at] = (spoilt[at] ?? 0) ^ (1 << random.below(8))
  return spoilt
}

function applied(root: StoreRoot, batch: readonly DiskWrite[]): StoreRoot {
  let next = root
  for (const write of batch) {
    next = write.type === 'put' ? withEntry(next, { key: write.key, value: write.value }) : withoutKey(next, write.key)
  }
  return next
}
