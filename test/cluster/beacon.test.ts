/** When beacons are sent, and what they are about. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Beacon, type BeaconEvents, type BeaconOptions } from '../../src/cluster/beacon.ts'
import type { CatchUp } from '../../src/cluster/catch-up.ts'
import type { Control } from '../../src/cluster/wire.ts'
import { CausalContext } from '../../src/crdt/index.ts'
import { silentLogger } from '../../src/ports/logger.ts'
import { noMetrics } from '../../src/ports/metrics.ts'
import { fill, pair } from './support/catch-up-pair.ts'
import { settle } from './support/replica.ts'

async function beaconOf(seed: string, options: BeaconOptions = {}, events: Partial<BeaconEvents> = {}) {
  const { world, a, b, pull } = await pair(seed)
  const sent: { peer: string; message: Control; atMs: number }[] = []
  const { clock, random } = a.replica.ports
  const beacon = new Beacon(
    {
      store: a.replica.store,
      catchUp: a.catchUp,
      clock,
      random,
      logger: silentLogger,
      metrics: noMetrics,
      events: {
        send: (peer, message) => sent.push({ peer, message, atMs: world.time.nowMs }) > 0,
        peers: () => [{ id: 'b', region: 'r' }],
        region: 'r',
        ...events
      }
    },
    options
  )
  const during = async (ms: number) => {
    const before = sent.length
    await world.time.run({ untilMs: world.time.nowMs + ms })
    return sent.length - before
  }
  return { beacon, sent, during, world, a, b, pull }
}

test('beacons become rare where nothing changes, and frequent again with the first change', async () => {
  const { beacon, during, a } = await beaconOf('calm')
  beacon.start()
  await during(60_000)
  const calm = await during(60_000)
  assert.ok(calm >= 60_000 / 7500 - 1 && calm <= 60_000 / 2500 + 1, `${calm} beacons in a calm minute`)
  for (let second = 0; second < 60; second++) {
    await fill(a, 1)
    a.replica.write(`thing/${second}`, view => view.sum.add(1))
    await a.replica.save()
    beacon.stir()
    await during(1000)
  }
  const busy = await during(2000)
  assert.ok(busy >= 1, `${busy} beacons in two seconds`)
  beacon.stop()
})

test('a gap in a shard that was dropped meanwhile is none, and those after it are pulled', async () => {
  const { beacon, during, a, b } = await beaconOf('gap')
  a.replica.store.host(5)
  await a.replica.save()
  beacon.gap(5, 'b.1', 'b')
  assert.equal(
    await settle(a.replica.world, a.replica.store.removal.drop(5, a.replica.store.durableShard(5).version)),
    true
  )
  await during(1000)
  await fill(b, 2)
  const [, second] = b.replica.commits.flatMap(({ updates }) => updates)
  assert.ok(second !== undefined)
  a.replica.store.joining.joinBatch(0, 'b.1', second.seqs, [
    { actor: second.actor, seq: 2, after: 0, delta: second.delta }
  ])
  await a.replica.save()
  assert.ok(a.replica.store.hasGap(0, 'b.1'))
  beacon.gap(0, 'b.1', 'b')
  await during(1000)
  assert.ok(!a.replica.store.hasGap(0, 'b.1'))
  beacon.stop()
})

test('while there is news, a beacon goes out every second or so', async () => {
  const { beacon, during } = await beaconOf('busy')
  beacon.start()
  let beacons = 0
  for (let second = 0; second < 60; second++) {
    beacon.stir()
    beacons += await during(1000)
  }
  assert.ok(beacons >= 40 && beacons <= 120, `${beacons} beacons in a minute`)
  beacon.stop()
})

test('one goes to any member, and one more to another region', async () => {
  const peers = [
    { id: 'near', region: 'r' },
    { id: 'far', region: 's' }
  ]
  const { beacon, sent, during } = await beaconOf('regions', { maxBeaconIntervalMs: 0 }, { peers: () => peers })
  beacon.start()
  await during(30_000)
  beacon.stop()
  const far = sent.filter(({ peer }) => peer === 'far').length
  assert.ok(sent.some(({ peer }) => peer === 'near'))
  const beats = new Set(sent.map(({ atMs }) => atMs)).size
  assert.equal(far, beats, 'each time one goes to the other region')
})

test('the root is over the shards that both store, and so are the hashes that follow', async () => {
  const { beacon, sent, a, b } = await beaconOf('common', {}, { common: () => [1, 2] })
  a.replica.write('thing/x', view => view.sum.add(1), 0)
  await a.replica.save()
  beacon.receiveBeacon('b', b.replica.store.root([1, 2]))
  assert.equal(sent.length, 0, 'what only one of them stores makes no difference')
  a.replica.write('thing/y', view => view.sum.add(1), 2)
  await a.replica.save()
  beacon.receiveBeacon('b', b.replica.store.root([1, 2]))
  assert.deepEqual(sent[0]?.message.shardHashes?.shards, [1, 2])
})

test('a difference that a peer tells is pulled from it', async () => {
  const { beacon, a, b, world } = await beaconOf('told')
  await fill(b, 5)
  const { shards, hashes } = new Beacon({
    store: b.replica.store,
    catchUp: b.catchUp,
    clock: b.replica.ports.clock,
    random: b.replica.ports.random,
    logger: silentLogger,
    metrics: noMetrics,
    events: { send: () => true, peers: () => [], region: 'r' }
  }).hashes()
  beacon.receiveHashes('b', { shards, hashes })
  await world.time.run({ untilMs: world.time.nowMs + 100 })
  assert.deepEqual(a.replica.store.root(), b.replica.store.root())
  beacon.stop()
})

/** What `b` asks of `a` with equal contexts, again and again; answers how often `a` compares the two in full. */
async function comparesOf(seed: string, { breaksOff, alsoLacks }: { breaksOff: boolean; alsoLacks: boolean }) {
  const { world, a, b, pull } = await pair(seed)
  await fill(a, 3)
  await pull(b, 'a')
  let compares = 0
  const catchUp: Pick<CatchUp, 'pull'> = {
    async pull(_peer, _shards, { full = false } = {}) {
      if (full) compares++
      if (full && breaksOff) throw new Error('broke off')
    }
  }
  const { clock, random } = a.replica.ports
  const beacon = new Beacon({
    store: a.replica.store,
    catchUp,
    clock,
    random,
    logger: silentLogger,
    metrics: noMetrics,
    events: { send: () => true, peers: () => [{ id: 'b', region: 'r' }], region: 'r' }
  })
  const asked = { what: 'missing', isWhole: true, cursor: undefined, hash: new Uint8Array(8) } as const
  const unequal = { ...asked, shard: 0, context: a.replica.store.durableShard(0).context }
  const ahead = { ...asked, shard: 1, context: CausalContext.empty.with('z.1', 1) }
  for (let look = 1; look <= 20; look++) {
    beacon.asked('b', alsoLacks && look === 2 ? [unequal, ahead] : [unequal])
    await world.time.run({ untilMs: world.time.nowMs + 5000 })
  }
  beacon.stop()
  return compares
}

test('equal contexts over unequal states are compared in full once, at the second look', async () => {
  assert.equal(await comparesOf('second look', { breaksOff: false, alsoLacks: false }), 1)
})

test('so they are when the peer is ahead in another shard at that look', async () => {
  assert.equal(await comparesOf('busy', { breaksOff: false, alsoLacks: true }), 1)
})

test('a full compare that broke off is tried again', async () => {
  const compares = await comparesOf('broke off', { breaksOff: true, alsoLacks: false })
  assert.equal(compares, 10, 'at every second look')
})

test('a compare that a peer has begun of a shard that is not stored here is none', async () => {
  const { beacon } = await beaconOf('not here')
  beacon.compared('b', 5)
})
