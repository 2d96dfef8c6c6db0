/** Lease shards where something takes long, or never comes: who waits, for how long, and whom it keeps from what. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ownershipKey } from '../../../src/cluster/lease/lease-registers.ts'
import { storeFailed } from '../../../src/ports/lease-store.ts'
import { allOf } from '../../support/all-of.ts'
import { LeaseCluster, type LeaseClusterOptions } from './lease-cluster.ts'

const bytes = (text: string) => new TextEncoder().encode(text)

async function started(options: Partial<LeaseClusterOptions> & { set?: number[] } = {}) {
  const cluster = new LeaseCluster({ seed: 1, nodes: 5, shards: 1, ...options })
  const id = (i: number) => cluster.machines[i]?.id ?? ''
  const leaseOf = (i: number) => {
    const lease = cluster.node(i)?.leases.get(0)
    assert.ok(lease !== undefined)
    return lease
  }
  const positionOf = (i: number) => cluster.node(i)?.cluster.leases?.replica(0).position ?? { epoch: 0, n: 0 }
  const wanted = (node: number) => {
    cluster.wants = (_, it) => it === node
  }
  const isHeld = () => cluster.holders(0).length === 1
  if (options.set !== undefined) cluster.chosenSet = () => options.set ?? []
  wanted(0)
  cluster.bootAll()
  await cluster.until(() => isHeld() && cluster.running.size === cluster.machines.length)
  const released = async () => {
    wanted(-1)
    await cluster.settle(leaseOf(0).release())
  }
  return { cluster, id, leaseOf, positionOf, wanted, isHeld, released }
}

test('a shard opens with new replicas however long it takes to give them everything, as long as that goes on', async () => {
  const { cluster, leaseOf, wanted, isHeld, released } = await started({ set: [0, 1, 2] })
  for (let i = 0; i < 130; i++) await cluster.settle(leaseOf(0).append(`box/a${i}`, new Uint8Array(100_000), 'all'))
  cluster.world.fabric.setConditions({ latencyMs: { min: 50, max: 50 } })
  await released()
  cluster.chosenSet = () => [0, 3, 4]
  const fromMs = cluster.world.time.nowMs
  wanted(0)
  await cluster.until(isHeld, 60_000)
  assert.ok(cluster.world.time.nowMs - fromMs > 10_000, 'it takes longer than the patience with who does nothing')
  assert.equal(cluster.node(3)?.cluster.leases?.replica(0).read('box/a100')?.length, 100_000)
})

test('a page that takes longer than it is waited for at first is not asked for until the link is full', async () => {
  const { cluster, leaseOf, wanted, isHeld, released } = await started({ set: [0, 1, 2] })
  await cluster.settle(leaseOf(0).append('box/a', new Uint8Array(1_000_000), 'all'))
  cluster.world.fabric.setConditions({ bytesPerMs: 250 })
  await released()
  cluster.chosenSet = () => [0, 3, 4]
  wanted(0)
  await cluster.until(isHeld, 30_000)
})

test('a claimant that has fetched for long and is cut off then lets go like any other', async () => {
  const { cluster, id, leaseOf, positionOf, wanted, isHeld, released } = await started({ set: [0, 1, 2] })
  cluster.chosenSet = (_, owner) => (owner === 3 ? [3, 0, 1] : [owner, ...[0, 1, 2].filter(i => i !== owner)])
  for (let i = 0; i < 130; i++) await cluster.settle(leaseOf(0).append(`box/a${i}`, new Uint8Array(100_000), 'all'))
  cluster.world.fabric.setConditions({ latencyMs: { min: 50, max: 50 } })
  const before = leaseOf(0).epoch
  await released()
  wanted(3)
  await cluster.until(() => positionOf(3).epoch > before, 60_000)
  for (const i of [0, 1, 2, 4]) cluster.world.fabric.cut(id(3), id(i))
  wanted(1)
  await cluster.until(isHeld, 60_000)
})

test('a claim whose write comes true long after its sender has given up keeps nobody from the shard', async () => {
  const cluster = new LeaseCluster({ seed: 1, nodes: 3, shards: 1 })
  let wanted = 0
  let late: Promise<unknown> | undefined
  cluster.wants = (_, node) => node === wanted
  cluster.wrap = (store, machine) => ({
    read: (key, deadlineMs) => store.read(key, deadlineMs),
    list: (...call) => store.list(...call),
    remove: (...call) => store.remove(...call),
    close: () => store.close(),
    write: async (key, value, expected, deadlineMs) => {
      if (machine !== cluster.machines[0] || key !== ownershipKey(0) || late !== undefined)
        return store.write(key, value, expected, deadlineMs)
      wanted = -1
      late = new Promise(resolve =>
        cluster.world.time.schedule(20_000_000, undefined, () =>
          resolve(store.write(key, value, expected, deadlineMs + 60_000))
        )
      )
      throw storeFailed(key, 'no answer by the deadline')
    }
  })
  cluster.bootAll()
  await cluster.until(() => late !== undefined)
  await cluster.run(40_000)
  assert.equal(await late, 'conflict')
  wanted = 1
  await cluster.until(() => cluster.holders(0).length === 1, 10_000)
})

for (const seed of [1, 2, 3]) {
  test(`seed ${seed}: a node that reaches the store and not the others does not keep them from opening`, async () => {
    const { cluster, id, released } = await started({ seed, nodes: 3, leaseMs: 5000 })
    await released()
    for (const i of [1, 2]) cluster.world.fabric.cut(id(0), id(i))
    let openedBy = -1
    // As callers on both sides of the cut make them do.
    const claims = async (i: number, pauseMs: number) => {
      const node = cluster.node(i)
      while (openedBy < 0) {
        await node?.cluster.leases?.open(0, [i, ...[0, 1, 2].filter(j => j !== i)].map(id)).then(
          () => {
            openedBy = i
          },
          () => {}
        )
        await new Promise<void>(resolve => cluster.world.time.schedule(pauseMs * 1000, undefined, resolve))
      }
    }
    void claims(0, 25)
    await cluster.run(50)
    void claims(1, 250)
    await cluster.until(() => openedBy >= 0, 20_000)
    assert.equal(openedBy, 1)
  })
}

test('commands that wait in vain for all replicas keep none from a majority', async () => {
  const { cluster, leaseOf } = await started({ nodes: 3 })
  const [, , third] = cluster.machines
  assert.ok(third !== undefined)
  cluster.kill(third)
  const codes = new Set<unknown>()
  for (let i = 0; i < 4200; i++) {
    try {
      leaseOf(0)
        .append(`box/a${i % 10}`, bytes(`${i}`), 'all')
        .catch(() => {})
    } catch (error) {
      codes.add(error instanceof Error && 'code' in error && error.code)
    }
    if (i % 100 === 0) await cluster.run(20)
  }
  assert.deepEqual(codes, new Set(['SHOAL_OVERLOADED']))
  await cluster.settle(leaseOf(0).append('box/b', bytes('x')))
})

test('what was acknowledged more than 64 epochs ago is not taken for excluded', async () => {
  const { cluster, wanted, isHeld } = await started({ nodes: 3 })
  let owner = 0
  const lease = () => {
    const held = cluster.node(owner)?.leases.get(0)
    assert.ok(held !== undefined)
    return held
  }
  const moves = async () => {
    wanted(-1)
    await cluster.settle(lease().release())
    owner = 1 - owner
    wanted(owner)
    await cluster.until(isHeld)
  }
  await cluster.settle(lease().append('box/a', bytes('first'), 'all'))
  for (let i = 0; i < 70; i++) {
    await cluster.settle(lease().append('box/z', bytes(`${i}`), 'all'))
    await moves()
  }
  const [, , third] = cluster.machines
  assert.ok(third !== undefined)
  cluster.kill(third)
  await cluster.settle(lease().append('box/z', bytes('last')))
  await moves()
  await cluster.settle(lease().append('box/a', bytes('second')))
  cluster.boot(third)
  await cluster.until(() => cluster.running.size === 3)
  await cluster.settle(lease().append('box/b', bytes('all'), 'all'))
  assert.deepEqual(await cluster.settle(allOf(cluster.node(2)?.cluster.leases?.setAside())), [])
})
