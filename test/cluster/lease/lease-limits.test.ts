/** What a lease shard does not take, from its user or from a peer: it would not get rid of it again. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isShoalError } from '../../../src/ports/errors.ts'
import { LeaseCluster } from './lease-cluster.ts'

const bytes = (text: string) => new TextEncoder().encode(text)

async function started(seed: number) {
  const cluster = new LeaseCluster({ seed, nodes: 3, shards: 1 })
  cluster.bootAll()
  await cluster.until(() => cluster.holders(0).length === 1 && cluster.running.size === 3)
  const [node] = cluster.holders(0)
  const lease = node?.leases.get(0)
  const other = [...cluster.running.values()].find(it => it !== node)
  if (node === undefined || lease === undefined || other === undefined) throw new Error('nobody holds the shard')
  return { cluster, node, lease, other }
}

test('an entry whose name no peer would take is refused at the door, and the next one is taken', async () => {
  const { cluster, lease } = await started(1)
  for (const name of ['', 'no kind', 'box/', 'Box/a', 'box/\ud800', `box/${'x'.repeat(2000)}`])
    await assert.rejects(cluster.settle(lease.append(name, bytes('x'))), TypeError, name)
  await cluster.settle(lease.append('box/a', bytes('y'), 'all'))
})

test('an epoch that nobody has claimed is not promised, whoever names it and however large it is', async () => {
  for (const kind of ['seal', 'entries', 'refused']) {
    const { cluster, node, lease, other } = await started(2)
    for (const epoch of [Number.MAX_SAFE_INTEGER, 2 ** 40 + 1, 2 ** 40, 1_000_000]) {
      const body = { seal: { seal: {} }, entries: { entries: {} }, refused: { refused: { promised: epoch } } }[kind]
      for (const { cluster: at } of cluster.running.values()) {
        const told = { shard: 0, epoch: kind === 'refused' ? lease.epoch : epoch, ...body }
        const tell = () => at.leases?.receive(other.ports.network.self, told)
        if (epoch > 2 ** 40) assert.throws(tell, isShoalError)
        else tell()
      }
      await cluster.run(3000)
    }
    await cluster.until(() => cluster.holders(0).length === 1)
    const now = cluster.holders(0)[0]?.leases.get(0)
    assert.ok((now?.epoch ?? Number.POSITIVE_INFINITY) < 10_000, `${kind}: epoch ${now?.epoch}`)
    if (kind !== 'refused') assert.equal(cluster.holders(0)[0], node)
    await cluster.settle(now?.append('box/a', bytes('y')) ?? Promise.resolve())
  }
})

test('a node that is no replica fences nobody by saying what it has promised', async () => {
  const { cluster, node, lease } = await started(3)
  node.cluster.leases?.receive('a stranger', { shard: 0, epoch: lease.epoch, refused: { promised: lease.epoch + 1 } })
  assert.ok(lease.isValid())
  await cluster.settle(lease.append('box/a', bytes('y')))
})
