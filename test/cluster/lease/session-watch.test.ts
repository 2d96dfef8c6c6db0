/** Who sees, and when, that the session of another node is over, and what it asks of the store for that. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  encodeRegister,
  type SessionRecord,
  sessionFrom,
  sessionKey
} from '../../../src/cluster/lease/lease-registers.ts'
import { SessionWatch } from '../../../src/cluster/lease/session-watch.ts'
import type { LeaseStore } from '../../../src/ports/lease-store.ts'
import { silentLogger } from '../../../src/ports/logger.ts'
import { SimulatedLeaseRegisters } from '../../../src/simulation/lease-store.ts'
import { settled } from '../../../src/simulation/settle.ts'
import { SimulatedWorld } from '../../../src/simulation/world.ts'

const leaseMs = 1000
const rateError = 0.01
const node = 'node-x'

function aWatch(seed = 1) {
  const world = new SimulatedWorld({ seed })
  const { clock, process } = world
    .machine('watcher')
    .boot({ clusterKey: new Uint8Array(32), facts: { cluster: 'watch', shards: 1, protocol: 3 } })
  const registers = new SimulatedLeaseRegisters(world.time, world.random.fork('registers'))
  const store = registers.open({ clock, process })
  const asked = { reads: 0, writes: 0 }
  const inFlight = { now: 0, most: 0 }
  const counting = <T>(call: Promise<T>) => {
    inFlight.most = Math.max(inFlight.most, ++inFlight.now)
    return call.finally(() => inFlight.now--)
  }
  const counted: LeaseStore = {
    ...store,
    read: (key, deadlineMs) => {
      asked.reads++
      return counting(store.read(key, deadlineMs))
    },
    write: (key, value, expected, deadlineMs) => {
      asked.writes++
      return counting(store.write(key, value, expected, deadlineMs))
    }
  }
  const deadline = () => clock.elapsed() + 300
  const watch = new SessionWatch({
    store: counted,
    clock,
    logger: silentLogger,
    rateError,
    lookEveryMs: 20,
    retryMs: 20,
    deadline
  })
  const settle = <T>(promise: Promise<T>) => settled(world.time, promise)
  const beat = async (session: string, beat = 1, isOver = false) => {
    const record: SessionRecord = { session, beat, leaseMs, isOver }
    const { version } = registers.register(sessionKey(node)) ?? {}
    await settle(store.write(sessionKey(node), encodeRegister(record), version, deadline()))
  }
  const writeAs = (of: string, it: SessionRecord) =>
    store.write(sessionKey(of), encodeRegister(it), undefined, deadline())
  const run = (ms: number) => world.time.run({ untilMs: world.time.nowMs + ms })
  const record = () => {
    const register = registers.register(sessionKey(node))
    return register && sessionFrom(register)
  }
  return { world, registers, watch, asked, inFlight, settle, beat, writeAs, run, record }
}

test('who is not heard of any more has its session ended when its lease is over, by a few requests, and no sooner', async () => {
  const { watch, asked, settle, beat, run, record, world } = aWatch()
  await beat('a.1')
  watch.suspect(node)
  const sinceMs = world.time.nowMs
  await run(leaseMs * (1 + rateError) - 1)
  assert.equal(record()?.isOver, false)
  assert.equal(asked.reads, 1)
  await run(20)
  assert.equal(record()?.isOver, true)
  assert.ok(world.time.nowMs - sinceMs < leaseMs + 50)
  // However many shards it owned.
  const all = await settle(Promise.all(Array.from({ length: 500 }, () => watch.isOver(node, 'a.1'))))
  assert.ok(all.every(Boolean))
  assert.deepEqual(asked, { reads: 2, writes: 1 })
})

test('a session that goes on is not ended, and costs one look a lease while its node is not there', async () => {
  const { watch, asked, beat, run, record } = aWatch()
  await beat('a.1')
  watch.suspect(node)
  for (let i = 2; i < 32; i++) {
    await run(leaseMs / 3)
    await beat('a.1', i)
  }
  assert.equal(record()?.isOver, false)
  assert.ok(asked.reads <= 12 && asked.writes === 0, JSON.stringify(asked))
  watch.trust(node)
  const { reads } = asked
  await run(10 * leaseMs)
  assert.ok(asked.reads <= reads + 1)
  assert.equal(record()?.isOver, false)
})

test('those who ask at one time share a look, and a session is taken for replaced only by a look that began after it was read of', async () => {
  const { watch, asked, settle, beat } = aWatch()
  await beat('a.1')
  const first = Array.from({ length: 100 }, () => watch.isOver(node, 'a.1'))
  assert.deepEqual(new Set(await settle(Promise.all(first))), new Set([false]))
  assert.equal(asked.reads, 2)
  // The look that says `a.1` is still good for others, but the node has begun anew.
  await beat('a.2')
  assert.equal(await settle(watch.isOver(node, 'a.2')), false)
  assert.equal(await settle(watch.isOver(node, 'a.1')), true)
  const late = watch.isOver(node, 'a.3')
  await beat('a.3')
  assert.equal(await settle(watch.isOver(node, 'a.3')), false)
  await settle(late)
})

test('the session of who says farewell is looked at at once, and whoever claims what it had has the answer', async () => {
  const { watch, asked, settle, beat, run } = aWatch()
  await beat('a.1')
  assert.equal(await settle(watch.isOver(node, 'a.1')), false)
  await beat('a.1', 2, true)
  const before = asked.reads
  watch.left(node)
  // While that look is under way, as when it has ended.
  assert.equal(await settle(watch.isOver(node, 'a.1')), true)
  await run(100)
  assert.ok(asked.reads <= before + 2)
  const known = asked.reads
  assert.equal(await settle(watch.isOver(node, 'a.1')), true)
  assert.equal(asked.reads, known)
  // A session that has not ended, whatever the farewell says, is not taken for one that has.
  await beat('a.2')
  watch.left(node)
  assert.equal(await settle(watch.isOver(node, 'a.2')), false)
})

test('of many nodes that are gone at once a few are looked at at a time, and each has its session ended', async () => {
  const { watch, run, registers, settle, writeAs, inFlight } = aWatch()
  const nodes = Array.from({ length: 200 }, (_, i) => `node-${i}`)
  for (const it of nodes) await settle(writeAs(it, { session: `${it}.1`, beat: 1, leaseMs, isOver: false }))
  for (const it of nodes) watch.suspect(it)
  await run(leaseMs * 1.01 + 1000)
  for (const it of nodes) {
    const register = registers.register(sessionKey(it))
    assert.equal(register && sessionFrom(register).isOver, true, it)
  }
  assert.ok(inFlight.most <= 8, `${inFlight.most} at once`)
})

test('who waits for the end of a session is woken by it, or after the time given', async () => {
  const { watch, settle, beat, world } = aWatch()
  await beat('a.1')
  assert.equal(await settle(watch.isOver(node, 'a.1')), false)
  const fromMs = world.time.nowMs
  assert.equal(await settle(watch.whenOver(node, 100)), false)
  assert.ok(world.time.nowMs - fromMs < 110)
  assert.equal(await settle(watch.whenOver(node, 5000)), true)
  assert.ok(world.time.nowMs - fromMs < leaseMs + 50)
  const again = watch.whenOver('another', 5000)
  watch.trust('another')
  assert.equal(await settle(again), true)
  const waiting = watch.whenOver('another', 5000)
  watch.stop()
  await settle(waiting)
})
