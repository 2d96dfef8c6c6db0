/**
 * One seed without faults: a node joins and leaves under load. What planned moves of exclusive actors promise is checked there,
 * and more sharply than faults allow: every call succeeds, and every deposit saw all that came before it.
 */
import { command, exclusive, pnCounter, query } from 'shoal'
import { TestCluster } from 'shoal/testing'
import { Counter } from '../../../examples/shop.ts'
import { SeededRandom } from '../../../src/simulation/random.ts'
import { actors } from '../../support/shop.ts'

/** Its handler waits in the middle, so that it is under way when its shard moves. */
const Ledger = exclusive(
  'ledger',
  { balance: pnCounter() },
  {
    deposit: command(async ({ state, self, actor, random }) => {
      const before = state.balance.value
      for (let left = random() < 0.1 ? 25 : 1; left > 0; left--)
        await actor(Counter, self.id).add(1, { acknowledge: 'majority' })
      state.balance.add(1)
      return before + 1
    }),
    balance: query(({ state }) => state.balance.value)
  }
)

export interface CalmRunReport {
  readonly deposits: number
  readonly virtualMs: number
}

/** Each write of a handler may have to be sent again, and up to six wait for each other. */
const deadlineMs = 60_000
const accounts = 6
const callers = 6

export async function calmRun({ seed }: { seed: number }): Promise<CalmRunReport> {
  // Publications may be lost on the best of days; then state moves by resending, and with the shard.
  const isLossy = seed % 2 === 0
  // Then, too, there may be nothing else that brings it: what only the old owner and its majority have must come with the shard.
  const isHarsh = isLossy && seed % 4 === 0
  const slow = isHarsh ? { beaconIntervalMs: 60_000, gapTimeoutMs: 10_000 } : {}
  const replication = { dissemination: isLossy ? 'gossip' : 'auto', ...slow } as const
  await using cluster = new TestCluster({ actors: [...actors, Ledger], nodes: 4, seed, shards: 16, replication })
  if (isLossy) cluster.world.fabric.setConditions({ publishLoss: isHarsh ? 0.95 : 0.4 })
  for (let i = 0; i < 3; i++) cluster.boot(i)
  await cluster.until(() => [0, 1, 2].every(i => cluster.running(i)?.unready() === undefined && isWhole(cluster, 3)))
  const replies = new Map<string, number[]>()
  const failures: string[] = []
  let isRunning = true
  let underWay = 0
  const call = async (caller: number): Promise<void> => {
    const random = new SeededRandom(`calm/${seed}/${caller}`)
    underWay++
    while (isRunning) {
      const id = `l${random.below(accounts)}`
      try {
        const balance = await cluster
          .actor(caller % 3)(Ledger, id)
          .deposit(undefined, { deadlineMs })
        replies.set(id, [...(replies.get(id) ?? []), balance])
      } catch (error) {
        failures.push(`${id} by node-${caller % 3}: ${error}`)
      }
      await new Promise<void>(resolve => cluster.world.time.schedule(random.between(0, 15_000), undefined, resolve))
    }
    underWay--
  }
  for (let caller = 0; caller < callers; caller++) void call(caller)
  await cluster.run(200)
  cluster.boot(3)
  await cluster.until(() => isWhole(cluster, 4))
  await cluster.run(500)
  await cluster.leave(3)
  await cluster.run(300)
  isRunning = false
  await cluster.until(() => underWay === 0, deadlineMs)
  if (failures.length > 0) throw new Error(`seed ${seed}: ${failures[0]}, and ${failures.length - 1} more`)
  let deposits = 0
  for (const [id, balances] of replies) {
    const sorted = balances.toSorted((a, b) => a - b)
    const wrong = sorted.findIndex((balance, i) => balance !== i + 1)
    if (wrong >= 0) throw new Error(`seed ${seed}: ${id}: deposit ${wrong + 1} was answered ${sorted[wrong]}`)
    const balance = await cluster.settle(cluster.actor(0)(Ledger, id).balance())
    if (balance !== sorted.length) throw new Error(`seed ${seed}: ${id}: ${balance} after ${sorted.length} deposits`)
    deposits += sorted.length
  }
  return { deposits, virtualMs: cluster.world.time.nowMs }
}

function isWhole(cluster: TestCluster, size: number): boolean {
  const nodes = cluster.nodes()
  return (
    nodes.length === size &&
    nodes.every(
      node =>
        node.unready() === undefined &&
        node.members().members.filter(member => member.status === 'alive').length === size
    )
  )
}
