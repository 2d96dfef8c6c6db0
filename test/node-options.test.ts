/** An option that nothing would look at is refused wherever options are given: a misspelt one must not pass for the standard setting. */
import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { command, createNode, eventSourced, exclusive, pnCounter, replicated, value } from 'shoal'
import { createTestCluster } from 'shoal/testing'
import { NodeListeners } from '../src/node-listeners.ts'
import { silentLogger } from '../src/ports/logger.ts'

const shape = { n: pnCounter() }
const Visits = replicated('visits', shape, { add: command(({ state }) => state.n.add(1)) })

test('a kind refuses options, states and methods that are none', () => {
  for (const options of [{ partitoin: 'lease' }, 'lease', null])
    assert.throws(() => exclusive('x', shape, {}, options as never), TypeError)
  assert.throws(() => exclusive('x', shape, {}, { partitoin: 'lease' } as never), /"partitoin"; there are .*partition/)
  for (const state of [undefined, 5]) assert.throws(() => exclusive('x', state as never, {}), /its state is a schema/)
  assert.throws(() => exclusive('x', shape, undefined as never), /methods are an object/)
  for (const method of [() => 1, undefined, { run() {} }])
    assert.throws(() => exclusive('x', shape, { add: method } as never), /add is no method/)
  assert.throws(() => value({}, { shema: {} } as never), /no option "shema"/)
  const events = { initial: 0, apply: () => 0 }
  assert.throws(() => eventSourced({ ...events, snapshotEvry: 5 } as never), /no option "snapshotEvry"/)
})

test('a node refuses options that it does not have before it makes anything', async () => {
  const data = join(tmpdir(), 'shoal-never-made')
  const options = { data, clusterKey: new Uint8Array(32), actors: [Visits] }
  for (const wrong of [{ ...options, lease: {} }, { clusterKey: options.clusterKey }, undefined])
    await assert.rejects(createNode(wrong as never), { code: 'SHOAL_BAD_CONFIGURATION' })
})

test('a call refuses options that it does not have, and an id that is no text', async () => {
  await using cluster = await createTestCluster({ nodes: 1, actors: [Visits], seed: 1 })
  const node = cluster.node(0)
  const visits = node.actor(Visits, 'x')
  for (const wrong of [{ deadlinMs: 5 }, null, 5])
    await assert.rejects(cluster.settle(visits.add(undefined, wrong as never)), { code: 'SHOAL_BAD_ARGUMENT' })
  await cluster.settle(visits.add(undefined, { deadlineMs: 5000 }))
  assert.throws(() => node.actor(Visits, 5 as never), { code: 'SHOAL_BAD_ARGUMENT' })
})

test('an event that there is not, and a listener that is no function, are refused', () => {
  const listeners = new NodeListeners(silentLogger)
  assert.throws(() => listeners.add('overlaps' as never, () => {}), /no event "overlaps"; there are .*overlap/)
  assert.throws(() => listeners.add('overlap', 5 as never), TypeError)
})
