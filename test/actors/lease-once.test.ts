/** What is done once: calls to `lease` kinds, and calls whose handlers make such calls. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { command, exclusive, isShoalError, pnCounter, query, Refusal, replicated } from 'shoal'
import { createTestCluster, type TestCluster } from 'shoal/testing'

const Lock = exclusive(
  'lock',
  { taken: pnCounter() },
  { take: command(({ state }) => state.taken.add(1)), taken: query(({ state }) => state.taken.value) },
  { partition: 'lease' }
)

/** The number of the node that owns the actor by the ring. */
function ownerOf(cluster: TestCluster, id: string): number {
  const owner = cluster.nodes()[0]?.owner(Lock, id)
  return cluster.world.machines().findIndex(machine => machine.id === owner)
}

function codeOf(error: unknown): string {
  return isShoalError(error) || error instanceof Refusal ? error.code : String(error)
}

test('a handler that lets through that a leased actor is not served runs once, wherever its caller is', async () => {
  let runs = 0
  const run = command(async ({ actor }) => {
    runs++
    await actor(Lock, 'l').take()
  })
  const Job = replicated('job', {}, { run }, { replication: 1 })
  await using cluster = await createTestCluster({ actors: [Lock, Job], seed: 1, leases: { leaseMs: 1000 } })
  const owner = ownerOf(cluster, 'l')
  let job: string | undefined
  for (let i = 0; job === undefined; i++) {
    const { replicas } = await cluster.settle(cluster.node(0).describe('job', `j${i}`))
    if (replicas[0] === cluster.machine(owner).id) job = `j${i}`
  }
  await cluster.settle(cluster.actor(owner)(Lock, 'l').take())
  cluster.leaseStore.conditions.isDown = true
  await cluster.run(3000)
  for (const caller of [owner, (owner + 1) % 3]) {
    runs = 0
    const told: Promise<string> = cluster.actor(caller)(Job, job).run().then(String, codeOf)
    assert.deepEqual([await cluster.settle(told), runs], ['SHOAL_UNAVAILABLE', 1])
  }
})
