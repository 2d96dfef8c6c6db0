/** What an epoch that was opened has settled stays settled, whoever dies afterwards. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LeaseCluster } from './lease-cluster.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const textOf = (state: Uint8Array | undefined) => new TextDecoder().decode(state)
const all = [0, 1, 2, 3, 4]

for (const seed of [1, 2, 3]) {
  test(`seed ${seed}: what an opened epoch without entries has excluded does not come back`, async () => {
    const cluster = new LeaseCluster({ seed, nodes: 5, shards: 1, replicas: 5 })
    const { fabric } = cluster.world
    const machine = (i: number) => {
      const found = cluster.machines[i]
      assert.ok(found !== undefined)
      return found
    }
    const position = (i: number) => cluster.node(i)?.cluster.leases?.replica(0).position ?? { epoch: 0, n: 0 }
    const leaseOf = (i: number) => {
      const lease = cluster.node(i)?.leases.get(0)
      assert.ok(lease !== undefined)
      return lease
    }
    const isHeld = () => cluster.holders(0).length === 1
    cluster.chosenSet = (_, owner) => [owner, ...all.filter(i => i !== owner)]
    cluster.wants = (_, node) => node === 0
    cluster.bootAll()
    await cluster.until(() => isHeld() && cluster.running.size === 5)
    await cluster.settle(leaseOf(0).append('box/a', bytes('base'), 'all'))
    for (const i of [1, 3, 4]) for (const cut of [0, 2]) fabric.cut(machine(cut).id, machine(i).id)
    // Known to nodes 0 and 2.
    leaseOf(0)
      .append('box/a', bytes('lost'))
      .catch(() => {})
    await cluster.until(() => position(2).n === 2)
    await cluster.run(100)
    cluster.kill(machine(0))
    cluster.wants = (_, node) => node === 1
    await cluster.until(isHeld)
    assert.equal(textOf(await cluster.settle(leaseOf(1).read('box/a'))), 'base')
    await cluster.run(1000)
    const opened = leaseOf(1).epoch
    cluster.wants = () => false
    await cluster.settle(leaseOf(1).release())
    // The next claimant dies while its replicas fetch from it.
    fabric.setConditions({ latencyMs: { min: 50, max: 60 } })
    cluster.wants = (_, node) => node === 3
    await cluster.until(() => position(3).epoch > opened)
    // They have heard of it, have asked what it has, and have been told.
    await cluster.run(200)
    for (const i of [1, 4]) assert.ok(position(i).epoch >= opened, `node ${i} stands at ${JSON.stringify(position(i))}`)
    cluster.kill(machine(3))
    cluster.wants = (_, node) => node === 2
    fabric.setConditions({ latencyMs: { min: 1, max: 2 } })
    fabric.heal()
    await cluster.until(isHeld)
    assert.equal(textOf(await cluster.settle(leaseOf(2).read('box/a'))), 'base')
  })
}
