/** What holds for Yjs documents as for every data type: see support/laws.ts. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { plainValue, text } from '../../src/crdt/index.ts'
import { yjsNames } from './support/kinds.ts'
import { testLaws } from './support/law-tests.ts'
import { type Batch, Replica } from './support/replica.ts'

testLaws(yjsNames, 40)

test('updates that wait for others go in once nothing is missing, whatever Yjs has noted of what they wait for', () => {
  const schema = { body: text() }
  const [a, b, c, reader] = [0, 1, 2, 3].map(index => new Replica(index, 1)) as [Replica, Replica, Replica, Replica]
  const insert = (replica: Replica, word: string): Batch => {
    const batch = replica.run(0, schema, ({ body }) => body.insert(0, word))
    assert.ok(batch)
    return batch
  }
  const first = insert(a, 'one ')
  b.receive(first)
  const byB = insert(b, 'two ')
  const byC = [insert(c, 'three '), insert(c, 'four ')] as const
  a.receive(byB)
  const second = insert(a, 'five ')
  const third = insert(a, 'six ')
  for (const batch of [third, byB, byC[1], byC[0], first, second]) reader.receive(batch)
  // What has come before, the document has seen when the next one comes.
  const step = new Replica(4, 1)
  for (const batch of [third, byB, byC[1], byC[0], first, second]) {
    step.receive(batch)
    plainValue(schema, step.actor(0).state)
  }
  for (const batch of byC) a.receive(batch)
  const expected = plainValue(schema, a.actor(0).state)
  assert.equal(expected.body.split(' ').length, 7)
  assert.deepEqual(plainValue(schema, reader.actor(0).state), expected)
  assert.deepEqual(plainValue(schema, step.actor(0).state), expected)
})
