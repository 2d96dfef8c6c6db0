/** A member that means no good, over real links: nodes on libp2p and LevelDB go on, and nonsense ends its link. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createNode, type ShoalNode } from 'shoal'
import { Counter } from '../../examples/shop.ts'
import { shardKeyFrom } from '../../src/cluster/shard-key.ts'
import { protocolVersion } from '../../src/cluster/wire.ts'
import type { Channel } from '../../src/ports/network.ts'
import { clock, newNetwork, until } from '../adapters/libp2p-world.ts'
import { MachineTime } from '../support/machine-time.ts'
import { actors } from '../support/shop.ts'
import { control } from './support/siege.ts'

const clusterKey = new Uint8Array(32).fill(9)
const { placement = '' } = shardKeyFrom(clusterKey, 'shoal')
const facts = { cluster: 'shoal', shards: 16, protocol: protocolVersion, placement }
const floodMs = 1500
const megabyte = 1024 * 1024

const floods: Readonly<Record<string, { channel: Channel; of(number: number): Uint8Array }>> = {
  beacons: { channel: 'control', of: number => control({ beacon: { root: new Uint8Array(16).fill(number) } }) },
  pings: { channel: 'control', of: number => control({ ping: { number: number + 1, wallMs: clock.now() } }) },
  'large records of numbers': {
    channel: 'control',
    of: number => control({ stored: { pushes: Array.from({ length: 50_000 }, (_, at) => number + at) } })
  }
}

test('honest writes go on while a member floods a node over a real link, and nonsense ends that link', async t => {
  const data = await mkdtemp(join(tmpdir(), 'shoal-hostile-'))
  const nodes: ShoalNode[] = []
  const attacker = newNetwork({ clusterKey, facts })
  try {
    for (const name of ['a', 'b']) {
      const joined = nodes.flatMap(node => node.addresses())
      nodes.push(await createNode({ data: join(data, name), name, clusterKey, shards: 16, actors, join: joined }))
    }
    const [a, b] = nodes as [ShoalNode, ShoalNode]
    await until(() => a.links().length === 1 && b.links().length === 1)
    let linked = 0
    await attacker.start({
      linked: () => void linked++,
      unlinked: () => void linked--,
      record() {},
      published() {},
      discovered() {},
      refused() {}
    })
    for (const [name, { channel, of }] of Object.entries(floods)) {
      const victim = await attacker.dial(a.addresses())
      const before = process.memoryUsage().rss
      const outcome = { records: 0, slowestMs: 0 }
      const endMs = clock.elapsed() + floodMs
      while (clock.elapsed() < endMs) {
        for (let burst = 0; burst < 1000 && attacker.send(victim, channel, of(outcome.records)); burst++)
          outcome.records++
        outcome.slowestMs = Math.max(outcome.slowestMs, await writeMs(b, a, `${name} ${outcome.records}`))
      }
      const grownMB = (process.memoryUsage().rss - before) / megabyte
      t.diagnostic(
        `${name}: ${outcome.records} records, slowest honest write ${outcome.slowestMs.toFixed(0)} ms, rss +${grownMB.toFixed(0)} MB`
      )
      assert.ok(linked === 1, `${name}: a flood of what is well-formed is no reason to part`)
    }
    const victim = await attacker.dial(a.addresses())
    attacker.send(victim, 'control', Uint8Array.of(255, 255, 255, 255))
    await until(() => linked === 0)
    await writeMs(b, a, 'after all')
  } finally {
    await attacker.stop()
    await Promise.all(nodes.map(node => node.stop()))
    await rm(data, { recursive: true })
  }
})

/** How long until a write at one node is seen at the other. */
async function writeMs(from: ShoalNode, to: ShoalNode, id: string): Promise<number> {
  const startedMs = clock.elapsed()
  const time = new MachineTime()
  await from.actor(Counter, id).add(1)
  while ((await to.actor(Counter, id).value()) !== 1) {
    assert.ok(time.ms < 20_000, `${id}: an honest write is not seen`)
    await new Promise(resolve => setTimeout(resolve, 5))
  }
  return clock.elapsed() - startedMs
}
