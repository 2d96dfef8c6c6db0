/**
 * What a simulated machine has on its disk: a log of batches, of which a prefix is known to be synced. A crash keeps a random
 * prefix of the log that reaches at least that far, as LevelDB does; a batch survives whole or not at all.
 */
import type { DiskWrite } from '../ports/disk.ts'
import { ShoalError } from '../ports/errors.ts'
import type { SeededRandom } from './random.ts'
import { Sightings } from './sightings.ts'
import { entriesBetween, type StoreRoot, withEntry, withoutKey } from './sorted-store.ts'

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
}

const calm: DiskConditions = {
  writeMs: { min: 0.1, max: 2 },
  rangeMs: { min: 0.01, max: 0.1 },
  stallProbability: 0,
  stallMs: 500,
  isFull: false,
  failProbability: 0
}

/** Keys are text of characters up to U+00FF. */
const pastEveryKey = '\u0100'

/** The state after one batch. */
interface LogEntry {
  readonly root: StoreRoot
}

export class DiskImage {
  readonly random: SeededRandom
  readonly sightings: Sightings
  readonly conditions: DiskConditions = { ...calm }
  /** The newest state, and the unsynced tail of the log that led to it. */
  #root: StoreRoot
  #durable: StoreRoot
  #tail: LogEntry[] = []
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
    let root = this.#root
    for (const write of batch) {
      root =
        write.type === 'put' ? withEntry(root, { key: write.key, value: write.value }) : withoutKey(root, write.key)
    }
    this.#root = root
    const entry: LogEntry = { root }
    this.#tail.push(entry)
    return () => this.#synced(entry)
  }

  /** The process that has it open died, or the power failed: of what was not synced, the seed chooses how much is there. */
  crashUnder(holder: object): void {
    if (this.#holder !== holder) return
    const kept = this.random.below(this.#tail.length + 1)
    if (this.#tail.length > kept) this.sightings.see('disk: a crash lost an unsynced batch')
    if (kept > 0) this.sightings.see('disk: a crash kept an unsynced batch')
    this.#durable = this.#tail[kept - 1]?.root ?? this.#durable
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
    this.#tail = []
  }

  /** LevelDB opens silently with holes: takes one entry away, or flips a bit of its value. Answers the key that it hit. */
  damage(how: 'lose' | 'flip'): Uint8Array | undefined {
    if (this.#holder !== undefined) throw new TypeError('this simulated disk is in use')
    const entries = entriesBetween(this.#root, '', pastEveryKey, Number.POSITIVE_INFINITY)
    if (entries.length === 0) return undefined
    const entry = this.random.pick(entries)
    const value = entry.value.slice()
    const at = value.length === 0 ? 0 : this.random.below(value.length)
    value[at] = (value[at] ?? 0) ^ (1 << this.random.below(8))
    this.restore(how === 'lose' ? withoutKey(this.#root, entry.key) : withEntry(this.#root, { key: entry.key, value }))
    this.sightings.see(`disk: damage, ${how}`)
    return entry.key
  }

  #synced(entry: LogEntry): void {
    const index = this.#tail.indexOf(entry)
    if (index === -1) return // an earlier part of the log than one that is synced already
    this.#durable = entry.root
    this.#tail.splice(0, index + 1)
  }
}
