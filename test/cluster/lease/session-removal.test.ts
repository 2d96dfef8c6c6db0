/** Sessions of nodes that are gone leave the lease store; whoever has one keeps it, or knows that it is over. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeRegister, type SessionRecord, sessionKey } from '../../../src/cluster/lease/lease-registers.ts'
import { SessionRemoval } from '../../../src/cluster/lease/session-removal.ts'
import { Sessions } from '../../../src/cluster/lease/sessions.ts'
import { utf8Of } from '../../../src/cluster/utf8.ts'
import { silentLogger } from '../../../src/ports/logger.ts'
import { noMetrics } from '../../../src/ports/metrics.ts'
import { SimulatedLeaseRegisters } from '../../../src/simulation/lease-store.ts'
import { settled } from '../../../src/simulation/settle.ts'
import { SimulatedWorld } from '../../../src/simulation/world.ts'

const leaseMs = 60_000
const minuteMs = 60_000
const hourMs = 60 * minuteMs

async function aStore() {
  const world = new SimulatedWorld({ seed: 1 })
  const settle = <T>(promise: Promise<T>) => settled(world.time, promise)
  const registers = new SimulatedLeaseRegisters(world.time, world.random.fork('registers'))
  const { clock, process } = world
    .machine('one')
    .boot({ clusterKey: new Uint8Array(32), facts: { cluster: 'sessions', shards: 1, protocol: 3 } })
  const store = registers.open({ clock, process })
  const soon = () => clock.elapsed() + 1000
  let isOwn = true
  const removal = new SessionRemoval({
    ...{ store, clock, logger: silentLogger, metrics: noMetrics, rateError: 0.01, rank: () => 0 },
    isOwnStore: async () => {
      if (!isOwn) throw new Error('it is another store')
    }
  })
  const write = (key: string, value: Uint8Array) =>
    settle(store.write(key, value, registers.register(key)?.version, soon()))
  const session = (node: string, record: Partial<SessionRecord> = {}) =>
    write(sessionKey(node), encodeRegister({ session: `${node}.1`, beat: 1, leaseMs, isOver: false, ...record }))
  const lost: string[] = []
  const node = (self: string) =>
    new Sessions(
      {
        ...{ store, clock, logger: silentLogger, self, incarnation: self },
        mayBegin: async () => {},
        lost: of => lost.push(of)
      },
      { leaseMs }
    )
  const others = (it: boolean) => {
    isOwn = !it
  }
  return {
    ...{ world, settle, registers, removal, write, session, node, lost, others, store, soon },
    has: (of: string) => registers.register(sessionKey(of)) !== undefined,
    run: (ms: number) => world.time.run({ untilMs: world.time.nowMs + ms })
  }
}

test('what stands still for an hour goes, over or not; what beats, and what is no session, stays', async () => {
  const { node, session, write, removal, registers, has, run } = await aStore()
  const alive = node('alive')
  alive.start()
  await session('gone')
  await session('over', { isOver: true })
  await session('slow', { leaseMs: 3 * hourMs })
  await write('session/7a', utf8Of('junk'))
  await write('shard/0', utf8Of('{}'))
  removal.start()
  await run(hourMs)
  for (const name of ['alive', 'gone', 'over', 'slow']) assert.ok(has(name), name)
  await run(25 * minuteMs)
  assert.deepEqual(['alive', 'gone', 'over', 'slow'].map(has), [true, false, false, true])
  await run(3 * hourMs)
  assert.deepEqual(['alive', 'slow'].map(has), [true, false])
  assert.ok(alive.isValid() && alive.current === 'alive.1')
  for (const key of ['session/7a', 'shard/0']) assert.ok(registers.register(key) !== undefined, key)
})

test('nothing is removed from a store that is not this cluster’s, nor while the store is away', async () => {
  const { session, removal, registers, has, others, run } = await aStore()
  await session('gone')
  others(true)
  removal.start()
  await run(3 * hourMs)
  assert.ok(has('gone'))
  others(false)
  await run(30 * minuteMs)
  registers.conditions.isDown = true
  await run(2 * hourMs)
  assert.ok(has('gone'))
  registers.conditions.isDown = false
  await run(15 * minuteMs)
  assert.ok(!has('gone'))
})

test('whoever stood still for so long has lost its session, and begins the next one; a watcher knows it as over', async () => {
  const { world, node, removal, settle, lost, registers, has, run } = await aStore()
  const [holder, watcher] = [node('holder'), node('watcher')]
  holder.start()
  await run(1000)
  const first = holder.current ?? assert.fail('it has a session')
  assert.equal(await settle(watcher.watch.isOver('holder', first)), false)
  // Its beats do not arrive any more, and it does not know.
  holder.stop()
  removal.start()
  await run(hourMs + 25 * minuteMs)
  assert.ok(!has('holder'))
  assert.equal(await settle(watcher.watch.isOver('holder', first)), true)
  removal.stop()
  const again = node('holder')
  again.start()
  await run(1000)
  assert.ok(again.isValid() && has('holder'))
  registers.forget(sessionKey('holder'))
  await run(2 * leaseMs)
  assert.deepEqual(lost, ['holder.1'])
  assert.ok(again.isValid() && again.current === 'holder.2')
  assert.ok(world.time.nowMs > 0)
})

test('thousands that are gone go by and by, and what was not looked at yet is not forgotten', async () => {
  const { session, removal, registers, has, run } = await aStore()
  for (let n = 0; n < 1500; n++) await session(`gone-${n}`, { isOver: true })
  removal.start()
  const left = () => Array.from({ length: 1500 }, (_, n) => has(`gone-${n}`)).filter(Boolean).length
  await run(hourMs + 25 * minuteMs)
  assert.ok(left() > 0 && left() < 1500, `${left()} are left`)
  await run(30 * minuteMs)
  assert.equal(left(), 0)
  assert.ok(registers.requests < 5000)
})
