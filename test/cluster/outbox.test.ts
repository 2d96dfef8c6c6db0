/** The outbox and the tracker of pushes: what leaves a node together, what is sent again, and when a write has its quorum. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isShoalError } from 'shoal'
import type { Audience } from '../../src/cluster/dissemination.ts'
import { Outbox, type OutboxOptions } from '../../src/cluster/outbox.ts'
import { countQuorum, type Quorum } from '../../src/cluster/quorum.ts'
import type { LocalUpdate } from '../../src/cluster/shard-store.ts'
import { StoredTracker } from '../../src/cluster/stored-tracker.ts'
import { decodePush, encodePush, type Push, readPush } from '../../src/cluster/wire.ts'
import { CausalContext, emptyState, encodeBatch, encodeDelta, openView, Transaction } from '../../src/crdt/index.ts'
import { silentLogger } from '../../src/ports/logger.ts'
import { noMetrics } from '../../src/ports/metrics.ts'
import { SimulatedClock } from '../../src/simulation/clock.ts'
import { CountingMetrics } from '../../src/simulation/counting-metrics.ts'
import { SimulatedProcess } from '../../src/simulation/process.ts'
import { SimulatedTime } from '../../src/simulation/time.ts'
import { schema } from './support/replica.ts'

const origin = 'a.1'

function update(actor: string, seq: number, tag = `t${seq}`, more: Partial<LocalUpdate> = {}): LocalUpdate {
  const transaction = new Transaction({
    state: emptyState,
    covers: CausalContext.empty,
    origin,
    nextDot: () => ({ origin, seq }),
    now: () => 0,
    clientId: () => 1
  })
  openView(schema, transaction).tags.add(tag)
  const { delta } = transaction
  if (delta === undefined) throw new Error('no delta')
  const seqs = CausalContext.empty.with(origin, seq)
  return { shard: 0, actor, seqs, after: 0, delta, deltaBytes: 40, tracked: undefined, ...more }
}

function world(
  options: OutboxOptions = {},
  refuses: (push: Uint8Array) => boolean = () => false,
  audience: (shard: number) => Audience = () => 'everyone'
) {
  const time = new SimulatedTime()
  const clock = new SimulatedClock(new SimulatedProcess('a', time))
  const resent: string[] = []
  const resend = (peer: string, push: Uint8Array) => resent.push(`${peer} ${push.length}`)
  const metrics = new CountingMetrics()
  const tracker = new StoredTracker({ origin, clock, metrics, resend }, { resendAfterMs: 50 })
  const published: Uint8Array[] = []
  const audiences: Audience[] = []
  const sentMs: number[] = []
  const prepare = (push: Push, to: Audience) => {
    const bytes = encodePush(push)
    const send = () => {
      if (refuses(bytes)) throw new Error('no network')
      published.push(bytes)
      audiences.push(to)
      sentMs.push(time.nowMs)
    }
    return { bytes, send }
  }
  const errors: string[] = []
  const logger = { ...silentLogger, error: (message: string) => void errors.push(message) }
  const outbox = new Outbox({ clock, logger, metrics: noMetrics, origin, tracker, audience, prepare }, options)
  const run = (ms: number) => time.run({ untilMs: time.nowMs + ms })
  const pushes = () => published.map(bytes => readPush(decodePush(bytes), 4))
  return { time, run, tracker, metrics, outbox, published, audiences, sentMs, pushes, resent, errors }
}

/** Of three members, `a` itself is one. */
const majorityOfThree: Quorum = stored =>
  countQuorum([['a', 'b', 'c']], peer => peer === 'a' || stored.has(peer), 'majority')

function tracked(tracker: StoredTracker, quorum: Quorum = majorityOfThree) {
  const wait = tracker.wait(quorum)
  const seen = { isStored: false }
  void wait.stored.then(() => {
    seen.isStored = true
  })
  return { ...wait, seen }
}

test('updates of one turn leave as one push, those to one actor as one delta', async () => {
  const { outbox, run, pushes } = world()
  outbox.add([
    update('thing/x', 1),
    update('thing/y', 2),
    update('thing/x', 3),
    update('thing/z', 1, 'u', { shard: 2 })
  ])
  await run(1)
  const [push, ...more] = pushes()
  assert.equal(more.length, 0)
  const [first, second] = push?.batches ?? []
  assert.deepEqual(
    first?.deltas.map(({ actor, seq }) => [actor, seq]),
    [
      ['thing/x', 3],
      ['thing/y', 2]
    ]
  )
  assert.deepEqual(first?.seqs.intervals(origin), [1, 3])
  assert.deepEqual(second?.seqs.intervals(origin), [1, 1])
})

test('joined updates say what the first of them comes after, or the last before which one is missing', async () => {
  const { outbox, run, pushes } = world()
  outbox.add([
    update('thing/x', 3, 't', { after: 1 }),
    update('thing/x', 5, 'u', { after: 3 }),
    update('thing/y', 4, 't', { after: 2 }),
    // Between the two was one that is not in this push.
    update('thing/y', 8, 'u', { after: 6 })
  ])
  await run(1)
  assert.deepEqual(
    pushes().flatMap(({ batches }) => batches.flatMap(({ deltas }) => deltas.map(({ seq, after }) => [seq, after]))),
    [
      [5, 1],
      [8, 6]
    ]
  )
})

test('updates for other nodes leave in other pushes', async () => {
  const lists: Audience[] = [['a', 'b'], ['a', 'c'], ['a', 'b'], 'everyone']
  const { outbox, run, pushes, audiences } = world({}, undefined, shard => lists[shard] ?? 'everyone')
  outbox.add([0, 1, 2, 3, 0].map((shard, i) => update(`thing/${i}`, i + 1, 't', { shard })))
  await run(1)
  assert.deepEqual(audiences, [['a', 'b'], ['a', 'c'], 'everyone'])
  assert.deepEqual(
    pushes().map(push => push.batches.flatMap(batch => batch.deltas.map(({ actor }) => actor))),
    [['thing/0', 'thing/4', 'thing/2'], ['thing/1'], ['thing/3']]
  )
})

test('the first update after a silence leaves at once, and the wait grows with what is written, up to its limit', async () => {
  const { outbox, run, sentMs } = world({ flushIntervalMs: 2, maxFlushIntervalMs: 20 })
  const write = async (updates: number, everyMs: number) => {
    for (let i = 0; i < updates; i++) {
      outbox.add([update('thing/x', ++seq)])
      await run(everyMs)
    }
  }
  const gapsMs = () => sentMs.slice(1).map((ms, i) => ms - (sentMs[i] ?? 0))
  let seq = 0
  await write(5, 10)
  assert.deepEqual(
    gapsMs().map(ms => Math.round(ms)),
    [10, 10, 10, 10]
  )
  sentMs.length = 0
  await write(400, 0.25)
  const steady = gapsMs().slice(-3)
  assert.ok(
    steady.every(ms => ms > 10 && ms <= 21),
    `${steady}`
  )
  await run(1000)
  sentMs.length = 0
  await write(3, 10)
  assert.equal(sentMs.length, 3, 'it falls back when little is written')
})

test('an update whose writer waits for others is not held back for company', async () => {
  const { outbox, run, sentMs, tracker } = world({ flushIntervalMs: 2, maxFlushIntervalMs: 50 })
  for (let seq = 1; seq <= 200; seq++) {
    outbox.add([update('thing/x', seq)])
    await run(0.25)
  }
  const before = sentMs.length
  outbox.add([update('thing/y', 1000, 't', { tracked: tracked(tracker).tracked })])
  await run(2.1)
  assert.ok(sentMs.length > before)
})

test('a full push does not wait', async () => {
  const { outbox, run, pushes } = world({ flushIntervalMs: 50, maxPushDeltas: 8 })
  outbox.add([update('thing/first', 1)])
  await run(1)
  outbox.add(Array.from({ length: 8 }, (_, i) => update(`thing/${i}`, i + 2)))
  await run(1)
  assert.deepEqual(
    pushes().map(push => push.batches[0]?.deltas.length),
    [1, 8]
  )
})

test('a push names only seqs whose whole effect is in it', async () => {
  const { outbox, run, pushes } = world({ maxPushDeltas: 1, flushIntervalMs: 5 })
  outbox.add([update('thing/x', 1), update('thing/y', 2), update('thing/x', 3)])
  await run(10)
  assert.deepEqual(
    pushes().map(push => push.batches[0]?.seqs.intervals(origin)),
    [
      [1, 1, 3, 3],
      [2, 2]
    ]
  )
})

test('what is vouched for travels behind the updates of the same actor, with all that was seen and no state', async () => {
  const { outbox, tracker, run, pushes } = world()
  const seen = [CausalContext.empty.with('b.1', 1, 4), CausalContext.empty.with(origin, 1)]
  const waits = seen.map(() => tracked(tracker))
  outbox.add([update('thing/x', 1), update('thing/y', 2)])
  for (const [i, context] of seen.entries())
    outbox.vouch({ shard: 0, actor: 'thing/x', seen: context, tracked: waits[i]?.tracked ?? assert.fail() })
  await run(1)
  const [push] = pushes()
  assert.equal(push?.wantsStored, true)
  assert.deepEqual(
    push.batches.map(({ seqs, deltas }) => [seqs.intervals(origin), deltas.map(({ actor }) => actor)]),
    [
      [
        [1, 2],
        ['thing/x', 'thing/y']
      ]
    ]
  )
  assert.deepEqual(
    push.vouched.map(({ shard, actor, seen }) => [shard, actor, seen.intervals('b.1'), seen.intervals(origin)]),
    [[0, 'thing/x', [1, 4], [1, 1]]]
  )
  tracker.stored('b', origin, [push.number])
  await Promise.all(waits.map(({ stored }) => stored))
})

test('a state without seqs is not for a push', () => {
  const { delta, seqs: _, ...where } = update('thing/x', 1)
  const batch = encodeBatch({
    origin,
    updates: [{ shard: where.shard, name: where.actor, seqs: CausalContext.empty, after: 0, delta }]
  })
  assert.throws(
    () => readPush(decodePush(encodePush({ number: 1, batch })), 4),
    error => isShoalError(error) && error.code === 'SHOAL_MALFORMED'
  )
})

test('an outbox that is full forgets what nobody waits for, and says nothing of it in later pushes', async () => {
  const { outbox, run, pushes, tracker } = world({ maxWaitingBytes: 100, flushIntervalMs: 5 })
  const waits = tracked(tracker)
  outbox.add([
    update('thing/v', 1),
    update('thing/w', 2),
    update('thing/x', 3),
    update('thing/y', 4, 't4', { tracked: waits.tracked }),
    update('thing/z', 5)
  ])
  await run(20)
  assert.deepEqual(
    pushes().flatMap(push => push.batches.flatMap(batch => [...batch.seqs.intervals(origin)])),
    [1, 2, 4, 4]
  )
})

test('publishing keeps to its rate, and what waits is coalesced', async () => {
  const { outbox, run, published } = world({ maxBytesPerSecond: 1000, flushIntervalMs: 1 })
  for (let seq = 1; seq <= 200; seq++) {
    outbox.add([update('thing/x', seq)])
    await run(10)
  }
  const bytes = published.reduce((sum, push) => sum + push.length, 0)
  assert.ok(bytes < 4500, `${bytes} bytes in 2 s at 1000 a second`)
  await run(60_000)
  const last = published.at(-1)
  assert.ok(last !== undefined)
  assert.equal(readPush(decodePush(last), 4).batches[0]?.seqs.next(origin), 201)
})

test('a stopped outbox sends nothing and starts no timer', async () => {
  const { outbox, run, published, time, tracker } = world()
  outbox.add([update('thing/x', 1)])
  outbox.stop()
  outbox.add([update('thing/x', 2, 't', { tracked: tracked(tracker).tracked })])
  await run(10)
  assert.equal(published.length, 0)
  assert.equal(await time.run({}), 'idle')
})

test('an update that cannot be encoded stops neither the others nor the node, and nobody is told that it is stored', async () => {
  const { outbox, run, pushes, errors, tracker } = world()
  const waits = tracked(tracker, () => countQuorum([['a']], () => true, 'all'))
  // It claims a seq that its delta does not cover.
  const seqs = CausalContext.empty.with(origin, 2, 3)
  outbox.add([update('thing/x', 1), update('thing/y', 2, 't', { seqs, tracked: waits.tracked }), update('thing/z', 4)])
  await run(20)
  const sent = () => pushes().flatMap(push => push.batches.flatMap(batch => [...batch.seqs.intervals(origin)]))
  assert.deepEqual(sent(), [1, 1, 4, 4])
  assert.deepEqual([errors.length, waits.seen.isStored], [1, false])
  outbox.add([update('thing/y', 5)])
  await run(20)
  assert.deepEqual(sent(), [1, 1, 4, 4, 5, 5])
})

test('a push that could not be published is sent again while somebody waits for it, and the next ones leave', async () => {
  let isDown = true
  const { outbox, run, pushes, errors, tracker, resent } = world({}, () => isDown)
  const waits = tracked(tracker)
  outbox.add([update('thing/x', 1, 't', { tracked: waits.tracked })])
  await run(20)
  assert.deepEqual([errors.length, waits.seen.isStored], [1, false])
  isDown = false
  outbox.add([update('thing/y', 2)])
  await run(100)
  assert.equal(pushes().length, 1)
  assert.ok(resent.length >= 2, 'over the links')
  tracker.stored('b', origin, [1])
  await run(0)
  assert.equal(waits.seen.isStored, true)
})

test('the delta of a push is what was written', async () => {
  const { outbox, run, pushes } = world()
  outbox.add([update('thing/x', 1, 'tea')])
  await run(1)
  const { delta } = update('thing/x', 1, 'tea')
  const pushed = pushes()[0]?.batches[0]?.deltas[0]?.delta
  assert.ok(pushed !== undefined)
  assert.deepEqual(encodeDelta(pushed), encodeDelta(delta))
})

test('a write has its quorum when enough members have said stored, and is sent again to the others until then', async () => {
  const { outbox, run, tracker, resent } = world()
  const wait = tracked(tracker)
  outbox.add([update('thing/x', 1, 't', { tracked: wait.tracked })])
  await run(40)
  assert.deepEqual([wait.seen.isStored, resent.length], [false, 0])
  await run(1000)
  const peers = new Set(resent.map(entry => entry.split(' ')[0]))
  assert.deepEqual(peers, new Set(['b', 'c']))
  const count = resent.length
  assert.ok(count >= 6 && count < 20, `${count} repeats in a second`)
  tracker.stored('b', origin, [1])
  await run(0)
  assert.equal(wait.seen.isStored, true)
  await run(60_000)
  assert.equal(resent.length, count)
})

test('a stored for another push, or from a member that does not count, is not a quorum', async () => {
  const { outbox, run, tracker } = world()
  const wait = tracked(tracker)
  outbox.add([update('thing/x', 1, 't', { tracked: wait.tracked })])
  await run(1)
  tracker.stored('b', origin, [2, 3])
  tracker.stored('stranger', origin, [1])
  await run(10)
  assert.equal(wait.seen.isStored, false)
})

test('one push a second is to be confirmed though nobody waits for it, and each peer’s first word of it is timed', async () => {
  const { outbox, run, pushes, tracker, metrics } = world()
  for (let seq = 1; seq <= 25; seq++) {
    outbox.add([update('thing/x', seq)])
    await run(100)
  }
  const asked = pushes().flatMap(({ number, wantsStored }) => (wantsStored ? [number] : []))
  assert.deepEqual(asked, [1, 11, 21])
  tracker.stored('b', origin, [21, 20])
  tracker.stored('b', origin, [21])
  tracker.stored('c', origin, [21, 11])
  assert.equal(metrics.all()['shoal_push_stored_seconds'], 2)
})

test('a view in which fewer are needed ends the wait', async () => {
  const { outbox, run, tracker } = world()
  let isAlone = false
  const wait = tracked(tracker, () => countQuorum([isAlone ? ['a'] : ['a', 'b']], id => id === 'a', 'majority'))
  outbox.add([update('thing/x', 1, 't', { tracked: wait.tracked })])
  await run(10)
  isAlone = true
  tracker.reconsider()
  await run(0)
  assert.equal(wait.seen.isStored, true)
})

test('a wait that is given up costs nothing any more, before and after its push has left', async () => {
  const { outbox, run, tracker, resent, time } = world()
  const before = tracked(tracker)
  const after = tracked(tracker)
  before.cancel()
  outbox.add([
    update('thing/x', 1, 't', { tracked: before.tracked }),
    update('thing/y', 2, 't', { tracked: after.tracked })
  ])
  await run(1)
  after.cancel()
  assert.equal(await time.run({}), 'idle')
  assert.equal(resent.length, 0)
})

test('updates that have not left count, too, when a write that waits for others asks to be admitted', () => {
  const time = new SimulatedTime()
  const clock = new SimulatedClock(new SimulatedProcess('a', time))
  let queued = 101
  const tracker = new StoredTracker({ origin, clock, resend() {}, queuedBytes: () => queued }, { maxTrackedBytes: 100 })
  assert.throws(
    () => tracker.admit(),
    error => isShoalError(error) && error.code === 'SHOAL_OVERLOADED'
  )
  queued = 100
  tracker.admit()
})

test('what a peer stored of an earlier life says nothing of the push with the same number', async () => {
  const { tracker, outbox, run } = world()
  const wait = tracked(tracker)
  outbox.add([update('thing/x', 1, 't', { tracked: wait.tracked })])
  await run(1)
  tracker.stored('b', 'a.0', [1])
  tracker.stored('b', '', [1])
  await run(1)
  assert.equal(wait.seen.isStored, false)
  tracker.stored('b', origin, [1])
  await run(1)
  assert.equal(wait.seen.isStored, true)
})

test('too many bytes on their way to a quorum refuse new writes before they are made', async () => {
  const time = new SimulatedTime()
  const clock = new SimulatedClock(new SimulatedProcess('a', time))
  const tracker = new StoredTracker({ origin, clock, resend() {} }, { maxTrackedBytes: 100 })
  tracker.admit()
  const wait = tracked(tracker)
  tracker.sent(1, new Uint8Array(101), () => wait.tracked(1))
  assert.throws(
    () => tracker.admit(),
    error => isShoalError(error) && error.code === 'SHOAL_OVERLOADED'
  )
  tracker.stored('c', origin, [1])
  tracker.admit()
})

test('a push that has its quorum is kept no more, and later words of it make no room for others', async () => {
  const time = new SimulatedTime()
  const clock = new SimulatedClock(new SimulatedProcess('a', time))
  const tracker = new StoredTracker({ origin, clock, resend() {} }, { maxTrackedBytes: 100 })
  const send = (number: number, quorum?: Quorum) => {
    const wait = tracked(tracker, quorum)
    tracker.sent(number, new Uint8Array(101), () => wait.tracked(number))
    return wait
  }
  const alone = send(1, () => countQuorum([['a']], id => id === 'a', 'majority'))
  await time.run({ untilMs: time.nowMs + 10 })
  assert.equal(alone.seen.isStored, true, 'its own disk is enough')
  tracker.admit()
  send(2)
  tracker.stored('b', origin, [2])
  send(3)
  for (const peer of ['b', 'c']) tracker.stored(peer, origin, [1, 2])
  tracker.reconsider()
  assert.throws(
    () => tracker.admit(),
    error => isShoalError(error) && error.code === 'SHOAL_OVERLOADED'
  )
  tracker.stored('c', origin, [3])
  tracker.admit()
})

test('a push is followed until all have confirmed it, without being sent again, and the oldest is given up', async () => {
  const { tracker, run, resent } = world()
  const all: Quorum = stored => countQuorum([['a', 'b', 'c']], peer => peer === 'a' || stored.has(peer), 'all')
  const over: string[] = []
  const follow = (push: number) => tracker.follow(push, all, isStored => over.push(`${push} ${isStored}`))
  const send = (push: number) => tracker.sent(push, new Uint8Array(1), () => follow(push))
  send(1)
  tracker.stored('b', origin, [1])
  tracker.stored('b', origin, [1])
  tracker.stored('c', 'another life', [1])
  assert.deepEqual(over, [])
  await run(1000)
  assert.deepEqual(resent, [])
  tracker.stored('c', origin, [1])
  tracker.stored('c', origin, [1])
  assert.deepEqual(over, ['1 true'])
  for (let push = 2; push <= 258; push++) send(push)
  assert.deepEqual(over, ['1 true', '2 false'])
})
