/** What a cut has excluded can be looked at, in the form of its kind, at the node whose disk had it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { command, eventSourced, exclusive, isShoalError, pnCounter, text, value } from 'shoal'
import { createTestCluster } from 'shoal/testing'
import { z } from 'zod'
import { allOf } from '../support/all-of.ts'
import { served } from './support/served.ts'

const lease = { partition: 'lease' } as const
const Counted = exclusive(
  'counted',
  { n: pnCounter(), note: text() },
  {
    put: command(z.int(), ({ state }, n) => {
      state.n.add(n)
      state.note.insert(state.note.length, `${n};`)
    })
  },
  lease
)
const Valued = exclusive(
  'valued',
  value({ n: 0 }),
  {
    put: command(z.int(), ({ state }, n) => {
      state.n += n
    })
  },
  lease
)
const Logged = exclusive(
  'logged',
  eventSourced({ initial: { n: 0 }, apply: ({ n }, event: number) => ({ n: n + event }) }),
  {
    put: command(z.int(), ({ emit }, n) => {
      emit(n)
    })
  },
  lease
)
const kinds = [Counted, Valued, Logged] as const

test('what an owner had on its disk alone is shown with its state, its place and its calls, and nothing that was acknowledged is', async () => {
  await using cluster = await createTestCluster({
    actors: kinds,
    seed: 3,
    nodes: 3,
    shards: 1,
    leases: { leaseMs: 1000 }
  })
  const put = (node: number, kind: (typeof kinds)[number], id: string, n: number, deadlineMs = 30_000) =>
    cluster.node(node).call(kind.kind, id, 'put', n, { deadlineMs })
  for (const kind of kinds) await served(cluster, () => put(0, kind, 'a', 1))
  const ids = cluster.nodes().map(({ id }) => id)
  const owner = ids.indexOf(cluster.node(0).owner(Counted, 'a') ?? '')
  assert.notEqual(owner, -1)
  const others = [0, 1, 2].filter(number => number !== owner)
  cluster.partition([owner], others)
  const lost = kinds.map(kind => put(owner, kind, 'a', 10, 1500).then(() => 'done', codeOf))
  await cluster.run(200)
  cluster.pause(owner)
  const [other = 0] = others
  for (const kind of kinds) await served(cluster, () => put(other, kind, 'a', 100))
  cluster.resume(owner)
  cluster.heal()
  assert.deepEqual(await cluster.settle(Promise.all(lost)), Array(3).fill('SHOAL_INDETERMINATE'))
  for (const kind of kinds) await served(cluster, () => put(owner, kind, 'a', 1000))
  await cluster.run(5000)
  const aside = await cluster.settle(allOf(cluster.node(owner).setAside()))
  assert.deepEqual(
    aside.map(({ kind, id, state, unreadable }) => [kind, id, state, unreadable]),
    [
      ['counted', 'a', { n: 11, note: '1;10;' }, undefined],
      ['valued', 'a', { n: 11 }, undefined],
      ['logged', 'a', { n: 11 }, undefined]
    ]
  )
  for (const { shard, epoch, n, revision, requests } of aside) {
    assert.deepEqual([shard, revision], [0, 2])
    assert.ok(epoch >= 1 && n >= 1)
    const node = cluster.node(owner)
    assert.match(requests.at(-1) ?? '', new RegExp(`^${node.id}.*/\\d+$`))
  }
  for (const number of others) assert.deepEqual(await cluster.settle(allOf(cluster.node(number).setAside())), [])
  for (const kind of kinds) {
    const { state } = await cluster.settle(cluster.node(other).describe(kind.kind, 'a'))
    assert.equal((state as { n: number }).n, 1101)
  }
})

test('a node without lease kinds has nothing that was set aside', async () => {
  await using cluster = await createTestCluster({ actors: [], seed: 1, nodes: 1 })
  assert.deepEqual(await cluster.settle(allOf(cluster.node(0).setAside())), [])
})

function codeOf(error: unknown): string {
  return isShoalError(error) ? error.code : String(error)
}
