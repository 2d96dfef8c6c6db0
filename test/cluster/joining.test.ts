/**
 * For how long accounts have no answer while a member joins, or returns with a disk that takes long to look through: others serve on, and
 * what moves to it moves once it is ready.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestCluster, type TestCluster } from 'shoal/testing'
import { Account } from '../../examples/shop.ts'
import { actors } from '../support/shop.ts'

const accounts = 12
const pauseMs = 10

/** Callers of one account each: a deposit, a pause, the next. Tells the longest time between two answers to each. */
class Callers {
  readonly gapsMs = new Map<string, number>()
  readonly deposits = new Map<string, number>()
  readonly failures: string[] = []
  #isStopped = false
  #underWay = 0

  constructor(cluster: TestCluster, nodes: readonly number[]) {
    for (let i = 0; i < accounts; i++) void this.#call(cluster, nodes[i % nodes.length] ?? 0, `a${i}`)
  }

  async #call(cluster: TestCluster, node: number, id: string): Promise<void> {
    this.#underWay++
    const { time } = cluster.world
    let answeredMs = time.nowMs
    while (!this.#isStopped) {
      try {
        await cluster.actor(node)(Account, id).deposit({ amount: 1 })
        this.deposits.set(id, (this.deposits.get(id) ?? 0) + 1)
      } catch (error) {
        this.failures.push(`${id}: ${error}`)
      }
      this.gapsMs.set(id, Math.max(this.gapsMs.get(id) ?? 0, time.nowMs - answeredMs))
      answeredMs = time.nowMs
      await new Promise<void>(resolve => time.schedule(1000 * pauseMs, undefined, resolve))
    }
    this.#underWay--
  }

  async stop(cluster: TestCluster): Promise<void> {
    this.#isStopped = true
    await cluster.until(() => this.#underWay === 0)
  }
}

const ownerOf = (cluster: TestCluster, id: string) => cluster.node(0).owner(Account, id)

/** `goes` takes node 3 away, `rangeMs` is what each look into its disk takes when it is back. */
async function gapsOfReturn(
  seed: number,
  goes: (cluster: TestCluster) => Promise<unknown>,
  { rangeMs = 0, shards = 16 } = {}
) {
  await using cluster = await createTestCluster({ actors, nodes: 4, seed, shards })
  for (let i = 0; i < accounts; i++)
    await cluster.settle(
      cluster
        .actor(i % 4)(Account, `a${i}`)
        .deposit({ amount: 1 })
    )
  await goes(cluster)
  await cluster.until(() =>
    Array.from({ length: accounts }, (_, i) => ownerOf(cluster, `a${i}`)).every(owner => owner !== 'node-3')
  )
  await cluster.run(500)
  const callers = new Callers(cluster, [0, 1, 2])
  cluster.machine(3).disk.conditions.rangeMs = { min: rangeMs, max: rangeMs }
  const bootedMs = cluster.world.time.nowMs
  cluster.boot(3)
  await cluster.until(() => cluster.isWhole(), 60_000)
  const tookMs = cluster.world.time.nowMs - bootedMs
  cluster.machine(3).disk.conditions.rangeMs = { min: 0, max: 0 }
  await cluster.run(1000)
  await callers.stop(cluster)
  assert.deepEqual(callers.failures, [])
  for (const [id, deposits] of callers.deposits)
    assert.equal(await cluster.settle(cluster.actor(1)(Account, id).balance()), deposits + 1, id)
  const gaps = [...callers.gapsMs].map(([id, ms]) => ({ ms, isMoved: ownerOf(cluster, id) === 'node-3' }))
  const largest = (isMoved: boolean) => Math.max(...gaps.filter(gap => gap.isMoved === isMoved).map(({ ms }) => ms))
  return { tookMs, movedMs: largest(true), keptMs: largest(false) }
}

const largestGapMs = 50

test('a member that left and joins again keeps nobody waiting for longer than its claims take', async t => {
  const { tookMs, movedMs, keptMs } = await gapsOfReturn(1, cluster => cluster.leave(3))
  t.diagnostic(`ready after ${tookMs} ms; longest gap ${movedMs} ms of what moved, ${keptMs} ms of the rest`)
  assert.ok(movedMs < largestGapMs && keptMs < largestGapMs)
})

test('nor where most of its shards have nothing yet, on any node', async t => {
  const { movedMs, keptMs } = await gapsOfReturn(1, cluster => cluster.leave(3), { shards: 256 })
  t.diagnostic(`longest gap ${movedMs} ms of what moved, ${keptMs} ms of the rest`)
  assert.ok(movedMs < largestGapMs / 2 && keptMs < largestGapMs / 2)
})

test('nor does one that died, and looks through its disk for a second and more', async t => {
  const dies = async (cluster: TestCluster) => cluster.kill(3)
  const { tookMs, movedMs, keptMs } = await gapsOfReturn(2, dies, { rangeMs: 30 })
  t.diagnostic(`ready after ${tookMs} ms; longest gap ${movedMs} ms of what moved, ${keptMs} ms of the rest`)
  assert.ok(tookMs > 1000, `${tookMs} ms`)
  assert.ok(movedMs < largestGapMs && keptMs < largestGapMs)
})

test('one that is to leave before it is ready takes no part that nobody would serve until it has gone', async t => {
  await using cluster = await createTestCluster({ actors, nodes: 3, seed: 3, shards: 16 })
  for (let i = 0; i < accounts; i++) await cluster.settle(cluster.actor(0)(Account, `a${i}`).deposit({ amount: 1 }))
  await cluster.run(500)
  cluster.kill(2)
  await cluster.until(() => !cluster.node(0).ring().includes('node-2'))
  const callers = new Callers(cluster, [0, 1])
  await cluster.run(200)
  cluster.machine(2).disk.conditions.rangeMs = { min: 30, max: 30 }
  cluster.boot(2)
  await cluster.until(() => cluster.running(2)?.unready()?.startsWith('looking through') === true)
  await cluster.run(100)
  // It is asked for what differs, in vain until it has looked; so its leave takes longer than that.
  const leaving = cluster.node(2).leave()
  const leftMs = cluster.world.time.nowMs
  await cluster.settle(leaving)
  await callers.stop(cluster)
  const gapMs = Math.max(...callers.gapsMs.values())
  t.diagnostic(`left after ${cluster.world.time.nowMs - leftMs} ms; longest gap ${gapMs} ms`)
  assert.ok(cluster.world.time.nowMs - leftMs > 1000)
  assert.ok(gapMs < largestGapMs)
  assert.deepEqual(callers.failures, [])
})
