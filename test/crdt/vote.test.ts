/** Votes: one per node, the latest of it, and no more voters than whoever counts says. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Replica, vote } from '../../src/crdt/index.ts'
import { isShoalError } from '../../src/ports/errors.ts'

const schema = { motion: vote() }

function replica(origin: string): Replica<typeof schema> {
  return new Replica(schema, { origin })
}

function exchange(...replicas: readonly Replica<typeof schema>[]): void {
  for (const from of replicas) for (const to of replicas) if (from !== to) to.apply(from.save())
}

test('every node has one vote, and may change its mind', () => {
  const [a, b, c] = [replica('a.1'), replica('b.1'), replica('c.1')]
  a.change(({ motion }) => motion.cast(true))
  b.change(({ motion }) => motion.cast(true))
  c.change(({ motion }) => motion.cast(false))
  exchange(a, b, c)
  assert.deepEqual(a.plain.motion, { for: 2, against: 1 })
  b.change(({ motion }) => motion.cast(false))
  exchange(a, b, c)
  for (const one of [a, b, c]) assert.deepEqual(one.plain.motion, { for: 1, against: 2 })
})

test('a vote of a later life of a node counts in the place of the earlier one, in whatever order they come', () => {
  const [early, late] = [replica('a.1'), replica('a.2')]
  for (let i = 0; i < 5; i++) early.change(({ motion }) => motion.cast(i % 2 === 0))
  late.change(({ motion }) => motion.cast(false))
  const [forth, back] = [replica('b.1'), replica('c.1')]
  forth.apply(early.save())
  forth.apply(late.save())
  back.apply(late.save())
  back.apply(early.save())
  assert.deepEqual(forth.plain.motion, { for: 0, against: 1 })
  assert.deepEqual(back.plain.motion, { for: 0, against: 1 })
})

test('a life that is older than the one that voted last says nothing', () => {
  const [early, late] = [replica('a.1'), replica('a.2')]
  late.change(({ motion }) => motion.cast(true))
  early.apply(late.save())
  assert.equal(
    early.change(({ motion }) => motion.cast(false)),
    undefined
  )
  assert.deepEqual(early.plain.motion, { for: 1, against: 0 })
})

test('a node knows its vote, and voting so again is nothing', () => {
  const a = replica('a.1')
  a.change(({ motion }) => {
    assert.equal(motion.own, undefined)
    motion.cast(false)
    assert.equal(motion.own, false)
  })
  assert.equal(
    a.change(({ motion }) => motion.cast(false)),
    undefined
  )
})

test('a motion passes with more than half of the voters that there are', () => {
  const [a, b] = [replica('a.1'), replica('b.1')]
  a.change(({ motion }) => motion.cast(true))
  b.change(({ motion }) => motion.cast(true))
  exchange(a, b)
  a.change(({ motion }) => {
    assert.deepEqual(
      [1, 2, 3, 4, 5].map(voters => motion.passes(voters)),
      [true, true, true, false, false]
    )
    for (const voters of [0, -1, 1.5, Number.NaN]) {
      assert.throws(
        () => motion.passes(voters),
        error => isShoalError(error) && error.code === 'SHOAL_BAD_ARGUMENT'
      )
    }
  })
})
