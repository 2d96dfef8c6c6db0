/** What it costs when a node joins a cluster that has been there for long: each actor comes once. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TestCluster } from 'shoal/testing'
import { Account, Counter } from '../../examples/shop.ts'
import { CountingMetrics } from '../../src/simulation/counting-metrics.ts'
import { Tags } from '../support/shop.ts'

const actorsPerKind = 700

const sent = 'shoal_catch_up_sent_actors_total'
const redundant = 'shoal_catch_up_redundant_actors_total'

for (const seed of [1, 2]) {
  test(`a newcomer of a cluster that idles is sent each actor once (seed ${seed})`, async () => {
    const metrics = new Map<string, CountingMetrics>()
    const figure = (node: number, name: string) => metrics.get(`node-${node}`)?.all()[name] ?? 0
    await using cluster = new TestCluster({
      actors: [Tags, Counter, Account],
      nodes: 4,
      seed,
      metrics: node => {
        const own = new CountingMetrics()
        metrics.set(node, own)
        return own
      }
    })
    const older = [0, 1, 2]
    for (const number of older) cluster.boot(number)
    await cluster.until(() => cluster.nodes().length === 3 && cluster.nodes().every(node => aliveFor(node) === 3))
    await cluster.until(() => cluster.nodes().every(node => node.unready() === undefined))
    for (let i = 0; i < actorsPerKind; i++) {
      const actor = cluster.actor(i % 3)
      const done = [
        actor(Tags, `t${i}`).add('x'),
        actor(Counter, `c${i}`).add(1),
        actor(Account, `a${i}`).deposit({ amount: 1 })
      ]
      await cluster.settle(Promise.all(done))
    }
    await cluster.until(() => new Set(cluster.nodes().map(node => node.digest())).size === 1)
    const sentBefore = older.map(number => figure(number, sent))
    cluster.boot(3)
    await cluster.until(() => cluster.isWhole() && new Set(cluster.nodes().map(node => node.digest())).size === 1)
    // Whoever else would send it something does within a few beacons.
    await cluster.run(10_000)
    const came = older.map((number, i) => figure(number, sent) - (sentBefore[i] ?? 0)).reduce((a, b) => a + b)
    assert.equal(came, 3 * actorsPerKind)
    assert.equal(figure(3, redundant), 0)
  })
}

function aliveFor(node: { members(): { members: readonly { status: string }[] } }): number {
  return node.members().members.filter(({ status }) => status === 'alive').length
}
