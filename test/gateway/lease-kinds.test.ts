/** What the HTTP door answers of actors of `lease` kinds, over nodes in virtual time. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { command, exclusive, pnCounter, query } from 'shoal'
import { createTestCluster, type TestCluster } from 'shoal/testing'
import { shoal } from '#proto/generated/peer.js'
import { PrometheusMetrics } from '../../src/adapters/system/prometheus-metrics.ts'
import { protocolVersion } from '../../src/cluster/wire.ts'
import { CausalContext } from '../../src/crdt/index.ts'
import { createHttpDoor } from '../../src/gateway/http-door.ts'
import { silentLogger } from '../../src/ports/logger.ts'
import { post, send } from './http-request.ts'

const { Calls } = shoal.peer

const Account = exclusive(
  'account',
  { n: pnCounter() },
  {
    add: command(({ state }) => {
      state.n.add(1)
      return state.n.value
    }),
    get: query(({ state }) => state.n.value)
  },
  { partition: 'lease' }
)

async function openDoor(cluster: TestCluster, number: number) {
  const metrics = new PrometheusMetrics({ process: false })
  const door = await createHttpDoor({ node: cluster.node(number), metrics, logger: silentLogger })
  /** Virtual time passes while real bytes travel. */
  const ask = async (path: string, { isCall = false } = {}) => {
    const request = isCall ? post(door.address, path) : send(door.address, path)
    let isOver = false
    const over = () => {
      isOver = true
    }
    request.then(over, over)
    for (let ms = 0; !isOver && ms < 10_000; ms++) {
      await cluster.run(1)
      await setImmediate()
    }
    assert.ok(isOver, `${path}: no answer in ten seconds`)
    const { status, text } = await request
    return { status, body: JSON.parse(text) as Record<string, unknown> }
  }
  return { ask, [Symbol.asyncDispose]: () => door.close() }
}

test('a leased actor is called and shown over HTTP, and what it cannot do is refused', async () => {
  await using cluster = await createTestCluster({ actors: [Account], seed: 1, leases: {} })
  await using door = await openDoor(cluster, 1)
  const ann = '/v1/actors/account/ann'
  assert.deepEqual(await door.ask(`${ann}/add`, { isCall: true }), { status: 200, body: { result: 1 } })
  assert.deepEqual((await door.ask(`${ann}/add?acknowledge=all`, { isCall: true })).body, { result: 2 })
  assert.deepEqual((await door.ask(`${ann}/get`, { isCall: true })).body, { result: 2 })
  assert.deepEqual((await door.ask(ann)).body['state'], { n: 2 })
  const watch = await door.ask(`${ann}/watch`)
  assert.deepEqual([watch.status, watch.body['code']], [400, 'SHOAL_BAD_ARGUMENT'])
  const local = await door.ask(`${ann}/add?acknowledge=local`, { isCall: true })
  assert.deepEqual([local.status, local.body['code']], [400, 'SHOAL_BAD_ARGUMENT'])
  assert.deepEqual((await door.ask(`${ann}/get`, { isCall: true })).body, { result: 2 })
})

test('a watch of another node is not shown a leased actor', async () => {
  await using cluster = await createTestCluster({ actors: [Account], nodes: 1, shards: 1, seed: 1, leases: {} })
  const ports = cluster.world.machine('stranger').boot({
    clusterKey: new Uint8Array(32),
    facts: { cluster: 'test', shards: 1, protocol: protocolVersion }
  })
  const codes: string[] = []
  const nothing = () => {}
  const starting = ports.network.start({
    linked: nothing,
    unlinked: nothing,
    record: (_, channel, bytes) => {
      if (channel === 'calls') codes.push(`${Calls.decode(bytes).watchEnd?.failure?.code}`)
    },
    published: nothing,
    discovered: nothing,
    refused: nothing
  })
  await cluster.settle(starting)
  const peer = await cluster.settle(ports.network.dial(cluster.node(0).addresses()))
  const watch = { number: 1, actor: 'account/ann', shown: CausalContext.empty.encode() }
  ports.network.send(peer, 'calls', Calls.encode({ watch }).finish())
  await cluster.run(100)
  assert.deepEqual(codes, ['SHOAL_BAD_ARGUMENT'])
})
