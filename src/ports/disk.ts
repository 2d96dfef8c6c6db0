/**
 * One ordered key-value store, owned by one process.
 *
 * Keys and values are bytes; keys are ordered bytewise. Reads are synchronous: a read of a cached block costs microseconds, and
 * a state transition that cannot be interleaved is worth more to us than the rare wait for a cold block.
 */
export interface DiskReader {
  /** The value, or `undefined`. The caller may keep the bytes but not change them. */
  get(key: Uint8Array): Uint8Array | undefined
  /** Up to `limit` entries with `gte <= key < lt`, in order of their keys. Page on with `gte` = `after(last key)`. */
  range(bounds: { gte: Uint8Array; lt: Uint8Array; limit: number }): Promise<DiskEntry[]>
}

export interface DiskEntry {
  readonly key: Uint8Array
  readonly value: Uint8Array
}

export type DiskWrite =
  | { readonly type: 'put'; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly type: 'del'; readonly key: Uint8Array }

export interface Disk extends DiskReader {
  /** Throws `SHOAL_DISK_LOCKED` where another process has it open, else `SHOAL_DISK`. */
  open(): Promise<void>
  /**
   * What was found wrong with its files when they were opened, now or earlier and not settled since, and put in order as far as they go.
   * @default nothing
   */
  readonly damage?: string | undefined
  /** That damage until it is settled: what is there may be older than what was said. @default `damage` */
  readonly unsettledDamage?: string | undefined
  /** What rests on this disk's memory has been put right on it: `unsettledDamage` is not told again. */
  settleDamage?(): Promise<void>
  /**
   * Writes all or nothing. When the promise resolves, the writes survive a crash of the process and of the machine. Reads see
   * the writes of every batch that was resolved; of others they may, and a batch can come to be seen between two reads of one
   * turn: take a snapshot where reads must agree. Batches that are written at once may land in either order. Throws `SHOAL_DISK`; then nothing may be assumed about
   * whether the batch survives.
   */
  write(batch: readonly DiskWrite[]): Promise<void>
  /** The store as of now, unmoved by later writes. Close it. */
  snapshot(): DiskSnapshot
  /**
   * Whether there is room for what `compact` writes before it gives anything back, and some to spare: it would else take the last of it,
   * and fail. @default there is
   */
  hasRoomToCompact?(): Promise<boolean>
  /**
   * Gives back the space of what was deleted with `gte <= key < lt`. May take seconds; reads and writes go on meanwhile. What is to be
   * read does not change. Throws `SHOAL_DISK`.
   */
  compact(bounds: { gte: Uint8Array; lt: Uint8Array }): Promise<void>
  /**
   * Looks whether its files are as they were written, where it can tell: what reads show may be bent, and fit together for all that.
   * Answers what is wrong; the next `open` puts it in order. `pace` is called now and then: what it throws ends the look.
   */
  check?(pace: () => Promise<void>): Promise<FileDamage | undefined>
  /** Waits for writes under way. Harmless when called twice. */
  close(): Promise<void>
}

export interface DiskSnapshot extends DiskReader {
  close(): Promise<void>
}

export interface FileDamage {
  /** What is wrong, and with which files. */
  readonly about: string
  /** Bytes are not as they were written. Else a file could not be read just now, as reads say themselves. */
  readonly isBent: boolean
}

/** The smallest key greater than `key`. */
export function after(key: Uint8Array): Uint8Array {
  const next = new Uint8Array(key.length + 1)
  next.set(key)
  return next
}
