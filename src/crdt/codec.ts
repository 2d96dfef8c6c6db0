/**
 * The bytes of states, deltas and contexts: a format byte, then the body, in which an origin is named in full where it first stands
 * and by its place in the row of origins after that. Equal values give equal bytes.
 *
 * Decoding is total: a value or `SHOAL_MALFORMED`. It refuses whatever the writer would not have written (longer varints, other
 * orders, an origin in full twice, surplus bytes) and counts larger than the input could hold. Integers are LEB128, up to 2^53 - 1.
 */
import { Reader } from './reader.ts'
import { type Sink, Writer } from './writer.ts'

export { Reader } from './reader.ts'
export type { Sink } from './writer.ts'

const formatVersion = 2

/** The writer waits here for the next encoding. */
let spare: Writer | undefined

/** Short bytes that need not be `own` may share their memory with others, as those of Node's `Buffer` do. */
export function encodeWithOrigins(write: (sink: Sink) => void, own = true): Uint8Array {
  const writer = spare === undefined || spare.isDetached ? new Writer() : spare
  spare = undefined
  let isWritten = false
  try {
    writer.byte(formatVersion)
    write(writer)
    isWritten = true
    return writer.finish(own)
  } finally {
    if (!isWritten) writer.abandon()
    spare = writer
  }
}

/** Most streams between replicas that are nearly equal are shorter than that. */
const firstPieceBytes = 512

/** For what is written piece by piece: a writer of its own, or one that has finished, with the format byte in it. */
export function startEncoding(writer = new Writer(firstPieceBytes)): Writer {
  writer.byte(formatVersion)
  return writer
}

/** For what is read only in part: a reader that has taken the format byte. */
export function startDecoding(bytes: Uint8Array): Reader {
  const reader = new Reader(bytes)
  if (reader.byte() !== formatVersion) throw reader.malformed(`not format ${formatVersion}`)
  return reader
}

export function decodeWithOrigins<T>(bytes: Uint8Array, read: (reader: Reader) => T): T {
  return readWithOrigins(new Reader(bytes), read)
}

/** As `decodeWithOrigins`, for a reader that reads some things in its own way. */
export function readWithOrigins<T, R extends Reader>(reader: R, read: (reader: R) => T): T {
  if (reader.byte() !== formatVersion) throw reader.malformed(`not format ${formatVersion}`)
  const value = read(reader)
  reader.end()
  return value
}
