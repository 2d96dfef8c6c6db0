/** The watches of others: what a peer that asks for too much, takes nothing or breaks the rules can make this node keep and send. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { isShoalError } from 'shoal'
import { Watchers } from '../../src/actors/watches/watch.ts'
import { WatchChannel } from '../../src/actors/watches/watch-channel.ts'
import { WatchServer, type WatchServerOptions } from '../../src/actors/watches/watch-server.ts'
import type { Actor } from '../../src/cluster/shard-store.ts'
import { type Calls, decodeCalls, encodeCalls } from '../../src/cluster/wire.ts'
import { CausalContext } from '../../src/crdt/index.ts'
import { ShoalError } from '../../src/ports/errors.ts'
import { noMetrics } from '../../src/ports/metrics.ts'
import { SimulatedClock } from '../../src/simulation/clock.ts'
import { SimulatedProcess } from '../../src/simulation/process.ts'
import { SimulatedTime } from '../../src/simulation/time.ts'

const none = CausalContext.empty

/** A server whose actors show what `states` has of them, over a link whose queue is as long as `queuedBytes` says. */
function serverOf(options: WatchServerOptions = {}) {
  const time = new SimulatedTime()
  const clock = new SimulatedClock(new SimulatedProcess('one', time))
  const sent: { peer: string; message: Calls }[] = []
  const states = new Map<string, unknown>()
  const link = { queuedBytes: 0, isUp: true, reads: 0 }
  const watchers = new Watchers(() => Promise.resolve(), clock)
  const server = new WatchServer(
    {
      cluster: {
        sendCalls(peer: string, message: Calls) {
          if (link.isUp) sent.push({ peer, message: decodeCalls(encodeCalls(message)) })
          return link.isUp
        },
        queuedCallBytes: () => link.queuedBytes
      },
      clock,
      metrics: noMetrics,
      open({ actor, shown }, turn) {
        if (actor.startsWith('unknown/')) throw new ShoalError('SHOAL_UNKNOWN_KIND', 'unknown')
        return watchers.watch(
          actor,
          0,
          () => {
            link.reads++
            return states.has(actor) ? { value: states.get(actor), seen: none.with('a.1', 1) } : 'elsewhere'
          },
          shown,
          turn
        )
      }
    },
    options
  )
  const change = (actor: string, state: unknown) => {
    states.set(actor, state)
    watchers.committed({ updates: [], actors: [{ name: actor } as Actor], emptied: [] })
  }
  const run = (ms = 1) => time.run({ untilMs: time.nowMs + ms })
  const shown = () =>
    sent
      .splice(0)
      .filter(({ message: { watchState } }) => watchState == null || (watchState.state?.length ?? 0) > 0)
      .map(({ message: { watchState, watchEnd } }) =>
        watchState == null
          ? `end ${watchEnd?.number} ${watchEnd?.failure?.code ?? ''}`
          : `${watchState.number}: ${new TextDecoder().decode(watchState.state ?? undefined)}`
      )
  return { server, link, states, change, run, shown, watchers, sent }
}

const begin = (number: number, actor = 'thing/a') => ({ number, actor, shown: none.encode() })

/** More than half of 1,000 bytes. */
function longContext(): CausalContext {
  let long = none
  for (let i = 0; i < 20; i++) long = long.with(`origin-${i}.${'x'.repeat(20)}`, 1)
  return long
}

/** The other end: all that it sends is kept. */
function channelOf() {
  const time = new SimulatedTime()
  const clock = new SimulatedClock(new SimulatedProcess('one', time))
  const sent: Calls[] = []
  const channel = new WatchChannel({
    cluster: { incarnation: 'x', sendCalls: (_peer, message) => sent.push(message) > 0 },
    clock
  })
  return { time, sent, channel }
}

test('the next state is sent when the one before was taken, and it is the newest', async () => {
  const { server, change, run, shown } = serverOf()
  change('thing/a', 0)
  server.begin('p', begin(1))
  await run()
  for (let i = 1; i <= 5; i++) change('thing/a', i)
  await run()
  assert.deepEqual(shown(), ['1: 0'])
  server.taken('p', { number: 1 })
  await run()
  assert.deepEqual(shown(), ['1: 5'])
})

test('nothing is added to a full queue, and what goes when there is room is the newest of each watch', async () => {
  const { server, link, change, run, shown } = serverOf({ maxQueuedBytes: 100 })
  link.queuedBytes = 101
  for (const id of ['a', 'b']) change(`thing/${id}`, 0)
  server.begin('p', begin(1, 'thing/a'))
  server.begin('p', begin(2, 'thing/b'))
  await run(100)
  assert.deepEqual(shown(), [])
  for (let i = 1; i <= 5; i++) change('thing/a', i)
  await run(100)
  link.queuedBytes = 0
  link.isUp = false
  await run(100)
  link.isUp = true
  await run(100)
  assert.deepEqual(shown(), ['1: 5', '2: 0'])
})

test('what nobody takes is not read: a thousand watches of one actor cost nothing, however often it changes', async () => {
  const { server, link, change, run, shown } = serverOf()
  change('thing/a', 0)
  for (let number = 1; number <= 1000; number++) server.begin('p', begin(number))
  await run()
  assert.deepEqual([link.reads, shown().length], [1000, 1000])
  for (let i = 1; i <= 100; i++) {
    change('thing/a', i)
    await run()
  }
  assert.equal(link.reads, 1000)
  server.taken('p', { number: 7 })
  await run()
  assert.deepEqual([link.reads, shown()], [1001, ['7: 100']])
})

test('what finds no room in the queue is not read, and no more at once than a few', async () => {
  const { server, link, change, run, shown } = serverOf({ maxQueuedBytes: 100 })
  change('thing/a', 0)
  link.queuedBytes = 101
  for (let number = 1; number <= 1000; number++) server.begin('p', begin(number))
  await run(1000)
  assert.equal(link.reads, 0)
  link.queuedBytes = 0
  link.isUp = false
  await run(1000)
  assert.equal(link.reads, 16, 'a queue with room turns all away, so what was read waits')
  link.isUp = true
  await run(100)
  assert.equal(shown().length, 1000)
})

test('a watch of what is not here, or is not known, is told so', async () => {
  const { server, run, shown } = serverOf()
  server.begin('p', begin(1, 'thing/b'))
  server.begin('p', begin(2, 'unknown/a'))
  await run()
  assert.deepEqual(shown().sort(), ['end 1 ', 'end 2 SHOAL_UNKNOWN_KIND'])
})

test('a peer has so many watches and no more, whatever it begins; others are not touched, and each that ends makes room', async () => {
  const { server, change, run, shown } = serverOf({ maxWatchesPerPeer: 2 })
  change('thing/a', 0)
  for (let number = 1; number <= 100; number++) server.begin('p', begin(number))
  server.begin('q', begin(1))
  await run()
  const told = shown()
  assert.equal(told.filter(text => text.endsWith('SHOAL_OVERLOADED')).length, 98)
  assert.deepEqual(
    told.filter(text => !text.startsWith('end')),
    ['1: 0', '2: 0', '1: 0']
  )
  server.taken('p', { number: 1, isOver: true })
  server.begin('p', begin(101))
  server.begin('p', begin(102))
  await run()
  assert.deepEqual(shown().sort(), ['101: 0', 'end 102 SHOAL_OVERLOADED'])
  server.unlinked('p')
  server.begin('p', begin(103))
  server.begin('p', begin(104))
  await run()
  assert.deepEqual(shown(), ['103: 0', '104: 0'])
})

test('what the watches of a peer have seen is kept up to a limit', async () => {
  const { server, change, run, shown } = serverOf({ maxSeenBytesPerPeer: 1000 })
  change('thing/a', 0)
  const long = longContext()
  for (const number of [1, 2, 3]) server.begin('p', { ...begin(number), shown: long.encode() })
  await run()
  assert.deepEqual(shown().sort(), ['1: 0', 'end 2 SHOAL_OVERLOADED', 'end 3 SHOAL_OVERLOADED'])
  server.taken('p', { number: 1, isOver: true })
  server.begin('p', { ...begin(4), shown: long.encode() })
  await run()
  assert.deepEqual(shown(), ['4: 0'])
})

test('what a watch has seen makes room when it ends, though others of the peer go on', async () => {
  const { server, change, run, shown } = serverOf({ maxSeenBytesPerPeer: 1000 })
  change('thing/a', 0)
  server.begin('p', begin(1))
  const long = longContext()
  for (let number = 2; number < 10; number++) {
    server.begin('p', { ...begin(number), shown: long.encode() })
    server.taken('p', { number, isOver: true })
  }
  server.begin('p', { ...begin(10), shown: long.encode() })
  server.begin('p', { ...begin(11), shown: long.encode() })
  await run()
  assert.deepEqual(shown().sort(), ['10: 0', '1: 0', 'end 11 SHOAL_OVERLOADED'].sort())
})

test('a number that is in use, a broken context and an actor without a name are malformed', async () => {
  const { server, change, run } = serverOf()
  change('thing/a', 0)
  server.begin('p', begin(1))
  await run()
  for (const message of [begin(1), { ...begin(2), shown: Uint8Array.of(9, 9) }, begin(3, '/x'), { number: -1 }])
    assert.throws(
      () => server.begin('p', message),
      error => isShoalError(error) && error.code === 'SHOAL_MALFORMED'
    )
  server.taken('p', { number: 77 })
  server.taken('nobody', { number: 1 })
})

test('a state that is larger than a record may be ends the watch with its reason', async () => {
  const { server, link, change, run, shown } = serverOf()
  change('thing/a', 'x'.repeat(10))
  const isUp = true
  Object.defineProperty(link, 'isUp', {
    get() {
      if (isLarge) {
        isLarge = false
        throw new ShoalError('SHOAL_LIMIT', 'too large')
      }
      return isUp
    }
  })
  let isLarge = false
  server.begin('p', begin(1))
  isLarge = true
  await run()
  assert.deepEqual(shown(), ['end 1 SHOAL_LIMIT'])
  server.taken('p', { number: 1 })
  await run()
  assert.deepEqual(shown(), [])
})

test('a watch whose node says nothing is given up, and what comes later is answered with its end', async () => {
  const { time, sent, channel } = channelOf()
  const watch = channel.open('p', 'thing/a', none)
  const next = watch.next()
  await time.run({ untilMs: 10_000 })
  assert.equal(await next, undefined)
  const number = sent[0]?.watch?.number ?? 0
  assert.deepEqual(sent.splice(0).at(-1), { watchTaken: { number, isOver: true, again: 0 } })
  channel.receiveState('p', { number, state: new TextEncoder().encode('1'), seen: none.encode() })
  assert.deepEqual(sent, [{ watchTaken: { number, isOver: true } }])
})

test('whoever says that it has the actor has ten seconds for the first state, and then as long as it takes', async () => {
  const { time, sent, channel } = channelOf()
  const numbers = [1, 2].map(() => {
    channel.open('p', 'thing/a', none)
    return sent.at(-1)?.watch?.number ?? 0
  })
  const over = () => sent.flatMap(({ watchTaken }) => (watchTaken?.isOver === true ? [watchTaken.number] : []))
  for (const number of numbers) channel.receiveState('p', { number })
  await time.run({ untilMs: 9000 })
  // It is not asked for twice, and what was said twice gives no more time.
  for (const number of numbers) channel.receiveState('p', { number })
  channel.receiveState('p', { number: numbers[0] ?? 0, state: new TextEncoder().encode('1'), seen: none.encode() })
  assert.deepEqual(over(), [])
  await time.run({ untilMs: 60_000 })
  assert.deepEqual(over(), numbers.slice(1))
})

test('the states of a watch are taken from the node that it runs on, and from no other', async () => {
  const { sent, channel } = channelOf()
  const watch = channel.open('p', 'thing/a', none)
  const number = sent[0]?.watch?.number ?? 0
  const state = (value: number) => ({ number, state: new TextEncoder().encode(`${value}`), seen: none.encode() })
  channel.receiveState('q', state(1))
  channel.receiveEnd('q', { number })
  channel.receiveState('p', state(2))
  assert.equal((await watch.next())?.value, 2)
  channel.receiveEnd('p', { number, failure: { code: 'SHOAL_UNREADABLE', message: 'no', retryable: false } })
  await assert.rejects(watch.next(), error => isShoalError(error) && error.code === 'SHOAL_UNREADABLE')
})

test('a state that was asked for again comes, though nothing has changed, and says that it was read since', async () => {
  const { server, link, change, run, sent } = serverOf()
  change('thing/a', 0)
  server.begin('p', begin(1))
  await run()
  const rounds = () => sent.splice(0).flatMap(({ message: { watchState } }) => watchState?.again ?? [])
  rounds()
  for (const again of [1, 1, 0, 5, 2]) {
    server.taken('p', { number: 1, again })
    await run()
  }
  assert.deepEqual([rounds(), link.reads], [[1, 5], 3])
})

test('a node is believed no look that it was not asked for, and one that does not answer is given up', async () => {
  const { time, sent, channel } = channelOf()
  const watch = channel.open('p', 'thing/a', none)
  const number = sent[0]?.watch?.number ?? 0
  const state = (again: number) => ({ number, state: new TextEncoder().encode('1'), seen: none.encode(), again })
  channel.receiveState('p', state(9))
  assert.equal((await watch.next())?.round, 0)
  watch.refresh(1)
  channel.receiveState('p', state(1))
  assert.equal((await watch.next())?.round, 1)
  await time.run({ untilMs: 60_000 })
  watch.refresh(2)
  channel.receiveState('p', state(1))
  const next = [await watch.next(), watch.next()]
  await time.run({ untilMs: 80_000 })
  assert.equal(await Promise.race([next[1], setImmediate('it waits for ever')]), undefined)
  assert.deepEqual(sent.at(-1), { watchTaken: { number, isOver: true, again: 2 } })
})
