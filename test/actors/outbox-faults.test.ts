/**
 * Commands that actors send to each other, while their owners die, stand still, are cut off and change: each has its effect once, in the order in
 * which its sender sent it to that actor, or is reported as refused.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { command, exclusive, query, refuse, value } from 'shoal'
import { createTestCluster, type TestCluster } from 'shoal/testing'
import { z } from 'zod'
import { SeededRandom } from '../../src/simulation/random.ts'

interface Transfer {
  from: string
  to: string
  name: string
}

interface Ledger {
  balance: number
  isClosed: boolean
  sent: Transfer[]
  came: Transfer[]
}

const initial: Ledger = { balance: 0, isClosed: false, sent: [], came: [] }
const transfer = z.object({ from: z.string(), to: z.string(), name: z.string() })

const Account = exclusive(
  'account',
  value(initial),
  {
    send: command(transfer, ({ state, send }, one) => {
      send(Account, one.to).receive(one)
      state.balance--
      state.sent.push(one)
    }),
    receive: command(transfer, ({ state }, one) => {
      if (state.isClosed) throw refuse('CLOSED', 'this account is closed')
      state.balance++
      state.came.push(one)
    }),
    open: command(z.boolean(), ({ state }, isOpen) => {
      state.isClosed = !isOpen
    }),
    view: query(({ state, outbox }) => ({ ...state, ...outbox() }))
  },
  { partition: 'lease' }
)

type View = Ledger & { waiting: number; refused: readonly { argument: unknown }[] }

/** Until every command is over. */
async function settledViews(cluster: TestCluster, ids: readonly string[]): Promise<Map<string, View>> {
  for (let tries = 0; ; tries++) {
    const views = new Map<string, View>()
    for (const id of ids) {
      const [node] = cluster.nodes()
      assert.ok(node)
      const asked = node
        .actor(Account, id)
        .view()
        .catch(() => undefined)
      const view = await cluster.settle<View | undefined>(asked, 90_000)
      if (view?.waiting === 0) views.set(id, view)
    }
    if (views.size === ids.length) return views
    assert.ok(tries < 60, `commands still wait: ${ids.filter(id => !views.has(id)).join()}`)
    await cluster.run(1000)
  }
}

function check(views: ReadonlyMap<string, View>): void {
  for (const [to, target] of views)
    for (const [from, { sent, refused }] of views) {
      const without = new Set(refused.map(({ argument }) => (argument as Transfer).name))
      const expected = sent.filter(one => one.to === to && !without.has(one.name)).map(({ name }) => name)
      const came = target.came.filter(one => one.from === from).map(({ name }) => name)
      assert.deepEqual(came, expected, `${from} to ${to}`)
    }
  const refused = [...views.values()].reduce((sum, view) => sum + view.refused.length, 0)
  const balances = [...views.values()].reduce((sum, { balance }) => sum + balance, 0)
  assert.equal(balances + refused, 0)
}

const ownerOf = (cluster: TestCluster, id: string) => {
  const owner = cluster.nodes()[0]?.owner(Account, id)
  return cluster.world.machines().findIndex(machine => machine.id === owner)
}

const afterMs = [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20, 40, 80, 110, 130, 160, 220, 260, 400]

for (const what of [
  'sender’s owner dies',
  'target’s owner dies',
  'sender’s owner leaves',
  'target’s owner stands still'
] as const)
  test(`the ${what}, at any moment after a command was sent`, async () => {
    for (const [i, ms] of afterMs.entries()) {
      await using cluster = await createTestCluster({ actors: [Account], seed: i, nodes: 4, leases: { leaseMs: 1000 } })
      const ids = ['a', 'b', 'c', 'd']
      const to = ids.find(id => ownerOf(cluster, id) !== ownerOf(cluster, 'a')) ?? 'b'
      const victim = ownerOf(cluster, what.startsWith('sender') ? 'a' : to)
      const caller = (victim + 1) % 4
      const at = () => cluster.actor(caller)(Account, 'a')
      await cluster.settle(at().send({ from: 'a', to, name: 'first' }))
      await cluster.run(i % 2 === 0 ? 3000 : 0)
      const sent = at()
        .send({ from: 'a', to, name: 'second' })
        .catch(() => undefined)
      await cluster.run(ms)
      if (what.endsWith('dies')) cluster.kill(victim, { isPowerLoss: i % 2 === 0 })
      else if (what.endsWith('leaves')) await cluster.leave(victim)
      else cluster.pause(victim)
      await cluster.run(what.endsWith('still') ? 3000 : 500)
      if (what.endsWith('still')) cluster.resume(victim)
      await cluster.settle(sent)
      // Nobody calls the sender: what it has sent arrives all the same.
      await cluster.run(15_000)
      const view = await cluster.settle(cluster.actor(caller)(Account, to).view())
      assert.deepEqual(
        view.came.map(({ name }) => name),
        ['first', 'second'],
        `${ms} ms`
      )
      check(await settledViews(cluster, ['a', to]))
    }
  })

const firstSeed = Number(process.env['SHOAL_SEED'] ?? 1)
const seeds = Number(process.env['SHOAL_SEEDS'] ?? 6)

for (let seed = firstSeed; seed < firstSeed + seeds; seed++)
  test(`seed ${seed}: under any faults`, async () => {
    const random = new SeededRandom(`outbox faults/${seed}`)
    const nodes = 4 + random.below(2)
    await using cluster = await createTestCluster({ actors: [Account], seed, nodes, leases: { leaseMs: 1000 } })
    await cluster.until(() => cluster.nodes().every(node => node.links().length === nodes - 1))
    const ids = ['a', 'b', 'c', 'd', 'e']
    const down = new Set<number>()
    const numbers = Array.from({ length: nodes }, (_, i) => i)
    const offsets = new Map<number, number>()
    const up = () => numbers.filter(i => !down.has(i) && cluster.running(i) !== undefined)
    const acknowledged: Transfer[] = []
    let count = 0
    const send = () => {
      const one = { from: random.pick(ids), to: random.pick(ids), name: `t${count++}` }
      const call = cluster.actor(random.pick(up()))(Account, one.from).send(one, { deadlineMs: 3000 })
      call.then(
        () => acknowledged.push(one),
        () => {}
      )
    }
    for (let i = 0; i < 40; i++) {
      const deed = random.below(10)
      if (deed < 5) for (let k = 0; k < 1 + random.below(4); k++) send()
      else if (deed === 5 && down.size === 0) {
        const victim = random.pick(up())
        cluster.kill(victim, { isPowerLoss: random.chance(0.5) })
        down.add(victim)
      } else if (deed === 6 && down.size === 0) {
        const victim = random.pick(up())
        cluster.pause(victim)
        await cluster.run(random.below(4000))
        cluster.resume(victim)
      } else if (deed === 7) {
        const one = random.pick(numbers)
        cluster.partition(
          [one],
          numbers.filter(number => number !== one)
        )
        await cluster.run(random.below(3000))
        cluster.heal()
      } else if (deed === 8)
        for (const number of down) {
          cluster.boot(number)
          down.delete(number)
        }
      else {
        const call = cluster.actor(random.pick(up()))(Account, random.pick(ids)).open(random.chance(0.7))
        call.catch(() => {})
        if (random.chance(0.3)) {
          // No further from the others than they let it be.
          const number = random.pick(numbers)
          const offsetMs = random.below(20_000)
          cluster.machine(number).wall.jump(offsetMs - (offsets.get(number) ?? 0))
          offsets.set(number, offsetMs)
        }
      }
      await cluster.run(random.below(random.chance(0.5) ? 20 : 1500))
    }
    for (const number of down) cluster.boot(number)
    // Those of nodes that died never end.
    await cluster.run(20_000)
    const views = await settledViews(cluster, ids)
    check(views)
    for (const one of acknowledged)
      assert.ok(
        views.get(one.from)?.sent.some(({ name }) => name === one.name),
        `${one.name} is gone`
      )
  })
