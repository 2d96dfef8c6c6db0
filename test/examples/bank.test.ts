/** examples/bank.ts does what it says. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestCluster } from 'shoal/testing'
import { Ledger, Performance } from '../../examples/bank.ts'
import { PrometheusMetrics } from '../../src/adapters/system/prometheus-metrics.ts'
import { loadActors } from '../../src/cli/load-actors.ts'
import { createHttpDoor } from '../../src/gateway/http-door.ts'
import { silentLogger } from '../../src/ports/logger.ts'
import { post, send } from '../gateway/http-request.ts'

const actors = [Ledger, Performance]
const start = () => createTestCluster({ actors, seed: 1, leases: {} })

test('an account refuses what it has not, and tells what it had when', async () => {
  await using cluster = await start()
  const ledger = (node: number) => cluster.actor(node)(Ledger, 'ann')
  assert.equal(await cluster.settle(ledger(0).deposit({ amount: 500 })), 500)
  await cluster.run(1000)
  assert.equal(await cluster.settle(ledger(1).withdraw({ amount: 200, purpose: 'tea' })), 300)
  await assert.rejects(cluster.settle(ledger(2).withdraw({ amount: 301, purpose: 'cake' })), {
    code: 'INSUFFICIENT_FUNDS'
  })
  const [first, second] = await cluster.settle(ledger(2).history())
  assert.deepEqual(second?.event, { type: 'withdrawn', amount: 200, purpose: 'tea' })
  const before = await cluster.settle(ledger(0).stateAt({ timeMs: (first?.timeMs ?? 0) + 500 }))
  assert.deepEqual(before, { revision: 1, state: { balance: 500 } })
})

test('a transfer arrives once, and one that is refused moves nothing', async () => {
  await using cluster = await start()
  const ledger = (node: number, id: string) => cluster.actor(node)(Ledger, id)
  await cluster.settle(ledger(0, 'ann').deposit({ amount: 500 }))
  assert.equal(await cluster.settle(ledger(1, 'ann').transfer({ to: 'bob', amount: 200 })), 300)
  await assert.rejects(cluster.settle(ledger(2, 'ann').transfer({ to: 'bob', amount: 301 })), {
    code: 'INSUFFICIENT_FUNDS'
  })
  await cluster.run(1000)
  assert.equal(await cluster.settle(ledger(2, 'bob').balance()), 200)
  assert.equal(await cluster.settle(ledger(2, 'ann').balance()), 300)
})

test('a seat is taken once, and none when it is over', async () => {
  await using cluster = await start()
  const performance = (node: number) => cluster.actor(node)(Performance, 'tonight')
  const taken = [0, 1, 2].map(node =>
    performance(node)
      .take({ seat: 'A1', guest: `guest ${node}` })
      .then(
        () => 'mine',
        ({ code }) => code
      )
  )
  assert.deepEqual((await cluster.settle(Promise.all(taken))).sort(), ['TAKEN', 'TAKEN', 'mine'])
  assert.equal(await cluster.settle(performance(1).close()), 1)
  await assert.rejects(cluster.settle(performance(2).take({ seat: 'A2', guest: 'late' })), { code: 'CLOSED' })
})

test('the HTTP door shows values, states, histories and the past', async () => {
  await using cluster = await start()
  const metrics = new PrometheusMetrics({ process: false })
  const door = await createHttpDoor({ node: cluster.node(1), metrics, logger: silentLogger })
  /** Virtual time passes while real bytes travel. */
  const asked = async (path: string, body?: unknown) => {
    const request = body === undefined ? send(door.address, path) : post(door.address, path, body)
    let isOver = false
    const over = () => {
      isOver = true
    }
    request.then(over, over)
    while (!isOver) {
      await cluster.run(1)
      await new Promise(resolve => setImmediate(resolve))
    }
    const answer = await request
    return { status: answer.status, body: answer.json() as Record<string, unknown> }
  }
  try {
    const ann = '/v1/actors/ledger/ann'
    assert.deepEqual((await asked(`${ann}/deposit`, { amount: 500 })).body, { result: 500 })
    assert.equal((await asked(`${ann}/withdraw`, { amount: 501, purpose: 'tea' })).status, 422)
    assert.deepEqual((await asked(ann)).body['state'], { balance: 500 })
    const { result } = (await asked(`${ann}/history`, { limit: 1 })).body as { result: { revision: number }[] }
    assert.deepEqual(
      result.map(({ revision }) => revision),
      [1]
    )
    assert.deepEqual((await asked(`${ann}/stateAt`, { revision: 0 })).body['result'], {
      revision: 0,
      state: { balance: 0 }
    })
    assert.equal((await asked(`${ann}/stateAt`, { revision: 9 })).status, 400)
    await asked('/v1/actors/performance/tonight/take', { seat: 'A1', guest: 'ann' })
    const { state } = (await asked('/v1/actors/performance/tonight')).body
    assert.deepEqual(state, { taken: { A1: 'ann' }, isClosed: false })
  } finally {
    await door.close()
  }
})

test('the command finds both kinds in the module', async () => {
  const found = await loadActors(['examples/bank.ts'])
  assert.deepEqual(found.map(({ kind }) => kind).sort(), ['ledger', 'performance'])
})
