/** A replica that takes another's place has everything before it counts as one. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { command, exclusive, pnCounter } from 'shoal'
import { createTestCluster } from 'shoal/testing'
import { ownershipFrom } from '../../src/cluster/lease/lease-registers.ts'

const Cell = exclusive(
  'cell',
  { sum: pnCounter() },
  {
    add: command(({ state }) => {
      state.sum.add(1)
      return state.sum.value
    })
  },
  { partition: 'lease' }
)
const leaseMs = 2000

for (const seed of [1, 2, 3])
  test(`seed ${seed}: an owner that dies while it has no new replica yet shuts no shard, though that one has stood still`, async () => {
    await using cluster = await createTestCluster({ actors: [Cell], seed, nodes: 4, shards: 1, leases: { leaseMs } })
    assert.equal(await cluster.settle(cluster.actor(0)(Cell, 'c').add()), 1)
    const numberOf = (peer: string) => cluster.world.machines().findIndex(({ id }) => id === peer)
    const setNow = () => {
      const register = cluster.leaseStore.register('shard/0')
      return register === undefined ? [] : ownershipFrom(register).opened.set.map(numberOf)
    }
    const [owner = -1, replica = -1, lost = -1] = setNow()
    const newcomer = [0, 1, 2, 3].find(number => !setNow().includes(number)) ?? -1
    cluster.kill(lost)
    const sees = (status: string) =>
      cluster
        .node(owner)
        .members()
        .members.find(({ id }) => numberOf(id) === lost)?.status === status
    await cluster.until(() => sees('dead'))
    cluster.pause(newcomer)
    await cluster.run(700)
    // It waits for whom it would have in its set, and who has nothing yet.
    assert.deepEqual(setNow().toSorted(), [owner, replica, lost].toSorted())
    cluster.kill(owner)
    cluster.resume(newcomer)
    cluster.boot(lost)
    const added = async () => {
      for (let sum: number | undefined; ; await cluster.run(50)) {
        sum = await cluster.settle(
          cluster
            .actor(replica)(Cell, 'c')
            .add()
            .catch(() => undefined)
        )
        if (sum !== undefined) return sum
      }
    }
    const beganMs = cluster.world.time.nowMs
    assert.equal(await added(), 2)
    assert.ok(cluster.world.time.nowMs - beganMs < leaseMs + 4000)
  })

test('a replica is replaced by one that has everything within moments of its death', async () => {
  await using cluster = await createTestCluster({ actors: [Cell], seed: 4, nodes: 4, shards: 1, leases: { leaseMs } })
  for (let i = 0; i < 10; i++) await cluster.settle(cluster.actor(0)(Cell, 'c').add())
  const setNow = () => {
    const register = cluster.leaseStore.register('shard/0')
    return register === undefined ? [] : ownershipFrom(register).opened.set
  }
  const lost = setNow()[2]
  cluster.kill(cluster.world.machines().findIndex(({ id }) => id === lost))
  await cluster.until(() => lost !== undefined && !setNow().includes(lost), 5000)
  assert.equal(setNow().length, 3)
  assert.equal(await cluster.settle(cluster.nodes()[0]?.actor(Cell, 'c').add() ?? assert.fail()), 11)
})
