/** Exclusive actors through joins, leaves, crashes, cuts and pauses: whole nodes in virtual time. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isShoalError } from 'shoal'
import { createTestCluster, type TestCluster } from 'shoal/testing'
import { Account } from '../../examples/shop.ts'
import { SeededRandom } from '../../src/simulation/random.ts'
import { actors } from '../support/shop.ts'

function code(error: unknown): string {
  return isShoalError(error) ? error.code : String(error)
}

/** Deposits of 1 into random accounts through random nodes, until stopped. */
class Depositors {
  readonly acknowledged = new Map<string, number>()
  readonly failures: string[] = []
  readonly accounts: number
  #running = true
  #underWay = 0

  constructor(cluster: TestCluster, seed: number, accounts: number, callers: number, nodes: readonly number[]) {
    this.accounts = accounts
    for (let i = 0; i < callers; i++)
      void this.#deposit(cluster, new SeededRandom(`${seed}/${i}`), nodes[i % nodes.length] ?? 0)
  }

  async #deposit(cluster: TestCluster, random: SeededRandom, node: number): Promise<void> {
    this.#underWay++
    const clock = cluster.world.time
    while (this.#running) {
      const id = `acc-${random.below(this.accounts)}`
      try {
        await cluster.actor(node)(Account, id).deposit({ amount: 1 })
        this.acknowledged.set(id, (this.acknowledged.get(id) ?? 0) + 1)
      } catch (error) {
        this.failures.push(`${id} by node-${node} at ${clock.nowMs}: ${error}`)
      }
      await new Promise<void>(resolve => clock.schedule(1000 * random.between(0, 20), undefined, resolve))
    }
    this.#underWay--
  }

  async stop(cluster: TestCluster): Promise<void> {
    this.#running = false
    await cluster.until(() => this.#underWay === 0)
  }

  async check(cluster: TestCluster, node: number, message: string): Promise<void> {
    assert.deepEqual(this.failures, [], message)
    for (const [id, deposits] of this.acknowledged) {
      const balance = await cluster.settle(cluster.actor(node)(Account, id).balance())
      assert.equal(balance, deposits, `${message}: ${id}`)
    }
  }
}

function ownerOf(cluster: TestCluster, id: string): number {
  const owner = cluster.nodes()[0]?.owner(Account, id)
  return cluster.world.machines().findIndex(machine => machine.id === owner)
}

test('a node that joins and one that leaves cost no call, and no deposit is lost or doubled', async () => {
  for (const seed of [1, 2, 3, 4]) {
    await using cluster = await createTestCluster({ actors, nodes: 4, seed, shards: 32 })
    await cluster.leave(3)
    const depositors = new Depositors(cluster, seed, 40, 12, [0, 1, 2])
    await cluster.run(500)
    cluster.boot(3)
    await cluster.until(() => cluster.isWhole())
    await cluster.run(1000)
    await cluster.leave(3)
    await cluster.run(1000)
    await depositors.stop(cluster)
    assert.ok(depositors.acknowledged.size > 30)
    await depositors.check(cluster, 1, `seed ${seed}`)
  }
})

test('calls made by the node that leaves are answered too, until it has gone', async () => {
  await using cluster = await createTestCluster({ actors, nodes: 3, seed: 5, shards: 16 })
  const before = Array.from({ length: 60 }, (_, i) => cluster.actor(2)(Account, `acc-${i}`).deposit({ amount: 1 }))
  const leaving = cluster.leave(2)
  await leaving
  assert.deepEqual(new Set(await cluster.settle(Promise.all(before))), new Set([1]))
})

test('the account of a killed owner answers from another node within 3 s, with its last acknowledged balance', async () => {
  for (const seed of [11, 12, 13, 14, 15]) {
    await using cluster = await createTestCluster({ actors, nodes: 3, seed, shards: 16 })
    const owner = ownerOf(cluster, 'mine')
    const [other = 0] = [0, 1, 2].filter(node => node !== owner)
    let acknowledged = 0
    for (let i = 0; i < 20; i++)
      acknowledged = await cluster.settle(cluster.actor(other)(Account, 'mine').deposit({ amount: 1 }))
    cluster.kill(owner, { isPowerLoss: seed % 2 === 0 })
    const killedMs = cluster.world.time.nowMs
    assert.equal(await cluster.settle(cluster.actor(other)(Account, 'mine').balance()), acknowledged, `seed ${seed}`)
    const tookMs = cluster.world.time.nowMs - killedMs
    assert.ok(tookMs < 3000, `seed ${seed}: ${tookMs} ms`)
  }
})

test('an owner that was stopped and returns does not serve what others have gone beyond', async () => {
  for (const seed of [21, 22, 23, 24, 25, 26]) {
    await using cluster = await createTestCluster({ actors, nodes: 3, seed, shards: 16 })
    const owner = ownerOf(cluster, 'mine')
    const [other = 0] = [0, 1, 2].filter(node => node !== owner)
    await cluster.settle(cluster.actor(owner)(Account, 'mine').deposit({ amount: 100 }))
    cluster.pause(owner)
    await cluster.run(6000)
    await cluster.settle(cluster.actor(other)(Account, 'mine').withdraw({ amount: 100 }))
    cluster.resume(owner)
    // Asked at once, before it can have heard from anybody.
    const balance = cluster.actor(owner)(Account, 'mine').balance()
    const overdraft = cluster.actor(owner)(Account, 'mine').withdraw({ amount: 100 })
    overdraft.catch(() => {})
    assert.equal(await cluster.settle(balance), 0, `seed ${seed}`)
    await assert.rejects(cluster.settle(overdraft), error => (error as { code?: string }).code === 'INSUFFICIENT_FUNDS')
    assert.equal(await cluster.settle(cluster.actor(other)(Account, 'mine').balance()), 0, `seed ${seed}`)
  }
})

test('a call whose link is lost takes effect once', async () => {
  for (const seed of [31, 32, 33, 34]) {
    await using cluster = await createTestCluster({ actors, nodes: 3, seed, shards: 16 })
    const owner = ownerOf(cluster, 'mine')
    const [other = 0] = [0, 1, 2].filter(node => node !== owner)
    const deposits = Array.from({ length: 30 }, async (_, i) => {
      await new Promise<void>(resolve => cluster.world.time.schedule(i * 2000, undefined, resolve))
      return cluster.actor(other)(Account, 'mine').deposit({ amount: 1 })
    })
    for (let i = 0; i < 8; i++) {
      await cluster.run(7)
      cluster.world.fabric.reset(cluster.machine(owner).id, cluster.machine(other).id)
    }
    const balances = await cluster.settle(Promise.all(deposits))
    assert.deepEqual(
      balances.toSorted((a, b) => a - b),
      Array.from({ length: 30 }, (_, i) => i + 1),
      `seed ${seed}: each deposit saw another balance`
    )
    assert.equal(await cluster.settle(cluster.actor(owner)(Account, 'mine').balance()), 30)
  }
})

test('both sides of a cut serve, and the heal brings their deposits together', async () => {
  await using cluster = await createTestCluster({ actors, nodes: 5, seed: 41, shards: 16 })
  const ids = Array.from({ length: 12 }, (_, i) => `acc-${i}`)
  for (let round = 1; round <= 2; round++) {
    cluster.partition([0, 1], [2, 3, 4])
    await cluster.run(6000)
    for (const id of ids) {
      await cluster.settle(cluster.actor(0)(Account, id).deposit({ amount: 1 }))
      await cluster.settle(cluster.actor(3)(Account, id).deposit({ amount: 10 }))
    }
    cluster.heal()
    await cluster.until(
      () => cluster.isWhole() && new Set(cluster.nodes().map(node => node.digest())).size === 1,
      10_000
    )
    for (const id of ids)
      assert.equal(await cluster.settle(cluster.actor(1)(Account, id).balance()), 11 * round, `${id}, round ${round}`)
  }
})

test('a replicated write at majority, on the smaller side of a cut, ends as nobody knows, and is there after the heal', async () => {
  await using cluster = await createTestCluster({ actors, nodes: 3, seed: 51, shards: 16 })
  cluster.partition([0], [1, 2])
  const write = cluster.node(0).call('tags', 't', 'add', 'minor', { acknowledge: 'majority', deadlineMs: 2000 })
  await assert.rejects(cluster.settle(write), error => code(error) === 'SHOAL_INDETERMINATE')
  await cluster.settle(cluster.node(1).call('tags', 't', 'add', 'major', { acknowledge: 'majority' }))
  await cluster.settle(cluster.node(0).call('tags', 't', 'add', 'local', { acknowledge: 'local' }))
  cluster.heal()
  await cluster.until(() => cluster.isWhole() && new Set(cluster.nodes().map(node => node.digest())).size === 1, 10_000)
  const view = await cluster.settle(cluster.node(2).describe('tags', 't'))
  assert.deepEqual(view.state, ['local', 'major', 'minor'])
})

test('a deposit that was acknowledged survives the owner, whoever dies next', async () => {
  for (const seed of [61, 62, 63]) {
    await using cluster = await createTestCluster({ actors, nodes: 5, seed, shards: 16 })
    let expected = 0
    for (let round = 0; round < 3; round++) {
      const running = [0, 1, 2, 3, 4].filter(node => cluster.running(node) !== undefined)
      const asker = running.find(node => node !== ownerOf(cluster, 'mine')) ?? 0
      for (let i = 0; i < 5; i++) {
        await cluster.settle(cluster.actor(asker)(Account, 'mine').deposit({ amount: 1 }))
        expected++
      }
      const owner = cluster.running(asker)?.owner(Account, 'mine')
      cluster.kill(cluster.world.machines().findIndex(machine => machine.id === owner))
      assert.equal(await cluster.settle(cluster.actor(asker)(Account, 'mine').balance()), expected, `seed ${seed}`)
    }
  }
})

test('a write on a node that leaves is refused from some moment on, and nothing of before stays behind', async () => {
  await using cluster = await createTestCluster({ actors, nodes: 3, seed: 71, shards: 16 })
  const node = cluster.node(2)
  const written: string[] = []
  let refusal: string | undefined
  const write = async () => {
    for (let n = 0; refusal === undefined; n++)
      await node.call('tags', 't', 'add', `tag-${n}`).then(
        () => written.push(`tag-${n}`),
        error => {
          refusal = code(error)
        }
      )
  }
  const writing = write()
  await cluster.run(20)
  assert.ok(written.length > 0)
  assert.deepEqual(await cluster.leave(2), { handedOver: true })
  await writing
  assert.equal(refusal, 'SHOAL_STOPPED')
  const view = await cluster.settle(cluster.node(0).describe('tags', 't'))
  assert.deepEqual((view.state as string[]).toSorted(), written.toSorted())
})

test('nobody is left waiting by a node that stops', async () => {
  await using cluster = await createTestCluster({ actors, nodes: 3, seed: 81, shards: 16 })
  cluster.partition([0], [1, 2])
  const node = cluster.node(0)
  const calls = [
    node.call('tags', 't', 'add', 'x', { acknowledge: 'majority', deadlineMs: 600_000 }),
    node.call('account', 'a', 'deposit', { amount: 1 }, { deadlineMs: 600_000 }),
    node.call('account', 'b', 'deposit', { amount: 1 }, { deadlineMs: 600_000 }),
    node.call('counter', 'c', 'value', undefined, { read: 'majority', deadlineMs: 600_000 })
  ]
  const outcomes = calls.map(call =>
    call.then(
      () => 'done',
      error => code(error)
    )
  )
  await cluster.run(20)
  await cluster.settle(node.stop(), 5000)
  const ended = await cluster.settle(Promise.all(outcomes), 1)
  assert.equal(ended[0], 'SHOAL_INDETERMINATE')
  for (const outcome of ended.slice(1)) assert.match(outcome, /SHOAL_(STOPPED|INDETERMINATE)/)
})

test('who calls through a node that stops is told that its command may have taken effect, where another node has it', async () => {
  await using cluster = await createTestCluster({ actors, nodes: 3, seed: 82, shards: 1 })
  const machines = cluster.world.machines()
  const owner = machines.findIndex(({ id }) => id === cluster.node(0).owner(Account, 'a'))
  const asker = (owner + 1) % 3
  const call = () => cluster.node(asker).call('account', 'a', 'deposit', { amount: 1 })
  await cluster.settle(call())
  cluster.world.fabric.cutOneWay(`node-${owner}`, `node-${asker}`)
  const told = call().catch(code)
  await cluster.run(30)
  await cluster.settle(Promise.all([cluster.node(asker).stop(), told]), 5000)
  assert.equal(await told, 'SHOAL_INDETERMINATE')
  assert.equal(await cluster.settle(cluster.actor(owner)(Account, 'a').balance()), 2)
})
