/** Backups taken under load and restored, as a new node and as the same; and a copied directory, which is an alarm. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, rm, stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { membersOf, startCluster, type TestCluster } from './support/cluster.ts'
import { call, stateOf } from './support/http.ts'
import { Ledger, type Shop } from './support/ledger.ts'
import { Shopper, shopOf } from './support/shopper.ts'
import { until } from './support/until.ts'

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const equalDeadlineMs = 10_000

interface Said {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

async function shoal(...args: readonly string[]): Promise<Said> {
  const child = spawn(process.execPath, ['--conditions=shoal-source', main, ...args], {
    stdio: ['ignore', 'pipe', 'pipe']
  })
  const [stdout, stderr, [exitCode]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { exitCode, stdout, stderr }
}

async function succeeds(...args: readonly string[]): Promise<void> {
  const { exitCode, stderr } = await shoal(...args)
  assert.equal(exitCode, 0, stderr)
}

async function allEqual(cluster: TestCluster): Promise<Shop> {
  const { value } = await until('all nodes are equal', equalDeadlineMs, async () => {
    const running = cluster.nodes.filter(node => node.isRunning)
    const [first, ...others] = await Promise.all(running.map(node => shopOf(node, 's')))
    assert.ok(first !== undefined)
    for (const other of others) assert.deepEqual(other, first)
    return first
  })
  return value
}

test('a backup taken under load is restored as a new node, which loses nothing and brings nothing back', {
  timeout: 300_000
}, async t => {
  const cluster = await startCluster(t, ['a', 'b', 'c'])
  const [a] = cluster.nodes
  assert.ok(a !== undefined)
  const ledger = new Ledger()
  for (const tag of ['old 1', 'old 2', 'old 3']) await call(a.http, 'tags/s/add', tag)
  for (const tag of ['old 1', 'old 2', 'old 3']) ledger.tags.added(tag, 'acknowledged')
  const clients = cluster.nodes.map(node => new Shopper(node, { shop: 's', name: node.name, ledger, paceMs: 2 }))
  await until('100 writes', 30_000, () => assert.ok(clients.reduce((sum, { writes }) => sum + writes, 0) > 100))
  const file = join(cluster.dir, 'backup')
  await succeeds('backup', '--http', a.http, '--out', file)
  assert.equal((await stat(file)).mode & 0o777, 0o600)
  assert.equal((await shoal('backup', '--http', a.http, '--out', file)).exitCode, 2, 'it does not overwrite')
  await call(a.http, 'tags/s/remove', 'old 2')
  ledger.tags.removed('old 2', 'acknowledged')
  await until('300 writes', 30_000, () => assert.ok(clients.reduce((sum, { writes }) => sum + writes, 0) > 300))
  await Promise.all(clients.map(client => client.stop()))

  const d = await cluster.add('d', 'a')
  const refused = await shoal('restore', file, '--data', cluster.dataOf('d'), '--same-node')
  assert.equal(refused.exitCode, 2)
  assert.match(refused.stderr, /without the identity/)
  await succeeds('restore', file, '--data', cluster.dataOf('d'))
  assert.equal((await shoal('restore', file, '--data', cluster.dataOf('d'))).exitCode, 2, 'there is a store already')
  await d.start()
  assert.ok(cluster.others(d).every(({ id }) => id !== d.id))
  await cluster.allAlive()
  assert.deepEqual(ledger.complaints(await allEqual(cluster)), [])
})

test('a node that is gone for good is replaced by its old backup: the others give it what it had written since', {
  timeout: 300_000
}, async t => {
  const cluster = await startCluster(t, ['a', 'b', 'c'])
  const [a, b] = cluster.nodes
  assert.ok(a !== undefined && b !== undefined)
  const ledger = new Ledger()
  const write = async (from: number, to: number) => {
    for (let n = from; n < to; n++) {
      await call(a.http, 'tags/s/add', `tag ${n}`)
      ledger.tags.added(`tag ${n}`, 'acknowledged')
      await call(a.http, 'counter/s/add', 1)
      ledger.counter.add('acknowledged')
    }
  }
  await write(0, 20)
  const file = join(cluster.dir, 'backup')
  await succeeds('backup', '--http', a.http, '--out', file, '--with-identity')
  await write(20, 60)
  await call(a.http, 'tags/s/remove', 'tag 3')
  ledger.tags.removed('tag 3', 'acknowledged')
  await allEqual(cluster)
  const { id } = a
  await a.kill()
  await rm(cluster.dataOf('a'), { recursive: true })
  await succeeds('restore', file, '--data', cluster.dataOf('a'), '--same-node')
  await a.start()
  assert.equal(a.id, id)
  await write(60, 80)
  await cluster.allAlive()
  assert.deepEqual(ledger.complaints(await allEqual(cluster)), [])
})

test('a backup that is not whole is refused, and leaves no store', { timeout: 300_000 }, async t => {
  const cluster = await startCluster(t, ['a'])
  const [a] = cluster.nodes
  assert.ok(a !== undefined)
  await call(a.http, 'tags/s/add', 'x')
  const file = join(cluster.dir, 'backup')
  await succeeds('backup', '--http', a.http, '--out', file)
  await truncate(file, (await stat(file)).size - 1)
  const data = join(cluster.dir, 'restored')
  const { exitCode, stderr } = await shoal('restore', file, '--data', data)
  assert.equal(exitCode, 1)
  assert.match(stderr, /SHOAL_CORRUPT/)
  await assert.rejects(stat(join(data, 'store')))
})

test('of two nodes on copies of one directory both say so, the older ends, and the younger goes on', {
  timeout: 300_000
}, async t => {
  const cluster = await startCluster(t, ['a', 'b', 'c'])
  const [a, b] = cluster.nodes
  assert.ok(a !== undefined && b !== undefined)
  await call(a.http, 'tags/s/add', 'before')
  await a.kill()
  await cp(cluster.dataOf('a'), cluster.dataOf('twin'), { recursive: true })
  await a.start()
  await cluster.allAlive()
  const { id } = a
  const twin = await cluster.add('twin', 'b')
  await twin.start()
  assert.equal(twin.id, id)
  assert.equal(await a.exited(), 1)
  assert.match(a.stderr, /"level":50.*another process runs under the identity of this node/)
  await until('the younger says so too', 20_000, () => {
    assert.match(twin.stderr, /"level":50.*another process ran under the identity of this node/)
  })
  await cluster.allAlive()
  const { members } = await membersOf(b)
  assert.equal(members.filter(member => member.id === id).length, 1)
  await call(twin.http, 'tags/s/add', 'after')
  await until('the others have heard it', 5_000, async () => {
    assert.deepEqual((await stateOf<string[]>(b.http, 'tags/s')).toSorted(), ['after', 'before'])
  })
})
