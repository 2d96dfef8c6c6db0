/**
 * Every truncation and every flipped bit of what each type writes is refused, or is another value: it reads as plain data, joins,
 * and encodes to those very bytes.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  type ActorState,
  decodeDelta,
  decodeState,
  encodeDelta,
  encodeState,
  joinStates,
  plainValue
} from '../../src/crdt/index.ts'
import { assertTotal } from './support/damage.ts'
import { isDocument, nameOf, pickOf, type Spec, schemaOf } from './support/fields.ts'
import { anySteps, runHistory } from './support/history.ts'
import { automergeNames, nestableNames, topNames } from './support/kinds.ts'
import { holds } from './support/profile.ts'

const specs: readonly Spec[] = [...nestableNames, ...topNames, { map: 'pnCounter' }, { map: { map: 'orSet' } }]

/** Longer ones take longer than they tell. */
const maxStateBytes = 120

function usualOf(spec: Spec): number {
  return automergeNames.some(name => name === spec) ? 3 : 8
}

for (const spec of specs) {
  test(`${nameOf(spec)} is read from damaged bytes or refused`, () => {
    const schema = schemaOf([spec])
    const property = fc.property(anySteps(25), fc.nat(1000), (steps, pick) => {
      const { snapshots, deltas } = runHistory([spec], steps)
      if (snapshots.length === 0 || deltas.length === 0) return
      const { state, context } = pickOf(snapshots, pick)
      const use = (damaged: ActorState): void => {
        // The bytes of a document may be what its engine refuses, which is for the sandbox to find out.
        if (!isDocument(spec)) plainValue(schema, damaged)
        const joined = joinStates(state, context, damaged, context)
        assert.equal(joinStates(joined, context, damaged, context), joined)
      }
      assertTotal(decodeDelta, encodeDelta, encodeDelta(pickOf(deltas, pick)), delta => use(delta.state))
      const bytes = encodeState(state)
      if (bytes.length <= maxStateBytes) assertTotal(decodeState, encodeState, bytes, use)
    })
    holds(usualOf(spec), property)
  })
}
