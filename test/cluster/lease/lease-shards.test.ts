/** Lease shards of whole nodes in virtual time. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Clients } from './clients.ts'
import { LeaseCluster } from './lease-cluster.ts'

function allHeld(cluster: LeaseCluster): boolean {
  for (let shard = 0; shard < cluster.options.shards; shard++) if (cluster.holders(shard).length !== 1) return false
  return true
}

test('three nodes open their shards, and what they append is read back', async () => {
  for (const seed of [1, 2, 3]) {
    const cluster = new LeaseCluster({ seed, nodes: 3, shards: 4 })
    cluster.bootAll()
    await cluster.until(() => allHeld(cluster))
    const clients = new Clients(cluster, 8, 8)
    await cluster.run(3000)
    clients.stop()
    await cluster.until(() => clients.isDone)
    assert.ok((clients.outcomes.get('acknowledged') ?? 0) > 100, JSON.stringify([...clients.outcomes]))
  }
})
