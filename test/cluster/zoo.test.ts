/** The bug zoo (`node test/cluster/mutants.ts`) is too slow for every run; that its bugs still fit the sources is not. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { mutants } from './support/zoo.ts'

test('each bug of the zoo changes one place of the sources', () => {
  assert.ok(mutants.length > 20)
  for (const mutant of mutants) {
    for (const { file, find, replace } of mutant.changes) {
      const source = readFileSync(`src/${file}`, 'utf8')
      assert.equal(source.split(find).length, 2, `${mutant.name}: ${file}`)
      assert.notEqual(find, replace)
    }
  }
})
