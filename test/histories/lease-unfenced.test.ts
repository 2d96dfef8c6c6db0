/** Negative control: the sources with a bug of the zoo put in as they are loaded, so that an owner never asks whether its lease is valid. */
import assert from 'node:assert/strict'
import { registerHooks } from 'node:module'
import { test } from 'node:test'
import { leaseMutants } from '../cluster/lease/lease-zoo.ts'

test('without fencing, what an owner shows after a stop of twice the lease is refused by both judges', async () => {
  const bug = leaseMutants.find(({ name }) => name === 'reads without a lease')
  assert.ok(bug)
  const { file, find, replace } = bug
  let patched = 0
  using _hooks = patchedLoading((url, source) => {
    if (!url.endsWith(`/src/${file}`)) return source
    patched++
    return source.replace(find, () => replace)
  })
  // Not before: whatever loads the sources is to load the bug.
  const { readAfterLongStop } = await import('./leased.ts')
  const { judge } = await import('./judges.ts')
  const { Porcupine } = await import('./porcupine.ts')
  assert.equal(patched, 1)
  await using porcupine = await Porcupine.build()
  const { history, outcome } = await readAfterLongStop()
  assert.equal(outcome, 1)
  assert.equal((await judge(porcupine, history)).verdict, 'refused')
})

function patchedLoading(patch: (url: string, source: string) => string): Disposable {
  const hooks = registerHooks({
    load(url, context, next) {
      const loaded = next(url, context)
      if (!url.includes('/src/cluster/lease/') || loaded.source == null) return loaded
      const source = typeof loaded.source === 'string' ? loaded.source : new TextDecoder().decode(loaded.source)
      return { ...loaded, source: patch(url, source) }
    }
  })
  return { [Symbol.dispose]: () => hooks.deregister() }
}
