/**
 * The `Disk` port on LevelDB (classic-level). Every batch is synced before its promise resolves. LevelDB belongs to one process
 * per directory, and it opens silently with holes where its files were damaged: checking what it gives is left to its reader. Files
 * that do not open at all are put in order first, and `damage` says so.
 */
import { mkdir, readdir, readFile, unlink, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { ClassicLevel } from 'classic-level'
import type { Disk, DiskEntry, DiskSnapshot, DiskWrite } from '../../ports/disk.ts'
import { ShoalError } from '../../ports/errors.ts'

export interface LevelDiskOptions {
  /** Memory for uncompressed blocks that were read, in bytes. @default 33_554_432 */
  cacheBytes?: number
  /** Size at which what was written moves from the log to a table, in bytes. @default 4_194_304 */
  writeBufferBytes?: number
}

type Level = ClassicLevel<Uint8Array, Uint8Array>
type LevelSnapshot = ReturnType<Level['snapshot']>

/** A file that a store is left with where one of its other files could not be read. */
const damagedMarker = 'DAMAGED'

/** Bytes that a range reads ahead at a time: LevelDB's 16 KiB would mean a hop to the thread pool every few large values. */
const readAheadBytes = 1024 * 1024

export class LevelDisk implements Disk {
  readonly directory: string
  readonly #cacheBytes: number
  readonly #writeBufferBytes: number
  #level: Level | undefined
  #opening: Promise<void> | undefined
  #damage: string | undefined
  #marking: Promise<void> | undefined

  constructor(directory: string, options: LevelDiskOptions = {}) {
    this.directory = resolve(directory)
    this.#cacheBytes = options.cacheBytes ?? 32 * 1024 * 1024
    this.#writeBufferBytes = options.writeBufferBytes ?? 4 * 1024 * 1024
  }

  open(): Promise<void> {
    this.#opening ??= this.#open().catch(error => {
      this.#opening = undefined
      throw error
    })
    return this.#opening
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return this.#read('read', level => level.getSync(key))
  }

  range(bounds: { gte: Uint8Array; lt: Uint8Array; limit: number }): Promise<DiskEntry[]> {
    return this.#range(bounds, undefined)
  }

  async write(batch: readonly DiskWrite[]): Promise<void> {
    const level = this.#opened()
    try {
      // A chained batch costs half the processor time of an array of writes.
      const chained = level.batch()
      for (const write of batch) {
        if (write.type === 'put') chained.put(write.key, write.value)
        else chained.del(write.key)
      }
      await chained.write({ sync: true })
    } catch (error) {
      throw this.#failure('write to', error)
    }
  }

  snapshot(): DiskSnapshot {
    const snapshot = this.#read('make a snapshot of', level => level.snapshot())
    return {
      get: key => this.#read('read a snapshot of', level => level.getSync(key, { snapshot })),
      range: bounds => this.#range(bounds, snapshot),
      close: () => snapshot.close()
    }
  }

  async compact(bounds: { gte: Uint8Array; lt: Uint8Array }): Promise<void> {
    const level = this.#opened()
    try {
      await level.compactRange(bounds.gte, bounds.lt)
    } catch (error) {
      throw this.#failure('compact', error)
    }
  }

  async close(): Promise<void> {
    const level = this.#level
    this.#level = undefined
    this.#opening = undefined
    await this.#marking
    try {
      await level?.close()
    } catch (error) {
      throw this.#failure('close', error)
    }
  }

  /** What was wrong with the files when they were opened, where something was. They have been put in order as far as they go. */
  get damage(): string | undefined {
    return this.#damage
  }

  async #open(): Promise<void> {
    try {
      // The store holds the node's key: nobody else may read it.
      await mkdir(this.directory, { recursive: true, mode: 0o700 })
      const missing = await missingFile(this.directory)
      // Without this file LevelDB takes the directory for a new one, and what is left in it away.
      if (missing === 'CURRENT') await this.#repair('CURRENT is missing')
      else if (missing !== undefined) this.#damage ??= `${missing} is missing`
      await this.#repairWhatWasFound()
      this.#level = await this.#openLevel().catch(async error => {
        if (!isDamage(reasonOf(error))) throw error
        await this.#repair(reasonOf(error))
        return this.#openLevel()
      })
    } catch (error) {
      if (!isLock(error)) throw this.#failure('open', error)
      const message = `${this.directory} is open in another process; a data directory belongs to one node at a time`
      throw new ShoalError('SHOAL_DISK_LOCKED', message, { retryable: true, cause: error })
    }
  }

  async #openLevel(): Promise<Level> {
    const level: Level = new ClassicLevel(this.directory, {
      keyEncoding: 'view',
      valueEncoding: 'view',
      cacheSize: this.#cacheBytes,
      writeBufferSize: this.#writeBufferBytes
    })
    await level.open()
    return level
  }

  /** Another life of this store met files that cannot be read. */
  async #repairWhatWasFound(): Promise<void> {
    const marker = join(this.directory, damagedMarker)
    const found = await readFile(marker, 'utf8').catch(() => undefined)
    if (found === undefined) return
    await this.#repair(found)
    await unlink(marker)
  }

  /** Makes a store of all tables and logs that can be read. What is not in them is for the reader to find out. */
  async #repair(damage: string): Promise<void> {
    this.#damage = damage
    await ClassicLevel.repair(this.directory)
  }

  async #range(
    bounds: { gte: Uint8Array; lt: Uint8Array; limit: number },
    snapshot: LevelSnapshot | undefined
  ): Promise<DiskEntry[]> {
    const level = this.#opened()
    try {
      const options = { ...bounds, highWaterMarkBytes: readAheadBytes, ...(snapshot === undefined ? {} : { snapshot }) }
      const entries = await level.iterator(options).all()
      return entries.map(([key, value]) => ({ key, value }))
    } catch (error) {
      throw this.#readFailure('read a range of', error)
    }
  }

  #read<Result>(attempt: string, read: (level: Level) => Result): Result {
    const level = this.#opened()
    try {
      return read(level)
    } catch (error) {
      throw this.#readFailure(attempt, error)
    }
  }

  #opened(): Level {
    if (this.#level === undefined) throw new ShoalError('SHOAL_DISK', `${this.directory} is not open`)
    return this.#level
  }

  /** LevelDB looks into a table only when it reads it: then it is too late to mend it, and the next life has to. */
  #readFailure(attempt: string, cause: unknown): ShoalError {
    const reason = reasonOf(cause)
    if (isDamage(reason)) this.#marking ??= writeFile(join(this.directory, damagedMarker), reason).catch(() => {})
    return this.#failure(attempt, cause)
  }

  #failure(attempt: string, cause: unknown): ShoalError {
    return new ShoalError('SHOAL_DISK', `could not ${attempt} ${this.directory}: ${reasonOf(cause)}`, { cause })
  }
}

/** A file without which this cannot be what LevelDB left here, however its process ended. */
async function missingFile(directory: string): Promise<string | undefined> {
  const names = await readdir(directory)
  const isUsed = names.some(name => /^MANIFEST-|\.(ldb|sst|log)$/.test(name))
  if (!isUsed) return undefined
  if (!names.includes('CURRENT')) return 'CURRENT'
  return names.some(name => name.endsWith('.log')) ? undefined : 'the log'
}

/** LevelDB's own words are at the bottom of a chain of causes. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause === undefined ? error.message : reasonOf(error.cause)
}

/** LevelDB's words for files that are not as it left them; an unreadable sector or a full disk is something else. */
function isDamage(reason: string): boolean {
  return /Corruption|Invalid argument|No such file/.test(reason)
}

function isLock(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return ('code' in error && error.code === 'LEVEL_LOCKED') || isLock(error.cause)
}
