/** A member that tells of many others who are not there: whoever really joins gets in all the same, everywhere. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestCluster } from 'shoal/testing'
import { Counter } from '../../examples/shop.ts'
import { memberTo } from '../../src/cluster/member-wire.ts'
import { signed } from '../cluster/member-world.ts'
import { actors } from '../support/shop.ts'
import { control, joined } from './support/siege.ts'

test('a full table of invented members keeps nobody out that has a link, and two that join at once find each other', async () => {
  const shards = 8
  const membersMax = 64
  await using cluster = await createTestCluster({ actors, nodes: 3, seed: 1, shards, membership: { membersMax } })
  // To be started later.
  for (const name of ['node-3', 'node-4']) cluster.world.machine(name)
  await cluster.run(2000)
  const attacker = await joined(cluster, shards, false)
  await cluster.run(1000)
  const invented = Array.from({ length: 2 * membersMax }, (_, at) =>
    memberTo(signed({ ...attacker.record, id: `x${at}`, name: `x${at}`, incarnation: attacker.incarnationOf(at) }))
  )
  const flood = () => {
    for (const peer of attacker.network.links())
      for (let at = 0; at < invented.length; at += 64)
        attacker.network.send(peer, 'control', control({ hello: { members: invented.slice(at, at + 64) } }))
  }
  flood()
  await cluster.run(3000)
  assert.equal(cluster.node(0).members().members.length, membersMax, 'the tables are full')
  for (const number of [3, 4]) cluster.boot(number)
  for (let round = 0; round < 8; round++) {
    flood()
    await cluster.run(1000)
  }
  const honest = cluster.nodes().map(node => node.id)
  for (const node of cluster.nodes()) {
    const known = node.members().members.filter(({ id, status }) => honest.includes(id) && status === 'alive')
    assert.equal(known.length, honest.length, `${node.name} knows all`)
    for (const other of honest)
      assert.ok(other === node.id || node.links().includes(other), `${node.name} has all links`)
    assert.ok(node.members().members.length <= membersMax)
  }
  await cluster.settle(cluster.node(4).actor(Counter, 'late').add(1))
  await cluster.run(2000)
  assert.equal(await cluster.settle(cluster.node(3).actor(Counter, 'late').value()), 1)
})
