/** The cells in `lease` mode, and the shortest history that only fencing keeps in order. */
import { isShoalError } from 'shoal'
import { createTestCluster } from 'shoal/testing'
import { outputOf } from './cells.ts'
import type { Input, Operation, Output } from './history.ts'
import { LeasedCas, LeasedCounter, LeasedRegister, leaseWithoutEffect } from './leased-cells.ts'
import { Recorder } from './recorder.ts'
import type { SimulatedHistoryOptions } from './simulated.ts'

const leaseMs = 2_000

/** Of `simulatedHistory`: refused calls of a lease kind have had no effect, and the judges hold it to that. */
export const leased = {
  actors: [LeasedRegister, LeasedCounter, LeasedCas],
  leases: { leaseMs },
  withoutEffect: leaseWithoutEffect
} satisfies Partial<SimulatedHistoryOptions>

/** The same where three of the nodes keep the lease store themselves: who owns votes, too, and dies as both. */
export const voting = { ...leased, leases: { leaseMs, voters: 3 as const } } satisfies Partial<SimulatedHistoryOptions>

/**
 * The owner of a register stands still for twice the lease; another takes over and writes; then the first goes on and is asked at once.
 * `outcome`: what it says, or the code of its error.
 */
export async function readAfterLongStop(): Promise<{
  readonly history: readonly Operation[]
  readonly outcome: Output | string | undefined
}> {
  await using cluster = await createTestCluster({ ...leased, seed: 1 })
  const recorder = new Recorder(() => cluster.world.time.nowUs, leased.withoutEffect)
  let outcome: Output | string | undefined
  const ask = (node: number, input: Input) => {
    const register = cluster.actor(node)(LeasedRegister, 'r')
    const call = async (): Promise<Output> => {
      try {
        const output = await outputOf(input.op === 'write' ? register.write(input) : register.read())
        outcome = output
        return output
      } catch (error) {
        outcome = isShoalError(error) ? error.code : String(error)
        throw error
      }
    }
    return recorder.record({ client: node, key: 'r', input }, call)
  }
  const owner = cluster.world.machines().findIndex(({ id }) => id === cluster.node(0).owner(LeasedRegister, 'r'))
  const other = (owner + 1) % cluster.size
  await cluster.settle(ask(owner, { op: 'write', value: 1 }))
  cluster.pause(owner)
  await cluster.run(2 * leaseMs)
  outcome = undefined
  for (let value = 2; outcome !== null; value++) {
    await cluster.settle(ask(other, { op: 'write', value }))
    await cluster.run(100)
  }
  cluster.resume(owner)
  await cluster.settle(ask(owner, { op: 'read' }))
  return { history: recorder.history(), outcome }
}
