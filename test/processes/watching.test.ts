/** A watch over HTTP on a node that does not store the actor: it goes on when the node that it comes from is killed or stands still. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { watch } from '../../src/cli/door-client.ts'
import { startCluster, type TestCluster } from './support/cluster.ts'
import { call, get } from './support/http.ts'
import type { NodeProcess } from './support/node-process.ts'
import { until } from './support/until.ts'

/** Accused, declared dead, and another found. */
const goesOnWithinMs = 8000

interface View {
  readonly replicas: readonly string[]
}

/** The two that have the counter whole, and one that has not. */
async function placesOf(cluster: TestCluster, path: string) {
  const [first] = cluster.nodes
  assert.ok(first !== undefined)
  const { replicas } = await get<View>(first.http, `/v1/actors/${path}`)
  const holders = cluster.nodes.filter(({ id }) => replicas.includes(id))
  const other = cluster.nodes.find(({ id }) => !replicas.includes(id))
  assert.ok(other !== undefined)
  return { holders, other }
}

const servedBy = (node: NodeProcess) => figureOf(node, 'shoal_watches_served')

async function figureOf(node: NodeProcess, name: string): Promise<number> {
  const response = await fetch(`${node.http}/metrics`)
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(await response.text())?.[1] ?? 0)
}

/** It answers by itself, and passes nothing on. */
async function assertServes(node: NodeProcess): Promise<void> {
  const before = await figureOf(node, 'shoal_actor_calls_total')
  await call(node.http, 'counter/c/value')
  assert.ok((await figureOf(node, 'shoal_actor_calls_total')) > before, `${node.name} passes calls on`)
}

test('a watch on a node without the actor outlives a SIGKILL and a SIGSTOP of the nodes that it comes from', {
  timeout: 300_000
}, async t => {
  const cluster = await startCluster(t, ['a', 'b', 'c', 'd'], '--replication', '2')
  const { holders, other } = await placesOf(cluster, 'counter/c')
  await until('both replicas serve', 20_000, async () => {
    for (const holder of holders) await assertServes(holder)
  })
  const ended = new AbortController()
  t.after(() => ended.abort())
  const seen: unknown[] = []
  const reading = (async () => {
    for await (const state of watch(new URL(other.http), '/v1/actors/counter/c/watch', { signal: ended.signal }))
      seen.push(state)
  })().catch((error: unknown) => error)
  let sum = 0
  const addIsSeen = async (at: NodeProcess, deadlineMs: number) => {
    sum += await call<number>(at.http, 'counter/c/add', 1).then(() => 1)
    const { elapsedMs } = await until(`${sum} is shown`, deadlineMs, () => assert.equal(seen.at(-1), sum))
    return Math.round(elapsedMs)
  }
  await addIsSeen(other, 1000)
  let counts: number[] = []
  await until('one of the two serves the watch', 5000, async () => {
    counts = await Promise.all(holders.map(servedBy))
    assert.deepEqual(counts.toSorted(), [0, 1])
  })
  const source = holders[counts.indexOf(1)]
  const rest = holders[counts.indexOf(0)]
  assert.ok(source !== undefined && rest !== undefined)

  await source.kill()
  t.diagnostic(`killed: the next change was seen after ${await addIsSeen(rest, goesOnWithinMs)} ms`)
  await source.start()
  await cluster.allAlive()
  assert.equal(await servedBy(rest), 1)
  await until('both replicas are whole again', 20_000, async () => {
    const { replicas } = await get<View>(source.http, '/v1/actors/counter/c')
    assert.ok(replicas.includes(source.id))
    assert.equal(await call(source.http, 'counter/c/value'), sum)
    await assertServes(source)
  })
  rest.signal('SIGSTOP')
  t.after(() => {
    if (rest.isRunning) rest.signal('SIGCONT')
  })
  t.diagnostic(`stopped: the next change was seen after ${await addIsSeen(source, goesOnWithinMs)} ms`)
  rest.signal('SIGCONT')
  await cluster.allAlive(20_000)
  await addIsSeen(rest, 5000)
  assert.deepEqual(
    seen,
    seen.map((_, i) => (seen.length === sum + 1 ? i : i + 1)),
    'each once, and in order'
  )
  ended.abort()
  await reading
})
