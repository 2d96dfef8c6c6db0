/** A node that others cannot reach where it listens says where they can. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createNode, type ShoalNode } from 'shoal'
import { until } from './adapters/libp2p-world.ts'
import { freePort } from './support/free-ports.ts'
import { actors } from './support/shop.ts'

test('others dial the announced address, and not the one that is listened on', { timeout: 300_000 }, async () => {
  // As a router does: another address, the same port.
  let passed = 0
  const port = await freePort()
  const router = createServer(outside => {
    passed++
    const inside = connect({ host: '127.0.0.1', port })
    outside.pipe(inside).pipe(outside)
    for (const [socket, other] of [
      [outside, inside],
      [inside, outside]
    ] as const)
      socket.on('error', () => other.destroy()).on('close', () => other.destroy())
  }).listen(port, '127.0.0.2')
  await once(router, 'listening')
  const data = await mkdtemp(join(tmpdir(), 'shoal-announce-'))
  const nodes: ShoalNode[] = []
  const start = async (name: string, options: { listen?: string[]; announce?: string[]; join?: string[] }) => {
    const clusterKey = new Uint8Array(32).fill(6)
    const node = await createNode({ data: join(data, name), name, clusterKey, shards: 4, actors, ...options })
    nodes.push(node)
    return node
  }
  try {
    const seed = await start('seed', {})
    const announce = [`/ip4/127.0.0.2/tcp/${port}`]
    const hidden = await start('hidden', {
      listen: [`/ip4/127.0.0.1/tcp/${port}`],
      announce,
      join: [...seed.addresses()]
    })
    assert.deepEqual(hidden.addresses(), [`${announce[0]}/p2p/${hidden.id}`])
    // It listens nowhere, so that the link between the two is one that it has dialled.
    const edge = await start('edge', { listen: [], join: [...seed.addresses()] })
    await until(() => edge.links().includes(hidden.id))
    assert.ok(passed > 0)
  } finally {
    await Promise.all(nodes.map(node => node.stop()))
    router.close()
    await rm(data, { recursive: true })
  }
})
