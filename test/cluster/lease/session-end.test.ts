/** A node ends its own session: from that moment it is not valid here, and once that is answered it is over in the store and stays so. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type SessionRecord, sessionFrom, sessionKey } from '../../../src/cluster/lease/lease-registers.ts'
import { Sessions } from '../../../src/cluster/lease/sessions.ts'
import type { LeaseStore } from '../../../src/ports/lease-store.ts'
import { silentLogger } from '../../../src/ports/logger.ts'
import { SimulatedLeaseRegisters } from '../../../src/simulation/lease-store.ts'
import { settled } from '../../../src/simulation/settle.ts'
import { SimulatedWorld } from '../../../src/simulation/world.ts'

const leaseMs = 900
const self = 'node-x'

function aNode(seed: number) {
  const world = new SimulatedWorld({ seed })
  const { clock, process } = world
    .machine('one')
    .boot({ clusterKey: new Uint8Array(32), facts: { cluster: 'sessions', shards: 1, protocol: 3 } })
  const registers = new SimulatedLeaseRegisters(world.time, world.random.fork('registers'))
  const reached = registers.open({ clock, process })
  const writes: SessionRecord[] = []
  const store: LeaseStore = {
    ...reached,
    write: (key, value, expected, deadlineMs) => {
      writes.push(sessionFrom({ key, value, version: '' }))
      return reached.write(key, value, expected, deadlineMs)
    }
  }
  const lost: string[] = []
  const sessions = new Sessions(
    {
      ...{ store, clock, logger: silentLogger, self, incarnation: 'a' },
      mayBegin: async () => {},
      lost: session => lost.push(session)
    },
    { leaseMs }
  )
  const run = (ms: number) => world.time.run({ untilMs: world.time.nowMs + ms })
  const record = () => {
    const register = registers.register(sessionKey(self))
    return register && sessionFrom(register)
  }
  return { world, clock, registers, sessions, writes, lost, run, record }
}

test('a session ends by one write, at whatever moment of its beats, and nothing begins it again', async () => {
  for (let atMs = 0; atMs < 2 * leaseMs; atMs += 7) {
    const { world, clock, registers, sessions, writes, run, record } = aNode(atMs)
    // So that a beat is under way a third of the time.
    registers.conditions.latencyMs = { min: 20, max: 80 }
    sessions.start()
    await run(atMs)
    const before = writes.length
    const ended = sessions.end(clock.elapsed() + leaseMs)
    assert.deepEqual([sessions.isValid(), sessions.current], [false, undefined])
    assert.equal(await settled(world.time, ended), true)
    const after = writes.slice(before)
    // A session that was about to begin has begun by then.
    const beginnings = after.filter(({ isOver }) => !isOver).length
    assert.ok(beginnings <= (before === 0 ? 1 : 0), `${atMs} ms`)
    assert.ok(after.length - beginnings <= 1, `${atMs} ms: ${after.length} writes`)
    assert.equal(record()?.isOver, record() === undefined ? undefined : true, `${atMs} ms`)
    const { length } = writes
    for (let i = 0; i < 20; i++) {
      await run(leaseMs / 10)
      assert.equal(sessions.isValid(), false)
    }
    assert.equal(writes.length, length)
    assert.equal(record()?.isOver ?? true, true)
  }
})

test('where calls to the store are lost or late a session ends all the same, or its node says that it has not', async () => {
  const outcomes = { over: 0, open: 0 }
  for (let seed = 1; seed <= 150; seed++) {
    const { world, clock, registers, sessions, run, record } = aNode(seed)
    sessions.start()
    await run(leaseMs + seed)
    Object.assign(registers.conditions, { lossProbability: (seed % 5) * 0.2, spikeProbability: 0.2, spikeMs: 500 })
    const beganMs = clock.elapsed()
    const isOver = await settled(world.time, sessions.end(beganMs + leaseMs))
    assert.ok(clock.elapsed() - beganMs <= 2.5 * leaseMs, `seed ${seed}`)
    outcomes[isOver ? 'over' : 'open']++
    if (isOver) assert.equal(record()?.isOver, true, `seed ${seed}`)
    // What is late may come yet, and is never a beat after the end.
    await run(10 * leaseMs)
    if (isOver) assert.equal(record()?.isOver, true, `seed ${seed}`)
    assert.equal(sessions.isValid(), false)
  }
  assert.ok(outcomes.over > 50 && outcomes.open > 10, JSON.stringify(outcomes))
})

test('a session that another node has ended is over, and is not written again', async () => {
  const { world, clock, registers, sessions, writes, lost, run } = aNode(1)
  sessions.start()
  await run(leaseMs)
  registers.conditions.isDown = true
  await run(leaseMs)
  registers.conditions.isDown = false
  const taker = world
    .machine('two')
    .boot({ clusterKey: new Uint8Array(32), facts: { cluster: 'sessions', shards: 1, protocol: 3 } })
  const register = registers.register(sessionKey(self))
  assert.ok(register !== undefined)
  const over = new TextEncoder().encode(JSON.stringify({ ...sessionFrom(register), isOver: true }))
  const store = registers.open(taker)
  await settled(world.time, store.write(register.key, over, register.version, taker.clock.elapsed() + 1000))
  const version = registers.register(sessionKey(self))?.version
  assert.equal(await settled(world.time, sessions.end(clock.elapsed() + leaseMs)), true)
  assert.equal(registers.register(sessionKey(self))?.version, version)
  assert.equal(lost.length, 1)
  assert.ok(writes.length > 0)
})
