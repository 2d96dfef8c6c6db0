/** What the watches of leased actors show while their owners die, leave, stand still and are cut off, and what they cost. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestCluster, type TestCluster } from 'shoal/testing'
import { add, Crdt, growing, judge, type Named, ownerOf, type Reading, read, Value, wordsOf } from './support/growing.ts'

const leaseMs = 1000
const start = (seed: number, options: { nodes?: number; shards?: number } = {}) =>
  createTestCluster({ actors: growing, seed, nodes: 3, shards: 4, leases: { leaseMs }, ...options })

async function lastOf(cluster: TestCluster, of: Named): Promise<string[]> {
  for (;;) {
    const [node] = cluster.nodes()
    assert.ok(node)
    const asked = node.describe(of.kind.kind, of.id).catch(() => undefined)
    const view = await cluster.settle(asked, 60_000)
    if (view !== undefined) return wordsOf(view.state)
    await cluster.run(500)
  }
}

const ends = (reading: Reading) => reading.shown.at(-1)

for (const kind of growing)
  test(`every node shows a leased actor as it is, and each change of it: ${kind.kind}`, async () => {
    await using cluster = await start(1)
    const of = { kind, id: 'a' }
    const early = cluster.nodes().map(node => read(cluster, node, of))
    await cluster.until(() => early.every(({ shown }) => shown.length === 1))
    assert.deepEqual(ends(early[0] as Reading), [])
    for (const word of ['v', 'w', 'x']) {
      await cluster.settle(add(cluster.node(1), of, word))
      await cluster.until(() => early.every(reading => ends(reading)?.at(-1) === word))
    }
    const late = cluster.nodes().map(node => read(cluster, node, of, 3))
    await cluster.until(() => late.every(({ shown }) => shown.length === 1))
    for (const reading of [...early, ...late]) judge(reading, ['v', 'w', 'x'])
    assert.deepEqual(early.map(({ shown }) => shown.length), [4, 4, 4])
  })
