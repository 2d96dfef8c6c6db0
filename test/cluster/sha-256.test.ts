/** SHA-256 of short messages, beside two other implementations. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { sha256 as nobles } from '@noble/hashes/sha2.js'
import fc from 'fast-check'
import { sha256 } from '../../src/cluster/sha-256.ts'

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const nodes = (message: Uint8Array) => createHash('sha256').update(message).digest('hex')

test('the examples of the standard have the digests that it says', () => {
  const digestOf = (text: string) => hex(sha256(new TextEncoder().encode(text)))
  assert.equal(digestOf('abc'), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  assert.equal(
    digestOf('abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq'),
    '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1'
  )
})

test('messages of every length around the bounds of blocks have the digests that others make', () => {
  for (let length = 0; length < 300; length++) {
    const message = Uint8Array.from({ length }, (_, i) => 31 * i + length)
    assert.equal(hex(sha256(message)), nodes(message), `${length} bytes`)
  }
})

test('whatever is hashed, from wherever in memory, has the digest that others make', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 5000 }), fc.nat({ max: 70 }), (bytes, start) => {
      const message = bytes.subarray(start)
      assert.equal(hex(sha256(message)), nodes(message))
      assert.deepEqual(sha256(message), nobles(message))
    })
  )
})

test('a megabyte has the digest that others make', () => {
  const message = new Uint8Array(2 ** 20).fill(0xa5)
  assert.equal(hex(sha256(message)), nodes(message))
})
