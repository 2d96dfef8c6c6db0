import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Slices } from '../../src/actors/calls/slices.ts'
import { shardOf } from '../../src/cluster/hash-ring.ts'

test('slices are those of the hash, asked for once or again, and no more are kept than a limit', () => {
  const slices = new Slices('key', 64, 100)
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 1000; i++) {
      const [kind, id] = [`k${i % 3}`, `a/${i % 250}`]
      assert.deepEqual(slices.of(kind, id), { name: `${kind}/${id}`, slice: shardOf(kind, id, 64, 'key') })
      assert.ok(slices.size <= 100)
    }
  }
})
