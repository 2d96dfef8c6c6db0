/**
 * A hand-off and an opening, broken at each of their arrows. The suite tries every so-manieth trouble; `SHOAL_STRIDE=1` tries all, which are
 * some thousands, and `SHOAL_SEED` others of them in other clusters.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Arrow, scenarios, servedWithinMs, sweepRun, told, troublesAt } from './sweep.ts'

const seed = Number(process.env['SHOAL_SEED'] ?? 1)
const stride = Number(process.env['SHOAL_STRIDE'] ?? 211)

const opening = ['claim', 'seal', 'sealed', 'entries', 'accepted', 'fetch', 'page', 'open']
const handOff = ['release', ...opening]
const stepsOf = {
  leave: ['end', ...opening],
  return: handOff,
  'return to nothing': handOff,
  'fail-over': opening,
  steady: ['entries', 'accepted']
}

for (const scenario of scenarios)
  test(`${scenario}: whatever breaks at an arrow, one node serves after the heal, and nothing that clients were told is undone`, async t => {
    const { arrows } = await sweepRun(scenario, seed)
    const seen = new Set(arrows.map(({ step }) => step.name))
    for (const name of stepsOf[scenario]) assert.ok(seen.has(name as Arrow['step']['name']), `no ${name} was seen`)
    const troubles = arrows.flatMap(arrow => troublesAt(arrow).map(trouble => ({ arrow, trouble })))
    let worstMs = 0
    let tried = 0
    for (let at = seed % stride; at < troubles.length; at += stride) {
      const { arrow, trouble } = troubles[at] ?? assert.fail()
      const what = `SHOAL_SEED=${seed}, trouble ${at}, ${told(arrow, trouble)}`
      const { isStruck, servedMs } = await sweepRun(scenario, seed, trouble).catch(error => {
        throw new Error(what, { cause: error })
      })
      assert.ok(isStruck, `${what}: it did not come to that`)
      worstMs = Math.max(worstMs, servedMs)
      tried++
    }
    t.diagnostic(
      `${tried} of ${troubles.length} troubles at ${arrows.length} arrows; all nodes answered within ${worstMs} ms`
    )
    assert.ok(worstMs <= servedWithinMs)
  })
