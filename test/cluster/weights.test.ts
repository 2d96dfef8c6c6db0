/** Nodes of different weights: how much they own, as all of them see it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isShoalError } from 'shoal'
import { createTestCluster, type TestCluster } from 'shoal/testing'
import { Account } from '../../examples/shop.ts'
import { MemberTable } from '../../src/cluster/member-table.ts'
import { MemberView } from '../../src/cluster/member-view.ts'
import { isWeight, memberFrom, memberLimits, memberTo } from '../../src/cluster/member-wire.ts'
import { actors } from '../support/shop.ts'

const someone = {
  id: 'a',
  name: 'a',
  region: 'r',
  zone: 'r',
  incarnation: '0lx5f0000aaaaaaaaaaaaa',
  refutation: 0,
  status: 'alive',
  addresses: []
} as const

const loadOf = (cluster: TestCluster, node: number, seenBy = 0) =>
  cluster
    .node(seenBy)
    .ring()
    .filter(owner => owner === cluster.machine(node).id).length

test('a node of weight 0 owns nothing, stores everything, and a heavy one owns its part; all nodes see the same', async () => {
  await using cluster = await createTestCluster({ actors, nodes: 4, shards: 64, weights: [1, 0, 2, 1] })
  await cluster.until(() => cluster.nodes().every(node => node.ring().length === 64))
  for (const node of [1, 2, 3]) assert.deepEqual(cluster.node(node).ring(), cluster.node(0).ring())
  assert.equal(loadOf(cluster, 1), 0)
  assert.ok(loadOf(cluster, 2) >= 24 && loadOf(cluster, 2) <= 40, `${loadOf(cluster, 2)} of 64`)
  assert.deepEqual(
    cluster
      .node(3)
      .members()
      .members.find(({ id }) => id === cluster.machine(2).id)?.weight,
    2
  )
  for (let i = 0; i < 8; i++) await cluster.settle(cluster.actor(1)(Account, `a${i}`).deposit({ amount: 1 }))
  await cluster.until(() => cluster.isWhole())
})

test('where only nodes of weight 0 are left, they own', async () => {
  await using cluster = await createTestCluster({ actors, nodes: 3, shards: 16, weights: [0, 0, 1] })
  assert.equal(await cluster.settle(cluster.actor(0)(Account, 'a').deposit({ amount: 3 })), 3)
  cluster.kill(2)
  await cluster.until(() => loadOf(cluster, 2) === 0, 20_000)
  assert.ok(loadOf(cluster, 0) > 0 && loadOf(cluster, 1) > 0)
  assert.equal(await cluster.settle(cluster.actor(1)(Account, 'a').balance()), 3)
})

test('a weight travels in hundredths, 1 as nothing, and what is out of range is malformed', () => {
  for (const weight of [0, 0.01, 0.29, 1.1, 99.99, 100]) {
    assert.ok(isWeight(weight))
    assert.deepEqual(memberFrom(memberTo({ ...someone, weight })), { ...someone, weight })
  }
  for (const weight of [-0.01, 0.001, 100.01, Number.NaN, Number.POSITIVE_INFINITY]) assert.ok(!isWeight(weight))
  assert.deepEqual(memberFrom({ ...memberTo(someone), weight: 100 }), someone)
  for (const weight of [-1, 0.5, memberLimits.weightHundredths + 1, Number.NaN])
    assert.throws(
      () => memberFrom({ ...memberTo(someone), weight }),
      error => isShoalError(error) && error.code === 'SHOAL_MALFORMED'
    )
})

test('a view’s name tells of its members and their weights, and of nothing else', () => {
  const table = new MemberTable({ membersMax: 8, leftMax: 8, leftRetentionMs: 1 })
  const view = new MemberView(table)
  const put = (weight: number | undefined, refutation: number) => {
    const record = { ...someone, refutation, ...(weight === undefined ? {} : { weight }) }
    const put = table.put(record, 0)
    assert.ok(put.outcome === 'changed')
    view.changed(put)
    return { name: view.hash(), present: view.present() }
  }
  const first = put(undefined, 0)
  const same = put(undefined, 1)
  assert.deepEqual(same, first)
  assert.equal(same.present, first.present)
  const heavy = put(2, 2)
  assert.notEqual(heavy.name, first.name)
  assert.notEqual(heavy.present, first.present, 'whoever compares lists by identity sees that it has changed')
  assert.deepEqual([...view.weights()], [['a', 2]])
  assert.equal(put(undefined, 3).name, first.name)
})
