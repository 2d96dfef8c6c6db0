import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { crc32c } from '../../src/cluster/checksum.ts'

test('the check value of CRC-32C is the standard one', () => {
  assert.equal(crc32c(new TextEncoder().encode('123456789')), 0xe3069283)
  assert.equal(crc32c(new Uint8Array(32)), 0x8a9136aa)
})

test('four bytes at a time come to what one at a time does, from wherever it starts, and in parts', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(40), fc.nat(40), (bytes, start, at) => {
      const from = Math.min(start, bytes.length)
      const cut = from + (at % (bytes.length - from + 1))
      const expected = bitwise(bytes.subarray(from))
      assert.equal(crc32c(bytes, from), expected)
      assert.equal(crc32c(bytes.subarray(cut), 0, crc32c(bytes.subarray(from, cut))), expected)
    })
  )
})

/** As the definition has it. */
function bitwise(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  }
  return (crc ^ 0xffffffff) >>> 0
}

test('each single flipped bit changes the checksum', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 64 }), fc.nat(), (bytes, bit) => {
      const flipped = Uint8Array.from(bytes)
      const at = bit % (bytes.length * 8)
      flipped[at >> 3] = (flipped[at >> 3] ?? 0) ^ (1 << (at & 7))
      assert.notEqual(crc32c(flipped), crc32c(bytes))
    })
  )
})
