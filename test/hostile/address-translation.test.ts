/**
 * Nodes on libp2p and LevelDB behind relays, as behind routers that translate addresses: all connections come from one host, nobody
 * sees where from, and a router may drop connections, or forget them without a word.
 */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createNode, type ShoalNode } from 'shoal'
import { Counter } from '../../examples/shop.ts'
import { Libp2pNetwork } from '../../src/adapters/libp2p/network.ts'
import { until } from '../adapters/libp2p-world.ts'
import { StallingProxy } from '../adapters/stalling-proxy.ts'
import { MachineTime } from '../support/machine-time.ts'
import { actors } from '../support/shop.ts'

const size = 5
const heardWithinMs = 20_000

interface Behind {
  readonly nodes: readonly ShoalNode[]
  readonly routers: readonly StallingProxy[]
}

/** Each node is reached through a relay of its own, and tells nobody of its real address. */
async function behindRouters(t: TestContext, play: (world: Behind) => Promise<void>): Promise<void> {
  const routers = new Map<string, StallingProxy>()
  const real = Libp2pNetwork.prototype.addresses
  t.mock.method(Libp2pNetwork.prototype, 'addresses', function (this: Libp2pNetwork) {
    const router = routers.get(this.self)
    return router === undefined ? [] : [`${router.address}/p2p/${this.self}`]
  })
  const started = Libp2pNetwork.prototype.start
  t.mock.method(
    Libp2pNetwork.prototype,
    'start',
    async function (this: Libp2pNetwork, ...events: Parameters<typeof started>) {
      await started.apply(this, events)
      routers.set(this.self, await StallingProxy.to(real.call(this)[0] ?? ''))
    }
  )
  const data = await mkdtemp(join(tmpdir(), 'shoal-nat-'))
  const nodes: ShoalNode[] = []
  try {
    for (let at = 0; at < size; at++) {
      const joined = nodes.flatMap(node => node.addresses())
      const options = {
        data: join(data, `${at}`),
        clusterKey: new Uint8Array(32).fill(5),
        shards: 4,
        actors,
        join: joined
      }
      nodes.push(await createNode(options))
    }
    await whole(nodes)
    await play({ nodes, routers: [...routers.values()] })
  } finally {
    await Promise.all(nodes.map(node => node.stop()))
    for (const router of routers.values()) router.close()
    await rm(data, { recursive: true })
  }
}

const present = (node: ShoalNode) => node.members().members.filter(({ status }) => status === 'alive').length

/** All are linked with all and hold all for alive, and a write at each is seen at all others. Answers how long that took. */
async function whole(nodes: readonly ShoalNode[]): Promise<number> {
  const startedMs = performance.now()
  const time = new MachineTime()
  await until(() => nodes.every(node => node.links().length === size - 1 && present(node) === size))
  const id = `${startedMs}`
  await Promise.all(nodes.map(node => node.actor(Counter, id).add(1)))
  for (const node of nodes) {
    for (let value = 0; value !== size; value = Number(await node.actor(Counter, id).value())) {
      assert.ok(time.ms < heardWithinMs, 'a write is not seen everywhere')
      await new Promise(resolve => setTimeout(resolve, 5))
    }
  }
  return performance.now() - startedMs
}

test('after a hundred quick flaps of all their connections nobody behind one address is deaf', async t => {
  await behindRouters(t, async ({ nodes, routers }) => {
    for (let flap = 0; flap < 100; flap++) {
      routers[flap % size]?.cut()
      await new Promise(resolve => setTimeout(resolve, 10))
    }
    t.diagnostic(`whole again ${(await whole(nodes)).toFixed(0)} ms after the last flap`)
  })
})

test('connections that a router has forgotten are given up and made anew', async t => {
  await behindRouters(t, async ({ nodes, routers }) => {
    const startedMs = performance.now()
    const time = new MachineTime()
    for (const router of routers) router.forget()
    const isHeard = async (from: ShoalNode, to: ShoalNode, id: string) => {
      await from.actor(Counter, id).add(1)
      while ((await to.actor(Counter, id).value()) !== 1) {
        assert.ok(time.ms < heardWithinMs, 'still deaf')
        await new Promise(resolve => setTimeout(resolve, 5))
      }
    }
    const pairs = nodes.flatMap(from => nodes.filter(to => to !== from).map(to => [from, to] as const))
    await Promise.all(pairs.map(([from, to], at) => isHeard(from, to, `after-${at}`)))
    t.diagnostic(
      `all heard again ${(performance.now() - startedMs).toFixed(0)} ms after the routers forgot all connections`
    )
    await whole(nodes)
  })
})

test('of two nodes alone, too, whose router has forgotten their connection', async t => {
  await behindRouters(t, async ({ nodes, routers }) => {
    const [a, b, ...rest] = nodes as [ShoalNode, ShoalNode, ...ShoalNode[]]
    for (const node of rest) await node.leave()
    for (const router of routers) router.forget()
    const startedMs = performance.now()
    const time = new MachineTime()
    await a.actor(Counter, 'alone').add(1)
    while ((await b.actor(Counter, 'alone').value()) !== 1) {
      assert.ok(time.ms < heardWithinMs, 'still deaf')
      await new Promise(resolve => setTimeout(resolve, 5))
    }
    t.diagnostic(`heard again after ${(performance.now() - startedMs).toFixed(0)} ms`)
  })
})
