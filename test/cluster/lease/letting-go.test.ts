/** Whoever does not write a lease shard any more lets go of it, so that another can. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ownershipFrom, ownershipKey } from '../../../src/cluster/lease/lease-registers.ts'
import { LettingGo, type LettingGoParts } from '../../../src/cluster/lease/letting-go.ts'
import { isShoalError } from '../../../src/ports/errors.ts'
import { storeFailed } from '../../../src/ports/lease-store.ts'
import { silentLogger } from '../../../src/ports/logger.ts'
import { SimulatedClock } from '../../../src/simulation/clock.ts'
import { SimulatedProcess } from '../../../src/simulation/process.ts'
import { SimulatedTime } from '../../../src/simulation/time.ts'
import { LeaseCluster } from './lease-cluster.ts'

const bytes = (text: string) => new TextEncoder().encode(text)

async function started(seed: number, options: { nodes?: number; replicas?: number } = {}) {
  const cluster = new LeaseCluster({ seed, nodes: 3, shards: 1, ...options })
  cluster.bootAll()
  await cluster.until(() => cluster.holders(0).length === 1 && cluster.running.size === cluster.machines.length)
  const [node] = cluster.holders(0)
  const lease = node?.leases.get(0)
  if (node === undefined || lease === undefined) throw new Error('nobody holds the shard')
  return { cluster, node, lease }
}

function cutOff(cluster: LeaseCluster, self: string): void {
  for (const { id } of cluster.machines) if (id !== self) cluster.world.fabric.cut(self, id)
}

for (const seed of [1, 2, 3]) {
  test(`seed ${seed}: a claimant that reaches the store and no replica does not keep the others from opening`, async () => {
    const { cluster, node } = await started(seed, { nodes: 5, replicas: 5 })
    const next = cluster.node((node.number + 1) % 5)
    const machine = cluster.machines[node.number]
    assert.ok(next !== undefined && machine !== undefined)
    cutOff(cluster, next.ports.network.self)
    cluster.kill(machine)
    await cluster.until(() => cluster.holders(0).length === 1, 120_000)
    assert.notEqual(cluster.holders(0)[0], next)
  })

  test(`seed ${seed}: a shard whose release could not be written is free for others once the store is back`, async () => {
    const { cluster, node, lease } = await started(seed)
    await cluster.settle(lease.append('box/a', bytes('first')))
    cluster.registers.conditions.isDown = true
    await assert.rejects(cluster.settle(lease.release()), isShoalError)
    // So that it does not take it again itself.
    await cluster.run(1)
    node.leases.set(0, lease)
    assert.equal(lease.isValid(), false)
    cluster.registers.conditions.isDown = false
    await cluster.until(() => cluster.holders(0).some(it => it !== node))
  })

  test(`seed ${seed}: an owner that lets go without its replicas does so in seconds, and is not handed out meanwhile`, async () => {
    const { cluster, node, lease } = await started(seed)
    cutOff(cluster, node.ports.network.self)
    const appended = lease.append('box/a', bytes('lost')).then(
      () => 'done',
      error => (isShoalError(error) ? error.code : String(error))
    )
    const released = lease.release()
    const opened = node.cluster.leases?.open(0, cluster.setOf(0, node.number))
    await assert.rejects(opened ?? Promise.resolve(), { code: 'SHOAL_NOT_OWNER' })
    await cluster.settle(released)
    assert.equal(await appended, 'SHOAL_INDETERMINATE')
    await cluster.until(() => cluster.holders(0).some(it => it !== node))
  })

  test(`seed ${seed}: what lets go of a claim that never reached the store lets go of no later one`, async () => {
    const cluster = new LeaseCluster({ seed, nodes: 3, shards: 1 })
    /** The claim, and what is to keep it from coming true. */
    let lost = 0
    cluster.wants = (_, node) => node === 0
    cluster.wrap = (store, machine) => ({
      read: (key, deadlineMs) => store.read(key, deadlineMs),
      list: (...call) => store.list(...call),
      remove: (...call) => store.remove(...call),
      close: () => store.close(),
      write: async (key, value, expected, deadlineMs) => {
        if (machine !== cluster.machines[0] || key !== ownershipKey(0) || lost === 2)
          return store.write(key, value, expected, deadlineMs)
        lost++
        throw storeFailed(key, 'lost')
      }
    })
    cluster.bootAll()
    await cluster.until(() => cluster.holders(0).length === 1)
    await cluster.run(5000)
    const register = cluster.registers.register(ownershipKey(0))
    assert.ok(lost === 2 && register !== undefined)
    assert.notEqual(ownershipFrom(register).session, '')
    assert.equal(cluster.node(0)?.leases.get(0)?.isValid(), true)
  })
}

test('a release is one write to the store, and lets be what somebody else has claimed since', async () => {
  const { cluster, node, lease } = await started(4)
  const key = ownershipKey(0)
  cluster.wants = () => false
  const before = cluster.registers.requests
  await cluster.settle(lease.release())
  const free = cluster.registers.register(key)
  assert.ok(free !== undefined && ownershipFrom(free).session === '')
  // Beats of three nodes may be among them; a read of the register is not.
  assert.ok(cluster.registers.requests - before <= 1 + cluster.machines.length)
  const parts = { clock: node.ports.clock, logger: silentLogger, self: node.ports.network.self }
  const session = 'one of before'
  const sessions = { current: session, beatIntervalMs: 1000, deadline: () => node.ports.clock.elapsed() + 1000 }
  const keys: string[] = []
  const others = cluster.registers.open(node.ports)
  const store = {
    ...others,
    write: (...call: Parameters<typeof others.write>) => {
      keys.push(`write ${call[0]}`)
      return others.write(...call)
    },
    read: (...call: Parameters<typeof others.read>) => {
      keys.push(`read ${call[0]}`)
      return others.read(...call)
    }
  }
  const lettingGo = new LettingGo({ ...parts, sessions, store } as unknown as LettingGoParts)
  const record = { ...ownershipFrom(free), session }
  await cluster.settle(lettingGo.letGo(0, record.epoch, session, { written: { record, version: 'older' } }))
  assert.deepEqual(keys, [`write ${key}`, `read ${key}`])
  assert.equal(cluster.registers.register(key)?.version, free.version)
})

test('who has stopped while the store was away leaves no timer behind', async () => {
  const time = new SimulatedTime()
  const clock = new SimulatedClock(new SimulatedProcess('a', time))
  const sessions = { current: 's', beatIntervalMs: 1000, deadline: () => clock.elapsed() + 1000 }
  let reads = 0
  const read = async () => {
    reads++
    throw storeFailed('the store', 'away')
  }
  const parts = { store: { read }, sessions, clock, logger: silentLogger, self: 'a' }
  const lettingGo = new LettingGo(parts as unknown as LettingGoParts)
  for (const shard of [1, 2]) lettingGo.letGo(shard, 1, 's').catch(() => {})
  await time.run({ untilMs: 3500 })
  assert.ok(reads >= 6)
  lettingGo.stop()
  const { events } = time
  await time.run({ untilMs: 100_000 })
  assert.equal(time.events, events)
})
