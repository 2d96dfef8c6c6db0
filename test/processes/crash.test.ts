/** SIGKILL under load, and a disk that is gone: what was acknowledged is there afterwards. */
import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { test } from 'node:test'
import { membersOf, startCluster, type TestCluster } from './support/cluster.ts'
import { Books, balanceOf, Depositor } from './support/depositor.ts'
import { Ledger, type Shop } from './support/ledger.ts'
import type { NodeProcess, Ready } from './support/node-process.ts'
import { Shopper, shopOf } from './support/shopper.ts'
import { until } from './support/until.ts'

const equalDeadlineMs = 5_000
const kills = 3

test('a node killed under load has every acknowledged write on its own disk, under a new incarnation', {
  timeout: 300_000
}, async t => {
  const cluster = await startCluster(t, ['a', 'b', 'c'])
  const [victim] = cluster.nodes
  assert.ok(victim !== undefined)
  const ledger = new Ledger()
  const incarnations = new Set<string>()
  for (let kill = 0; kill < kills; kill++) {
    // Cut off: nobody else can have what it acknowledges.
    await victim.cutFrom(cluster.others(victim))
    incarnations.add(await incarnationOf(victim))
    const clients = Array.from(
      { length: 8 },
      (_, n) => new Shopper(victim, { shop: 's', name: `${kill}x${n}`, ledger, paceMs: 0 })
    )
    const idBefore: string = victim.id
    await areWritten(clients, 150 + 70 * kill)
    await victim.kill()
    await Promise.all(clients.map(client => client.stop()))

    const { id: idAfter }: Ready = await victim.start()
    assert.ok(idAfter === idBefore)
    incarnations.add(await incarnationOf(victim))
    assert.deepEqual(ledger.complaints(await shopOf(victim, 's')), [], 'right after the restart')
    await cluster.allAlive()
    const shop = await allEqual(cluster)
    assert.deepEqual(ledger.complaints(shop), [])
    t.diagnostic(`killed after ${writesOf(clients)} writes; ${shop.counter} on the counter`)
  }
  assert.equal(incarnations.size, kills + 1, 'an incarnation of its own for each start')
})

test('the other nodes go on under load while one is killed and returns', { timeout: 300_000 }, async t => {
  const cluster = await startCluster(t, ['a', 'b', 'c'])
  const [a, b, c] = cluster.nodes
  assert.ok(a !== undefined && b !== undefined && c !== undefined)
  const ledger = new Ledger()
  const books = new Books(Array.from({ length: 20 }, (_, n) => `account-${n}`))
  const shoppers = cluster.nodes.map(node => new Shopper(node, { shop: 's', name: node.name, ledger }))
  const depositors = cluster.nodes.map((node, n) => new Depositor(node, books, { offset: n * 7 }))
  await areWritten(shoppers, 100)
  await b.kill()
  await areWritten(shoppers, writesOf(shoppers) + 100)
  await b.start()
  shoppers.push(new Shopper(b, { shop: 's', name: 'b again', ledger }))
  depositors.push(new Depositor(b, books))
  await cluster.allAlive()
  await areWritten(shoppers, writesOf(shoppers) + 100)
  await Promise.all([...shoppers, ...depositors].map(client => client.stop()))
  assert.deepEqual(ledger.complaints(await allEqual(cluster)), [])
  for (const node of cluster.nodes) assert.deepEqual(await books.complaints(node), [], `as ${node.name} answers`)
  t.diagnostic(`${books.calls} deposits, ${books.failures.length} not acknowledged: ${books.failures.slice(0, 3)}`)
})

test('a node whose data directory was deleted while it was down gets everything from the others', {
  timeout: 300_000
}, async t => {
  const cluster = await startCluster(t, ['a', 'b', 'c'])
  const ledger = new Ledger()
  const clients = cluster.nodes.map(node => new Shopper(node, { shop: 's', name: node.name, ledger, paceMs: 2 }))
  await areWritten(clients, 200)
  await Promise.all(clients.map(client => client.stop()))
  const before = await allEqual(cluster)
  const [, b] = cluster.nodes
  assert.ok(b !== undefined)
  const idBefore = b.id

  await b.kill()
  await rm(cluster.dataOf('b'), { recursive: true })
  await b.start()
  assert.notEqual(b.id, idBefore, 'its identity was in the directory')
  await cluster.allAlive()
  assert.deepEqual(await allEqual(cluster), before)

  // What it got is on its disk: it shows it with nobody there to ask.
  await Promise.all(cluster.nodes.map(node => node.kill()))
  await b.start()
  assert.deepEqual(await shopOf(b, 's'), before)
  assert.equal(await balanceOf(b, 'nobody'), 0)
})

function writesOf(clients: readonly Shopper[]): number {
  return clients.reduce((sum, { writes }) => sum + writes, 0)
}

async function areWritten(clients: readonly Shopper[], number: number): Promise<void> {
  await until(`${number} writes`, 30_000, () => assert.ok(writesOf(clients) >= number, `${writesOf(clients)} so far`))
}

async function incarnationOf(node: NodeProcess): Promise<string> {
  const { members } = await membersOf(node)
  const own = members.find(({ id }) => id === node.id)
  assert.ok(own !== undefined)
  return own.incarnation
}

async function allEqual(cluster: TestCluster): Promise<Shop> {
  const { value } = await until('all nodes are equal', equalDeadlineMs, async () => {
    const [first, ...others] = await Promise.all(cluster.nodes.map(node => shopOf(node, 's')))
    assert.ok(first !== undefined)
    for (const other of others) assert.deepEqual(other, first)
    return first
  })
  return value
}
