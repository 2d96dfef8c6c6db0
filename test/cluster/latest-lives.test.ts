/** Which lives of a node are not listened to any more, and that strangers cannot fill the memory with theirs. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LatestLives } from '../../src/cluster/latest-lives.ts'

test('lives before the latest have ended, whatever order they are told in', () => {
  const lives = new LatestLives(() => [])
  assert.ok(!lives.hasEnded('a.1'))
  for (const life of ['a.3', 'a.2']) lives.endBefore(life)
  assert.deepEqual(
    ['a.1', 'a.2', 'a.3', 'a.4', 'b.1'].filter(life => lives.hasEnded(life)),
    ['a.1', 'a.2']
  )
})

test('where there are many, those of members stay', () => {
  const members = ['m1', 'm2'].map(id => ({ id }))
  const lives = new LatestLives(() => members, 8)
  for (const { id } of members) lives.endBefore(`${id}.5`)
  for (let i = 0; i < 1000; i++) {
    lives.endBefore(`s${i}.5`)
    assert.ok(lives.size <= 8)
    assert.ok(lives.hasEnded(`s${i}.4`))
  }
  for (const { id } of members) assert.ok(lives.hasEnded(`${id}.4`), id)
})
