/** Who does not belong is refused, and both sides are told why; what is no peer at all is cut off and harms nobody. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createKey } from '../../src/cli/cluster-key.ts'
import { emptyCluster, membersOf, startCluster } from './support/cluster.ts'
import { call } from './support/http.ts'
import type { NodeProcess } from './support/node-process.ts'
import { until } from './support/until.ts'

const tellDeadlineMs = 5_000
/** A stranger who says nothing is not waited for, and this fails one who is: a handshake's deadlines are seconds. */
const hangUpDeadlineMs = 120_000

async function host(t: TestContext) {
  const cluster = await emptyCluster(t)
  const a = await cluster.add('a', undefined)
  await a.start()
  return { cluster, a }
}

async function says(node: NodeProcess, pattern: RegExp): Promise<void> {
  await until(`${node.name} says ${pattern}`, tellDeadlineMs, () => assert.match(node.stderr, pattern))
}

async function isAlone(node: NodeProcess): Promise<void> {
  assert.deepEqual(
    (await membersOf(node)).members.map(({ name }) => name),
    [node.name]
  )
}

test('a node with another cluster key is refused, and both logs say that it is the key', {
  timeout: 300_000
}, async t => {
  const { cluster, a } = await host(t)
  const otherKey = join(cluster.dir, 'other.key')
  await createKey(otherKey)
  const stranger = await cluster.add('stranger', 'a', '--cluster-key', otherKey)
  await stranger.start()
  await Promise.all([says(a, /cluster's key/), says(stranger, /cluster's key/)])
  await Promise.all([isAlone(a), isAlone(stranger)])
})

for (const [what, args, pattern] of [
  ['shard count', ['--shards', '128'], /128[^"]*256|256[^"]*128/],
  ['cluster name', ['--cluster', 'pond'], /pond/]
] as const) {
  test(`a node with another ${what} is refused, and both logs name the two`, { timeout: 300_000 }, async t => {
    const { cluster, a } = await host(t)
    const stranger = await cluster.add('stranger', 'a', ...args)
    await stranger.start()
    await Promise.all([says(a, pattern), says(stranger, pattern)])
    await Promise.all([isAlone(a), isAlone(stranger)])
  })
}

test('a data directory is not opened with another shard count or cluster name, and says whose it is', {
  timeout: 300_000
}, async t => {
  const { a } = await host(t)
  await call(a.http, 'counter/c/add', 5)
  a.signal('SIGTERM')
  assert.equal(await a.exited(), 0)
  for (const args of [
    ['--shards', '128'],
    ['--cluster', 'pond']
  ]) {
    a.stderr = ''
    a.spawn(...args)
    assert.equal(await a.exited(), 1)
    assert.match(a.stderr, /^shoal: SHOAL_CLUSTER_MISMATCH: this data directory belongs to .*256.*\n$/)
  }
  await a.start()
  assert.equal(await call(a.http, 'counter/c/value'), 5)
})

test('bytes that are no handshake are cut off, and the cluster goes on', { timeout: 300_000 }, async t => {
  const cluster = await startCluster(t, ['a', 'b', 'c'])
  const [a, b] = cluster.nodes
  assert.ok(a !== undefined && b !== undefined)
  const port = await cluster.port('a')
  const garbage: [string, Uint8Array][] = [
    ['nothing', new Uint8Array(0)],
    ['one byte', Uint8Array.of(0)],
    ['zeros', new Uint8Array(100_000)],
    ['an HTTP request', Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')],
    ['a huge length', Buffer.from('ffffffffffffffff7f', 'hex')],
    ['multistream and no more', Buffer.from('\x13/multistream/1.0.0\n')],
    [
      'multistream, our encrypter, and noise',
      Buffer.concat([Buffer.from('\x13/multistream/1.0.0\n\x0d/shoal/tls/1\n'), randomBytes(50_000)])
    ],
    ...Array.from({ length: 20 }, (_, i): [string, Uint8Array] => [`random bytes ${i}`, randomBytes(1 + i * 700)])
  ]
  const closed = await Promise.all(
    garbage.map(async ([what, bytes]) => {
      await cutOff(port, bytes).catch(error => assert.fail(`${what}: ${error.message}`))
    })
  )
  assert.equal(closed.length, garbage.length)
  assert.equal(await call(a.http, 'counter/c/add', 1), 1)
  await until('b sees the write', 1_000, async () => assert.equal(await call(b.http, 'counter/c/value'), 1))
  await cluster.allAlive()
  // The door for peers still opens for those who belong.
  const d = await cluster.add('d', 'a')
  await d.start()
  await cluster.allAlive()
})

/** Sends the bytes and waits until the other side has had enough, by whatever way it hangs up. */
async function cutOff(port: number, bytes: Uint8Array): Promise<void> {
  const socket = connect({ host: '127.0.0.1', port, timeout: hangUpDeadlineMs })
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  socket.on('timeout', () => {
    socket.destroy()
    reject(new Error(`still open after ${hangUpDeadlineMs} ms`))
  })
  socket.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') reject(error)
  })
  socket.on('close', () => resolve())
  socket.resume()
  socket.write(bytes)
  await promise
}
