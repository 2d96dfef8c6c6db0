/** A peer that knows the cluster key and sends nonsense: it loses its link, and the cluster goes on as if nothing had been. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createTestCluster, type TestCluster } from 'shoal/testing'
import { shoal } from '#proto/generated/peer.js'
import { Account } from '../../examples/shop.ts'
import { protocolVersion } from '../../src/cluster/wire.ts'
import { CausalContext, emptyState, encodeBatch } from '../../src/crdt/index.ts'
import type { Channel, NetworkEvents } from '../../src/ports/network.ts'
import type { SimulatedNetwork } from '../../src/simulation/network.ts'
import { actors } from '../support/shop.ts'

const { Bulk, Calls, Control, Push } = shoal.peer
const huge = 2 ** 60

function batchOf({ shard = 0, name = 'tags/t' }): Uint8Array {
  const seqs = CausalContext.of([{ origin: 'x.1', seq: 1 }])
  return encodeBatch({
    origin: 'x.1',
    updates: [{ shard, name, seqs, after: 0, delta: { state: emptyState, context: seqs } }]
  })
}

function pushOf(batch: Uint8Array): Uint8Array {
  return Push.encode({ number: 1, batch }).finish()
}

const nonsense: readonly (readonly [string, Channel, Uint8Array])[] = [
  ['no protobuf', 'control', Uint8Array.of(255, 255, 255, 255)],
  ['an empty record', 'control', new Uint8Array(0)],
  ['groups in groups', 'calls', new Uint8Array(100_000).fill(0x0b)],
  [
    'hashes of another number of shards',
    'control',
    Control.encode({ shardHashes: { hashes: new Uint8Array(9), shards: [0] } }).finish()
  ],
  [
    'shards out of order',
    'control',
    Control.encode({ shardHashes: { hashes: new Uint8Array(16), shards: [1, 0] } }).finish()
  ],
  [
    'a shard beyond the last',
    'control',
    Control.encode({ shardHashes: { hashes: new Uint8Array(8), shards: [1_000_000] } }).finish()
  ],
  ['a push number beyond the integers', 'control', Control.encode({ stored: { pushes: [huge] } }).finish()],
  ['a member without a name', 'control', Control.encode({ hello: { members: [{}] } }).finish()],
  [
    'a call number beyond the integers',
    'calls',
    Calls.encode({ call: { number: huge, actor: 'account/a', method: 'deposit' } }).finish()
  ],
  ['a reply number beyond the integers', 'calls', Calls.encode({ reply: { number: huge } }).finish()],
  ['a call of nothing', 'calls', Calls.encode({ call: { number: 1 } }).finish()],
  [
    'a call of a kind without an id',
    'calls',
    Calls.encode({ call: { number: 1, actor: 'account/', method: 'balance' } }).finish()
  ],
  [
    'a call with a member of no incarnation',
    'calls',
    Calls.encode({
      call: { number: 1, actor: 'account/a', method: 'balance', session: 's', request: 1, members: [{ id: 'x' }] }
    }).finish()
  ],
  [
    'a call of __proto__',
    'calls',
    Calls.encode({ call: { number: 1, actor: '__proto__/a', method: '__proto__', session: 's', request: 1 } }).finish()
  ],
  ['a watch of nothing', 'calls', Calls.encode({ watch: { number: 1 } }).finish()],
  [
    'a watch that has seen nonsense',
    'calls',
    Calls.encode({ watch: { number: 1, actor: 'tags/t', shown: Uint8Array.of(9, 9) } }).finish()
  ],
  ['a watch number beyond the integers', 'calls', Calls.encode({ watchTaken: { number: huge } }).finish()],
  ['a stream of an unknown shard', 'bulk', Bulk.encode({ catchUp: { session: 1, shards: [{ shard: 99 }] } }).finish()],
  [
    'a stream of one shard named many times',
    'bulk',
    Bulk.encode({ catchUp: { session: 1, shards: Array.from({ length: 5000 }, () => ({ shard: 1 })) } }).finish()
  ],
  [
    'a stream with a broken context',
    'bulk',
    Bulk.encode({ catchUp: { session: 1, shards: [{ shard: 1 }], contexts: Uint8Array.of(9, 9, 9) } }).finish()
  ],
  ['a chunk of no stream', 'bulk', Bulk.encode({ chunk: { session: 7, number: 1, last: true } }).finish()],
  ['a push of nothing', 'push', Push.encode({ number: 1 }).finish()],
  ['a push with a broken batch', 'push', pushOf(Uint8Array.of(1, 2, 3))],
  ['a push with surplus bytes', 'push', pushOf(Uint8Array.of(...batchOf({}), 0))],
  ['a push to a shard that is not there', 'push', pushOf(batchOf({ shard: 99 }))],
  ['a push to an actor of no kind', 'push', pushOf(batchOf({ name: '/x' }))],
  [
    'more publications wanted than may be',
    'control',
    Control.encode({ pushWanted: { publications: Array.from({ length: 65 }, (_, i) => i) } }).finish()
  ],
  ['a push that is no bulk record', 'bulk', Push.encode({ number: 1, batch: batchOf({}) }).finish()]
]

/** A new one each time: whoever has sent nonsense twice is kept out for a while. */
async function stranger(cluster: TestCluster, shards: number) {
  const ports = cluster.world.machine(`stranger-${cluster.size}`).boot({
    clusterKey: new Uint8Array(32),
    facts: { cluster: 'test', shards, protocol: protocolVersion }
  })
  const nothing = () => {}
  const events: NetworkEvents = {
    linked: nothing,
    unlinked: nothing,
    record: nothing,
    published: nothing,
    discovered: nothing,
    refused: nothing
  }
  await cluster.settle(ports.network.start(events))
  return ports.network
}

async function send(cluster: TestCluster, network: SimulatedNetwork, channel: Channel, bytes: Uint8Array) {
  const peer = await cluster.settle(network.dial(cluster.node(0).addresses()))
  network.send(peer, channel, bytes)
  network.publish(bytes)
  await cluster.run(20)
}

async function assertWell(cluster: TestCluster, deposits: number, after: string): Promise<void> {
  const balance = await cluster.settle(
    cluster
      .actor(deposits % 3)(Account, 'mine')
      .deposit({ amount: 1 })
  )
  assert.equal(balance, deposits, after)
  assert.equal(cluster.nodes().length, 3, after)
}

test('no record that is not well-formed harms a node', async () => {
  await using cluster = await createTestCluster({ actors, nodes: 3, seed: 1, shards: 8 })
  let deposits = 0
  for (const [name, channel, bytes] of nonsense) {
    await send(cluster, await stranger(cluster, 8), channel, bytes)
    await assertWell(cluster, ++deposits, name)
  }
  await cluster.until(() => new Set(cluster.nodes().map(node => node.digest())).size === 1)
})

test('nor does any run of random bytes, nor a well-formed record with a few bytes changed', async () => {
  await using cluster = await createTestCluster({ actors, nodes: 3, seed: 2, shards: 8 })
  let deposits = 0
  const channel = fc.constantFrom<Channel>('control', 'calls', 'push', 'bulk')
  const noise = fc.record({ channel, bytes: fc.uint8Array({ maxLength: 200 }) })
  const bent = fc
    .tuple(fc.constantFrom(...nonsense), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }))
    .map(([[, where, bytes], changes]) => {
      const changed = bytes.slice(0, 500)
      for (const [at, value] of changes) if (changed.length > 0) changed[at % changed.length] = value
      return { channel: where, bytes: changed }
    })
  await fc.assert(
    fc.asyncProperty(fc.oneof(noise, bent), async record => {
      const network = await stranger(cluster, 8)
      await send(cluster, network, record.channel, record.bytes)
      await cluster.settle(network.stop())
      await assertWell(cluster, ++deposits, 'noise')
    }),
    { numRuns: 150 }
  )
})

test('whoever sends nonsense again and again is kept out for longer and longer, and let in when it has stopped', async () => {
  await using cluster = await createTestCluster({ actors, nodes: 3, seed: 3, shards: 8 })
  const network = await stranger(cluster, 8)
  const refusedAt: number[] = []
  let sent = 0
  for (let ms = 0; ms < 20_000; ms += 100) {
    await cluster.run(100)
    try {
      const peer = await cluster.settle(network.dial(cluster.node(0).addresses()))
      network.send(peer, 'control', Uint8Array.of(255, 255, 255, 255))
      sent++
    } catch {
      refusedAt.push(ms)
    }
  }
  assert.ok(sent >= 5 && sent <= 7, `${sent} records came in`)
  assert.ok(refusedAt.length > 100)
  await cluster.run(20_000)
  await cluster.settle(network.dial(cluster.node(0).addresses()))
  await cluster.run(5000)
  assert.equal(network.links().length, 1, 'it is quiet now, and stays')
})
