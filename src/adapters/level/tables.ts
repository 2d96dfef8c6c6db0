/**
 * Looks after tables of LevelDB that are not as they were written, by the checksums of their blocks, which LevelDB itself does not ask.
 *
 * A bit of a Bloom filter hides keys from `get` that a scan shows: a filter whose checksum fails is switched off. A flipped bit that puts
 * keys out of order ends the whole process (an assertion) when the table is compacted, and again at every start.
 *
 * Format: doc/table_format.md of LevelDB; Snappy: format_description.txt of google/snappy.
 */
import { type FileHandle, open, readFile } from 'node:fs/promises'
import { maskedCrc32c } from './crc32c.ts'
import { type Handle, Varints } from './varints.ts'

const footerBytes = 48
const magic = 0xdb4775248b80fb57n
/** Of each block: its compression in one byte, its checksum in four. */
const trailerBytes = 5
/** No table of ours has a filter so large. */
const maxMetaBytes = 64 * 1024 * 1024

/** No compression that LevelDB knows: it goes without a filter whose block says so, and its repair without such entries. */
const unknownCompression = 0x7f

/** What is wrong with a table. */
export interface TableDamage {
  readonly reason: string
  /** Blocks of entries that fail; none where it is the way to them: then nothing in the table can be trusted. */
  readonly blocks: readonly Handle[]
}

/** Bytes between two breaths: some hundred microseconds. */
const paceBytes = 128 * 1024

/**
 * Reads all of the table. Answers what is wrong with it, or `undefined`. One without an end may be one that a compaction had under way,
 * and no loss; where it is, LevelDB does not open it, and says so. `pace` is called now and then.
 */
export async function damageOfTable(path: string, pace?: () => Promise<void>): Promise<TableDamage | undefined> {
  const table = await readFile(path)
  const footer = table.subarray(Math.max(0, table.length - footerBytes))
  if (!isFooter(footer)) return undefined
  const at = ({ offset, size }: Handle) => table.subarray(offset, offset + size + trailerBytes)
  let handles: Handle[]
  try {
    const { metaindex, index } = footerOf(footer)
    for (const handle of handlesOf(metaBlockOf(at(metaindex), metaindex.size))) metaBlockOf(at(handle), handle.size)
    handles = handlesOf(blockOf(at(index), index.size))
  } catch (error) {
    return { reason: reasonOf(error), blocks: [] }
  }
  const blocks: Handle[] = []
  let reason = ''
  let lookedAt = 0
  for (const handle of handles) {
    try {
      blockOf(at(handle), handle.size)
    } catch (error) {
      reason = reasonOf(error)
      blocks.push(handle)
    }
    lookedAt += handle.size
    if (lookedAt < paceBytes) continue
    lookedAt = 0
    await pace?.()
  }
  if (blocks.length === 0) return undefined
  return { reason: `${reason} (${blocks.length} of ${handles.length} blocks)`, blocks }
}

/** LevelDB calls these blocks unreadable from now on, instead of believing them, and its repair leaves them out. */
export async function switchOff(path: string, blocks: readonly Handle[]): Promise<void> {
  const file = await open(path, 'r+')
  try {
    for (const { offset, size } of blocks) await file.write(Uint8Array.of(unknownCompression), 0, 1, offset + size)
    await file.sync()
  } finally {
    await file.close()
  }
}

/**
 * Switches the table's filter off where it, or the way to it, is damaged; answers what was wrong then. A table that is damaged
 * elsewhere is left as it is.
 */
export async function mendFilter(path: string): Promise<string | undefined> {
  const file = await open(path, 'r+')
  try {
    const { size } = await file.stat()
    const { metaindex } = footerOf(await bytesAt(file, Math.max(0, size - footerBytes), footerBytes))
    let suspect = metaindex
    try {
      for (const handle of handlesOf(await blockIn(file, metaindex))) {
        suspect = handle
        await blockIn(file, handle)
      }
      return undefined
    } catch (error) {
      await file.write(Uint8Array.of(unknownCompression), 0, 1, suspect.offset + suspect.size)
      await file.sync()
      return `a filter was switched off: ${reasonOf(error)}`
    }
  } catch {
    // Without an end that can be read LevelDB does not open it, and says so.
    return undefined
  } finally {
    await file.close()
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

async function bytesAt(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length)
  const { bytesRead } = await file.read(bytes, 0, length, offset)
  return bytes.subarray(0, bytesRead)
}

async function blockIn(file: FileHandle, { offset, size }: Handle): Promise<Block> {
  if (size > maxMetaBytes) throw new Error(`a block of ${size} bytes`)
  return metaBlockOf(await bytesAt(file, offset, size + trailerBytes), size)
}

/** A filter, or the block that says where it is: switched off before, it is in order, and says nothing. */
function metaBlockOf(stored: Buffer, size: number): Block {
  if (stored[size] === unknownCompression) return { bytes: new Uint8Array(8).fill(1, 4, 5), isCompressed: false }
  return blockOf(stored, size)
}

function isFooter(footer: Buffer): boolean {
  return footer.length === footerBytes && footer.readBigUInt64LE(footerBytes - 8) === magic
}

function footerOf(footer: Buffer): { metaindex: Handle; index: Handle } {
  if (!isFooter(footer)) throw new Error('it has no end')
  const reader = new Varints(footer)
  return { metaindex: reader.handle(), index: reader.handle() }
}

interface Block {
  readonly bytes: Uint8Array
  readonly isCompressed: boolean
}

/** A block of so many bytes and its trailer. Throws where its checksum is another. */
function blockOf(stored: Buffer, size: number): Block {
  if (stored.length < size + trailerBytes) throw new Error('a block is cut off')
  if (stored.readUInt32LE(size + 1) !== maskedCrc32c(stored.subarray(0, size + 1)))
    throw new Error('a block fails its checksum')
  return { bytes: stored.subarray(0, size), isCompressed: stored[size] === 1 }
}

/** The values of an index block: where other blocks are. */
function handlesOf({ bytes: stored, isCompressed }: Block): Handle[] {
  const bytes = Buffer.from(isCompressed ? unsnapped(stored) : stored)
  const restarts = bytes.readUInt32LE(bytes.length - 4)
  const end = bytes.length - 4 * (restarts + 1)
  const handles: Handle[] = []
  const reader = new Varints(bytes)
  while (reader.at < end) {
    reader.next()
    const keyBytes = reader.next()
    const valueBytes = reader.next()
    reader.at += keyBytes
    const next = reader.at + valueBytes
    handles.push(reader.handle())
    reader.at = next
  }
  return handles
}

function unsnapped(bytes: Uint8Array): Uint8Array {
  const reader = new Varints(bytes)
  const result = new Uint8Array(reader.next())
  let length = 0
  const little = (count: number) => {
    let value = 0
    for (let i = 0; i < count; i++) value += (bytes[reader.at++] ?? 0) * 256 ** i
    return value
  }
  const copy = (distance: number, count: number) => {
    // Byte by byte: what is copied may overlap what is written.
    for (let i = 0; i < count; i++, length++) result[length] = result[length - distance] ?? 0
  }
  while (reader.at < bytes.length) {
    const tag = bytes[reader.at++] ?? 0
    const high = tag >> 2
    if ((tag & 3) === 0) {
      const count = 1 + (high < 60 ? high : little(high - 59))
      result.set(bytes.subarray(reader.at, reader.at + count), length)
      reader.at += count
      length += count
    } else if ((tag & 3) === 1) copy((high >> 3) * 256 + little(1), 4 + (high & 7))
    else copy(little((tag & 3) === 2 ? 2 : 4), 1 + high)
  }
  return result
}
