/**
 * The form of every value on the disk but those of the index: four bytes of checksum, taken over what its key names, too, then each
 * part with its length in four bytes. LevelDB opens silently with holes and flipped bits, so what it returns is believed only after
 * that check.
 */
import { ShoalError } from '../ports/errors.ts'
import { crc32c } from './checksum.ts'
import { shortLivedBytes } from './short-lived-bytes.ts'
import { utf8Of } from './utf8.ts'

export const checkBytes = 4

/** How a value says what its key does: the checksum is over this, then the rest of the value. */
export function checkOf(what: string): number {
  return crc32c(utf8Of(what))
}

/** The checksum that a value carries, whether or not it is right, for its shard's tally; never 0, which means that there is none. */
export function checksumOf(bytes: Uint8Array): number {
  return (bytes.length < checkBytes ? 0 : uint32At(bytes, 0)) || 1
}

/** checksum, then per part its length in 4 bytes and its bytes. */
export function sealed(check: number, parts: readonly Uint8Array[]): Uint8Array {
  let length = checkBytes
  for (const p of parts) length += 4 + p.length
  const bytes = shortLivedBytes(length)
  let at = checkBytes
  for (const p of parts) {
    setUint32(bytes, at, p.length)
    bytes.set(p, at + 4)
    at += 4 + p.length
  }
  setUint32(bytes, 0, crc32c(bytes, checkBytes, check))
  return bytes
}

export function unsealed(check: number, bytes: Uint8Array, count: number, what: string): Uint8Array[] {
  if (bytes.length < checkBytes) throw corrupt(what)
  if (uint32At(bytes, 0) !== crc32c(bytes, checkBytes, check)) throw corrupt(what)
  const parts: Uint8Array[] = []
  let at = checkBytes
  while (at + 4 <= bytes.length && parts.length < count) {
    const length = uint32At(bytes, at)
    parts.push(bytes.subarray(at + 4, at + 4 + length))
    at += 4 + length
  }
  if (at !== bytes.length || parts.length !== count) throw corrupt(what)
  return parts
}

// Without a DataView, which would be one more object for every record.

export function uint32At(bytes: Uint8Array, at: number): number {
  const high = ((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16)
  return (high | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)) >>> 0
}

export function setUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24
  bytes[at + 1] = value >>> 16
  bytes[at + 2] = value >>> 8
  bytes[at + 3] = value
}

export function part(bytes: Uint8Array | undefined): Uint8Array {
  if (bytes === undefined) throw corrupt('a record')
  return bytes
}

export function corrupt(what: string): ShoalError {
  return new ShoalError('SHOAL_CORRUPT', `${what}: the stored bytes fail their checksum`)
}
