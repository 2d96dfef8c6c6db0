/** A kind is of one mode for ever: actors of `merge` and `lease` kinds are kept apart. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { command, exclusive, type HandlerContext, pnCounter, replicated } from 'shoal'
import { createTestCluster } from 'shoal/testing'
import { outcome } from './outcome.ts'

const shape = { sum: pnCounter() }
const add = command(({ state }: HandlerContext<typeof shape>) => {
  state.sum.add(1)
  return state.sum.value
})
const Merged = exclusive('sum', shape, { add })
const Leased = exclusive('sum', shape, { add }, { partition: 'lease' })
const Other = replicated('other', shape, { add })

for (const [before, after] of [
  [Merged, Leased],
  [Leased, Merged]
] as const)
  test(`a node whose disk has a kind with ${before.partition ?? 'merge'} does not start with ${after.partition ?? 'merge'}`, async () => {
    await using cluster = await createTestCluster({ actors: [before], seed: 1 })
    assert.equal(await cluster.settle(cluster.actor(0)(before, 'a').add()), 1)
    cluster.kill(0)
    cluster.boot(0, { actors: [after, Other] })
    await cluster.until(() => cluster.startError(0) !== undefined)
    assert.match(String(cluster.startError(0)), /that cannot change/)
    cluster.boot(0, { actors: [before, Other] })
    await cluster.until(() => cluster.isWhole(), 20_000)
    assert.equal(await cluster.settle(cluster.actor(0)(before, 'a').add()), 2)
  })

test('a node that has a kind in another mode runs no call to it', async () => {
  await using cluster = await createTestCluster({ actors: [Other], seed: 1 })
  for (const [number, kind] of [Merged, Leased, Leased].entries()) {
    cluster.kill(number)
    cluster.boot(number, { actors: [Other, kind] })
  }
  await cluster.until(() => cluster.isWhole(), 30_000)
  const machines = cluster.world.machines()
  const ids = Array.from({ length: 30 }, (_, i) => `a${i}`)
  for (const id of ids) {
    const owner = machines.findIndex(machine => machine.id === cluster.node(1).owner(Leased, id))
    for (const [caller, kind] of [
      [0, Merged],
      [1, Leased]
    ] as const) {
      const told = await outcome(cluster.settle(cluster.actor(caller)(kind, id).add(undefined, { deadlineMs: 3000 })))
      const isAlike = (owner === 0) === (caller === 0)
      assert.equal(typeof told === 'number', isAlike, `${id} of ${owner}, called by ${caller}: ${told}`)
      if (!isAlike) assert.equal(told, 'SHOAL_UNKNOWN_KIND')
    }
  }
})
