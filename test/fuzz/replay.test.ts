/** What fuzzing has kept is tried again: inputs that once showed a fault, and those that between them run the decoders' code. */
import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { test } from 'node:test'
import { check } from './support/check.ts'
import { readInputs } from './support/corpus.ts'
import { targets } from './targets.ts'

for (const [name, target] of targets) {
  test(`${name}: each kept input is a canonical value or is refused`, async () => {
    let accepted = 0
    for (const bytes of target.seeds()) if (check(target, bytes).isAccepted) accepted++
    assert.ok(accepted > 0, 'no seed is accepted')
    for (const shelf of ['failures', 'corpus'] as const) {
      for (const { bytes } of await readInputs(shelf, name)) check(target, bytes)
    }
  })
}

test('every file of kept inputs belongs to a target', async () => {
  for (const shelf of ['corpus', 'failures']) {
    const names = await readdir(new URL(shelf, import.meta.url)).catch(() => [])
    for (const name of names) assert.ok(targets.has(name.replace('.txt', '')), `${shelf}/${name}`)
  }
})
