/** Nodes that know one other each, in a ring, find each other whatever the order they come in. */
import { test } from 'node:test'
import { emptyCluster } from './support/cluster.ts'

/** a joins b, b joins c, c joins a. */
const ring = [
  ['a', 'b'],
  ['b', 'c'],
  ['c', 'a']
] as const

for (const order of ['abc', 'cba', 'bac']) {
  test(`three nodes that start one after the other, as ${order}, all see each other alive within 5 s`, {
    timeout: 300_000
  }, async t => {
    const cluster = await emptyCluster(t)
    for (const [name, other] of ring) await cluster.add(name, other)
    for (const name of order) await cluster.nodes.find(node => node.name === name)?.start()
    t.diagnostic(`all alive after ${Math.round(await cluster.allAlive())} ms`)
  })
}

test('three nodes that start at once all see each other alive within 5 s', { timeout: 300_000 }, async t => {
  const cluster = await emptyCluster(t)
  for (const [name, other] of ring) await cluster.add(name, other)
  await Promise.all(cluster.nodes.map(node => node.start()))
  t.diagnostic(`all alive after ${Math.round(await cluster.allAlive())} ms`)
})
