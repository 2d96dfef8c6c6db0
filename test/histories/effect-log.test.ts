import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Append, type Effect, judgeEffects } from './effect-log.ts'

const first: Effect = { call: 7, by: 1, atUs: 10, saw: -1 }
const second: Effect = { call: 8, by: 2, atUs: 20, saw: 7 }
const appends: readonly Append[] = [
  { log: 'l', call: 7, fromUs: 5, toUs: 15, outcome: 1 },
  { log: 'l', call: 8, fromUs: 6, toUs: 25, outcome: 2 },
  { log: 'l', call: 9, fromUs: 6, toUs: 25, outcome: 'none' }
]

function judged(effects: readonly Effect[], calls = appends) {
  const { overlaps, stale, wrong } = judgeEffects(new Map([['l', effects]]), calls)
  return { overlaps: overlaps.length, stale: stale.length, wrong: wrong.length }
}

test('a log of effects that follow each other is right, and tells how often its owner changed', () => {
  assert.deepEqual(judged([first, second]), { overlaps: 0, stale: 0, wrong: 0 })
  assert.equal(judgeEffects(new Map([['l', [first, second]]]), appends).changes, 1)
  const unknown = appends.map(append => ({ ...append, outcome: 'unknown' as const }))
  assert.deepEqual(judged([first], unknown), { overlaps: 0, stale: 0, wrong: 0 }, 'what nobody knows may be missing')
})

test('an effect after one that another owner ran later is an overlap', () => {
  const late = { ...first, atUs: 21 }
  assert.deepEqual(judged([late, second], [{ ...appends[0], toUs: 25 } as Append, ...appends.slice(1)]), {
    overlaps: 1,
    stale: 0,
    wrong: 0
  })
})

test('an effect of a handler that did not see the one before is a stale write', () => {
  assert.deepEqual(judged([first, { ...second, saw: -1 }]), { overlaps: 0, stale: 1, wrong: 0 })
})

test('what is missing, elsewhere, there twice, there though it was refused, not called, or run outside of its call is wrong', () => {
  assert.equal(judged([first]).wrong, 1, 'missing')
  assert.equal(
    judged([first, second, { ...second, saw: 8, atUs: 22 }]).wrong,
    2,
    'twice, and not where it was said to be'
  )
  const refused = { call: 9, by: 2, atUs: 22, saw: 8 }
  assert.equal(judged([first, second, refused]).wrong, 1, 'refused')
  assert.equal(judged([first, second, { ...refused, call: 10 }]).wrong, 1, 'not called')
  assert.equal(judged([first, { ...second, atUs: 26 }]).wrong, 1, 'after its call')
})
