/**
 * Commands that actors send to each other, while their owners die, stand still, leave, are cut off and change, often just after they were sent: each has
 * its effect once, in the order in which its sender sent it to that actor, or is reported as refused. SHOAL_SEED and SHOAL_SEEDS choose which.
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
  /** What was sent along, and is never refused. */
  noted: Transfer[]
}

const initial: Ledger = { balance: 0, isClosed: false, sent: [], came: [], noted: [] }
const transfer = z.object({ from: z.string(), to: z.string(), name: z.string() })

const Account = exclusive(
  'account',
  value(initial),
  {
    send: command(transfer, ({ state, send }, one) => {
      send(Account, one.to).receive(one)
      send(Account, one.to).note(one)
      state.balance--
      state.sent.push(one)
    }),
    receive: command(transfer, ({ state }, one) => {
      if (state.isClosed) throw refuse('CLOSED', 'this account is closed')
      state.balance++
      state.came.push(one)
    }),
    note: command(transfer, ({ state }, one) => {
      state.noted.push(one)
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
      const went = sent.filter(one => one.to === to).map(({ name }) => name)
      const cameFrom = (list: readonly Transfer[]) => list.filter(one => one.from === from).map(({ name }) => name)
      assert.deepEqual(
        cameFrom(target.came),
        went.filter(name => !without.has(name)),
        `${from} to ${to}`
      )
      assert.deepEqual(cameFrom(target.noted), went, `${from} to ${to}, along with them`)
    }
  const refused = [...views.values()].reduce((sum, view) => sum + view.refused.length, 0)
  const balances = [...views.values()].reduce((sum, { balance }) => sum + balance, 0)
  assert.equal(balances + refused, 0)
}

const ownerOf = (cluster: TestCluster, id: string) => {
  const owner = cluster.nodes()[0]?.owner(Account, id)
  return cluster.world.machines().findIndex(machine => machine.id === owner)
}

const firstSeed = Number(process.env['SHOAL_SEED'] ?? 1)
const seeds = Number(process.env['SHOAL_SEEDS'] ?? 20)
/** From a sent command on: until it is accepted, delivered, answered, committed as over, and its target told. */
const windowsMs = [3, 10, 40, 250]

for (let seed = firstSeed; seed < firstSeed + seeds; seed++)
  test(`seed ${seed}: under any faults`, async () => {
    const random = new SeededRandom(`outbox faults/${seed}`)
    const nodes = 4 + random.below(2)
    // Of half of them actors leave memory whenever they may.
    const store = { maxCachedActors: seed % 2 === 0 ? 1 : 100 }
    await using cluster = await createTestCluster({ actors: [Account], seed, nodes, store, leases: { leaseMs: 1000 } })
    await cluster.until(() => cluster.nodes().every(node => node.links().length === nodes - 1))
    const ids = ['a', 'b', 'c', 'd', 'e']
    const numbers = Array.from({ length: nodes }, (_, i) => i)
    const offsets = new Map<number, number>()
    const acknowledged: Transfer[] = []
    let count = 0
    const up = () => numbers.filter(number => cluster.running(number) !== undefined)
    const isWhole = () => up().length === nodes
    const ignore = () => {}
    const send = () => {
      const one = { from: random.pick(ids), to: random.pick(ids), name: `t${count++}` }
      const options = { deadlineMs: 3000, acknowledge: random.chance(0.2) ? 'all' : 'majority' } as const
      const call = cluster.actor(random.pick(up()))(Account, one.from).send(one, options)
      call.then(() => acknowledged.push(one), ignore)
      return one
    }
    const kill = (victim: number) => cluster.kill(victim, { isPowerLoss: random.chance(0.5) })
    const pause = async (victim: number) => {
      cluster.pause(victim)
      await cluster.run(random.below(4000))
      cluster.resume(victim)
    }
    const leave = (leaver: number) => {
      const { process } = cluster.machine(leaver)
      const ended = () => {
        if (process?.isDead === false) cluster.kill(leaver)
      }
      cluster.node(leaver).leave().then(ended, ended)
    }
    const strikeOwner = async ({ from, to }: Transfer) => {
      await cluster.run(random.next() * random.pick(windowsMs))
      const victim = ownerOf(cluster, random.chance(0.7) ? from : to)
      if (!up().includes(victim) || !isWhole()) return
      if (random.chance(0.7)) kill(victim)
      else await pause(victim)
    }
    const jumpClock = () => {
      // No further from the others than they let it be.
      const number = random.pick(numbers)
      const offsetMs = random.below(20_000)
      cluster.machine(number).wall.jump(offsetMs - (offsets.get(number) ?? 0))
      offsets.set(number, offsetMs)
    }
    const bootAll = () => {
      for (const number of numbers) if (cluster.machine(number).process === undefined) cluster.boot(number)
    }
    const cutOff = async () => {
      const one = random.pick(numbers)
      const others = numbers.filter(number => number !== one)
      cluster.partition([one], others)
      await cluster.run(random.below(3000))
      cluster.heal()
    }
    for (let i = 0; i < 24; i++) {
      const deed = random.below(11)
      if (deed < 5) {
        const sent = Array.from({ length: 1 + random.below(3) }, send)
        if (random.chance(0.6)) await strikeOwner(random.pick(sent))
      } else if (deed === 5 && isWhole()) kill(random.pick(up()))
      else if (deed === 6 && isWhole()) await pause(random.pick(up()))
      else if (deed === 7) await cutOff()
      else if (deed === 8) bootAll()
      else if (deed === 9 && isWhole()) leave(random.pick(up()))
      else {
        cluster.actor(random.pick(up()))(Account, random.pick(ids)).open(random.chance(0.4)).catch(ignore)
        if (random.chance(0.3)) jumpClock()
      }
      await cluster.run(random.below(random.chance(0.5) ? 20 : 1500))
    }
    // Those of nodes that died never end; whoever leaves has to end that first.
    await cluster.run(20_000)
    bootAll()
    await cluster.run(20_000)
    const views = await settledViews(cluster, ids)
    check(views)
    for (const one of acknowledged)
      assert.ok(
        views.get(one.from)?.sent.some(({ name }) => name === one.name),
        `${one.name} is gone`
      )
  })
