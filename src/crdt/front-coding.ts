/**
 * Names in a row, each without the bytes that it shares with the one before: names that come sorted share their beginnings.
 *
 * Source: Witten, Moffat, Bell, "Managing Gigabytes", 1999 (front coding).
 */
import type { Reader, Sink } from './codec.ts'

export const maxNameBytes = 4096
/** What a name may take over: bounds what few bytes can grow to. */
const maxSharedBytes = 64

const utf8 = new TextEncoder()
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function sharedBytes(a: Uint8Array, b: Uint8Array): number {
  const most = Math.min(a.length, b.length, maxSharedBytes)
  let shared = 0
  while (shared < most && a[shared] === b[shared]) shared++
  return shared
}

export class NameWriter {
  #before = new Uint8Array(0)

  write(sink: Sink, name: string): void {
    const bytes = utf8.encode(name)
    const shared = sharedBytes(this.#before, bytes)
    sink.varint(shared)
    sink.bytes(bytes.subarray(shared))
    this.#before = bytes
  }
}

export class NameReader {
  #before = new Uint8Array(0)

  read(reader: Reader): string {
    const shared = reader.varint()
    if (shared > this.#before.length) throw reader.malformed('a name that shares more than there is')
    const rest = reader.bytes(maxNameBytes)
    const bytes = new Uint8Array(shared + rest.length)
    bytes.set(this.#before.subarray(0, shared))
    bytes.set(rest, shared)
    if (bytes.length > maxNameBytes || sharedBytes(this.#before, bytes) !== shared)
      throw reader.malformed('a name not as it would have been written')
    this.#before = bytes
    return decodeName(reader, bytes)
  }
}

/** A flat string: one pieced together would keep the names before it in memory. */
function decodeName(reader: Reader, bytes: Uint8Array): string {
  if (bytes.length <= 64 && bytes.every(byte => byte < 0x80)) return String.fromCharCode(...bytes)
  try {
    return strictUtf8.decode(bytes)
  } catch (cause) {
    throw reader.malformed('not UTF-8', cause)
  }
}
