/** What decoders do with damaged bytes: a value whose encoding those bytes are, or `SHOAL_MALFORMED`. */
import assert from 'node:assert/strict'
import { isShoalError } from '../../../src/ports/errors.ts'

/** The value, or nothing where the bytes were refused as they should be. */
export function decodeOrRefuse<T>(decode: (bytes: Uint8Array) => T, bytes: Uint8Array): T | undefined {
  try {
    return decode(bytes)
  } catch (error) {
    assert.ok(isShoalError(error) && error.code === 'SHOAL_MALFORMED', String(error))
    return undefined
  }
}

/**
 * Tries every truncation and every flipped bit, and `use` with every value that a flipped bit gave. Answers how many did.
 */
export function assertTotal<T>(
  decode: (bytes: Uint8Array) => T,
  encode: (value: T) => Uint8Array,
  bytes: Uint8Array,
  use: (value: T) => void = () => {}
): number {
  let accepted = 0
  for (let length = 0; length < bytes.length; length++) {
    assert.equal(decodeOrRefuse(decode, bytes.slice(0, length)), undefined, 'what is cut short is refused')
  }
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const damaged = bytes.slice()
    damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    const value = decodeOrRefuse(decode, damaged)
    if (value === undefined) continue
    accepted++
    assert.deepEqual(encode(value), damaged, 'what is accepted is canonical')
    use(value)
  }
  assert.equal(decodeOrRefuse(decode, Uint8Array.of(...bytes, 0)), undefined, 'surplus bytes are refused')
  return accepted
}
