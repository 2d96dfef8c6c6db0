/** A node that joins where nodes keep the lease store themselves has its session as soon as it has links, so that what it takes over is not without an owner for long. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { command, exclusive, pnCounter } from 'shoal'
import { createTestCluster } from 'shoal/testing'

const Account = exclusive(
  'account',
  { sum: pnCounter() },
  {
    add: command(({ state }) => {
      state.sum.add(1)
      return state.sum.value
    })
  },
  { partition: 'lease' }
)

const accounts = Array.from({ length: 24 }, (_, n) => `account-${n}`)
/** A try of a voter's register that is in vain waits for up to 400 ms. */
const longestMs = 90

test('calls to what a node takes over that joins, and has no link with a voter at first, are answered soon', async () => {
  for (const seed of [1, 2]) {
    await using cluster = await createTestCluster({
      actors: [Account],
      nodes: 4,
      seed,
      shards: 16,
      leases: { voters: 3 }
    })
    const { time } = cluster.world
    await cluster.leave(3)
    const waitsMs: number[] = []
    let underWay = 0
    let isStopped = false
    const call = async (id: string, node: number) => {
      underWay++
      while (!isStopped) {
        const fromMs = time.nowMs
        await cluster.actor(node)(Account, id).add()
        waitsMs.push(time.nowMs - fromMs)
        await new Promise<void>(resolve => time.schedule(5_000, undefined, resolve))
      }
      underWay--
    }
    const callers = Promise.all(accounts.map((id, n) => call(id, n % 3)))
    await cluster.run(500)
    waitsMs.length = 0
    cluster.boot(3)
    await cluster.until(() => cluster.isWhole())
    await cluster.run(700)
    isStopped = true
    await cluster.settle(callers)
    const { id } = cluster.machine(3)
    const taken = accounts.filter(account => cluster.node(0).owner(Account, account) === id)
    assert.ok(taken.length > 0 && underWay === 0, `seed ${seed}: it took over ${taken.length}`)
    assert.ok(Math.max(...waitsMs) < longestMs, `seed ${seed}: a call took ${Math.max(...waitsMs)} ms`)
  }
})
