/** The hunt (`node test/cluster/lease/mutants.ts`) is too slow for every run; that its bugs still fit the sources is not. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { leaseMutants } from './lease-zoo.ts'

test('each bug of the zoo of lease shards changes one place of the sources', () => {
  assert.ok(leaseMutants.length >= 15)
  const changes = leaseMutants.flatMap(mutant => [mutant, ...(mutant.also === undefined ? [] : [mutant.also])])
  for (const { file, find, replace } of changes) {
    assert.equal(readFileSync(`src/${file}`, 'utf8').split(find).length, 2, `${file}: ${find}`)
    assert.notEqual(find, replace)
  }
})
