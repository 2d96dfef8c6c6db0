/** One hasher for all messages: each digest is of its own message alone. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { sha256Of } from '../../src/cluster/reused-hasher.ts'

test('whatever was hashed before, a message has the digest that others make', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 8 }), messages => {
      const digests = messages.map(sha256Of)
      assert.deepEqual(
        digests.map(digest => Buffer.from(digest).toString('hex')),
        messages.map(message => createHash('sha256').update(message).digest('hex'))
      )
    })
  )
})
