/** What holds for every data type inside maps, and for random schemas: see support/laws.ts. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { emptyState, isEmptyState, joinStates } from '../../src/crdt/index.ts'
import { anySpecs, pickOf } from './support/fields.ts'
import { anySteps, runHistory } from './support/history.ts'
import { nestableNames } from './support/kinds.ts'
import { lawProperty, testLaws } from './support/law-tests.ts'
import { holds } from './support/profile.ts'

testLaws(
  nestableNames.map(map => ({ map })),
  50
)
testLaws(
  [{ map: { map: 'pnCounter' } }, { map: { map: 'orSet', keys: 'number' } }, { map: { map: { map: 'mv' } } }],
  50
)

test('random schemas keep the laws', () => holds(150, lawProperty(anySpecs, 40)))

test('a replica that has seen all and holds nothing takes everything away that has dots', () => {
  const property = fc.property(anySteps(20), steps => {
    const { replicas } = runHistory([{ map: 'orSet' }, 'lww', 'enable'], steps)
    const { state, context } = pickOf(replicas, 0).snapshot(0)
    assert.ok(isEmptyState(joinStates(state, context, emptyState, context)))
  })
  holds(50, property)
})
