/** The hunt (`npm run lease-zoo`) is too slow for every run; that its bugs still fit the sources is not. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { leaseMutants, type SourceChange, smallLimits } from './lease-zoo.ts'
import { changed, changesOf } from './patched-loading.ts'

function assertFits(change: SourceChange): void {
  const source = readFileSync(`src/${change.file}`, 'utf8')
  assert.notEqual(changed(source, change), source, change.find)
}

test('each bug of the zoo of lease shards changes one place of the sources', () => {
  assert.ok(leaseMutants.length >= 15)
  assert.equal(new Set(leaseMutants.map(({ name }) => name)).size, leaseMutants.length)
  for (const mutant of leaseMutants) for (const change of changesOf(mutant)) assertFits(change)
})

test('the small limits that some runs have change one place each', () => {
  for (const change of smallLimits) assertFits(change)
})
