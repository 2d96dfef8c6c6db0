/** A reply to an earlier life of a node must not pass for one to the life that gets it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestCluster } from 'shoal/testing'
import { Account } from '../../examples/shop.ts'
import { RequestNumbers } from '../../src/cluster/request-numbers.ts'

test('no two lives number a request alike, and a number stays what its field holds', () => {
  for (const [type, most] of [
    ['uint32', 2 ** 32],
    ['uint64', Number.MAX_SAFE_INTEGER]
  ] as const) {
    const firsts = Array.from({ length: 1000 }, (_, life) => new RequestNumbers(`node-0.${life}`, type).next())
    assert.equal(new Set(firsts).size, firsts.length)
    assert.ok(firsts.every(number => Number.isSafeInteger(number) && number > 0 && number + 1e6 < most))
  }
  const numbers = new RequestNumbers('a.1')
  const some = Array.from({ length: 100 }, () => numbers.next())
  assert.equal(new Set(some).size, 100)
})

test('a reply that was owed to the life before settles no call of this one', { timeout: 300_000 }, async () => {
  for (const seed of [1, 2, 3]) {
    await using cluster = await createTestCluster({ actors: [Account], nodes: 3, seed, shards: 16 })
    const [x = '', y = ''] = Array.from({ length: 200 }, (_, n) => `${n}`).filter(
      id => cluster.node(0).owner(Account, id) === cluster.node(1).id
    )
    // What the owner is told now it answers in four seconds.
    Object.assign(cluster.machine(1).disk.conditions, { stallProbability: 1, stallMs: 4000 })
    const deposit = cluster.actor(0)(Account, x).deposit({ amount: 100 })
    deposit.catch(() => {})
    await cluster.run(50)
    cluster.kill(0)
    cluster.boot(0)
    // It is not ready: it fetches from the owner, too, what it has missed. It calls all the same.
    await cluster.until(() => {
      const node = cluster.running(0)
      return node?.links().length === 2 && !['starting', 'looking for the other members'].includes(node.unready() ?? '')
    }, 3900)
    const call = cluster.node(0).call('account', y, 'deposit', { amount: 1 }, { deadlineMs: 20_000 })
    assert.equal(await cluster.settle(call), 1, `seed ${seed}: the answer to another deposit`)
  }
})
