/**
 * Reads Automerge's columns without unpacking them: runs are counted, not repeated, so time and memory go by the bytes alone.
 *
 * Source: the Automerge binary format specification, https://automerge.org/automerge-binary-format-spec/.
 */

/** What makes bytes no part of a document. Never leaves the checks: they answer its message. */
export class Fault extends Error {}

/** The fault that `check` finds. */
export function faultOf(check: () => void): string | undefined {
  try {
    check()
    return undefined
  } catch (fault) {
    if (fault instanceof Fault) return fault.message
    throw fault
  }
}

export class Scanner {
  readonly bytes: Uint8Array
  offset: number
  readonly end: number

  constructor(bytes: Uint8Array, offset = 0, end = bytes.length) {
    this.bytes = bytes
    this.offset = offset
    this.end = end
  }

  isAtEnd(): boolean {
    return this.offset === this.end
  }

  byte(): number {
    if (this.offset >= this.end) throw new Fault('its end missing')
    return this.bytes[this.offset++] ?? 0
  }

  /** LEB128, up to 2^53 - 1, in as few bytes as it needs. */
  unsigned(): number {
    let value = 0
    for (let scale = 1, length = 1; ; scale *= 0x80, length++) {
      const byte = this.byte()
      value += (byte & 0x7f) * scale
      if (byte < 0x80) {
        if (byte === 0 && length > 1) throw new Fault('a number longer than needed')
        if (!Number.isSafeInteger(value)) throw new Fault('a number beyond 2^53')
        return value
      }
      if (length === 8) throw new Fault('a number beyond 2^53')
    }
  }

  /** Signed LEB128 (two's complement), within ±2^53. */
  signed(): number {
    let value = 0
    for (let scale = 1, length = 1; ; scale *= 0x80, length++) {
      const byte = this.byte()
      value += (byte & 0x7f) * scale
      if (byte < 0x80) {
        if ((byte & 0x40) !== 0) value -= scale * 0x80
        if (!Number.isSafeInteger(value)) throw new Fault('a number beyond 2^53')
        return value
      }
      if (length === 8) throw new Fault('a number beyond 2^53')
    }
  }

  /** Passes over so many bytes, and answers where they begin. */
  skip(length: number): number {
    const start = this.offset
    if (length > this.end - start) throw new Fault('its end missing')
    this.offset = start + length
    return start
  }

  /** A scanner of the next `length` bytes alone. */
  part(length: number): Scanner {
    const start = this.skip(length)
    return new Scanner(this.bytes, start, start + length)
  }

  /** How many things follow, each of at least `minBytes`. */
  count(minBytes: number): number {
    const count = this.unsigned()
    if (count * minBytes > this.end - this.offset) throw new Fault('more entries than bytes')
    return count
  }

  /** Text, behind its length. */
  text(maxBytes: number): void {
    const length = this.unsigned()
    if (length > maxBytes) throw new Fault(`a text of more than ${maxBytes} bytes`)
    const start = this.skip(length)
    checkUtf8(this.bytes, start, this.offset)
  }
}

/**
 * Run-length encoding: visits each run's length and, unless its entries are null, its value. Answers the number of entries, at
 * most `maxEntries`.
 */
export function eachRun<T>(
  column: Scanner,
  maxEntries: number,
  read: (column: Scanner) => T,
  visit: (length: number, value: T | undefined) => void
): number {
  let entries = 0
  const take = (length: number): number => {
    entries += length
    if (entries > maxEntries) throw new Fault(`a column of more than ${maxEntries} entries`)
    return length
  }
  while (!column.isAtEnd()) {
    const length = column.signed()
    if (length > 0) {
      take(length)
      visit(length, read(column))
    } else if (length < 0) {
      take(-length)
      for (let left = -length; left > 0; left--) visit(1, read(column))
    } else {
      const nulls = column.unsigned()
      if (nulls === 0) throw new Fault('an empty run')
      visit(take(nulls), undefined)
    }
  }
  return entries
}

/** Runs of differences. The numbers that they add up to are from 0 to below `limit`. */
export function countDeltas(column: Scanner, maxEntries: number, limit: number): number {
  let at = 0
  return eachRun(
    column,
    maxEntries,
    from => from.signed(),
    (length, step) => {
      if (step === undefined) return
      // A run goes one way, so where it begins and where it ends bounds what is between.
      for (const reached of [at + step, at + step * length]) {
        if (!(reached >= 0 && reached < limit)) throw new Fault('an operation that refers to a later one')
      }
      at += step * length
    }
  )
}

/** Numbers, or nothing, each from 0 to below `limit`. Answers how many, and their sum. */
export function countNumbers(column: Scanner, maxEntries: number, limit: number): { entries: number; sum: number } {
  let sum = 0
  const entries = eachRun(
    column,
    maxEntries,
    from => from.unsigned(),
    (length, value) => {
      if (value === undefined) return
      if (value >= limit) throw new Fault('a number out of range')
      sum += value * length
      if (!Number.isSafeInteger(sum)) throw new Fault('a number out of range')
    }
  )
  return { entries, sum }
}

/** Lengths of runs of false and true in turn. */
export function countBooleans(column: Scanner, maxEntries: number): number {
  let entries = 0
  while (!column.isAtEnd()) {
    entries += column.unsigned()
    if (entries > maxEntries) throw new Fault(`a column of more than ${maxEntries} entries`)
  }
  return entries
}

/** The Unicode standard's table 3-7, so that it answers as a strict `TextDecoder` does, without copies or strings. */
export function checkUtf8(bytes: Uint8Array, start: number, end: number): void {
  let at = start
  const next = (from: number, to: number): void => {
    const byte = at < end ? (bytes[at++] ?? 0) : 0
    if (byte < from || byte > to) throw new Fault('text that is not UTF-8')
  }
  while (at < end) {
    const lead = bytes[at++] ?? 0
    if (lead < 0x80) continue
    if (lead < 0xc2 || lead > 0xf4) throw new Fault('text that is not UTF-8')
    if (lead >= 0xe0)
      next(lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80, lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf)
    if (lead >= 0xf0) next(0x80, 0xbf)
    next(0x80, 0xbf)
  }
}
