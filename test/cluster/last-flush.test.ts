/** A node that leaves or drops shards: when its peers may say that they have what it has. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { command, exclusive, orSet, pnCounter, replicated } from 'shoal'
import { createTestCluster } from 'shoal/testing'
import { Beacon } from '../../src/cluster/beacon.ts'
import { LastFlush } from '../../src/cluster/last-flush.ts'
import { stateKey } from '../../src/cluster/storage-layout.ts'
import type { Control } from '../../src/cluster/wire.ts'
import { silentLogger } from '../../src/ports/logger.ts'
import { noMetrics } from '../../src/ports/metrics.ts'
import type { SimulatedWorld } from '../../src/simulation/world.ts'
import { assertEqual, fill, type Party, pair } from './support/catch-up-pair.ts'
import { settle } from './support/replica.ts'

function beaconOf({ replica, catchUp }: Party): Beacon {
  const { clock, random } = replica.ports
  const quiet = { logger: silentLogger, metrics: noMetrics }
  const events = { send: () => true, peers: () => [], region: 'r' }
  return new Beacon({ store: replica.store, catchUp, clock, random, ...quiet, events })
}

/** What `party` says to the flush of a peer, as it says it. */
function ask(party: Party, { shards, hashes }: { shards: number[]; hashes: Uint8Array }): Control[] {
  const { replica, catchUp } = party
  const said: Control[] = []
  const flush = new LastFlush({
    store: replica.store,
    beacon: beaconOf(party),
    catchUp,
    clock: replica.ports.clock,
    logger: silentLogger,
    events: {
      sendControl: (_, message) => said.push(message) > 0,
      heirs: () => [],
      inherits: () => [],
      adopt: () => true
    }
  })
  void flush.answer('a', { number: 7, shards, hashes })
  return said
}

const during = ({ time }: SimulatedWorld, ms: number) => time.run({ untilMs: time.nowMs + ms })
const flushed = { flushed: { number: 7 } }

test('a peer that has the same says so, and one that lacks something fetches it first', async () => {
  const { world, a, b, pull } = await pair('flush')
  await fill(a, 3)
  await pull(b, 'a')
  const same = ask(b, beaconOf(a).hashes([0]))
  await during(world, 1000)
  assert.deepEqual(same, [flushed])
  a.replica.write('thing/new', view => view.sum.add(1))
  await a.replica.save()
  const lacking = ask(b, beaconOf(a).hashes([0]))
  await during(world, 1000)
  assert.deepEqual(lacking, [flushed])
  assertEqual(a, b)
})

test('a peer that has not looked through its disk yet says so only afterwards, with what was damaged fetched', async () => {
  const { world, a, b, pull } = await pair('damage')
  await fill(a, 3)
  await pull(b, 'a')
  b.replica.store.passivate(() => 0)
  await settle(world, b.replica.ports.disk.write([{ type: 'del', key: stateKey(0, 'thing/1') }]))
  b.replica.store.suspect(0)
  assertEqual(a, b, 'as far as the record of the shard says')
  const said = ask(b, beaconOf(a).hashes([0]))
  await during(world, 1000)
  assert.deepEqual(said, [])
  assert.deepEqual(await settle(world, b.replica.verify()), [0])
  await during(world, 1000)
  assert.deepEqual(said, [flushed])
  assert.deepEqual(b.replica.value('thing/1').tags, a.replica.value('thing/1').tags)
})

test('a peer that does not store all of it says nothing', async () => {
  const { world, a, b } = await pair('foreign')
  a.replica.store.host(5)
  await a.replica.save()
  const said = ask(b, beaconOf(a).hashes([0, 5]))
  await during(world, 1000)
  assert.deepEqual(said, [])
})

/** A leaving node, with what it asks of these peers, and when. */
async function leaver(peers: readonly string[], options = { flushTimeoutMs: 5000 }) {
  const { world, a } = await pair('leaver')
  await fill(a, 3)
  const asked: {
    readonly peer: string
    readonly number: number
    readonly atMs: number
    readonly flushed: Control['flushed']
  }[] = []
  let unlinked: readonly string[] = []
  const beganMs = world.time.nowMs
  const flush = new LastFlush(
    {
      store: a.replica.store,
      beacon: beaconOf(a),
      catchUp: a.catchUp,
      clock: a.replica.ports.clock,
      logger: silentLogger,
      events: {
        sendControl: (peer, { flush, flushed }) => {
          if (unlinked.includes(peer)) return false
          return asked.push({ peer, number: flush?.number ?? 0, atMs: world.time.nowMs - beganMs, flushed }) > 0
        },
        heirs: () => peers,
        inherits: () => a.replica.store.hosted(),
        adopt: () => true
      }
    },
    options
  )
  const done = (giving: Promise<boolean>) => {
    const atMs = world.time.nowMs
    return settle(
      world,
      giving.then(isGiven => ({ isGiven, tookMs: world.time.nowMs - atMs }))
    )
  }
  /** Of those that are asked from now on, these answer after so long. */
  const answer = (answering: readonly string[], afterMs: number, leaving = false) =>
    world.time.schedule((afterMs + 5) * 1000, undefined, () => {
      for (const { peer, number } of asked) if (answering.includes(peer)) flush.answered(peer, { number, leaving })
    })
  const unlink = (peers: readonly string[], untilMs: number) => {
    unlinked = peers
    world.time.schedule(untilMs * 1000, undefined, () => {
      unlinked = []
    })
  }
  return { flush, asked, done, answer, unlink }
}

test('a peer that gave no answer is asked again, under the same number', async () => {
  const { flush, asked, done, answer } = await leaver(['b'])
  answer(['b'], 1700)
  const { isGiven, tookMs } = await done(flush.toAll())
  assert.equal(isGiven, true)
  assert.ok(tookMs > 1600 && tookMs < 1800, `${tookMs} ms`)
  assert.equal(asked.length, 4)
  assert.equal(new Set(asked.map(({ number }) => number)).size, 1)
})

test('while a node serves it waits for all; when nobody does, for most, and for who was too slow before no more than a second', async () => {
  const { flush, done, answer } = await leaver(['b', 'c', 'd'])
  answer(['b', 'c'], 20)
  const all = await done(flush.toAll())
  assert.ok(all.isGiven && all.tookMs > 4900, `${all.tookMs} ms`)
  answer(['b', 'c'], 20)
  const most = await done(flush.toMost())
  assert.ok(most.isGiven && most.tookMs < 200, `${most.tookMs} ms`)
  answer(['b'], 20)
  const few = await done(flush.toMost())
  assert.ok(few.tookMs > 4900, `c was quick before, and two of three are most: ${few.tookMs} ms`)
  const none = await done(flush.toMost())
  assert.ok(!none.isGiven && none.tookMs > 4900, `b was quick before: ${none.tookMs} ms`)
  const slow = await done(flush.toMost())
  assert.ok(!slow.isGiven && slow.tookMs < 1100, `${slow.tookMs} ms`)
})

test('a peer that leaves as well, or is held for gone, is none of those that are to have it', async () => {
  const peers = ['b', 'c', 'd', 'e']
  const { flush, asked, done, answer } = await leaver(peers)
  answer(['b'], 20)
  answer(['c', 'd'], 20, true)
  const slow = await done(flush.toMost())
  assert.ok(slow.isGiven && slow.tookMs > 4900, `b is one of two: ${slow.tookMs} ms`)
  answer(['c', 'd'], 20, true)
  // It is asked each half a second, and so looked at.
  const gone = done(flush.toMost())
  peers.splice(3, 1)
  answer(['b'], 20)
  const { isGiven, tookMs } = await gone
  assert.ok(isGiven && tookMs < 700, `${tookMs} ms`)
  flush.confirmNoMore()
  const before = asked.length
  void flush.answer('b', { number: 9 })
  assert.deepEqual(
    asked.slice(before).map(({ flushed }) => flushed),
    [{ leaving: true }],
    'a node that does not know what leaving is finds no flush that this answers'
  )
})

test('a member without a link is asked when it has one, and counts until then', async () => {
  const { flush, done, answer, unlink } = await leaver(['b', 'c', 'd'])
  unlink(['c', 'd'], 1200)
  answer(['b'], 20)
  answer(['b', 'c', 'd'], 2000)
  const { isGiven, tookMs } = await done(flush.toMost())
  assert.ok(isGiven && tookMs > 1900 && tookMs < 2200, `${tookMs} ms`)
})

test('what a peer is asked again while it is fetching is not fetched twice', async () => {
  const { world, a, b } = await pair('again')
  await fill(a, 3)
  const said: Control[] = []
  let pulls = 0
  const slow = {
    pull: (...how: Parameters<typeof b.catchUp.pull>) => {
      pulls++
      return new Promise<void>(resolve => world.time.schedule(600_000, undefined, resolve)).then(() =>
        b.catchUp.pull(...how)
      )
    }
  }
  const flush = new LastFlush({
    store: b.replica.store,
    beacon: beaconOf(b),
    catchUp: slow as typeof b.catchUp,
    clock: b.replica.ports.clock,
    logger: silentLogger,
    events: {
      sendControl: (_, message) => said.push(message) > 0,
      heirs: () => [],
      inherits: () => [],
      adopt: () => true
    }
  })
  const hashes = beaconOf(a).hashes([0])
  void flush.answer('a', { number: 7, ...hashes })
  await during(world, 500)
  void flush.answer('a', { number: 7, ...hashes })
  await during(world, 1000)
  assert.equal(pulls, 1)
  assert.deepEqual(said, [flushed])
  void flush.answer('a', { number: 7, ...hashes })
  await during(world, 1000)
  assert.deepEqual(said, [flushed, flushed])
})

test('a node that leaves goes on to serve while a member is slow to take what it has', async () => {
  const Account = exclusive('account', { sum: pnCounter() }, { add: command(({ state }) => state.sum.add(1)) })
  await using cluster = await createTestCluster({ actors: [Account], nodes: 4, shards: 16, seed: 3 })
  const { time } = cluster.world
  const ownerOf = (id: string) => cluster.node(0).owner(Account, id)
  const [leaving, slow] = [cluster.machine(3).id, cluster.machine(2)]
  const ids = Array.from({ length: 60 }, (_, n) => `a${n}`).filter(id => ownerOf(id) === leaving)
  const answeredMs = new Map<string, number>()
  let longestMs = 0
  let isOver = false
  const call = async (id: string) => {
    while (!isOver) {
      await cluster.actor(0)(Account, id).add()
      // Its own shards it cannot serve.
      if (ownerOf(id) !== slow.id) longestMs = Math.max(longestMs, time.nowMs - (answeredMs.get(id) ?? time.nowMs))
      answeredMs.set(id, time.nowMs)
      await new Promise<void>(resolve => time.schedule(50_000, undefined, resolve))
    }
  }
  const callers = Promise.all(ids.slice(0, 4).map(call))
  // Before that, the disks of those who have just come do not make a majority.
  await cluster.run(2500)
  slow.disk.conditions.writeMs = { min: 12_000, max: 12_000 }
  await cluster.run(200)
  const [beganMs, left] = [time.nowMs, cluster.node(3).leave()]
  await cluster.until(() => ids.every(id => ownerOf(id) !== leaving))
  assert.ok(time.nowMs - beganMs > 4000, 'it was waited for')
  assert.equal(answeredMs.size, 4)
  await cluster.run(1000)
  assert.ok(
    answeredMs.values().some(ms => time.nowMs - ms < 100),
    'others serve what was its part'
  )
  for (const [id, ms] of answeredMs) if (ownerOf(id) !== slow.id) longestMs = Math.max(longestMs, time.nowMs - ms)
  assert.ok(longestMs < 400, `${longestMs} ms without an answer`)
  isOver = true
  slow.disk.conditions.writeMs = { min: 0.1, max: 2 }
  assert.deepEqual(await cluster.settle(left), { handedOver: true })
  await cluster.settle(callers)
})

test('a node that leaves and could give what it has to nobody says so; one that could says nothing', async () => {
  const Bag = replicated('bag', { set: orSet<string>() }, { add: command(({ state }) => state.set.add('x')) })
  const errors: string[] = []
  const logger = (name: string) => ({
    ...silentLogger,
    error: (message: string) => {
      errors.push(`${name}: ${message}`)
    }
  })
  await using cluster = await createTestCluster({ actors: [Bag], nodes: 3, shards: 4, logger })
  assert.deepEqual(await cluster.leave(1), { handedOver: true })
  assert.equal(errors.join(), '')
  cluster.partition([2], [0])
  await cluster.settle(cluster.actor(2)(Bag, 'b').add())
  const name = cluster.machine(2).id
  assert.deepEqual(await cluster.leave(2), { handedOver: false })
  assert.match(errors.join(), new RegExp(`^${name}: this node leaves, and nobody has confirmed`))
})
