/** A node joins and leaves in the middle of everything: no call fails, no deposit is lost or counted twice. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { membersOf, startCluster } from './support/cluster.ts'
import { Books, balanceOf, Depositor } from './support/depositor.ts'
import { get } from './support/http.ts'
import { until } from './support/until.ts'

const accounts = 1_000
const clientsPerNode = 4

test('1,000 accounts are called from all nodes while a fourth joins and then leaves, and no call fails', {
  timeout: 300_000
}, async t => {
  const cluster = await startCluster(t, ['a', 'b', 'c'])
  const [a] = cluster.nodes
  assert.ok(a !== undefined)
  const books = new Books(Array.from({ length: accounts }, (_, n) => `account-${n}`))
  const clients = cluster.nodes.flatMap((node, n) =>
    Array.from(
      { length: clientsPerNode },
      (_, i) => new Depositor(node, books, { paceMs: 4, offset: (n * clientsPerNode + i) * 83 })
    )
  )
  await callsAreMade(books, 500)

  const d = await cluster.add('d', 'b')
  await d.start()
  await cluster.allAlive()
  const visitors = [0, 1].map(i => new Depositor(d, books, { paceMs: 4, offset: i * 500 }))
  const { value: ownedByVisitor } = await until('the fourth owns accounts', 5_000, async () => {
    const { ring } = await get<{ ring: string[] }>(a.http, '/v1/status')
    const owned = ring.filter(owner => owner === d.id).length
    assert.ok(owned > 20, `it owns ${owned} shards`)
    return owned
  })
  await callsAreMade(books, 1_500)
  await Promise.all(visitors.map(visitor => visitor.stop()))

  d.signal('SIGTERM')
  assert.equal(await d.exited(), 0)
  await callsAreMade(books, 1_000)
  await Promise.all(clients.map(client => client.stop()))

  t.diagnostic(`${books.calls} deposits, ${books.failures.length} failed; the fourth owned ${ownedByVisitor} shards`)
  assert.deepEqual(books.failures.slice(0, 10), [], `${books.failures.length} of ${books.calls} calls failed`)
  const nodes = cluster.nodes.filter(node => node.isRunning)
  for (const node of nodes) {
    const { members } = await membersOf(node)
    assert.equal(members.find(({ name }) => name === 'd')?.status, 'left', `as ${node.name} sees it`)
  }
  for (const [i, account] of books.accounts.entries()) {
    const node = nodes[i % nodes.length]
    assert.ok(node !== undefined)
    assert.equal(await balanceOf(node, account), books.of(account).acknowledged, account)
  }
})

async function callsAreMade(books: Books, number: number): Promise<void> {
  const { calls } = books
  await until(`${number} more calls`, 60_000, () => assert.ok(books.calls >= calls + number))
}
