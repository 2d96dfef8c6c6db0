/** Real processes on directories that were damaged while they were down: test/damage has many more, without processes. */
import assert from 'node:assert/strict'
import { open, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { startCluster, type TestCluster } from './support/cluster.ts'
import { get } from './support/http.ts'
import { Ledger, type Shop } from './support/ledger.ts'
import { Shopper, shopOf } from './support/shopper.ts'
import { until } from './support/until.ts'

async function allEqual(cluster: TestCluster): Promise<Shop> {
  const { value } = await until('all nodes are equal', 60_000, async () => {
    const [first, ...others] = await Promise.all(cluster.nodes.map(node => shopOf(node, 's')))
    assert.ok(first !== undefined)
    for (const other of others) assert.deepEqual(other, first)
    const digests = await Promise.all(cluster.nodes.map(node => get<{ digest: string }>(node.http, '/v1/status')))
    assert.equal(new Set(digests.map(({ digest }) => digest)).size, 1)
    return first
  })
  return value
}

async function largest(directory: string): Promise<string> {
  const sizes = await Promise.all(
    (await readdir(directory)).map(async name => ({ name, size: (await stat(join(directory, name))).size }))
  )
  return join(directory, sizes.toSorted((a, b) => b.size - a.size)[0]?.name ?? '')
}

/** Flips a bit in every fourth page. */
async function rot(path: string): Promise<void> {
  const file = await open(path, 'r+')
  const { size } = await file.stat()
  for (let at = 1000; at < size; at += 4 * 4096) {
    const byte = new Uint8Array(1)
    await file.read(byte, 0, 1, at)
    await file.write(Uint8Array.of((byte[0] ?? 0) ^ 4), 0, 1, at)
  }
  await file.close()
}

for (const what of ['bits flipped in its largest file', 'no CURRENT', 'no manifest'] as const) {
  test(`a node that was killed and finds ${what} is filled again by the others, which lose nothing`, {
    timeout: 300_000
  }, async t => {
    const cluster = await startCluster(t, ['a', 'b', 'c'])
    const [, b] = cluster.nodes
    assert.ok(b !== undefined)
    const ledger = new Ledger()
    const clients = cluster.nodes.map(node => new Shopper(node, { shop: 's', name: node.name, ledger, paceMs: 2 }))
    await until('200 writes', 60_000, () => assert.ok(clients.reduce((sum, { writes }) => sum + writes, 0) > 200))
    await Promise.all(clients.map(client => client.stop()))
    const before = await allEqual(cluster)
    await b.kill()
    const store = join(cluster.dataOf('b'), 'store')
    if (what === 'no CURRENT') await rm(join(store, 'CURRENT'))
    else if (what === 'no manifest') {
      for (const name of await readdir(store)) if (name.startsWith('MANIFEST')) await rm(join(store, name))
    } else await rot(await largest(store))
    await b.start()
    await cluster.allAlive(60_000)
    assert.deepEqual(await allEqual(cluster), before)
    assert.deepEqual(ledger.complaints(before), [])
    // A warning where nothing but the change index was hit, which is written anew from the records.
    await until('it says so', 60_000, () => assert.match(b.stderr, /"level":[45]0.*damaged/))
  })
}
