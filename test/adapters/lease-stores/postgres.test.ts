/** The registers in a real PostgreSQL, started here. Where the machine has none, this is said and left out. */
import { globSync } from 'node:fs'
import { after, before, test } from 'node:test'
import pg from 'pg'
import { openPostgresLeaseStore } from '../../../src/adapters/postgres/lease-store.ts'
import { SystemClock } from '../../../src/adapters/system/clock.ts'
import { freePort } from '../../support/free-ports.ts'
import type { StoreWorld } from './claims.ts'
import { leaseStoreConformance } from './conformance.ts'
import { programAt, Server } from './server.ts'
import { TroubledRelay } from './trouble.ts'

const bin = (name: string) =>
  programAt(...globSync(`/usr/lib/postgresql/*/bin/${name}`), `/usr/local/bin/${name}`, `/usr/bin/${name}`)
const [initdb, postgres] = [bin('initdb'), bin('postgres')]

if (initdb === undefined || postgres === undefined) {
  test('postgres', t => t.skip('NOT TESTED: this machine has no PostgreSQL server (apt-get install postgresql)'))
} else {
  let server: Server
  let port = 0
  let worlds = 0

  before(async () => {
    server = await Server.in('postgres')
    await server.run(initdb, ['-D', 'data', '-U', 'shoal', '--auth=trust', '-E', 'UTF8', '--no-locale', '--no-sync'])
    port = await freePort()
    const settings = { port, listen_addresses: '127.0.0.1', unix_socket_directories: '', fsync: 'off' }
    const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
    await server.start(postgres, ['-D', 'data', ...args], async () => {
      await sql('SELECT 1')
      return true
    })
  })
  after(() => server[Symbol.asyncDispose]())

  const sql = async (text: string, database = 'postgres') => {
    const client = new pg.Client({ connectionString: `postgres://shoal@127.0.0.1:${port}/${database}` })
    await client.connect()
    try {
      return await client.query(text)
    } finally {
      await client.end()
    }
  }

  const openWorld = async (): Promise<StoreWorld> => {
    const database = `world_${++worlds}`
    await sql(`CREATE DATABASE ${database}`)
    // The defaults of a database that was not made for this.
    await sql(`ALTER DATABASE ${database} SET default_transaction_isolation = 'serializable'`)
    await sql(`ALTER DATABASE ${database} SET synchronous_commit = off`)
    const clock = new SystemClock()
    await using opened = new AsyncDisposableStack()
    opened.defer(() => clock.stop())
    const disposed = opened.move()
    return {
      clock,
      patienceMs: 60_000,
      manyRegisters: 2500,
      async client(cluster = 'one') {
        const relay = await TroubledRelay.to(port)
        disposed.defer(() => relay.close())
        const url = `postgres://shoal@127.0.0.1:${relay.port}/${database}`
        const store = await openPostgresLeaseStore({ url, cluster, clock })
        disposed.defer(() => store.close())
        return { store, trouble: relay }
      },
      async spoil(key) {
        await sql(`UPDATE shoal_lease SET value = convert_to(repeat('x', 5000), 'UTF8') WHERE key = '${key}'`, database)
      },
      dispose: () => disposed.disposeAsync()
    }
  }

  leaseStoreConformance('postgres', openWorld)
}
