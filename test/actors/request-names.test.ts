/** A command's handler is told how its call is named. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { command, exclusive, pnCounter, query, replicated, value } from 'shoal'
import { createTestCluster, type TestCluster } from 'shoal/testing'

let cluster: TestCluster
/** What handlers were told, in order. */
let told: (string | undefined)[] = []

const shape = { count: pnCounter() }
const add = command<typeof shape, void>(({ state, request }) => {
  told.push(request)
  state.count.add(1)
})
/** Its first run takes so long that no hand-off waits for it. */
const addSlowly = command<typeof shape, Promise<void>>(async ({ state, request }) => {
  told.push(request)
  if (told.length === 1) await new Promise<void>(resolve => cluster.world.time.schedule(30e6, undefined, resolve))
  state.count.add(1)
})
const ask = query<typeof shape, string>(({ request }) => String(request))
const lease = { partition: 'lease' } as const

const Merged = exclusive('merged', shape, { add, addSlowly, ask })
const Leased = exclusive('leased', shape, { add, addSlowly, ask }, lease)
const Copied = replicated('copied', shape, { add, ask }, { replication: 1 })
const Sender = exclusive('sender', value(0), { send: command(({ send }) => send(Leased, 'a').add()) }, lease)

async function started(): Promise<TestCluster> {
  told = []
  cluster = await createTestCluster({ actors: [Merged, Leased, Copied, Sender], seed: 1, leases: { leaseMs: 1000 } })
  return cluster
}

const ownerOf = (kind: typeof Merged | typeof Leased) =>
  cluster.world.machines().findIndex(({ id }) => id === cluster.nodes()[0]?.owner(kind, 'a'))
const lifeOf = (node: number) => `${cluster.node(node).id}.${cluster.node(node).incarnation}`

for (const kind of [Merged, Leased]) {
  test(`a command of a ${kind.kind} kind is told the life of the node that was called and a count, a query nothing`, async () => {
    await using _ = await started()
    for (const node of [0, 1, 2, 0]) await cluster.settle(cluster.actor(node)(kind, 'a').add())
    const lives = told.map(request => String(request).replace(/\/\d+$/, ''))
    assert.deepEqual(lives, [0, 1, 2, 0].map(lifeOf))
    assert.equal(new Set(told).size, 4)
    for (const node of [0, 1, 2]) assert.equal(await cluster.settle(cluster.actor(node)(kind, 'a').ask()), 'undefined')
  })

  test(`a command of a ${kind.kind} kind that runs again at the next owner is told the same`, async () => {
    await using _ = await started()
    await cluster.settle(cluster.actor(0)(kind, 'a').ask())
    const owner = ownerOf(kind)
    const caller = (owner + 1) % 3
    const calling = cluster.actor(caller)(kind, 'a').addSlowly()
    await cluster.until(() => told.length === 1)
    await cluster.leave(owner)
    await cluster.settle(calling)
    assert.equal(told.length, 2)
    assert.equal(told[0], told[1])
    assert.ok(told[0]?.startsWith(`${lifeOf(caller)}/`))
  })
}

test('a command that was sent is told who sent it, and which of its commands it is', async () => {
  await using _ = await started()
  for (let i = 0; i < 2; i++) await cluster.settle(cluster.actor(0)(Sender, 's').send())
  await cluster.until(() => told.length === 2)
  assert.deepEqual(told, ['sender/s/1', 'sender/s/2'])
})

test('a replicated kind is told nothing, wherever it runs', async () => {
  await using _ = await started()
  for (const node of [0, 1, 2]) {
    await cluster.settle(cluster.actor(node)(Copied, 'a').add())
    assert.equal(await cluster.settle(cluster.actor(node)(Copied, 'a').ask()), 'undefined')
  }
  assert.deepEqual(told, [undefined, undefined, undefined])
})
