/** Requests about rights from peers that lie or insist: nothing is given to whom it is no use, and no more than there is. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { boundedCounter, command, query, replicated } from 'shoal'
import { createTestCluster, type TestCluster } from 'shoal/testing'
import { z } from 'zod'
import { shoal } from '#proto/generated/peer.js'
import { RightsGiver } from '../../src/actors/rights/rights-giver.ts'
import type { TakeOver } from '../../src/actors/rights/take-over.ts'
import type { ActorRuntime } from '../../src/actors/running/runtime.ts'
import type { Cluster } from '../../src/cluster/cluster.ts'
import { memberTo } from '../../src/cluster/member-wire.ts'
import { stateKey } from '../../src/cluster/storage-layout.ts'
import { protocolVersion } from '../../src/cluster/wire.ts'
import { heightOf } from '../../src/crdt/bounded-counter.ts'
import { boundedCounterAt } from '../../src/crdt/bounded-counter-access.ts'
import { type CausalContext, decodeDelta, decodeState, emptyState, encodeBatch, Replica } from '../../src/crdt/index.ts'
import { ShoalError } from '../../src/ports/errors.ts'
import { silentLogger } from '../../src/ports/logger.ts'
import { noMetrics } from '../../src/ports/metrics.ts'
import type { NetworkEvents } from '../../src/ports/network.ts'
import { lookUp, orderOf } from '../../src/simulation/sorted-store.ts'
import { signed } from '../cluster/member-world.ts'

const { Calls, Control, Push } = shoal.peer
type Calls = shoal.peer.ICalls

const Stock = replicated(
  'stock',
  { left: boundedCounter() },
  {
    add: command(z.int(), ({ state }, n) => state.left.add(n)),
    take: command(z.int(), ({ state }, n) => state.left.subtract(n)),
    rights: query(({ state }) => state.left.rights),
    value: query(({ state }) => state.left.value)
  }
)

const incarnation = '0mf3k2j1q0000000000000'
const origin = `stranger.${incarnation}`

/** A peer that speaks for itself. With `joins` it tells that it is a member. */
async function peerOf(cluster: TestCluster, joins: boolean) {
  const ports = cluster.world.machine('stranger').boot({
    clusterKey: new Uint8Array(32),
    facts: { cluster: 'test', shards: 1, protocol: protocolVersion }
  })
  const nothing = () => {}
  const replies: shoal.peer.Calls[] = []
  const events: NetworkEvents = {
    linked: nothing,
    unlinked: nothing,
    record: (peer, channel, bytes) => {
      if (channel !== 'calls') return
      const message = Calls.decode(bytes)
      replies.push(message)
      const reply = answer(message)
      if (reply !== undefined) ports.network.send(peer, 'calls', Calls.encode(reply).finish())
    },
    published: nothing,
    discovered: nothing,
    refused: nothing
  }
  await cluster.settle(ports.network.start(events))
  const peer = await cluster.settle(ports.network.dial(cluster.node(0).addresses()))
  if (joins) {
    const [id, region] = ['stranger', 'local']
    const self = { id, name: id, region, zone: region, incarnation, refutation: 0, addresses: [] }
    const member = memberTo(signed({ ...self, status: 'alive' }))
    ports.network.send(peer, 'control', Control.encode({ hello: { members: [member] } }).finish())
    await cluster.run(10)
  }
  let answer: (message: shoal.peer.Calls) => shoal.peer.ICalls | undefined = () => undefined
  const send = async (channel: 'calls' | 'push', bytes: Uint8Array) => {
    ports.network.send(peer, channel, bytes)
    await cluster.run(20)
    return replies.splice(0)
  }
  const answers = (how: typeof answer) => {
    answer = how
  }
  /** A life pushes over a link of its own. */
  const relink = async () => {
    ports.network.unlink(peer)
    await cluster.run(20)
    await cluster.settle(ports.network.dial(cluster.node(0).addresses()))
    await cluster.run(20)
  }
  return { send, answers, relink, isLinked: () => ports.network.links().includes(peer) }
}

function requestOf(amount: number, as = origin): Uint8Array {
  return Calls.encode({
    rightsRequest: { number: 1, actor: 'stock/tea', field: 'left', origin: as, amount, deadlineMs: 100 }
  }).finish()
}

/** What that life of the stranger added. */
function pushOf(life: string, amount: number): Uint8Array {
  const replica = new Replica({ left: boundedCounter() }, { origin: `stranger.${life}` })
  const bytes = replica.change(({ left }) => left.add(amount))
  assert.ok(bytes)
  const delta = decodeDelta(bytes)
  const seqs: CausalContext = delta.context
  const batch = encodeBatch({
    origin: `stranger.${life}`,
    updates: [{ shard: 0, name: 'stock/tea', seqs, after: 0, delta }]
  })
  return Push.encode({ number: 1, batch }).finish()
}

function stocked(seed: number): Promise<TestCluster> {
  return createTestCluster({ actors: [Stock], nodes: 1, seed, shards: 1 })
}

test('a member gets what it asks for and half of the rest, and in the end no more than there is', async () => {
  await using it = await stocked(1)
  await it.settle(it.actor(0)(Stock, 'tea').add(10))
  const peer = await peerOf(it, true)
  const granted: number[] = []
  for (const amount of [4, Number.MAX_SAFE_INTEGER, 1]) {
    const [reply] = await peer.send('calls', requestOf(amount))
    granted.push(reply?.rightsReply?.granted ?? -1)
  }
  assert.deepEqual(granted, [7, 3, 0])
  assert.equal(await it.settle(it.actor(0)(Stock, 'tea').rights()), 0)
  assert.equal(await it.settle(it.actor(0)(Stock, 'tea').value()), 10)
})

test('what was given is told with it, and needs no push', async () => {
  await using it = await stocked(2)
  await it.settle(it.actor(0)(Stock, 'tea').add(10))
  const peer = await peerOf(it, true)
  const [reply] = await peer.send('calls', requestOf(2))
  const { state } = decodeDelta(Uint8Array.from(reply?.rightsReply?.delta ?? []))
  const rows = [...boundedCounterAt(state, 'left')]
  assert.deepEqual(
    rows.map(([, row]) => row.given.get(origin)),
    [6]
  )
})

test('who asks for nothing, or where there is nothing, is told the rows', async () => {
  await using it = await stocked(6)
  await it.settle(it.actor(0)(Stock, 'tea').add(10))
  const peer = await peerOf(it, true)
  for (const amount of [0, 10, 1]) {
    const [reply] = await peer.send('calls', requestOf(amount))
    assert.equal(reply?.rightsReply?.granted ?? 0, amount === 10 ? 10 : 0)
    if (amount === 10) continue
    const rows = boundedCounterAt(decodeState(Uint8Array.from(reply?.rightsReply?.rows ?? [])), 'left')
    assert.equal(heightOf(rows), 10)
  }
})

test('a peer that is no member gets nothing', async () => {
  await using it = await stocked(3)
  await it.settle(it.actor(0)(Stock, 'tea').add(10))
  const peer = await peerOf(it, false)
  const [reply] = await peer.send('calls', requestOf(2))
  assert.equal(reply?.rightsReply?.granted ?? 0, 0)
  assert.equal(await it.settle(it.actor(0)(Stock, 'tea').rights()), 10)
})

for (const [what, bytes] of [
  ['for another node', requestOf(1, `node-0.${incarnation}`)],
  ['beyond the integers', requestOf(2 ** 60)],
  [
    'of no actor',
    Calls.encode({ rightsRequest: { number: 1, actor: 'tea', field: 'left', origin, amount: 1 } }).finish()
  ],
  ['of no field', Calls.encode({ rightsRequest: { number: 1, actor: 'stock/tea', origin, amount: 1 } }).finish()],
  ['for a life with a name of its own making', requestOf(1, `stranger.x.${incarnation}`)],
  ['for a life that never began', requestOf(1, 'stranger.1')],
  [
    'for rows as a life with a name of its own making',
    Calls.encode({
      rowsRequest: { number: 1, actor: 'stock/tea', field: 'left', origin: `stranger.x.${incarnation}` }
    }).finish()
  ],
  [
    'for rows as another node',
    Calls.encode({ rowsRequest: { number: 1, actor: 'stock/tea', field: 'left', origin: 'node-0.1' } }).finish()
  ]
] as const) {
  test(`a request ${what} ends the link`, async () => {
    await using it = await stocked(4)
    await it.settle(it.actor(0)(Stock, 'tea').add(10))
    const peer = await peerOf(it, true)
    await peer.send('calls', bytes)
    assert.ok(!peer.isLinked())
    assert.equal(await it.settle(it.actor(0)(Stock, 'tea').rights()), 10)
  })
}

test('who has told a life what it knows of earlier ones takes no push of them any more', async () => {
  await using it = await stocked(5)
  const peer = await peerOf(it, true)
  const value = () => it.settle(it.actor(0)(Stock, 'tea').value())
  await peer.send('push', pushOf(`${incarnation.slice(0, -1)}1`, 3))
  assert.equal(await value(), 3)
  const later = `${incarnation.slice(0, -1)}5`
  const request = { number: 7, actor: 'stock/tea', field: 'left', origin: `stranger.${later}` }
  const [reply] = await peer.send('calls', Calls.encode({ rowsRequest: request }).finish())
  const known = boundedCounterAt(decodeState(Uint8Array.from(reply?.rowsReply?.rows ?? [])), 'left')
  assert.deepEqual(
    [...known].map(([writer, { up }]) => [writer.at(-1), up]),
    [['1', 3]]
  )
  await peer.relink()
  await peer.send('push', pushOf(`${incarnation.slice(0, -1)}2`, 10))
  assert.equal(await value(), 3)
  await peer.relink()
  await peer.send('push', pushOf(later, 100))
  assert.equal(await value(), 103)
})

const named = ({ number, actor, field }: shoal.peer.IRightsRequest) => ({
  number: number ?? 0,
  actor: actor ?? '',
  field: field ?? ''
})

test('an answer about another counter than was asked about is none', async () => {
  await using it = await createTestCluster({ actors: [Stock], nodes: 2, seed: 7, shards: 1 })
  const peer = await peerOf(it, true)
  const replica = new Replica({ left: boundedCounter() }, { origin: `stranger.${incarnation}` })
  replica.change(({ left }) => left.add(100))
  const delta = replica.change(({ left }) => left.add(50)) ?? new Uint8Array(0)
  let asked = 0
  peer.answers(({ rightsRequest }) => {
    if (rightsRequest == null) return undefined
    asked++
    return { rightsReply: { ...named(rightsRequest), actor: 'stock/rum', granted: 5, delta } }
  })
  await it.settle(it.actor(1)(Stock, 'tea').add(10))
  await peer.send('push', pushOf(incarnation, 100))
  await it.until(() => it.node(0).digest() === it.node(1).digest())
  const before = await it.settle(it.actor(0)(Stock, 'tea').value())
  await it.settle(it.actor(0)(Stock, 'tea').take(5))
  assert.ok(asked > 0)
  assert.equal(await it.settle(it.actor(0)(Stock, 'tea').value()), before - 5)
})

test('an answer that makes no sense is a refusal: others are asked', async () => {
  const replies: shoal.peer.IRightsReply[] = [
    { granted: 5, delta: Uint8Array.of(9, 9, 9) },
    { granted: 2 ** 60 },
    { rows: Uint8Array.of(9, 9, 9) }
  ]
  for (const reply of replies) {
    await using it = await createTestCluster({ actors: [Stock], nodes: 2, seed: 7, shards: 1 })
    const peer = await peerOf(it, true)
    peer.answers(({ rightsRequest }) =>
      rightsRequest == null ? undefined : { rightsReply: { ...named(rightsRequest), ...reply } }
    )
    await it.settle(it.actor(1)(Stock, 'tea').add(10))
    await peer.send('push', pushOf(incarnation, 100))
    await it.until(() => it.node(0).digest() === it.node(1).digest())
    await it.settle(it.actor(0)(Stock, 'tea').take(5))
    assert.equal(await it.settle(it.actor(0)(Stock, 'tea').value()), 105)
  }
})

test('a node that cannot read the actor says that it does not know, and does not blame the asker', async () => {
  await using it = await createTestCluster({
    actors: [Stock],
    nodes: 1,
    seed: 8,
    shards: 1,
    store: { maxCachedActors: 1 }
  })
  for (const id of ['tea', 'rum', 'gin']) await it.settle(it.actor(0)(Stock, id).add(10))
  // A life that has lost what it wrote itself would end.
  it.kill(0)
  it.boot(0)
  await it.until(() => it.isWhole())
  const peer = await peerOf(it, true)
  lookUp(it.machine(0).disk.root, orderOf(stateKey(0, 'stock/tea')))?.value.fill(0, 0, 4)
  const request = { number: 7, actor: 'stock/tea', field: 'left', origin }
  const [reply] = await peer.send('calls', Calls.encode({ rowsRequest: request }).finish())
  assert.equal(reply?.rowsReply?.number, 7)
  assert.equal(reply.rowsReply.rows?.length ?? 0, 0)
  const [refusal] = await peer.send('calls', requestOf(1))
  assert.equal(refusal?.rightsReply?.granted ?? 0, 0)
  assert.ok(peer.isLinked())
})

test('a gift that no record can carry is told as nothing: it comes by push', async () => {
  const sent: Calls[] = []
  const cluster = {
    membership: { member: () => ({ status: 'alive' }) },
    store: { origin: 'giver.1', actor: () => ({ state: emptyState }) },
    sendCalls(_peer: string, message: Calls) {
      if ((message.rightsReply?.rows?.length ?? 0) > 0) throw new ShoalError('SHOAL_LIMIT', 'a record too large')
      return sent.push(message) > 0
    }
  }
  const giver = new RightsGiver({
    cluster: cluster as unknown as Cluster,
    runtime: { shardOfName: () => 0 } as unknown as ActorRuntime,
    takeOver: {} as unknown as TakeOver,
    logger: silentLogger,
    metrics: noMetrics,
    wanted: () => 0
  })
  const request = Calls.decode(requestOf(0)).rightsRequest
  assert.ok(request != null)
  giver.receive('stranger', request)
  await new Promise(resolve => setImmediate(resolve))
  assert.deepEqual(
    sent.map(({ rightsReply }) => [rightsReply?.number, rightsReply?.granted, rightsReply?.rows?.length]),
    [[1, 0, 0]]
  )
})
