/** What a lease shard does not take, from its user or from a peer: it would not get rid of it again. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Turns } from '../../../src/cluster/lease/turns.ts'
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
    assert.throws(() => lease.append(name, bytes('x')), TypeError, name)
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

test('reads that wait for replicas are limited, keep no entry from being taken, and end with the lease', async () => {
  const { cluster, node, lease } = await started(4)
  const { self } = node.ports.network
  for (const { id } of cluster.machines) if (id !== self) cluster.world.fabric.cut(self, id)
  const codes = new Map<string, number>()
  const count = (code: string) => codes.set(code, (codes.get(code) ?? 0) + 1)
  const counted = (promise: Promise<unknown>) =>
    promise.then(
      () => count('done'),
      error => count(isShoalError(error) ? error.code : String(error))
    )
  const asked: Promise<unknown>[] = [counted(lease.append('box/a', bytes('x')))]
  for (let i = 0; i < 5000; i++) asked.push(counted(lease.read('box/a')))
  asked.push(counted(lease.append('box/b', bytes('y'))))
  await cluster.run(100)
  assert.deepEqual(Object.fromEntries(codes), { SHOAL_OVERLOADED: 904 })
  void lease.release()
  await cluster.settle(Promise.all(asked))
  assert.deepEqual(Object.fromEntries(codes), {
    SHOAL_OVERLOADED: 904,
    SHOAL_UNAVAILABLE: 4096,
    SHOAL_INDETERMINATE: 2
  })
})

test('tasks that wait for their turn come one by one, those that may not wait before the others', async () => {
  const turns = new Turns(2)
  const began: number[] = []
  const ends: (() => void)[] = []
  const task = (number: number) => () => {
    began.push(number)
    return new Promise<void>((resolve, reject) =>
      ends.push(number % 2 === 0 ? resolve : () => reject(new Error('odd')))
    )
  }
  const all = [0, 1, 2, 3].map(number => turns.take(task(number)))
  all.push(turns.take(task(4), 'first'))
  const settled = Promise.allSettled(all)
  assert.deepEqual(began, [0, 1])
  for (let i = 0; i < all.length; i++) {
    ends[i]?.()
    await new Promise(resolve => setImmediate(resolve))
  }
  assert.deepEqual(began, [0, 1, 4, 2, 3])
  assert.deepEqual(
    (await settled).map(({ status }) => status === 'fulfilled'),
    [true, false, true, false, true]
  )
})
