/** How often a disk that has failed is tried again: seldom, more seldom, and never without a probe that it takes writes. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRecoveringNode } from '../src/node-recovery.ts'
import { ShoalError } from '../src/ports/errors.ts'
import { silentLogger } from '../src/ports/logger.ts'
import { noMetrics } from '../src/ports/metrics.ts'
import type { NodeEvents, ShoalNode } from '../src/shoal-node.ts'
import { SimulatedWorld } from '../src/simulation/world.ts'

const admission = { clusterKey: new Uint8Array(32), facts: { cluster: 'test', shards: 4, protocol: 1 } }

test('a failed disk is probed after 1, 2, 4, 8 and then every 10 s, and no life begins before it takes writes', async () => {
  const world = new SimulatedWorld({ seed: 'waits' })
  const { clock } = world.machine('a').boot(admission)
  const fails: ((event: NodeEvents['failed']) => void)[] = []
  let lives = 0
  const life = () =>
    ({
      incarnation: `life ${++lives}`,
      definitions: () => [],
      addresses: () => [],
      unready: () => undefined,
      on: (event: string, listener: (event: NodeEvents['failed']) => void) => {
        if (event === 'failed') fails.push(listener)
      },
      stop: async () => {}
    }) as unknown as ShoalNode
  const probedMs: number[] = []
  let isFull = true
  let failedMs = 0
  const node = await createRecoveringNode({
    begin: async () => life(),
    probe: async () => {
      probedMs.push(Math.round(clock.elapsed() - failedMs))
      if (isFull) throw new ShoalError('SHOAL_DISK', 'full', { retryable: true })
    },
    clock,
    logger: silentLogger,
    metrics: noMetrics
  })
  const pass = (ms: number) => world.time.run({ untilMs: world.time.nowMs + ms })
  failedMs = clock.elapsed()
  fails.at(-1)?.({ error: new ShoalError('SHOAL_DISK', 'full') })
  await pass(40_000)
  assert.deepEqual(probedMs, [1000, 3000, 7000, 15_000, 25_000, 35_000])
  assert.equal(lives, 1)
  assert.ok(node.unready() !== undefined)
  isFull = false
  await pass(10_000)
  assert.equal(lives, 2)
  assert.equal(node.unready(), undefined)
  await node.stop()
})

test('a node whose disk fails while it leaves has ended all the same', async () => {
  const world = new SimulatedWorld({ seed: 'leaves' })
  const { clock } = world.machine('a').boot(admission)
  const ended: string[] = []
  const life = {
    incarnation: 'life 1',
    definitions: () => [],
    addresses: () => [],
    on: () => {},
    leave: () => Promise.reject(new ShoalError('SHOAL_DISK', 'full')),
    stop: async () => {
      ended.push('life')
    }
  } as unknown as ShoalNode
  const node = await createRecoveringNode({
    begin: async () => life,
    probe: async () => {},
    clock,
    logger: silentLogger,
    metrics: noMetrics,
    ended: () => ended.push('node')
  })
  await assert.rejects(node.leave(), { code: 'SHOAL_DISK' })
  assert.deepEqual(ended, ['life', 'node'])
})
