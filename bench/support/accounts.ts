/** The accounts that benchmarks call: those of the shop, and the same in `lease` mode where the cluster has a lease store. */
import { Account } from '../../examples/shop.ts'
import { isShoalError } from '../../src/ports/errors.ts'
import { monotonicMs, pause } from './monotonic.ts'

export const LeasedAccount = { ...Account, kind: 'leased-account' as const, partition: 'lease' as const }

export type AccountKind = 'account' | 'leased-account'

export const accountKinds = { account: Account, 'leased-account': LeasedAccount }

const patienceMs = 60_000
/** A refusal comes at once, and says that there was no effect. */
const againMs = 10

/** The answer of a call that is made again for as long as nobody serves its actor. */
export async function onceServed<T>(call: () => Promise<T>): Promise<T> {
  for (const startMs = monotonicMs(); ; await pause(againMs)) {
    try {
      return await call()
    } catch (error) {
      if (!isShoalError(error) || error.code !== 'SHOAL_UNAVAILABLE' || monotonicMs() - startMs > patienceMs)
        throw error
    }
  }
}
