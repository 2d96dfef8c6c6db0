/** Schemas that change from one start to the next, and nodes that run different ones at the same time. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  type AnyDefinition,
  boundedCounter,
  command,
  createNode,
  exclusive,
  flag,
  lwwRegister,
  newClusterKey,
  orMap,
  orSet,
  pnCounter,
  query,
  replicated
} from 'shoal'
import { createTestCluster, TestCluster } from 'shoal/testing'
import { z } from 'zod'
import type { Shape } from '../../src/actors/definitions/shape.ts'
import { isShoalError } from '../../src/ports/errors.ts'
import { type LogFields, silentLogger } from '../../src/ports/logger.ts'
import { labels, notes, turns } from '../crdt/support/future-fields.ts'

// ---- nodes of two versions ---------------------------------------------------------------------------------------------------

/** What the older program knows. */
const OldPage = replicated(
  'page',
  { title: lwwRegister('') },
  { setTitle: command(z.string(), ({ state }, title) => state.title.set(title)) }
)

/** What the newer one knows: more fields, some of types that the older has never heard of. */
const NewPage = replicated(
  'page',
  { title: lwwRegister(''), likes: pnCounter(), notes: notes(), labels: orMap(labels(2)), turns: turns() },
  {
    setTitle: command(z.string(), ({ state }, title) => state.title.set(title)),
    like: command(({ state }) => state.likes.add(1)),
    note: command(z.string(), ({ state }, note) => {
      state.notes.set(note)
      state.labels.at(note).put('by', note)
      state.turns.put(note)
    }),
    unlabel: command(z.string(), ({ state }, note) => state.labels.remove(note)),
    all: query(({ state }) => ({
      title: state.title.value,
      likes: state.likes.value,
      notes: state.notes.values,
      labels: state.labels.keys(),
      turns: state.turns.values.map(([, value]) => value)
    }))
  }
)

async function twoVersions(): Promise<TestCluster> {
  const cluster = new TestCluster({ actors: [NewPage], nodes: 4, seed: 3, shards: 4 })
  for (let i = 0; i < 4; i++) cluster.boot(i, { actors: [i === 2 ? OldPage : NewPage] })
  await cluster.until(() => cluster.isWhole())
  return cluster
}

const isOneDigest = (cluster: TestCluster) => new Set(cluster.nodes().map(node => node.digest())).size === 1

test('a node of the older version keeps, stores and hands on what it does not know', async () => {
  await using cluster = await twoVersions()
  const page = (node: number) => cluster.actor(node)(NewPage, 'p')
  const oldPage = () => cluster.actor(2)(OldPage, 'p')
  // Node 3 sees nothing of all this.
  cluster.partition([0, 1, 2], [3])
  await cluster.settle(Promise.all([page(0).like(), page(0).note('a'), page(1).like(), page(1).note('b')]))
  await cluster.settle(oldPage().setTitle('old'))
  await cluster.settle(page(0).unlabel('a'))
  await cluster.run(1000)
  cluster.kill(2)
  cluster.boot(2)
  await cluster.until(() => cluster.nodes().length === 4 && cluster.node(2).unready() === undefined)
  await cluster.settle(oldPage().setTitle('old, restarted'))
  await cluster.until(() => new Set([0, 1, 2].map(i => cluster.node(i).digest())).size === 1, 30_000)
  const expected = await cluster.settle(page(0).all())
  assert.equal(expected.title, 'old, restarted')
  assert.equal(expected.likes, 2)
  assert.equal(expected.turns.length, 2)
  assert.ok(expected.labels.length <= 2)
  // Node 3 gets it all from the old node alone, and both change it further.
  cluster.heal()
  cluster.partition([0, 1], [2, 3])
  await cluster.until(() => cluster.node(2).digest() === cluster.node(3).digest(), 60_000)
  assert.deepEqual(await cluster.settle(page(3).all()), expected)
  await cluster.settle(Promise.all([page(3).like(), page(3).note('c'), oldPage().setTitle('old again')]))
  cluster.heal()
  await cluster.until(() => isOneDigest(cluster), 60_000)
  const last = await cluster.settle(page(0).all())
  assert.equal(last.likes, 3)
  assert.equal(last.title, 'old again')
  assert.deepEqual(last.notes, ['c'])
  assert.ok(last.labels.includes('c'))
  // The old node, upgraded at last, shows what it has kept.
  cluster.kill(2)
  cluster.boot(2, { actors: [NewPage] })
  await cluster.until(() => cluster.isWhole(), 60_000)
  assert.deepEqual(await cluster.settle(page(2).all()), last)
})

// ---- one node, started again -------------------------------------------------------------------------------------------------

function kindOf(shape: Shape): AnyDefinition {
  return exclusive('page', shape, {})
}

/** Starts the same node again with another shape. */
async function restart(cluster: TestCluster, shape: Shape): Promise<void> {
  cluster.kill(0)
  cluster.boot(0, { actors: [kindOf(shape)] })
  await cluster.until(() => cluster.running(0) !== undefined || cluster.startError(0) !== undefined)
}

async function assertRefused(cluster: TestCluster, shape: Shape, ...words: readonly string[]): Promise<void> {
  await restart(cluster, shape)
  const error = cluster.startError(0)
  assert.ok(isShoalError(error) && error.code === 'SHOAL_BAD_CONFIGURATION', String(error))
  for (const word of ['kind page', ...words]) assert.ok(error.message.includes(word), `${word}: ${error.message}`)
}

async function assertStarts(cluster: TestCluster, shape: Shape): Promise<void> {
  await restart(cluster, shape)
  assert.equal(cluster.startError(0), undefined)
}

async function started(shape: Shape, logged?: (message: string, fields: LogFields) => void): Promise<TestCluster> {
  const logger = () => ({ ...silentLogger, info: (text: string, fields?: LogFields) => logged?.(text, fields ?? {}) })
  return createTestCluster({ actors: [kindOf(shape)], nodes: 1, seed: 1, shards: 4, logger })
}

test('fields may come, go and come back, and the log says which are kept', async () => {
  const lines: unknown[] = []
  await using cluster = await started({ a: pnCounter(), b: orSet() }, (message, fields) => {
    if (message.includes('no longer has')) lines.push(fields)
  })
  await assertStarts(cluster, { a: pnCounter(), b: orSet(), c: lwwRegister('') })
  assert.deepEqual(lines, [])
  await assertStarts(cluster, { b: orSet() })
  assert.deepEqual(lines, [{ kind: 'page', fields: ['a', 'c'] }])
  await assertStarts(cluster, { a: pnCounter(), b: orSet(), c: lwwRegister('another start') })
  assert.equal(lines.length, 1)
})

test('a field whose type changed stops the start, which says what it was and what to do', async () => {
  await using cluster = await started({ a: pnCounter(), b: orSet() })
  await assertRefused(cluster, { a: orSet(), b: orSet() }, '"a"', 'pnCounter', 'orSet', 'name of its own')
  await assertRefused(cluster, { a: orSet(), b: pnCounter() }, '"a"', 'and so with "b"')
  await assertStarts(cluster, { a: pnCounter(), b: orSet() })
  await assertStarts(cluster, { a: pnCounter() })
  await assertRefused(cluster, { b: flag() }, '"b"', 'orSet', 'enableWinsFlag')
  await assertStarts(cluster, { a: pnCounter(), anotherB: flag() })
})

test('an option that changes what values mean is part of the type', async () => {
  const first = { a: orMap(pnCounter()), b: flag(), c: orMap(orMap(flag())), d: lwwRegister(0), e: boundedCounter() }
  await using cluster = await started(first)
  const same = { b: flag(), c: orMap(orMap(flag())) }
  await assertRefused(cluster, { ...same, a: orMap(orSet()) }, 'of: pnCounter', 'of: orSet')
  await assertRefused(cluster, { ...same, a: orMap(pnCounter(), { keys: 'number' }) }, 'keys: string', 'keys: number')
  await assertRefused(cluster, { b: flag({ wins: 'disable' }) }, 'enableWinsFlag', 'disableWinsFlag')
  await assertRefused(cluster, { d: lwwRegister(0, { clock: 'reverse' }) }, 'clock: reverse')
  await assertRefused(cluster, { e: boundedCounter({ min: 1 }) }, 'min: 1')
  await assertRefused(cluster, { c: orMap(orMap(pnCounter())) }, 'of: orMap(keys: string, of: enableWinsFlag)')
})

test('a state of one type and a state of fields are two things', async () => {
  await using whole = await started(orSet())
  await assertRefused(whole, pnCounter(), 'its whole state', 'orSet', 'pnCounter')
  await assertRefused(whole, { a: orSet() }, 'one orSet', 'fields: "a"')
  await assertStarts(whole, orSet())
  await using fields = await started({ a: orSet() })
  await assertRefused(fields, orSet(), 'fields: "a"', 'one orSet')
})

test('a real directory remembers the schema too', async () => {
  const data = await mkdtemp(join(tmpdir(), 'shoal-schema-'))
  const clusterKey = newClusterKey()
  const start = (shape: Shape) => createNode({ data, clusterKey, actors: [kindOf(shape)] })
  try {
    await (await start({ a: pnCounter() })).stop()
    await assert.rejects(start({ a: orSet() }), { code: 'SHOAL_BAD_CONFIGURATION', message: /"a".*pnCounter.*orSet/ })
    await (await start({ a: pnCounter(), b: orSet() })).stop()
    await assert.rejects(start({ b: pnCounter() }), { code: 'SHOAL_BAD_CONFIGURATION' })
  } finally {
    await rm(data, { recursive: true })
  }
})
