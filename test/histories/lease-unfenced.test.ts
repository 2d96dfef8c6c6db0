/** Negative control: the sources with a bug of the zoo put in as they are loaded, so that an owner never asks whether its lease is valid. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadWithBug } from '../cluster/lease/patched-loading.ts'

test('without fencing, what an owner shows after a stop of twice the lease is refused by both judges', async () => {
  using bug = loadWithBug('reads without a lease')
  // Not before: whatever loads the sources is to load the bug.
  const { readAfterLongStop } = await import('./leased.ts')
  const { judge } = await import('./judges.ts')
  const { Porcupine } = await import('./porcupine.ts')
  assert.equal(bug.patched, 1)
  await using porcupine = await Porcupine.build()
  const { history, outcome } = await readAfterLongStop()
  assert.equal(outcome, 1)
  assert.equal((await judge(porcupine, history)).verdict, 'refused')
})
