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

test('a change inside a change is refused, and so is every other call that would see half of it', () => {
  const [a, b] = [replicaOf('a'), replicaOf('b')]
  const fromB = delta(b.change(({ tags }) => tags.add('b')))
  const calls: [string, () => void][] = [
    ['change', () => a.change(({ tags }) => tags.add('inner'))],
    ['apply', () => a.apply(fromB)],
    ['diff', () => a.diff(b.version())],
    ['save', () => a.save()]
  ]
  for (const [name, call] of calls) {
    const bytes = delta(
      a.change(({ tags }) => {
        tags.add(name)
        assert.throws(call, refusedAs('SHOAL_BAD_ARGUMENT'), name)
      })
    )
    b.apply(bytes)
  }
  a.apply(fromB)
  assert.deepEqual(a.plain.tags, ['apply', 'b', 'change', 'diff', 'save'])
  assert.deepEqual(b.plain, a.plain)
})

test('an async edit is refused, and nothing of it happens, neither before nor after its await', async () => {
  const a = replicaOf('a')
  let later: Promise<void> | undefined
  const edit = ({ tags }: { tags: { add(element: string): void } }): Promise<void> => {
    later = (async () => {
      tags.add('before')
      await Promise.resolve()
      tags.add('after')
    })()
    return later
  }
  assert.throws(() => a.change(edit), refusedAs('SHOAL_BAD_ARGUMENT'))
  await assert.rejects(async () => later, refusedAs('SHOAL_BAD_ARGUMENT'))
  assert.deepEqual(a.plain.tags, [])
})

test('a view that is kept after its change takes no edit any more, also after a change that threw', () => {
  const a = replicaOf('a')
  const views: { tags: { add(element: string): void }; letter: { insert(at: number, text: string): void } }[] = []
  a.change(view => views.push(view))
  assert.throws(() =>
    a.change(view => {
      views.push(view)
      throw new Error('no')
    })
  )
  assert.equal(views.length, 2)
  for (const { tags, letter } of views) {
    assert.throws(() => tags.add('late'), refusedAs('SHOAL_BAD_ARGUMENT'))
    assert.throws(() => letter.insert(0, 'late'), refusedAs('SHOAL_BAD_ARGUMENT'))
  }
  a.change(({ tags, letter }) => {
    tags.add('x')
    letter.insert(0, 'y')
  })
  assert.deepEqual([a.plain.tags, a.plain.letter], [['x'], 'y'])
})

test('what it answers is memory of its own, which may be given away', () => {
  const [a, b] = [replicaOf('a'), replicaOf('b')]
  for (const bytes of [delta(a.change(({ note }) => note.set('x'))), a.diff(b.version()), a.save(), a.version()]) {
    assert.equal(bytes.buffer.byteLength, bytes.length)
  }
})

test('what is missing or is something else is named when a replica is made or fed', () => {
  const says = (part: string) => (error: unknown) => {
    assert.ok(isShoalError(error) && error.code === 'SHOAL_BAD_ARGUMENT', String(error))
    assert.ok(error.message.includes(part), error.message)
    return true
  }
  const options = { origin: 'a' }
  assert.throws(() => new Replica(schema, undefined as never), says('options.origin'))
  for (const origin of [undefined, 7, '', 'a\0b', 'x'.repeat(65)]) {
    assert.throws(() => new Replica(schema, { origin: origin as never }), says('options.origin'))
  }
  assert.throws(() => new Replica(undefined as never, options), says('a schema'))
  assert.throws(() => new Replica({ count: pnCounter as never }, options), says('call it, as in pnCounter()'))
  assert.throws(() => new Replica({ count: 5 as never }, options), says('"count" has no data type'))
  assert.throws(() => Replica.load(schema, undefined as never, options), says('save'))
  const a = new Replica(schema, options)
  assert.throws(() => a.apply(undefined as never), says('change answers undefined'))
  assert.throws(() => a.diff(undefined as never), says('version'))
})
