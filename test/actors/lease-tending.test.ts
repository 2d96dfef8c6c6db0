/** Replicas of lease shards that nobody calls, while members come and go. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { command, exclusive, pnCounter, query } from 'shoal'
import { createTestCluster, type TestCluster, type TestClusterOptions } from 'shoal/testing'
import { z } from 'zod'
import { LeaseTending } from '../../src/actors/leased/lease-tending.ts'
import { everyRecord, shardOfLeaseKey } from '../../src/cluster/lease/lease-layout.ts'
import { ownershipFrom } from '../../src/cluster/lease/lease-registers.ts'
import { silentLogger } from '../../src/ports/logger.ts'
import { entriesBetween, orderOf } from '../../src/simulation/sorted-store.ts'
import { SimulatedWorld } from '../../src/simulation/world.ts'

const Account = exclusive(
  'account',
  { balance: pnCounter() },
  {
    deposit: command(z.int(), ({ state }, amount) => {
      state.balance.add(amount)
      return state.balance.value
    }),
    balance: query(({ state }) => state.balance.value)
  },
  { partition: 'lease' }
)

const leaseMs = 2000
const ids = Array.from({ length: 20 }, (_, i) => `a${i}`)
const start = (options: Partial<TestClusterOptions> = {}) =>
  createTestCluster({ actors: [Account], seed: 1, leases: { leaseMs }, ...options })

/** The last opened sets of all shards but one, by the lease store. */
function setsOf(cluster: TestCluster, spoilt?: string): (readonly string[])[] {
  const shards = Array.from({ length: 256 }, (_, shard) => cluster.leaseStore.register(`shard/${shard}`))
  return shards.flatMap(register => {
    if (register?.key === spoilt) return []
    const opened = register === undefined ? undefined : ownershipFrom(register).opened
    return opened === undefined || opened.epoch === 0 ? [] : [opened.set]
  })
}

async function fill(cluster: TestCluster): Promise<void> {
  for (const id of ids) await cluster.settle(cluster.actor(0)(Account, id).deposit(10))
}

async function assertKept(cluster: TestCluster): Promise<void> {
  for (const id of ids) assert.equal(await cluster.settle(cluster.actor(0)(Account, id).balance(), 60_000), 10, id)
}

function assertNone(cluster: TestCluster, number: number): void {
  const { id } = cluster.machine(number)
  const sets = setsOf(cluster)
  assert.ok(sets.length > 0)
  for (const set of sets) assert.ok(!set.includes(id), `node ${number} is one of ${set}`)
}

test('members that leave one after the other take no actor with them, though nobody calls', async () => {
  await using cluster = await start({ nodes: 6 })
  await fill(cluster)
  for (const leaver of [1, 2, 3, 4, 5]) {
    assert.deepEqual(await cluster.leave(leaver), { handedOver: true })
    assertNone(cluster, leaver)
  }
  await assertKept(cluster)
})

test('members that die one after the other, minutes apart, are replaced though nobody calls', async () => {
  await using cluster = await start({ nodes: 6 })
  await fill(cluster)
  for (const victim of [1, 2, 3]) {
    cluster.kill(victim)
    await cluster.run(180_000)
    assertNone(cluster, victim)
  }
  await assertKept(cluster)
})

test('a member that is away for a moment keeps its replicas of shards that nobody calls', async () => {
  await using cluster = await start({ nodes: 4 })
  await fill(cluster)
  // Nobody holds anything then.
  for (let number = 0; number < 4; number++) cluster.kill(number)
  for (const number of [0, 1, 2]) cluster.boot(number)
  await cluster.run(20_000)
  const away = cluster.machine(3).id
  const before = setsOf(cluster).filter(set => set.includes(away)).length
  assert.ok(before > 0)
  cluster.boot(3)
  await cluster.run(120_000)
  assert.equal(setsOf(cluster).filter(set => set.includes(away)).length, before)
  await assertKept(cluster)
})

test('of three nodes two leave under calls, and the last one has everything', async () => {
  await using cluster = await start({ nodes: 3 })
  let deposits = 0
  const deposit = async () => {
    await cluster.settle(cluster.actor(0)(Account, 'a').deposit(1), 20_000)
    deposits++
  }
  for (const leaver of [1, 2]) {
    await deposit()
    assert.deepEqual(await cluster.leave(leaver), { handedOver: true })
    for (let i = 0; i < 5; i++) await deposit()
    assert.deepEqual(new Set(setsOf(cluster).map(set => set.length)), new Set([3 - leaver]))
  }
  assert.equal(await cluster.settle(cluster.actor(0)(Account, 'a').balance()), deposits)
})

test('a member that was forgotten is no replica any more', async () => {
  await using cluster = await start({ nodes: 3 })
  await fill(cluster)
  cluster.kill(2)
  await cluster.run(30_000)
  cluster.node(0).forget(cluster.machine(2).id)
  await cluster.run(10_000)
  assertNone(cluster, 2)
  await assertKept(cluster)
})

test('a shard of a small cluster gets its other replicas when there are nodes for them', async () => {
  await using cluster = await start({ nodes: 3 })
  for (const number of [1, 2]) cluster.kill(number)
  await cluster.run(30_000)
  for (const number of [1, 2]) cluster.node(0).forget(cluster.machine(number).id)
  await fill(cluster)
  for (const set of setsOf(cluster)) assert.equal(set.length, 1)
  for (const number of [1, 2]) cluster.boot(number)
  await cluster.run(30_000)
  for (const set of setsOf(cluster)) assert.equal(set.length, 3)
  await assertKept(cluster)
})

test('a node that leaves while its replicas are needed says that its data is to be kept', async () => {
  await using cluster = await start({ nodes: 3 })
  await fill(cluster)
  cluster.kill(1)
  cluster.kill(2)
  await cluster.run(10_000)
  assert.deepEqual(await cluster.leave(0), { handedOver: false })
})

test('a node that leaves just after another has died waits for the shards of the dead one too', async () => {
  await using cluster = await start({ nodes: 8, leases: { leaseMs: 5000 } })
  await fill(cluster)
  await cluster.run(5000)
  cluster.kill(7)
  await cluster.run(800)
  for (const leaver of [1, 2]) {
    assert.deepEqual(await cluster.leave(leaver), { handedOver: true })
    assertNone(cluster, leaver)
    await cluster.run(60_000)
  }
  await assertKept(cluster)
})

test('members that change while shards are being opened are looked at afterwards, and looks never end', async () => {
  const world = new SimulatedWorld({ seed: 1 })
  const facts = { cluster: 'w', shards: 4, protocol: 3 }
  const { clock } = world.machine('m').boot({ clusterKey: new Uint8Array(32), facts })
  const run = (ms: number) => world.time.run({ untilMs: world.time.nowMs + ms })
  let present = ['a', 'b', 'c', 'd']
  let set = ['a', 'b', 'c']
  let opened = 0
  const tending = new LeaseTending({
    cluster: {
      membership: { admitted: () => present, alive: () => present },
      ownership: { isSettled: true }
    } as never,
    leases: {
      dropReplaced: async () => 0,
      records: async () => ({ known: new Map([[0, { opened: { epoch: 1, set } }]]), unreadable: [] })
    } as never,
    sets: {
      isPoorForLong: (peers: string[]) => !peers.every(peer => present.includes(peer)),
      canBeAsked: () => true
    } as never,
    clock,
    logger: silentLogger,
    metrics: { gauge: () => ({ set() {} }) } as never,
    self: 'a',
    isMine: () => true,
    async open() {
      const next = present.slice(0, 3)
      await new Promise<void>(resolve => clock.after(3000, resolve))
      set = next
      opened++
    }
  })
  tending.viewChanged()
  await run(5000)
  present = ['a', 'b', 'd']
  tending.viewChanged()
  await run(1500)
  present = ['a', 'd']
  tending.viewChanged()
  await run(10_000)
  assert.deepEqual({ set, opened }, { set: ['a', 'd'], opened: 2 })
  present = ['a', 'd', 'e']
  set = ['a', 'c']
  await run(600_000)
  assert.deepEqual({ set, opened }, { set: ['a', 'd', 'e'], opened: 3 })
  tending.stop()
})

test('a node that stood in for another drops what it had, when that one is back and stores it', async () => {
  await using cluster = await start({ nodes: 6 })
  const recordsOn = (number: number) =>
    entriesBetween(cluster.machine(number).disk.root, orderOf(everyRecord.gte), orderOf(everyRecord.lt), 1000)
  const numbers = Array.from({ length: 6 }, (_, number) => number)
  const places = () => numbers.flatMap(recordsOn).length
  await fill(cluster)
  assert.equal(places(), 3 * ids.length)
  cluster.kill(5)
  await cluster.run(180_000)
  const before = places()
  assert.ok(before > 3 * ids.length)
  cluster.boot(5)
  await cluster.run(30_000)
  for (const id of ids) await cluster.settle(cluster.actor(0)(Account, id).deposit(0))
  await cluster.run(5 * 60_000)
  assert.ok(places() >= before, 'not at once')
  await cluster.run(10 * 60_000)
  // That one may be one of them again at the next opening, and keeps what it has for that.
  for (const number of numbers.slice(0, 5)) {
    const { id } = cluster.machine(number)
    const shards = recordsOn(number).map(({ key }) => shardOfLeaseKey(key))
    for (const shard of shards) {
      const register = cluster.leaseStore.register(`shard/${shard}`)
      assert.ok(register !== undefined && ownershipFrom(register).opened.set.includes(id), `${shard} on node ${number}`)
    }
  }
  assert.ok(places() < before)
  await assertKept(cluster)
})

test('a register of the store that cannot be read ends the tending of its own shard alone, and is named', async () => {
  const said: unknown[] = []
  const logger = {
    ...silentLogger,
    error: (_: string, fields: object = {}) => void ('register' in fields && said.push(fields.register))
  }
  await using cluster = await start({ nodes: 5, logger: () => logger })
  await fill(cluster)
  const [spoilt] = Array.from({ length: 256 }, (_, shard) => cluster.leaseStore.register(`shard/${shard}`)).filter(
    register => register !== undefined
  )
  assert.ok(spoilt !== undefined)
  cluster.leaseStore.spoil(spoilt.key)
  cluster.kill(4)
  await cluster.run(180_000)
  const sets = setsOf(cluster, spoilt.key)
  assert.ok(sets.length > 5)
  for (const set of sets) assert.ok(!set.includes(cluster.machine(4).id), `${set}`)
  assert.deepEqual(said, Array(4).fill(spoilt.key), 'once each')
  assert.deepEqual(await cluster.leave(3), { handedOver: false }, 'it may need that disk')
})
