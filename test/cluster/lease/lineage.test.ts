/** What a replica of a lease shard says of its prefix. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  advanced,
  commonOf,
  extended,
  isLineage,
  isOn,
  type Lineage,
  maxLineage
} from '../../../src/cluster/lease/lineage.ts'

test('epochs without entries push none out of a lineage that has some, however many there are', () => {
  let lineage: Lineage = [{ epoch: 1, n: 5 }]
  for (let epoch = 2; epoch < 10 * maxLineage; epoch++) {
    lineage = extended(lineage, { epoch, n: 0 }, 1)
    assert.deepEqual(lineage, [
      { epoch: 1, n: 5 },
      { epoch, n: 0 }
    ])
    assert.ok(isLineage(lineage) && isOn(lineage, { epoch: 1, n: 5 }))
    assert.deepEqual(commonOf([{ epoch: 1, n: 5 }], lineage), { epoch: 1, n: 5 })
  }
  assert.equal(advanced(lineage, { epoch: 10 * maxLineage - 1, n: 3 }).length, 2)
})

test('of epochs with entries the last 64 are named', () => {
  let lineage: Lineage = []
  for (let epoch = 1; epoch <= 3 * maxLineage; epoch++) lineage = extended(lineage, { epoch, n: 1 }, epoch - 1)
  assert.equal(lineage.length, maxLineage)
  assert.equal(lineage[0]?.epoch, 2 * maxLineage + 1)
})

test('of epochs without entries the one that was opened last stays, and no other', () => {
  const lineage = [
    { epoch: 1, n: 5 },
    { epoch: 2, n: 0 },
    { epoch: 3, n: 0 },
    { epoch: 4, n: 0 }
  ]
  assert.deepEqual(extended(lineage, { epoch: 7, n: 2 }, 3), [
    { epoch: 1, n: 5 },
    { epoch: 3, n: 0 },
    { epoch: 7, n: 2 }
  ])
})
