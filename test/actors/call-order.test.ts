/** What one program, or one handler, asks of one actor in one turn is begun in the order in which it was asked. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { command, exclusive, type HandlerContext, pnCounter, query, replicated } from 'shoal'
import { createTestCluster } from 'shoal/testing'

const shape = { n: pnCounter() }
const methods = {
  add: command(({ state }: HandlerContext<typeof shape>) => {
    state.n.add(1)
  })
}
const kinds = [
  replicated('everywhere', shape, methods),
  exclusive('merged', shape, methods),
  exclusive('leased', shape, methods, { partition: 'lease' })
]

interface Looks {
  add(): Promise<unknown>
  state(): Promise<{ n: number }>
}

/** What two looks show, one before and one after a command, and those of them that waited in line. */
async function looks(actor: Looks): Promise<number[]> {
  const [before, , after] = await Promise.all([actor.state(), actor.add(), actor.state()])
  return [before.n, after.n]
}

for (const kind of kinds) {
  const asking = async ({ actor }: HandlerContext<typeof shape>) => looks(actor(kind, 'handler') as Looks)
  const askers = [
    replicated('asker', shape, { ask: query(asking) }),
    exclusive('leased-asker', shape, { ask: query(asking) }, { partition: 'lease' })
  ]

  test(`looks at a ${kind.kind} actor show what was done before them, and nothing later`, async () => {
    await using cluster = await createTestCluster({
      ...{ actors: [...kinds, ...askers], nodes: 1, seed: 'order', shards: 4, leases: { leaseMs: 2000 } }
    })
    const actor = cluster.actor(0)(kind, 'a') as Looks
    await cluster.settle(actor.add())
    assert.deepEqual(await cluster.settle(looks(actor)), [1, 2])
    for (const [i, asker] of askers.entries()) {
      const shown = await cluster.settle(cluster.actor(0)(asker, 'a').ask())
      assert.deepEqual(shown, [i, i + 1], asker.kind)
    }
    // The last of them stand in line.
    const many = Array.from({ length: 300 }, () => looks(actor))
    const expected = many.map((_, i) => [i + 2, i + 3])
    assert.deepEqual(await cluster.settle(Promise.all(many)), expected)
  })
}
