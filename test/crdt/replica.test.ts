/** Replicas for programs without a cluster: what `shoal/crdt` alone can do. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { lwwRegister, orMap, orSet, pnCounter, Replica, text } from '../../src/crdt/index.ts'
import { isShoalError } from '../../src/ports/errors.ts'

const schema = { lines: orMap(pnCounter()), tags: orSet(), note: lwwRegister(''), letter: text() }

function replicaOf(origin: string): Replica<typeof schema> {
  return new Replica(schema, { origin })
}

function delta(bytes: Uint8Array | undefined): Uint8Array {
  assert.ok(bytes, 'the change had an effect')
  return bytes
}

const refusedAs = (code: string) => (error: unknown) => isShoalError(error) && error.code === code

test('replicas that apply each other’s deltas, in any order and more than once, show the same', () => {
  const [a, b] = [replicaOf('a'), replicaOf('b')]
  const fromA = [
    delta(a.change(({ lines }) => lines.at('tea').add(3))),
    delta(
      a.change(({ tags, letter }) => {
        tags.add('x')
        letter.insert(0, 'dear ')
      })
    )
  ]
  const fromB = [delta(b.change(({ lines }) => lines.at('tea').add(4))), delta(b.change(({ note }) => note.set('now')))]
  for (const bytes of [...fromB, ...fromB]) a.apply(bytes)
  for (const bytes of fromA.toReversed()) b.apply(bytes)
  assert.deepEqual(a.plain, { lines: { tea: 7 }, tags: ['x'], note: 'now', letter: 'dear ' })
  assert.deepEqual(b.plain, a.plain)
})

test('apply says whether something was new', () => {
  const [a, b] = [replicaOf('a'), replicaOf('b')]
  const bytes = delta(a.change(({ note }) => note.set('x')))
  assert.equal(b.apply(bytes), true)
  assert.equal(b.apply(bytes), false)
  assert.equal(a.apply(bytes), false)
})

test('what was lost on the way is mended by a difference of versions', () => {
  const action = fc.record({ at: fc.nat(2), key: fc.constantFrom('k', 'l', 'm'), does: fc.nat(3) })
  const property = fc.property(fc.array(action, { maxLength: 40 }), actions => {
    const replicas = ['a', 'b', 'c'].map(replicaOf)
    for (const { at, key, does } of actions) {
      const replica = replicas[at]
      assert.ok(replica)
      replica.change(({ lines, tags, letter }) => {
        if (does === 0) lines.at(key).add(1)
        if (does === 1) lines.remove(key)
        if (does === 2) tags.add(key)
        if (does === 3) letter.insert(0, key)
      })
      // Every third action is heard by one other replica, by difference.
      const other = replicas[(at + 1) % 3]
      if (does === 0) other?.apply(replica.diff(other.version()))
    }
    for (const from of [...replicas, ...replicas]) for (const to of replicas) to.apply(from.diff(to.version()))
    for (const replica of replicas) assert.deepEqual(replica.plain, replicas[0]?.plain)
  })
  fc.assert(property, { numRuns: 200 })
})

test('a replica goes on from what it saved', () => {
  const a = replicaOf('a')
  a.change(({ lines }) => lines.at('tea').add(3))
  const again = Replica.load(schema, a.save(), { origin: 'a2' })
  assert.deepEqual(again.plain, a.plain)
  a.apply(delta(again.change(({ lines }) => lines.at('tea').add(1))))
  assert.deepEqual(a.plain.lines, { tea: 4 })
})

test('a change that throws has not happened', () => {
  const a = replicaOf('a')
  const before = a.save()
  assert.throws(() =>
    a.change(({ lines }) => {
      lines.at('tea').add(3)
      throw new Error('no')
    })
  )
  assert.deepEqual(a.save(), before)
  assert.equal(
    a.change(() => {}),
    undefined
  )
})

test('an origin that two use is noticed, and one that is none is refused', () => {
  const [a, twin] = [replicaOf('a'), replicaOf('a')]
  const bytes = delta(a.change(({ note }) => note.set('x')))
  assert.throws(() => twin.apply(bytes), refusedAs('SHOAL_CORRUPT'))
  assert.throws(() => replicaOf(''), refusedAs('SHOAL_BAD_ARGUMENT'))
  assert.throws(() => twin.apply(Uint8Array.of(1, 2, 3)), refusedAs('SHOAL_MALFORMED'))
  assert.throws(() => a.diff(Uint8Array.of(9)), refusedAs('SHOAL_MALFORMED'))
})
