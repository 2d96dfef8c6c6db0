/** A node that leaves or drops shards: when its peers may say that they have what it has. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { command, orSet, replicated } from 'shoal'
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
    events: { sendControl: (_, message) => said.push(message) > 0, peers: () => [], inherits: () => [], adopt() {} }
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
