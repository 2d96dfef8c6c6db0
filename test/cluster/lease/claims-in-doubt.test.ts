/** Claims whose answer comes late, or never: what has become of the shard, or of the session, meanwhile counts. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  encodeRegister,
  ownershipFrom,
  ownershipKey,
  sessionFrom,
  sessionKey
} from '../../../src/cluster/lease/lease-registers.ts'
import { storeFailed } from '../../../src/ports/lease-store.ts'
import { LeaseCluster } from './lease-cluster.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const textOf = (state: Uint8Array | undefined) => new TextDecoder().decode(state)

/**
 * Node 2 has let go. Node 0's claim is lost, and it is told nothing until node 1 has opened that epoch. Sets are of one node: where they
 * share replicas, those would hear one of two owners only.
 */
async function overtaken(seed: number) {
  const cluster = new LeaseCluster({ seed, nodes: 3, shards: 1 })
  let isLost = false
  const opened = Promise.withResolvers<void>()
  cluster.wants = (_, node) => node === 2
  cluster.chosenSet = (_, owner) => [owner]
  cluster.wrap = (store, machine) => ({
    read: (key, deadlineMs) => store.read(key, deadlineMs),
    list: (...call) => store.list(...call),
    remove: (...call) => store.remove(...call),
    close: () => store.close(),
    write: async (key, value, expected, deadlineMs) => {
      if (machine !== cluster.machines[0] || key !== ownershipKey(0) || isLost)
        return store.write(key, value, expected, deadlineMs)
      isLost = true
      await opened.promise
      throw storeFailed(key, 'no answer')
    }
  })
  cluster.bootAll()
  await cluster.until(() => cluster.holders(0).length === 1 && cluster.running.size === 3)
  await cluster.settle(cluster.node(2)?.leases.get(0)?.append('box/b', bytes('before'), 'all') ?? assert.fail())
  cluster.wants = (_, node) => node === 0 || (node === 1 && isLost)
  await cluster.settle(cluster.node(2)?.leases.get(0)?.release() ?? assert.fail())
  await cluster.until(() => cluster.holders(0).length === 1)
  assert.ok(isLost)
  const [node] = cluster.holders(0)
  const lease = node?.leases.get(0)
  assert.ok(node?.number === 1 && lease !== undefined)
  await cluster.settle(lease.append('box/a', bytes('first')))
  opened.resolve()
  return { cluster, node, lease }
}

for (const seed of [1, 2, 3])
  test(`seed ${seed}: whose claim was lost does not take another's for it, opens nothing, and frees nothing`, async () => {
    const { cluster, node, lease } = await overtaken(seed)
    // Two owners of one epoch, and a shard that is freed under its owner, are faults.
    await cluster.run(5000)
    const register = cluster.registers.register(ownershipKey(0))
    assert.ok(register !== undefined)
    const { epoch, node: owner, session } = ownershipFrom(register)
    assert.deepEqual([epoch, owner, session !== ''], [lease.epoch, node.ports.network.self, true])
    assert.deepEqual(cluster.holders(0), [node])
    assert.equal(textOf(await cluster.settle(lease.read('box/a'))), 'first')
  })

for (const seed of [1, 2, 3])
  test(`seed ${seed}: a claim under a session that another has ended meanwhile opens nothing, and the next one does`, async () => {
    const cluster = new LeaseCluster({ seed, nodes: 3, shards: 1 })
    const [machine] = cluster.machines
    assert.ok(machine !== undefined)
    const key = sessionKey(machine.id)
    const session = () => {
      const register = cluster.registers.register(key)
      return register && { ...register, ...sessionFrom(register) }
    }
    let ended: string | undefined
    cluster.wants = (_, node) => node === 0
    cluster.wrap = (store, of, clock) => ({
      read: (key, deadlineMs) => store.read(key, deadlineMs),
      list: (...call) => store.list(...call),
      remove: (...call) => store.remove(...call),
      close: () => store.close(),
      write: async (written, value, expected, deadlineMs) => {
        const outcome = await store.write(written, value, expected, deadlineMs)
        const own = session()
        if (of !== machine || written !== ownershipKey(0) || ended !== undefined || own === undefined) return outcome
        ended = own.session
        const over = encodeRegister({ session: ended, leaseMs: own.leaseMs, beat: own.beat, isOver: true })
        await store.write(key, over, own.version, deadlineMs)
        while (session()?.session === ended) await new Promise<void>(resolve => clock.after(10, resolve))
        return outcome
      }
    })
    cluster.bootAll()
    await cluster.until(() => cluster.holders(0).length === 1, 10_000)
    assert.ok(ended !== undefined)
    const register = cluster.registers.register(ownershipKey(0))
    assert.ok(register !== undefined)
    assert.equal(ownershipFrom(register).session, session()?.session)
  })
