/**
 * A backup of one node: all that its disk holds, as of one moment, as one stream of bytes; and its reader.
 *
 *   "SHOALBAK", length of the header in 4 bytes, header as JSON
 *   per entry: length of the key and of the value in 4 bytes each, key, value; in the order of the keys
 *   four bytes 0, number of entries in 8 bytes, SHA-256 of all bytes before it
 *
 * Both sides hold about a megabyte, or one record where that is larger. The reader believes nothing before the last 32 bytes: what
 * it yields earlier counts only when it ends without an error. The node's private key is in it only where that is asked for.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import type { Disk, DiskEntry } from '../ports/disk.ts'
import { ShoalError } from '../ports/errors.ts'
import { isHeadKey } from './lease/lease-layout.ts'
import { forgettingHead } from './lease/lost-memory.ts'
import { voterNote } from './lease/voters-disk.ts'
import { readMeta } from './meta.ts'
import { pagesBySize } from './shard-keys.ts'
import { type KeyRange, metaKeys } from './storage-layout.ts'
import { utf8Of } from './utf8.ts'

export interface BackupHeader {
  /** Version of this file format. */
  readonly format: 1
  /** Id of the node, and its wall clock when it was taken, in milliseconds since 1970. */
  readonly node: string
  readonly takenAtMs: number
  /** What the disk says of itself: storage format, cluster, shards. */
  readonly disk: string
  /** The node's private key is in it. */
  readonly hasIdentity: boolean
}

const magic = utf8Of('SHOALBAK')
const pageBytes = 1024 * 1024
const maxPageEntries = 4096
const checksumBytes = 32
const everything: KeyRange = { gte: new Uint8Array(0), lt: Uint8Array.of(0xff) }
/** What a reader takes at most, in bytes. */
const maxHeaderBytes = 64 * 1024
const maxKeyBytes = 64 * 1024
const maxValueBytes = 256 * 1024 * 1024

/** Names of the node's own records that make it this node. */
const identityNames = ['key', 'incarnation']

export function isIdentity(key: Uint8Array): boolean {
  return identityNames.some(name => metaKeys(name).some(own => equal(key, own)))
}

/** What is restored is an older disk: it must not vote under this id, as the newer one has promised more. */
function isVoter(key: Uint8Array): boolean {
  return metaKeys(voterNote).some(own => equal(key, own))
}

/** Nor does it know what it has promised and accepted since as a replica of a lease shard. */
function asOfOlderDisk({ key, value }: DiskEntry): DiskEntry {
  return isHeadKey(key) ? forgettingHead(key, value) : { key, value }
}

export interface BackupOptions {
  readonly node: string
  readonly takenAtMs: number
  readonly withIdentity: boolean
}

/** Every update that was acknowledged before the first chunk is asked for is in it. */
export async function* backupOf(disk: Disk, options: BackupOptions): AsyncGenerator<Uint8Array> {
  const hash = sha256.create()
  const hashed = (chunk: Uint8Array) => {
    hash.update(chunk)
    return chunk
  }
  const { node, takenAtMs, withIdentity: hasIdentity } = options
  const snapshot = disk.snapshot()
  try {
    const header: BackupHeader = { format: 1, node, takenAtMs, disk: readMeta(disk, 'disk') ?? '', hasIdentity }
    const json = utf8Of(JSON.stringify(header))
    yield hashed(joined([magic, uint32(json.length), json]))
    let count = 0
    for await (const page of pagesBySize(snapshot, everything)) {
      const kept = page.filter(({ key }) => !isVoter(key) && (hasIdentity || !isIdentity(key)))
      const entries = kept.map(asOfOlderDisk)
      count += entries.length
      const parts = entries.flatMap(({ key, value }) => [uint32(key.length), uint32(value.length), key, value])
      if (parts.length > 0) yield hashed(joined(parts))
    }
    const end = hashed(joined([uint32(0), uint32(Math.floor(count / 2 ** 32)), uint32(count % 2 ** 32)]))
    yield joined([end, hash.digest()])
  } finally {
    await snapshot.close()
  }
}

/**
 * Reads a backup: `start` is told its header, `entries` its entries in portions. Throws `SHOAL_CORRUPT` where the bytes are not
 * those of a whole backup; what was told before that must be thrown away.
 */
export async function readBackup(
  chunks: AsyncIterable<Uint8Array>,
  told: { start(header: BackupHeader): Promise<void> | void; entries(entries: DiskEntry[]): Promise<void> | void }
): Promise<BackupHeader> {
  const bytes = new ByteQueue(chunks)
  if (!equal(await bytes.take(magic.length), magic)) throw damaged('it does not begin like one')
  const header = headerFrom(await bytes.take(await bytes.length(maxHeaderBytes)))
  await told.start(header)
  let count = 0
  let portion: DiskEntry[] = []
  let portionBytes = 0
  for (;;) {
    const keyBytes = await bytes.length(maxKeyBytes)
    if (keyBytes === 0) break
    const valueBytes = await bytes.length(maxValueBytes)
    portion.push({ key: await bytes.take(keyBytes), value: await bytes.take(valueBytes) })
    count++
    portionBytes += keyBytes + valueBytes
    if (portionBytes < pageBytes && portion.length < maxPageEntries) continue
    await told.entries(portion)
    portion = []
    portionBytes = 0
  }
  if (portion.length > 0) await told.entries(portion)
  const high = await bytes.length(0xffff_ffff)
  const low = await bytes.length(0xffff_ffff)
  const digest = bytes.digest()
  if (!equal(await bytes.take(checksumBytes), digest)) throw damaged('its checksum is another')
  if (high * 2 ** 32 + low !== count) throw damaged(`it holds ${count} entries and says otherwise`)
  await bytes.end()
  return header
}

function headerFrom(json: Uint8Array): BackupHeader {
  let header: Partial<BackupHeader>
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json))
  } catch {
    throw damaged('its header cannot be read')
  }
  const { format, node, takenAtMs, disk, hasIdentity } = header ?? {}
  if (format !== 1) throw damaged(`its format is ${String(format)}, and this program reads 1`)
  if (typeof node !== 'string' || typeof takenAtMs !== 'number' || typeof disk !== 'string')
    throw damaged('its header is not complete')
  return { format, node, takenAtMs, disk, hasIdentity: hasIdentity === true }
}

/** Takes exact numbers of bytes from chunks of any size, and hashes what is taken. */
class ByteQueue {
  readonly #chunks: AsyncIterator<Uint8Array>
  readonly #hash = sha256.create()
  #rest: Uint8Array = new Uint8Array(0)

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]()
  }

  /** Holds no more than what has come: a damaged length must not fill the memory. */
  async take(count: number): Promise<Uint8Array> {
    const parts: Uint8Array[] = []
    for (let missing = count; missing > 0; ) {
      if (this.#rest.length === 0 && !(await this.#more())) throw damaged('it ends too early')
      const part = this.#rest.subarray(0, missing)
      parts.push(part)
      missing -= part.length
      this.#rest = this.#rest.subarray(part.length)
    }
    const taken = joined(parts)
    this.#hash.update(taken)
    return taken
  }

  async length(most: number): Promise<number> {
    const bytes = await this.take(4)
    const length = new DataView(bytes.buffer).getUint32(0)
    if (length > most) throw damaged(`it says that a record has ${length} bytes`)
    return length
  }

  /** Of all that was taken so far. */
  digest(): Uint8Array {
    return this.#hash.clone().digest()
  }

  async end(): Promise<void> {
    if (this.#rest.length > 0 || (await this.#more())) throw damaged('there is more after its end')
  }

  async #more(): Promise<boolean> {
    for (;;) {
      const { done, value } = await this.#chunks.next()
      if (done === true) return false
      if (value.length === 0) continue
      this.#rest = value
      return true
    }
  }
}

function damaged(why: string): ShoalError {
  return new ShoalError('SHOAL_CORRUPT', `this is no whole backup: ${why}`)
}

function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value)
  return bytes
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}
