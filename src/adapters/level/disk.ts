/**
 * The `Disk` port on LevelDB (classic-level). Every batch is synced before its promise resolves. LevelDB belongs to one process
 * per directory, and it opens silently with holes where its files were damaged: checking what it gives is left to its reader. Files
 * that do not open at all are put in order first, and `damage` says so.
 */
import { mkdir, readdir, readFile, rename, rm, stat, unlink, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { ClassicLevel } from 'classic-level'
import type { Disk, DiskEntry, DiskSnapshot, DiskWrite, FileDamage } from '../../ports/disk.ts'
import { ShoalError } from '../../ports/errors.ts'
import { isDamage, isLock, reasonOf } from './errors.ts'
import { removeLeftovers } from './leftovers.ts'
import { lookAtLog } from './log.ts'
import { roomIn } from './room.ts'
import { damageOfTable, mendFilter, switchOff } from './tables.ts'
import { UnsettledDamage } from './unsettled-damage.ts'

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

/** A file that a store is left with where its process ended within this time, in milliseconds, and did not close it. */
const startingMarker = 'STARTING'
const earlyMs = 60_000

/** Damaged tables that are told by name. */
const maxNamed = 10

/** Bytes that a range reads ahead at a time: LevelDB's 16 KiB would mean a hop to the thread pool every few large values. */
const readAheadBytes = 1024 * 1024

export class LevelDisk implements Disk {
  readonly directory: string
  readonly #cacheBytes: number
  readonly #writeBufferBytes: number
  #level: Level | undefined
  #opening: Promise<void> | undefined
  #damage: string | undefined
  readonly #unsettled: UnsettledDamage
  #marking: Promise<void> | undefined
  #early: NodeJS.Timeout | undefined
  #hasFailed = false

  constructor(directory: string, options: LevelDiskOptions = {}) {
    this.directory = resolve(directory)
    this.#unsettled = new UnsettledDamage(this.directory)
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
      this.#hasFailed = true
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

  async hasRoomToCompact(): Promise<boolean> {
    try {
      const { freeBytes, neededBytes } = await roomIn(this.directory)
      return freeBytes >= neededBytes
    } catch (error) {
      throw this.#failure('ask for room in', error)
    }
  }

  async compact(bounds: { gte: Uint8Array; lt: Uint8Array }): Promise<void> {
    const level = this.#opened()
    try {
      await level.compactRange(bounds.gte, bounds.lt)
    } catch (error) {
      this.#hasFailed = true
      throw this.#failure('compact', error)
    }
  }

  async check(pace: () => Promise<void>): Promise<FileDamage | undefined> {
    const tables = this.#read('list the tables of', tablesOf)
    const faults: string[] = []
    let isBent = false
    for (const { name } of tables) {
      try {
        const damage = await damageOfTable(join(this.directory, name), pace)
        if (damage === undefined) continue
        faults.push(`${name}: ${damage.reason}`)
        isBent = true
      } catch (error) {
        if (!(error instanceof Error && 'code' in error)) throw error
        // A compaction has put others in its place, as it may. What the disk refuses to read, no repair can read either.
        if (error.code !== 'ENOENT') faults.push(`${name}: ${error.message}`)
      }
    }
    if (faults.length === 0) return undefined
    const found = faults.slice(0, maxNamed).join('; ')
    if (isBent) this.#marking ??= writeFile(join(this.directory, damagedMarker), found).catch(() => {})
    await this.#marking
    return { about: found, isBent }
  }

  async close(): Promise<void> {
    const level = this.#level
    this.#level = undefined
    this.#opening = undefined
    await this.#marking
    try {
      await level?.close()
      if (level !== undefined && this.#hasFailed) this.#removeLeftovers()
      if (level !== undefined) await this.#hasStarted()
    } catch (error) {
      throw this.#failure('close', error)
    }
  }

  /** So that a full disk has room for the next start. */
  #removeLeftovers(): void {
    try {
      removeLeftovers(this.directory)
    } catch {
      // They are no worse than before, and the next start takes them away.
    }
  }

  /** What was wrong with the files when they were opened, where something was. They have been put in order as far as they go. */
  get damage(): string | undefined {
    return this.#damage
  }

  get unsettledDamage(): string | undefined {
    return this.#unsettled.damage
  }

  async settleDamage(): Promise<void> {
    try {
      await this.#unsettled.settle()
    } catch (error) {
      throw this.#failure('note what became of the damage of', error)
    }
  }

  async #open(): Promise<void> {
    this.#damage = undefined
    try {
      // The store holds the node's key: nobody else may read it.
      await mkdir(this.directory, { recursive: true, mode: 0o700 })
      await this.#lookAtTables()
      const { hole, misplaced } = await this.#lookAtLogs()
      const missing = await missingFile(this.directory)
      await this.#unsettled.load()
      // LevelDB puts these in order, and then nobody sees them any more.
      if (missing !== undefined) await this.#unsettled.note(`${missing} is missing`)
      if (hole !== undefined) await this.#unsettled.note(`${hole} has lost a batch in its midst`)
      if (this.#damage !== undefined) await this.#unsettled.note(this.#damage)
      const found = await readFile(join(this.directory, damagedMarker), 'utf8').catch(() => undefined)
      if (found !== undefined) this.#level = await this.#openRepaired(found)
      // Without this file LevelDB takes the directory for a new one, and what is left in it away.
      else if (missing === 'CURRENT') this.#level = await this.#openRepaired('CURRENT is missing')
      else if (misplaced !== undefined)
        this.#level = await this.#openRepaired(`${misplaced} is not the log that belongs there`)
      else this.#level = await this.#openAsItIs()
      if (missing !== undefined) this.#damage ??= `${missing} is missing`
      if (hole !== undefined) this.#damage ??= `${hole} has lost a batch in its midst`
      this.#damage ??= this.#unsettled.damage
    } catch (error) {
      if (!isLock(error)) {
        // Another life may begin before the timer ends, and the note is that life's then.
        clearTimeout(this.#early)
        throw this.#failure('open', error)
      }
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

  /**
   * Where the last life ended soon after its start, a table may have ended it, and where it left a note one is damaged: then all of
   * them are read before LevelDB is asked. Of a table that fails, only the blocks that do are given up, if it can be told which.
   */
  async #lookAtTables(): Promise<void> {
    const names = await readdir(this.directory)
    const tables = names.filter(name => /\.(ldb|sst)$/.test(name))
    if (tables.length > 0) await this.#assertUnlocked()
    const readsAll = names.includes(startingMarker) || names.includes(damagedMarker)
    // What another process may be writing in spite of that is none of our business.
    const untilMs = Date.now() - 1000
    for (const name of tables) {
      const path = join(this.directory, name)
      if ((await stat(path)).mtimeMs > untilMs) continue
      const filter = await mendFilter(path)
      if (filter !== undefined) this.#damage = `${name}: ${filter}`
      const damage = readsAll ? await damageOfTable(path) : undefined
      if (damage === undefined) continue
      const { reason, blocks } = damage
      const isSalvaged = blocks.length > 0
      // The note goes first: a start that is cut short must not leave a table with holes that no repair has closed.
      await writeFile(join(this.directory, damagedMarker), `${name}${isSalvaged ? '' : ' was put aside'}: ${reason}`)
      if (isSalvaged) await switchOff(path, blocks)
      else {
        await mkdir(join(this.directory, 'lost'), { recursive: true })
        await rename(path, join(this.directory, 'lost', name))
      }
    }
    await writeFile(join(this.directory, startingMarker), '')
    this.#early = setTimeout(() => void this.#hasStarted(), earlyMs).unref()
  }

  /** The first log that has lost a batch, and the first with batches older than those before it. */
  async #lookAtLogs(): Promise<{ hole: string | undefined; misplaced: string | undefined }> {
    const names = (await readdir(this.directory)).filter(name => name.endsWith('.log')).sort()
    let hole: string | undefined
    let misplaced: string | undefined
    let last = -1n
    for (const name of names) {
      const { hasHole, numbers } = await lookAtLog(join(this.directory, name))
      if (hasHole) hole ??= name
      if (numbers === undefined) continue
      if (numbers.first <= last) misplaced ??= name
      last = numbers.last
    }
    return { hole, misplaced }
  }

  /** LevelDB takes the lock before it finds that it is not to open what is there. */
  async #assertUnlocked(): Promise<void> {
    const level = new ClassicLevel(this.directory, { createIfMissing: false, errorIfExists: true })
    await level.open().catch(error => {
      if (isLock(error)) throw error
    })
    await level.close()
  }

  async #hasStarted(): Promise<void> {
    clearTimeout(this.#early)
    await rm(join(this.directory, startingMarker), { force: true }).catch(() => {})
  }

  async #openAsItIs(): Promise<Level> {
    let level: Level
    try {
      level = await this.#openLevel()
    } catch (error) {
      if (!isDamage(reasonOf(error))) throw error
      return this.#openRepaired(reasonOf(error))
    }
    const swapped = await this.#swappedTable(level)
    if (swapped === undefined) return level
    await level.close()
    return this.#openRepaired(`${swapped} is not the table that belongs there`)
  }

  /** A table that has another size than LevelDB believes: what is in it would be found by some reads and not by others. */
  async #swappedTable(level: Level): Promise<string | undefined> {
    for (const { name, bytes } of tablesOf(level)) {
      const actual = await stat(join(this.directory, name)).catch(() => undefined)
      if (actual !== undefined && actual.size !== bytes) return name
    }
    return undefined
  }

  /**
   * Makes a store of all tables and logs that can be read; what is not in them is for the reader to find out. The repair forgets which
   * table is younger, and reads would find old values, until all tables are merged into one order by their sequence numbers.
   */
  async #openRepaired(damage: string): Promise<Level> {
    this.#damage = damage
    await this.#unsettled.note(damage)
    const marker = join(this.directory, damagedMarker)
    await writeFile(marker, damage)
    await ClassicLevel.repair(this.directory)
    const level = await this.#openLevel()
    await level.compactRange(Uint8Array.of(0), new Uint8Array(8).fill(0xff))
    await unlink(marker)
    return level
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

interface Table {
  readonly name: string
  /** As LevelDB believes. */
  readonly bytes: number
}

/** Those that LevelDB reads now. */
function tablesOf(level: Level): Table[] {
  const lines = level.getProperty('leveldb.sstables').matchAll(/^ (\d+):(\d+)\[/gm)
  return Array.from(lines, ([, number = '', bytes]) => ({
    name: `${number.padStart(6, '0')}.ldb`,
    bytes: Number(bytes)
  }))
}

/** A file without which this cannot be what LevelDB left here, however its process ended. */
async function missingFile(directory: string): Promise<string | undefined> {
  const names = await readdir(directory)
  const isUsed = names.some(name => /^MANIFEST-|\.(ldb|sst|log)$/.test(name))
  if (!isUsed) return undefined
  if (!names.includes('CURRENT')) return 'CURRENT'
  return names.some(name => name.endsWith('.log')) ? undefined : 'the log'
}
