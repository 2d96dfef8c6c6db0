/**
 * How many cases a property is tried on, and from which seed.
 *
 * `SHOAL_CASES=10000` says it for every property (`npm run test:nightly`), `SHOAL_TEST_SCALE=20` makes each try 20 times its usual
 * number. A failure prints the seed; `SHOAL_SEED` with it gives the same cases again. `SHOAL_SHRINK=0` shows the first failing case as
 * it is, without looking for a smaller one. `SHOAL_LAW=diff` checks that law of support/laws.ts alone.
 */
import fc from 'fast-check'

const { SHOAL_CASES, SHOAL_LAW, SHOAL_SEED, SHOAL_SHRINK, SHOAL_TEST_SCALE = '1' } = process.env

/** The only law to check; `undefined` where all are. */
export const onlyLaw = SHOAL_LAW

export const scale = wholeNumber('SHOAL_TEST_SCALE', SHOAL_TEST_SCALE)

function wholeNumber(name: string, text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new Error(`${name} is a whole number, not ${text}`)
  return value
}

/** `usual` is the number in `npm test`. */
export function casesOf(usual: number): number {
  return SHOAL_CASES === undefined ? usual * scale : wholeNumber('SHOAL_CASES', SHOAL_CASES)
}

/** Tries a property on as many cases as the profile says. */
export function holds<T>(usual: number, property: fc.IProperty<T>): void {
  const seed = SHOAL_SEED === undefined ? {} : { seed: wholeNumber('SHOAL_SEED', SHOAL_SEED) }
  const details = fc.check(property, { numRuns: casesOf(usual), endOnFailure: SHOAL_SHRINK === '0', ...seed })
  if (!details.failed) return
  const { errorInstance, numRuns } = details
  const cause = errorInstance instanceof Error ? errorInstance.message : String(errorInstance)
  const replay = `again with: SHOAL_SEED=${details.seed} SHOAL_CASES=${Math.max(numRuns, casesOf(usual))}`
  throw new Error(`${cause}\n${replay}\n${fc.defaultReportMessage(details)}`, { cause: errorInstance })
}
