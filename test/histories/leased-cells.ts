/** The cells as kinds of the `lease` mode. Also a module for `--actors`. */
import { Cas, Counter, Register } from './cells.ts'

export const LeasedRegister = { ...Register, partition: 'lease' as const }
export const LeasedCounter = { ...Counter, partition: 'lease' as const }
export const LeasedCas = { ...Cas, partition: 'lease' as const }

/** Codes of errors that promise that a call to a kind of the `lease` mode had no effect. */
export const leaseWithoutEffect = ['SHOAL_DEADLINE', 'SHOAL_OVERLOADED', 'SHOAL_UNAVAILABLE']
