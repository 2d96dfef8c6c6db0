/** How a node ends: cleanly when asked, once however often. And a full disk, which ends nothing. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { emptyCluster, membersOf, startCluster } from './support/cluster.ts'
import { ask, call, post } from './support/http.ts'
import type { NodeProcess } from './support/node-process.ts'
import { until } from './support/until.ts'

for (const signals of [['SIGTERM', 'SIGTERM'], ['SIGINT', 'SIGINT'], ['SIGHUP']] as const) {
  test(`after ${signals.join(' and ')} a node has left, and ends with 0`, { timeout: 300_000 }, async t => {
    const cluster = await startCluster(t, ['a', 'b'])
    const [a, b] = cluster.nodes
    assert.ok(a !== undefined && b !== undefined)
    await call(b.http, 'counter/c/add', 3)
    for (const signal of signals) b.signal(signal)
    assert.equal(await b.exited(), 0)
    await hasLeft(a, 'b')
    assert.equal(await call(a.http, 'counter/c/value'), 3)
  })
}

test('POST /v1/leave answers, and the node ends with 0', { timeout: 300_000 }, async t => {
  const cluster = await startCluster(t, ['a', 'b'])
  const [a, b] = cluster.nodes
  assert.ok(a !== undefined && b !== undefined)
  assert.deepEqual(await post(b.http, '/v1/leave'), { leaving: true })
  assert.equal(await b.exited(), 0)
  await hasLeft(a, 'b')
})

test('a node that is asked to end before it serves ends with 0', { timeout: 300_000 }, async t => {
  const cluster = await emptyCluster(t)
  const a = await cluster.add('a', undefined)
  a.spawn()
  a.signal('SIGTERM')
  // So early the process may not listen for signals yet; then the signal itself ends it.
  assert.ok([0, 'SIGTERM'].includes(await a.exited()))
})

test('two processes do not share a data directory: the second says which, and ends with 1', {
  timeout: 300_000
}, async t => {
  const cluster = await emptyCluster(t)
  const a = await cluster.add('a', undefined)
  await a.start()
  const twin = await cluster.add('twin', undefined, '--data', cluster.dataOf('a'))
  twin.spawn()
  assert.equal(await twin.exited(), 1)
  assert.match(twin.stderr, /SHOAL_DISK_LOCKED/)
  assert.ok(twin.stderr.includes(cluster.dataOf('a')))
  assert.equal(await call(a.http, 'counter/c/add', 1), 1)
})

test('a node whose disk is full says so, and goes on by itself with every write that it acknowledged once there is room', {
  timeout: 300_000
}, async t => {
  const disk = await smallDisk(t)
  if (disk === undefined) {
    const reason = 'no small file system can be mounted here (needs root and mount on Linux)'
    t.diagnostic(`SKIPPED, disk full: ${reason}`)
    t.skip(reason)
    return
  }
  const cluster = await emptyCluster(t)
  const a = await cluster.add('a', undefined, '--data', disk)
  await a.start()
  const acknowledged = await fillDisk(a)
  assert.ok(acknowledged > 0)
  const refused = await ask('POST', a.http, '/v1/actors/counter/c/add', 1)
  assert.deepEqual([refused.status, codeOf(refused.body)], [503, 'SHOAL_DISK'])
  const { status, body } = await ask('GET', a.http, '/readyz')
  assert.equal(status, 503)
  assert.match(JSON.stringify(body), /No space left on device/)
  assert.equal((await ask('GET', a.http, '/healthz')).status, 200, 'a restart would not help')

  execFileSync('mount', ['-o', 'remount,size=64m', disk])
  const { elapsedMs } = await until('the node serves again', 15_000, async () => {
    assert.equal((await ask('GET', a.http, '/readyz')).status, 200)
  })
  t.diagnostic(`served again ${Math.round(elapsedMs)} ms after there was room`)
  // Nobody knows what became of the last one, which was not acknowledged.
  const value = await call<number>(a.http, 'counter/c/value')
  assert.ok(value === acknowledged || value === acknowledged + 1, `${value} after ${acknowledged} acknowledged`)
  assert.equal(await call(a.http, 'counter/c/add', 1), value + 1)
})

/** Writes until a write is not acknowledged, and answers how many were. */
async function fillDisk(node: NodeProcess): Promise<number> {
  const note = 'x'.repeat(9_000)
  for (let acknowledged = 0; ; acknowledged++) {
    const written = await isAcknowledged(node, 'counter/c/add', 1)
    if (!written) return acknowledged
    for (let i = 0; i < 4; i++) await isAcknowledged(node, `cart/${acknowledged}-${i}/setNote`, note)
  }
}

async function isAcknowledged(node: NodeProcess, path: string, argument: unknown): Promise<boolean> {
  try {
    return (await ask('POST', node.http, `/v1/actors/${path}`, argument)).status === 200
  } catch {
    return false
  }
}

/** A file system of 8 MiB in memory, or nothing where this machine does not let us have one. */
async function smallDisk(t: TestContext): Promise<string | undefined> {
  const dir = await mkdtemp(join(tmpdir(), 'shoal-small-disk-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m,mode=700', 'shoal-test', dir], { stdio: 'ignore' })
  } catch {
    await rm(dir, { recursive: true })
    return undefined
  }
  t.after(async () => {
    execFileSync('umount', ['--lazy', dir])
    await rm(dir, { recursive: true })
  })
  return dir
}

function codeOf(body: unknown): unknown {
  return (body as { code?: unknown }).code
}

async function hasLeft(witness: NodeProcess, name: string): Promise<void> {
  await until(`${witness.name} knows that ${name} left`, 2_000, async () => {
    const { members } = await membersOf(witness)
    assert.equal(members.find(member => member.name === name)?.status, 'left')
  })
}
