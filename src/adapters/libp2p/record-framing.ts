/**
 * Records on a byte stream: a varint of (length + 1), then the bytes. A zero is a keep-alive and no record.
 *
 * `RecordWriter` gathers records into few large pieces; `RecordReader` takes them apart again wherever the pieces were cut.
 */
import { ShoalError } from '../../ports/errors.ts'
import { maxRecordBytes } from '../../ports/network.ts'

const maxPrefixBytes = 4
const firstPieceBytes = 1024

/** A piece is closed when it has reached this size; one record may be larger. */
const pieceBytes = 256 * 1024

export class RecordWriter {
  readonly #full: Uint8Array[] = []
  #piece = Buffer.alloc(0)
  #used = 0
  #queued = 0

  /** Bytes that were not taken yet. */
  get queuedBytes(): number {
    return this.#queued
  }

  add(record: Uint8Array): void {
    this.#reserve(record.length + maxPrefixBytes)
    const start = this.#used
    let rest = record.length + 1
    while (rest > 127) {
      this.#piece[this.#used++] = (rest & 127) | 128
      rest >>>= 7
    }
    this.#piece[this.#used++] = rest
    this.#piece.set(record, this.#used)
    this.#used += record.length
    this.#queued += this.#used - start
  }

  addKeepAlive(): void {
    this.#reserve(1)
    this.#piece[this.#used++] = 0
    this.#queued++
  }

  /** The oldest piece, which is the caller's to keep; undefined when there is nothing. */
  take(): Uint8Array | undefined {
    const piece = this.#full.shift() ?? this.#closePiece()
    this.#queued -= piece?.length ?? 0
    return piece
  }

  #reserve(bytes: number): void {
    const needed = this.#used + bytes
    if (needed <= this.#piece.length) return
    if (this.#used > 0 && needed > pieceBytes) {
      const piece = this.#closePiece()
      if (piece !== undefined) this.#full.push(piece)
    }
    const grown = Buffer.allocUnsafe(Math.max(this.#used + bytes, this.#used * 2, firstPieceBytes))
    grown.set(this.#piece.subarray(0, this.#used))
    this.#piece = grown
  }

  #closePiece(): Uint8Array | undefined {
    if (this.#used === 0) return undefined
    const piece = this.#piece.subarray(0, this.#used)
    this.#piece = Buffer.alloc(0)
    this.#used = 0
    return piece
  }
}

export class RecordReader {
  #prefix = 0
  #prefixShift = 0
  /** The record under way, once its prefix was read and where it is not whole in one piece. */
  #record: Uint8Array | undefined
  #filled = 0

  /** Calls back with every record that is whole now; each is a copy. Throws `SHOAL_MALFORMED`: the stream cannot go on. */
  push(bytes: Uint8Array, onRecord: (record: Uint8Array) => void): void {
    let at = 0
    while (at < bytes.length) {
      if (this.#record === undefined) {
        const byte = bytes[at++] ?? 0
        const length = this.#readPrefix(byte)
        if (length === undefined) continue
        if (at + length <= bytes.length) {
          onRecord(new Uint8Array(bytes.subarray(at, at + length)))
          at += length
          continue
        }
        this.#record = new Uint8Array(length)
        this.#filled = 0
      }
      const part = bytes.subarray(at, at + this.#record.length - this.#filled)
      this.#record.set(part, this.#filled)
      this.#filled += part.length
      at += part.length
      if (this.#filled === this.#record.length) {
        const record = this.#record
        this.#record = undefined
        onRecord(record)
      }
    }
  }

  /** The length of the record that begins after this byte; undefined while the prefix goes on, and after a keep-alive. */
  #readPrefix(byte: number): number | undefined {
    this.#prefix |= (byte & 127) << this.#prefixShift
    this.#prefixShift += 7
    if (byte > 127) {
      if (this.#prefixShift >= 7 * maxPrefixBytes) throw malformedRecord()
      return undefined
    }
    const length = this.#prefix - 1
    this.#prefix = 0
    this.#prefixShift = 0
    if (length > maxRecordBytes) throw malformedRecord()
    return length < 0 ? undefined : length
  }
}

function malformedRecord(): ShoalError {
  return new ShoalError('SHOAL_MALFORMED', `a record's length is not one of up to ${maxRecordBytes} bytes`)
}
