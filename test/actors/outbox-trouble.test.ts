/** Commands that leased actors send to others: what is refused, not known yet, in a crowd, or sent while a replica is away. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { command, exclusive, isShoalError, query, refuse, ShoalError, value } from 'shoal'
import { createTestCluster, type TestCluster, type TestClusterOptions } from 'shoal/testing'
import { z } from 'zod'

const noted = value({ isClosed: false, came: [] as string[] })

const Account = exclusive(
  'account',
  noted,
  {
    both: command(z.string(), ({ send }, to) => {
      send(Account, to).receive('one')
      send(Account, to).note('two')
    }),
    go: command(z.string(), ({ send, self }, to) => {
      send(Account, to).note(self.id)
    }),
    goToCareful: command(z.string(), ({ send, self }, to) => {
      send(Careful, to).note(self.id)
    }),
    close: command(({ state }) => {
      state.isClosed = true
    }),
    receive: command(z.string(), ({ state }, name) => {
      if (state.isClosed) throw refuse('CLOSED', 'this account is closed')
      state.came.push(name)
    }),
    note: command(z.string(), ({ state }, name) => {
      if (!name.startsWith('busy')) state.came.push(name)
    }),
    view: query(({ state, outbox }) => ({ ...state, ...outbox() }))
  },
  { partition: 'lease' }
)

const Careful = exclusive(
  'careful',
  value({ came: [] as string[] }),
  {
    note: command(z.string(), ({ state }, name) => {
      state.came.push(name)
    }),
    view: query(({ state }) => state)
  },
  { partition: 'lease', acknowledge: 'all' }
)

/** The kind before and after it has learnt a command. */
const view = query(({ outbox }) => outbox())
const Older = exclusive('learning', noted, { view }, { partition: 'lease' })
const Newer = exclusive(
  'learning',
  noted,
  {
    view,
    go: command(z.string(), ({ send }, to) => {
      send(Newer, to).learnt('one')
    }),
    learnt: command(z.string(), () => {
      throw new ShoalError('SHOAL_UNAVAILABLE', 'later', { retryable: true })
    })
  },
  { partition: 'lease' }
)

const start = (options: Partial<TestClusterOptions> = {}) =>
  createTestCluster({ actors: [Account, Careful], seed: 1, nodes: 4, leases: { leaseMs: 1000 }, ...options })

const numbered = (letter: string, count: number) => Array.from({ length: count }, (_, i) => `${letter}${i}`)

function ownerOf(cluster: TestCluster, kind: typeof Account | typeof Careful | typeof Newer, id: string): number {
  const owner = cluster.nodes()[0]?.owner(kind, id)
  return cluster.world.machines().findIndex(machine => machine.id === owner)
}

test('who was refused knows it, though its owner dies and the next command has come', async () => {
  for (const ms of [3, 6, 10, 20, 40, 70]) {
    await using cluster = await start()
    const victim = ownerOf(cluster, Account, 'a')
    const to = ['b', 'c', 'd', 'e'].find(id => ownerOf(cluster, Account, id) !== victim) ?? ''
    const at = cluster.actor((victim + 1) % 4)
    await cluster.settle(at(Account, to).close())
    await cluster.settle(at(Account, 'a').both(to))
    await cluster.run(ms)
    cluster.kill(victim, { isPowerLoss: false })
    await cluster.run(15_000)
    const { waiting, refused } = await cluster.settle(at(Account, 'a').view())
    assert.deepEqual([waiting, refused.map(({ argument }) => argument)], [0, ['one']], `${ms} ms`)
    assert.deepEqual((await cluster.settle(at(Account, to).view())).came, ['two'], `${ms} ms`)
  }
})

test('a command that the program does not know yet waits, on the node of its sender as on others', async () => {
  await using cluster = await start({ actors: [Newer], nodes: 3 })
  const ids = numbered('t', 30)
  const own = ownerOf(cluster, Newer, 'a')
  const near = ids.find(id => ownerOf(cluster, Newer, id) === own) ?? ''
  const far = ids.find(id => ownerOf(cluster, Newer, id) !== own) ?? ''
  for (const to of [near, far]) await cluster.settle(cluster.actor(0)(Newer, 'a').go(to))
  await cluster.run(500)
  for (const number of [0, 1, 2]) cluster.kill(number, { isPowerLoss: false })
  for (const number of [0, 1, 2]) cluster.boot(number, { actors: [Older] })
  await cluster.run(20_000)
  assert.deepEqual(await cluster.settle(cluster.actor(0)(Older, 'a').view()), { waiting: 2, refused: [] })
})

test('a sender whose clock is behind is not kept out by a crowd', async () => {
  await using cluster = await start({ leases: { leaseMs: 5000 } })
  const slow = ownerOf(cluster, Account, 's')
  const away = (id: string) => ownerOf(cluster, Account, id) !== slow
  const hub = numbered('h', 30).find(away) ?? ''
  const crowd = numbered('busy', 400).filter(away).slice(0, 250)
  const at = cluster.actor((slow + 1) % 4)
  const go = (id: string) => at(Account, id).go(hub)
  await cluster.settle(Promise.all([...crowd, 's', hub].map(id => at(Account, id).view())))
  cluster.machine(slow).wall.jump(-1000)
  cluster.world.fabric.setConditions({ latencyMs: { min: 20, max: 30 } })
  const stepMs = 20
  const calls: Promise<void>[] = []
  const crowdCalls = async (ms: number) => {
    for (let i = 0; i < ms / stepMs; i++) {
      for (let k = 0; k < 5; k++) {
        const id = crowd[calls.length % crowd.length] ?? ''
        calls.push(go(id).catch(() => {}))
      }
      await cluster.run(stepMs)
    }
  }
  await crowdCalls(2000)
  const sent = go('s')
  await crowdCalls(3000)
  await cluster.settle(sent)
  assert.deepEqual((await cluster.settle(at(Account, hub).view())).came, ['s'])
})

test('a replica that is away keeps nothing waiting that is accepted, whatever level its sender or its target asks for', async () => {
  await using cluster = await start({ nodes: 3 })
  const own = ownerOf(cluster, Account, 'a')
  const other = (own + 2) % 3
  const to = numbered('h', 50).find(id => ownerOf(cluster, Account, id) === other) ?? ''
  const careful = numbered('h', 50).find(id => ownerOf(cluster, Careful, id) === other) ?? ''
  const at = cluster.actor(own)
  for (const id of ['a', to]) await cluster.settle(at(Account, id).view())
  await cluster.settle(at(Careful, careful).note('first'))
  cluster.kill((own + 1) % 3, { isPowerLoss: false })
  await cluster.run(3000)
  await cluster.settle(at(Account, 'a').goToCareful(careful))
  await cluster.run(5000)
  assert.equal((await cluster.settle(at(Account, 'a').view())).waiting, 0)
  const call = at(Account, 'a').go(to, { acknowledge: 'all', deadlineMs: 2000 })
  const told = call.then(String, error => (isShoalError(error) ? error.code : String(error)))
  assert.equal(await cluster.settle(told), 'SHOAL_INDETERMINATE')
  await cluster.run(5000)
  assert.deepEqual((await cluster.settle(at(Account, to).view())).came, ['a'])
  assert.equal((await cluster.settle(at(Account, 'a').view())).waiting, 0)
  assert.deepEqual((await cluster.settle(at(Careful, careful).view())).came, ['first', 'a'])
})
