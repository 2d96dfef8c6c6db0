/** The hunt (`node test/cluster/lease/mutants.ts`) is too slow for every run; that its bugs still fit the sources is not. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { leaseMutants } from './lease-zoo.ts'

test('each bug of the zoo of lease shards changes one place of the sources', () => {
  assert.ok(leaseMutants.length >= 15)
  for (const { name, file, find, replace } of leaseMutants) {
    assert.equal(readFileSync(`src/${file}`, 'utf8').split(find).length, 2, `${name}: ${file}`)
    assert.notEqual(find, replace)
  }
})
