/** Calls to lease kinds while shards have nobody who serves them. */
import { isShoalError } from 'shoal'
import type { TestCluster } from 'shoal/testing'

/** Until it is not refused any more as having had no effect. */
export async function served<T>(cluster: TestCluster, call: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await cluster.settle(call())
    } catch (error) {
      if (!isShoalError(error) || error.code !== 'SHOAL_UNAVAILABLE') throw error
    }
    await cluster.run(100)
  }
}
