/** Tests of the laws for some specs: one test each, which checks every law on every history. */
import { test } from 'node:test'
import fc from 'fast-check'
import { anyPicks, nameOf, type Spec, type Specs } from './fields.ts'
import { anySteps, runHistory } from './history.ts'
import { checkLaw, LawCase, lawNames } from './laws.ts'
import { holds, onlyLaw } from './profile.ts'

const checked = lawNames.filter(name => onlyLaw === undefined || name === onlyLaw)

export function lawProperty(specs: fc.Arbitrary<Specs>, maxSteps: number) {
  return fc.property(specs, anySteps(maxSteps), anyPicks, (theSpecs, steps, picks) => {
    const it = new LawCase(theSpecs, runHistory(theSpecs, steps), picks)
    for (const name of checked) checkLaw(name, it)
  })
}

/** `usual` is the number of cases in `npm test`. */
export function testLaws(specs: readonly Spec[], usual: number): void {
  for (const spec of specs) {
    test(`${nameOf(spec)} keeps the laws`, () => holds(usual, lawProperty(fc.constant([spec]), 40)))
  }
}
