/** A publication names its writer, and nobody else can have written it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeNodeKey, generateNodeKey } from '../../src/adapters/libp2p/node-key.ts'
import { SignedPublications } from '../../src/adapters/libp2p/signed-publication.ts'
import { newNetwork } from './libp2p-world.ts'

const topic = '/shoal/test/1'
const keyOf = () => decodeNodeKey(generateNodeKey())

test('what a node has signed is read by all others with its writer’s id, and no two are the same', () => {
  const [privateKey, reader] = [generateNodeKey(), new SignedPublications(topic, keyOf(), 1)]
  const writer = new SignedPublications(topic, decodeNodeKey(privateKey), 1)
  const contents = Uint8Array.of(1, 2, 3)
  const [first, second] = [writer.signed(contents), writer.signed(contents)]
  for (const message of [first, second]) {
    const read = reader.verified(message)
    assert.equal(read?.writer, newNetwork({ privateKey }).self)
    assert.deepEqual(new Uint8Array(read?.contents ?? []), contents)
    assert.deepEqual(SignedPublications.contentsOf(message), contents)
    assert.equal(reader.writerOf(message), read?.writer)
  }
  assert.notDeepEqual(SignedPublications.idOf(first), SignedPublications.idOf(second))
})

test('one bit changed anywhere, and it is nobody’s; nor is it taken for the one that was sound', () => {
  const writer = new SignedPublications(topic, keyOf(), 1)
  const reader = new SignedPublications(topic, keyOf(), 1)
  const message = writer.signed(new Uint8Array(50).fill(7))
  fc.assert(
    fc.property(fc.nat(message.length - 1), fc.nat(7), (at, bit) => {
      const changed = Uint8Array.from(message)
      changed[at] = (changed[at] ?? 0) ^ (1 << bit)
      assert.equal(reader.verified(changed), undefined)
      assert.notDeepEqual(SignedPublications.idOf(changed), SignedPublications.idOf(message))
    }),
    { numRuns: 200 }
  )
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), bytes => assert.equal(reader.verified(bytes), undefined)))
})

test('a publication of one cluster says nothing in another', () => {
  const key = keyOf()
  const message = new SignedPublications('/shoal/other/1', key, 1).signed(Uint8Array.of(1))
  assert.equal(new SignedPublications(topic, key, 1).verified(message), undefined)
})

test('keys of a limited number of writers are kept ready, whatever keys are made up', () => {
  const reader = new SignedPublications(topic, keyOf(), 1)
  for (let at = 0; at < 2200; at++) {
    const made = new Uint8Array(200)
    new DataView(made.buffer).setUint32(0, at)
    reader.verified(made)
  }
  assert.ok(reader.writers <= 2048)
})
