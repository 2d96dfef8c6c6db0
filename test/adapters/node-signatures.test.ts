import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeNodeKey, generateNodeKey, idOfKey } from '../../src/adapters/libp2p/node-key.ts'
import { NodeSignatures } from '../../src/adapters/libp2p/node-signatures.ts'

test('a signature is that of one node over these bytes, and of nobody else', () => {
  const [a, b] = [decodeNodeKey(generateNodeKey()), decodeNodeKey(generateNodeKey())]
  const [idOfA, idOfB] = [a, b].map(idOfKey) as [string, string]
  const bytes = new TextEncoder().encode('what it says')
  const signature = new NodeSignatures(a).sign(bytes)
  const other = new NodeSignatures(b)
  assert.equal(signature.length, 64)
  assert.equal(other.isSignedBy(idOfA, bytes, signature), true)
  assert.equal(other.isSignedBy(idOfB, bytes, signature), false)
  assert.equal(other.isSignedBy(idOfA, bytes.subarray(1), signature), false)
  assert.equal(other.isSignedBy(idOfA, bytes, signature.subarray(1)), false)
  for (const id of ['', 'nobody', 'QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N'])
    assert.equal(other.isSignedBy(id, bytes, signature), false)
})
