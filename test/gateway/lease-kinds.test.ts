/** What the HTTP door answers of actors of `lease` kinds, over nodes in virtual time. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { boundedCounter, command, exclusive, json, pnCounter, query, text } from 'shoal'
import { createTestCluster, type TestCluster } from 'shoal/testing'
import { shoal } from '#proto/generated/peer.js'
import { PrometheusMetrics } from '../../src/adapters/system/prometheus-metrics.ts'
import { type DoorError, watch } from '../../src/cli/door-client.ts'
import { protocolVersion } from '../../src/cluster/wire.ts'
import { CausalContext } from '../../src/crdt/index.ts'
import { createHttpDoor } from '../../src/gateway/http-door.ts'
import { silentLogger } from '../../src/ports/logger.ts'
import { served } from '../actors/support/served.ts'
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

/** Real bytes take as long as the machine lets them, so that much virtual time may pass, and real time that is enough for any machine. */
async function until(cluster: TestCluster, condition: () => boolean): Promise<void> {
  const [virtualMs, realMs] = [cluster.world.time.nowMs, performance.now()]
  while (!condition()) {
    const isLate = cluster.world.time.nowMs - virtualMs > 60_000 && performance.now() - realMs > 120_000
    assert.ok(!isLate, `not within a minute of virtual time, and two of real time: ${condition}`)
    await cluster.run(10)
    await setImmediate()
  }
}

async function openDoor(cluster: TestCluster, number: number) {
  const metrics = new PrometheusMetrics({ process: false })
  const door = await createHttpDoor({ node: cluster.node(number), metrics, logger: silentLogger })
  const ask = async (path: string, { isCall = false } = {}) => {
    const request = isCall ? post(door.address, path) : send(door.address, path)
    let isOver = false
    const over = () => {
      isOver = true
    }
    request.then(over, over)
    await until(cluster, () => isOver)
    const { status, text } = await request
    return { status, body: JSON.parse(text) as Record<string, unknown> }
  }
  return { address: door.address, ask, [Symbol.asyncDispose]: () => door.close() }
}

test('a leased actor is called and shown over HTTP, and what it cannot do is refused', async () => {
  await using cluster = await createTestCluster({ actors: [Account], seed: 1, leases: {} })
  await using door = await openDoor(cluster, 1)
  const ann = '/v1/actors/account/ann'
  assert.deepEqual(await door.ask(`${ann}/add`, { isCall: true }), { status: 200, body: { result: 1 } })
  assert.deepEqual((await door.ask(`${ann}/add?acknowledge=all`, { isCall: true })).body, { result: 2 })
  assert.deepEqual((await door.ask(`${ann}/get`, { isCall: true })).body, { result: 2 })
  assert.deepEqual((await door.ask(ann)).body['state'], { n: 2 })
  const local = await door.ask(`${ann}/add?acknowledge=local`, { isCall: true })
  assert.deepEqual([local.status, local.body['code']], [400, 'SHOAL_BAD_ARGUMENT'])
  assert.deepEqual((await door.ask(`${ann}/get`, { isCall: true })).body, { result: 2 })
})

const Shelf = exclusive(
  'shelf',
  { label: text(), data: json(), left: boundedCounter() },
  {
    fill: command(({ state }) => {
      state.label.insert(0, 'tea')
      state.data.set(['from'], 'Assam')
      state.left.add(2)
    }),
    take: command(({ state }) => {
      state.left.subtract(2)
      return state.left.value
    })
  },
  { partition: 'lease' }
)

test('documents and a bounded counter of a leased actor are shown over HTTP, and a bound is a conflict', async () => {
  await using cluster = await createTestCluster({ actors: [Shelf], seed: 1, leases: {} })
  await using door = await openDoor(cluster, 1)
  const top = '/v1/actors/shelf/top'
  assert.equal((await door.ask(`${top}/fill`, { isCall: true })).status, 200)
  assert.deepEqual((await door.ask(top)).body['state'], { label: 'tea', data: { from: 'Assam' }, left: 2 })
  assert.deepEqual((await door.ask(`${top}/take`, { isCall: true })).body, { result: 0 })
  const { status, body } = await door.ask(`${top}/take`, { isCall: true })
  assert.deepEqual([status, body['code'], body['retryable']], [409, 'SHOAL_INSUFFICIENT_RIGHTS', false])
})

test('an event stream of a leased actor goes on at its next owner, and says so where there is none', async () => {
  await using cluster = await createTestCluster({ actors: [Account], seed: 1, leases: { leaseMs: 1000 } })
  const ann = cluster.node(1).actor(Account, 'ann')
  await cluster.settle(ann.add())
  const owner = cluster.world.machines().findIndex(({ id }) => id === cluster.node(1).owner(Account, 'ann'))
  const [number = 0, other = 0] = [0, 1, 2].filter(one => one !== owner)
  await using door = await openDoor(cluster, number)
  const states: unknown[] = []
  let error: unknown
  const ended = (async () => {
    for await (const state of watch(new URL(door.address), '/v1/actors/account/ann/watch')) states.push(state)
  })().catch(thrown => {
    error = thrown
  })
  await until(cluster, () => states.length === 1)
  cluster.kill(owner)
  await served(cluster, () => cluster.actor(other)(Account, 'ann').add())
  await until(cluster, () => states.length === 2)
  assert.deepEqual(states, [{ n: 1 }, { n: 2 }])
  cluster.kill(other)
  await until(cluster, () => error !== undefined)
  await ended
  assert.equal((error as DoorError).code, 'SHOAL_UNAVAILABLE')
})

test('a watch by who takes the kind for one of another mode is shown nothing, nor one that has seen more than there is', async () => {
  await using cluster = await createTestCluster({ actors: [Account], nodes: 1, shards: 1, seed: 1, leases: {} })
  const ports = cluster.world.machine('stranger').boot({
    clusterKey: new Uint8Array(32),
    facts: { cluster: 'test', shards: 1, protocol: protocolVersion }
  })
  const answers: unknown[] = []
  const nothing = () => {}
  const starting = ports.network.start({
    linked: nothing,
    unlinked: nothing,
    record: (_, channel, bytes) => {
      if (channel !== 'calls') return
      const { watchState, watchEnd } = Calls.decode(bytes)
      if (watchEnd != null) answers.push([Number(watchEnd.number), watchEnd.failure?.code])
      else if ((watchState?.state?.length ?? 0) > 0)
        answers.push([Number(watchState?.number), new TextDecoder().decode(watchState?.state ?? undefined)])
    },
    published: nothing,
    discovered: nothing,
    refused: nothing
  })
  await cluster.settle(starting)
  const peer = await cluster.settle(ports.network.dial(cluster.node(0).addresses()))
  const seen = (revision: number) => CausalContext.empty.with('lease', 1, revision).encode()
  const ask = async (watch: shoal.peer.IWatch) => {
    ports.network.send(peer, 'calls', Calls.encode({ watch: { actor: 'account/ann', ...watch } }).finish())
    await cluster.run(100)
  }
  await served(cluster, () => cluster.actor(0)(Account, 'ann').add())
  await ask({ number: 1, shown: CausalContext.empty.encode() })
  await ask({ number: 2, shown: seen(2), leased: true })
  await ask({ number: 3, shown: CausalContext.empty.with('other', 1).encode(), leased: true })
  await ask({ number: 4, shown: seen(1), leased: true })
  assert.deepEqual(answers, [
    [1, 'SHOAL_UNKNOWN_KIND'],
    [2, undefined],
    [3, undefined],
    [4, '{"n":1}']
  ])
})
