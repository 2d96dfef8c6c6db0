/** The registers in a real etcd, started here. Where the machine has none, this is said and left out. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openEtcdLeaseStore } from '../../../src/adapters/etcd/lease-store.ts'
import { SystemClock } from '../../../src/adapters/system/clock.ts'
import { isShoalError } from '../../../src/ports/errors.ts'
import { freePort } from '../../support/free-ports.ts'
import type { StoreWorld } from './claims.ts'
import { leaseStoreConformance } from './conformance.ts'
import { programAt, Server } from './server.ts'
import { TroubledRelay } from './trouble.ts'

const etcd = programAt(process.env['SHOAL_ETCD'], '/usr/bin/etcd', '/usr/local/bin/etcd')

if (etcd === undefined) {
  test('etcd', t => t.skip('NOT TESTED: this machine has no etcd (apt-get install etcd-server, or SHOAL_ETCD)'))
} else {
  let server: Server
  let port = 0
  let worlds = 0

  const post = async (path: string, body: object, token = '') => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
      method: 'POST',
      headers: token === '' ? {} : { authorization: token },
      body: JSON.stringify(body)
    })
    assert.equal(answer.status, 200, await answer.clone().text())
    return (await answer.json()) as { token?: string }
  }

  before(async () => {
    server = await Server.in('etcd')
    port = await freePort()
    const [client, peer] = [`http://127.0.0.1:${port}`, `http://127.0.0.1:${await freePort()}`]
    const args = {
      name: 'one',
      'data-dir': 'data',
      'listen-client-urls': client,
      'advertise-client-urls': client,
      'listen-peer-urls': peer,
      'initial-advertise-peer-urls': peer,
      'initial-cluster': `one=${peer}`,
      logger: 'zap'
    }
    await server.start(
      etcd,
      Object.entries(args).flatMap(([name, value]) => [`--${name}`, value]),
      async () => {
        await post('/v3/kv/range', { key: 'AA==' })
        return true
      }
    )
  })
  after(() => server[Symbol.asyncDispose]())

  const openWorld = async (): Promise<StoreWorld> => {
    const number = ++worlds
    const nameOf = (cluster: string) => `${cluster} ${number}`
    const clock = new SystemClock()
    const disposed = new AsyncDisposableStack()
    disposed.defer(() => clock.stop())
    return {
      clock,
      patienceMs: 60_000,
      manyRegisters: 1200,
      async client(cluster = 'one') {
        const relay = await TroubledRelay.to(port)
        disposed.defer(() => relay.close())
        const endpoints = [`http://127.0.0.1:${relay.port}`]
        const store = await openEtcdLeaseStore({ endpoints, cluster: nameOf(cluster), clock })
        disposed.defer(() => store.close())
        return { store, trouble: relay }
      },
      async spoil(key) {
        const name = `/shoal/${encodeURIComponent(nameOf('one'))}/${key}`
        await post('/v3/kv/put', { key: btoa(name), value: btoa('x'.repeat(5000)) })
      },
      dispose: () => disposed.disposeAsync()
    }
  }

  leaseStoreConformance('etcd', openWorld)

  test('etcd: where one endpoint does not answer, the next is asked', async () => {
    const clock = new SystemClock()
    const endpoints = [`http://127.0.0.1:${await freePort()}`, `http://127.0.0.1:${port}`]
    const store = await openEtcdLeaseStore({ endpoints, cluster: 'two endpoints', clock })
    const read = () => store.read('shard/1', clock.elapsed() + 20_000)
    await assert.rejects(read(), error => isShoalError(error) && error.retryable)
    assert.equal(await read(), undefined)
    await store.close()
    clock.stop()
  })

  test('etcd: what is no endpoint is refused when it is opened', async () => {
    const clock = new SystemClock()
    for (const endpoints of [[], ['localhost:2379'], ['ftp://host'], ['']])
      await assert.rejects(
        openEtcdLeaseStore({ endpoints, cluster: 'x', clock }),
        error => isShoalError(error) && error.code === 'SHOAL_BAD_CONFIGURATION'
      )
    clock.stop()
  })

  // The last test, because from here on every client needs a password.
  test('etcd: with a user and a password, also after its token has become old', async () => {
    const user = { name: 'root', password: 'secret' }
    await post('/v3/auth/user/add', user)
    await post('/v3/auth/role/add', { name: 'root' })
    await post('/v3/auth/user/grant', { user: 'root', role: 'root' })
    await post('/v3/auth/enable', {})
    const clock = new SystemClock()
    const endpoints = [`http://127.0.0.1:${port}`]
    const soon = () => clock.elapsed() + 20_000
    const open = (name: string, password: string) =>
      openEtcdLeaseStore({ endpoints, cluster: 'guarded', clock, user: { name, password } })
    const [store, stranger] = await Promise.all([open('root', 'secret'), open('root', 'wrong')])
    assert.notEqual(await store.write('shard/1', new Uint8Array(1), undefined, soon()), 'conflict')
    await assert.rejects(stranger.read('shard/1', soon()), error => isShoalError(error) && error.retryable)
    // A change of rights makes all tokens old.
    const { token = '' } = await post('/v3/auth/authenticate', user)
    await post('/v3/auth/user/add', { name: 'other', password: 'x' }, token)
    assert.equal((await store.read('shard/1', soon()))?.value.length, 1)
    await Promise.all([store.close(), stranger.close()])
    clock.stop()
  })
}
