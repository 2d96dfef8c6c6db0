/** How pushes travel: over links or as publications, what is sent again, and what is left to catch-up. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CommitBacklog } from '../../src/cluster/commit-backlog.ts'
import {
  type Audience,
  Dissemination,
  type DisseminationOptions,
  maxWantedPublications
} from '../../src/cluster/dissemination.ts'
import { PublicationGaps } from '../../src/cluster/publication-gaps.ts'
import { decodePush } from '../../src/cluster/wire.ts'
import { noMetrics } from '../../src/ports/metrics.ts'
import { SimulatedClock } from '../../src/simulation/clock.ts'
import { SimulatedProcess } from '../../src/simulation/process.ts'
import { SimulatedTime } from '../../src/simulation/time.ts'

function world(options: DisseminationOptions = {}) {
  const state = {
    links: ['b', 'c'],
    present: ['a', 'b', 'c'],
    queued: new Map<string, number>(),
    sent: [] as string[],
    published: [] as Uint8Array[]
  }
  const dissemination = new Dissemination(
    {
      self: 'a',
      metrics: noMetrics,
      events: {
        publish: bytes => void state.published.push(bytes),
        sendPush: (peer, bytes) => {
          state.sent.push(`${peer} ${decodePush(bytes).number}`)
          return true
        },
        queuedPushBytes: peer => state.queued.get(peer) ?? 0,
        links: () => state.links,
        present: () => state.present
      }
    },
    options
  )
  const push = (number: number, audience: Audience = 'everyone', bytes = 10) =>
    dissemination.prepare({ number, batch: new Uint8Array(bytes) }, audience).send()
  return { ...state, state, dissemination, push }
}

test('with a link to every present node, and few of them, a push goes over the links', () => {
  const { push, sent, published } = world()
  push(1)
  assert.deepEqual([sent, published.length], [['b 1', 'c 1'], 0])
})

test('a present node without a link, or one node too many, makes it a publication', () => {
  const { push, sent, published, state } = world({ maxDirectNodes: 3 })
  state.links = ['b']
  push(1)
  state.links = ['b', 'c', 'd']
  state.present = ['a', 'b', 'c', 'd']
  push(2)
  assert.deepEqual([sent, published.length], [[], 2])
})

test('what was asked for is done, whatever the cluster is like', () => {
  const direct = world({ dissemination: 'direct' })
  direct.state.links = ['b']
  direct.push(1)
  assert.deepEqual([direct.sent, direct.published.length], [['b 1'], 0])
  const gossip = world({ dissemination: 'gossip' })
  gossip.push(1)
  assert.deepEqual([gossip.sent, gossip.published.length], [[], 1])
})

test('a push for some nodes goes over the links with them, and to nobody else', () => {
  const { push, sent, published } = world({ dissemination: 'gossip' })
  push(1, ['a', 'c', 'unlinked'])
  assert.deepEqual([sent, published.length], [['c 1'], 0])
})

test('a peer for which too much waits is left to catch-up, and the others are served', () => {
  const { push, sent, queued } = world({ maxPeerQueueBytes: 100 })
  queued.set('b', 101)
  push(1)
  assert.deepEqual(sent, ['c 1'])
  queued.set('b', 100)
  push(2)
  assert.deepEqual(sent, ['c 1', 'b 2', 'c 2'])
})

test('publications are counted, and sent again to who asks as long as they are kept', () => {
  const { push, sent, published, dissemination } = world({ dissemination: 'gossip', maxKeptPublicationBytes: 1000 })
  for (let number = 1; number <= 100; number++) push(number + 100, 'everyone', 50)
  assert.deepEqual(
    published.slice(0, 3).map(bytes => decodePush(bytes).publication),
    [1, 2, 3]
  )
  dissemination.repeat('c', [1, 99, 100, 101])
  assert.deepEqual(sent, ['c 199', 'c 200'])
  dissemination.repeat(
    'c',
    Array.from({ length: 1000 }, () => 100)
  )
  assert.equal(sent.length, 2 + maxWantedPublications)
})

function gapsWorld() {
  const time = new SimulatedTime()
  const clock = new SimulatedClock(new SimulatedProcess('a', time))
  const asked: [string, readonly number[]][] = []
  const gaps = new PublicationGaps(
    { clock, ask: (origin, lost) => asked.push([origin, lost]) },
    { publicationGapMs: 40 }
  )
  return { gaps, asked, run: (ms: number) => time.run({ untilMs: time.nowMs + ms }), time }
}

test('a publication that is late is not asked for, one that is lost is, once', async () => {
  const { gaps, asked, run, time } = gapsWorld()
  for (const number of [107, 108, 111, 110]) assert.ok(gaps.arrived('x', number))
  await run(30)
  assert.deepEqual(asked, [])
  await run(11)
  assert.deepEqual(asked, [['x', [109]]])
  assert.equal(await time.run({}), 'idle')
  assert.equal(asked.length, 1)
  assert.ok(gaps.arrived('x', 109), 'it is read when it comes after all')
})

test('what came before the first that was heard is not asked for, and read when it comes', async () => {
  const { gaps, asked, run } = gapsWorld()
  assert.ok(gaps.arrived('x', 1000))
  assert.ok(gaps.arrived('x', 998))
  await run(100)
  assert.deepEqual(asked, [])
})

test('the first publications of an origin are missed, too', async () => {
  const { gaps, asked, run } = gapsWorld()
  gaps.arrived('x', 3)
  await run(100)
  assert.deepEqual(asked, [['x', [1, 2]]])
})

test('a publication that comes twice need not be read, whichever order they come in', () => {
  const { gaps } = gapsWorld()
  for (const number of [1, 3, 2]) assert.ok(gaps.arrived('x', number))
  for (const number of [3, 1, 2]) assert.ok(!gaps.arrived('x', number))
  assert.ok(gaps.arrived('y', 2), 'of another origin')
})

test('whatever numbers an origin makes up, memory and requests stay small', async () => {
  const { gaps, asked, run } = gapsWorld()
  for (let i = 0; i < 3000; i++) assert.equal(typeof gaps.arrived(`origin-${i}`, 2 ** 50 - i), 'boolean')
  assert.ok(gaps.windows <= 1024)
  for (let i = 1; i < 5000; i++) gaps.arrived('jumps', i * 1_000_000)
  await run(1000)
  for (const [, lost] of asked) assert.ok(lost.length <= maxWantedPublications)
  assert.ok(asked.length <= 4, `${asked.length} requests`)
})

test('what is not on disk is bounded: peers wait past the limit, and go on when commits have caught up', async () => {
  const waiting: (() => void)[] = []
  const held: boolean[] = []
  const durable = () => new Promise<void>(resolve => waiting.push(resolve))
  const backlog = new CommitBacklog({ durable, hold: isHeld => held.push(isHeld) }, { maxUncommittedBytes: 10_000 })
  const commit = async () => {
    waiting.shift()?.()
    await new Promise(setImmediate)
  }
  backlog.add(1000, 1)
  backlog.add(1000, 25)
  assert.deepEqual([held, backlog.isFull], [[true], true])
  await commit()
  assert.deepEqual([held, backlog.isFull], [[true], true], 'only what came before the wait is covered by it')
  await commit()
  assert.deepEqual([held, backlog.isFull, backlog.bytes], [[true, false], false, 0])
  backlog.add(100, 1)
  await commit()
  assert.deepEqual([held.length, backlog.bytes, waiting.length], [2, 0, 0])
})
