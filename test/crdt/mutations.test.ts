/** The deliberate bugs (`node test/crdt/mutants.ts`) are too many for every run; that they fit the sources, and a few of them, are not. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { kinds, type LeafName } from './support/kinds.ts'
import { breakingTable, Copy, findIn, findInGrid, gridCells } from './support/mutant-hunt.ts'
import { mutations } from './support/mutations.ts'

test('each deliberate bug changes one place of the sources', () => {
  assert.ok(mutations.length >= 100)
  assert.equal(new Set(mutations.map(({ name }) => name)).size, mutations.length, 'names are different')
  for (const { name, file, find, replace } of [...mutations, { name: 'a broken type', ...breakingTable }]) {
    const source = readFileSync(`src/${file}`, 'utf8')
    assert.equal(source.split(find).length, 2, `${name}: ${file}`)
    assert.notEqual(find, replace)
  }
})

test('every type has each of its laws broken', () => {
  const broken = new Set(gridCells().map(({ kind }) => kinds[kind].field().type.tag))
  for (const kind of Object.keys(kinds) as LeafName[]) assert.ok(broken.has(kinds[kind].field().type.tag), kind)
})

/** Of different kinds, and quickly found. */
const sample: readonly string[] = [
  'an add keeps the dots that it saw',
  'a new run goes on with the old sum',
  'a stamp equals one that it saw',
  'surplus bytes are read'
]

test('the tests notice a few of them', { concurrency: 2 }, async t => {
  await Promise.all(
    sample.map(name =>
      t.test(name, async () => {
        const mutation = mutations.find(other => other.name === name)
        assert.ok(mutation)
        assert.ok(await findIn(mutation), 'nothing noticed it')
      })
    )
  )
})

test('what is no program, and what fails without a bug, notices nothing', async () => {
  const [mutation] = mutations
  assert.ok(mutation)
  await assert.rejects(findIn({ ...mutation, replace: `${mutation.replace} if (` }), /cannot be imported/)
  await assert.rejects(findIn({ ...mutation, hint: ['support/always-fails.ts'] }), /fails without a bug/)
})

test('the tests notice a broken law', async () => {
  await using copy = await Copy.withBreaks()
  const cell = gridCells().find(({ kind, way }) => kind === 'orSet' && way.startsWith('diff'))
  assert.ok(cell)
  assert.ok(await findInGrid(copy, cell))
})
