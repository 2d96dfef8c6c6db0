/** Real nodes with an actor of a `lease` kind, over a real PostgreSQL. Where the machine has none, this is said and left out. */
import assert from 'node:assert/strict'
import { globSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import pg from 'pg'
import { boundedCounter, command, createNode, exclusive, pnCounter, query, type ShoalNode, text } from 'shoal'
import { automergeText } from 'shoal/automerge'
import { freePort } from '../../support/free-ports.ts'
import { programAt, Server } from './server.ts'

const bin = (name: string) =>
  programAt(...globSync(`/usr/lib/postgresql/*/bin/${name}`), `/usr/local/bin/${name}`, `/usr/bin/${name}`)
const [initdb, postgres] = [bin('initdb'), bin('postgres')]

const Counter = exclusive(
  'counter',
  { value: pnCounter() },
  {
    add: command(({ state }) => {
      state.value.add(1)
      return state.value.value
    }),
    read: query(({ state }) => state.value.value)
  },
  { partition: 'lease' }
)

/** Whoever owns it next has its documents merged in a real thread before it opens them. */
const Page = exclusive(
  'page',
  { body: text(), log: automergeText(), left: boundedCounter() },
  {
    write: command(({ state }) => {
      state.body.insert(state.body.length, 'x')
      state.log.insert(0, 'y')
      state.left.add(2)
      state.left.subtract(1)
    }),
    read: query(({ state }) => [state.body.toString(), state.log.toString(), state.left.value] as const)
  },
  { partition: 'lease' }
)

test('three nodes that share a PostgreSQL serve actors of a lease kind, and go on when one leaves', async t => {
  if (initdb === undefined || postgres === undefined)
    return t.skip('NOT TESTED: this machine has no PostgreSQL server (apt-get install postgresql)')
  await using server = await Server.in('postgres-node')
  await server.run(initdb, ['-D', 'data', '-U', 'shoal', '--auth=trust', '-E', 'UTF8', '--no-locale', '--no-sync'])
  const port = await freePort()
  const settings = { port, listen_addresses: '127.0.0.1', unix_socket_directories: '', fsync: 'off' }
  const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const url = `postgres://shoal@127.0.0.1:${port}/postgres`
  await server.start(postgres, ['-D', 'data', ...args], async () => {
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    await client.end()
    return true
  })
  const directory = await mkdtemp(join(tmpdir(), 'shoal-lease-node-'))
  const nodes: ShoalNode[] = []
  try {
    for (const name of ['a', 'b', 'c'])
      nodes.push(
        await createNode({
          data: join(directory, name),
          name,
          actors: [Counter, Page],
          clusterKey: new Uint8Array(32),
          shards: 8,
          join: nodes.flatMap(node => node.addresses()),
          leases: { store: { postgres: { url } } }
        })
      )
    const [first, second, third] = nodes
    assert.ok(first !== undefined && second !== undefined && third !== undefined)
    for (const node of nodes) for (const id of ['x', 'y', 'z']) await node.actor(Counter, id).add()
    const pages = Array.from({ length: 12 }, (_, i) => `p${i}`)
    for (const node of nodes) await Promise.all(pages.map(id => node.actor(Page, id).write()))
    for (const id of ['x', 'y', 'z']) assert.equal(await first.actor(Counter, id).read(), 3)
    await third.leave()
    for (const id of ['x', 'y', 'z']) assert.equal(await second.actor(Counter, id).add(), 4)
    await Promise.all(pages.map(id => first.actor(Page, id).write()))
    for (const id of pages) assert.deepEqual(await second.actor(Page, id).read(), ['xxxx', 'yyyy', 4])
  } finally {
    for (const node of nodes) await node.stop()
    await rm(directory, { recursive: true })
  }
})
