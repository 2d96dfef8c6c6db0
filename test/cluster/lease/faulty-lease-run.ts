/** One seed of lease shards under faults: of nodes, disks, clocks, links and the lease store, with replica sets that change. */
import { decodeHead, headKey } from '../../../src/cluster/lease/lease-layout.ts'
import { ownershipFrom, ownershipKey } from '../../../src/cluster/lease/lease-registers.ts'
import { FaultInjector, type FaultKind } from '../../../src/simulation/fault-injector.ts'
import { SeededRandom } from '../../../src/simulation/random.ts'
import { withoutKey } from '../../../src/simulation/sorted-store.ts'
import type { SimulatedMachine } from '../../../src/simulation/world.ts'
import { allOf } from '../../support/all-of.ts'
import { Clients, listOf } from './clients.ts'
import { LeaseCluster } from './lease-cluster.ts'
import { StoreLinks } from './store-links.ts'

const kinds: readonly FaultKind[] = [
  'spikes',
  'corruption',
  'slow consumer',
  'one-way cut',
  'partition',
  'reset',
  'pause',
  'kill',
  'power loss',
  'slow disk',
  'full disk',
  'failed sync',
  'clock jump',
  'clock drift'
]

/** Most seeds: few nodes, much to do, and owners who are taken for dead while they go on. Windows are wide open then. */
const duelKinds: readonly FaultKind[] = ['spikes', 'one-way cut', 'partition', 'reset', 'pause', 'kill', 'slow disk']

const slowness = 5
const healedMs = 700

export interface FaultyLeaseReport {
  readonly epochs: number
  readonly acknowledged: number
  readonly outcomes: Readonly<Record<string, number>>
  readonly setAside: number
  readonly dropped: number
}

export interface FaultyLeaseOptions {
  /** @default 6 */
  readonly actors?: number
  /** Nodes drop replicas that others have taken the place of, as soon as they may. @default false */
  readonly drops?: boolean
}

export async function faultyLeaseRun(
  seed: number,
  { actors = 6, drops = false }: FaultyLeaseOptions = {}
): Promise<FaultyLeaseReport> {
  const random = new SeededRandom(`faulty lease/${seed}`)
  const isDuel = seed % 4 !== 0
  const nodes = random.chance(0.5) ? 3 : 5
  const leaseMs = isDuel || random.chance(0.5) ? 400 : 1500
  const cluster = new LeaseCluster({ seed, nodes, shards: isDuel ? 1 : 2, leaseMs })
  cluster.isImpatient = random.chance(isDuel ? 0.6 : 0.2)
  cluster.movesSets = random.chance(0.5) || drops
  const storeLinks = new StoreLinks(cluster)
  cluster.bootAll()
  await cluster.until(() => areHeld(cluster))
  const clients = new Clients(cluster, isDuel ? 16 : 10, actors, isDuel ? 12 : 40)
  const { world, machines } = cluster
  if (isDuel) {
    world.fabric.setConditions({ latencyMs: { min: 0.5, max: 8 } })
    for (const { disk } of machines) disk.conditions.writeMs = { min: 0.5, max: 12 }
  }
  const injector = new FaultInjector(world, {
    machines,
    kinds: isDuel ? duelKinds : kinds,
    everyMs: { min: 20, max: isDuel ? 200 : 800 },
    lastsMs: { min: 10, max: isDuel ? 500 : 4000 },
    boot: machine => cluster.boot(machine)
  })
  injector.start()
  let dropped = 0
  // One of them, once: where two have forgotten, a shard waits for the third for ever.
  const forgetsAfter = random.chance(0.4) ? 1 + random.below(3) : 0
  for (let left = isDuel ? 5 : 15; left > 0; left--) {
    if (!isDuel || random.chance(0.2)) troubleStore(cluster, random)
    storeLinks.trouble()
    if (drops)
      dropReplaced(cluster, count => {
        dropped += count
      })
    await cluster.run(1000)
    if (isDuel) calmStore(cluster)
    if (random.chance(0.1)) blackOut(cluster)
    if (forgetsAfter === left) forget(cluster, random.pick(machines))
  }
  injector.heal()
  calmStore(cluster)
  storeLinks.heal()
  cluster.movesSets = false
  // What is to come to light now takes few calls.
  clients.slow(slowness)
  await cluster.run(healedMs)
  clients.stop()
  await cluster.until(() => clients.isDone)
  if (cluster.isImpatient) for (const machine of machines) cluster.kill(machine)
  cluster.isImpatient = false
  for (const machine of machines) cluster.boot(machine)
  await cluster.until(() => areHeld(cluster) && clients.isDone)
  const setAside = await atTheEnd(cluster, clients, actors)
  return {
    epochs: cluster.openers.size,
    acknowledged: clients.outcomes.get('acknowledged') ?? 0,
    outcomes: Object.fromEntries(clients.outcomes),
    setAside,
    dropped
  }
}

/** The power fails for all of them at one moment: what was acknowledged must be on disks. */
function blackOut(cluster: LeaseCluster): void {
  for (const machine of cluster.machines) cluster.kill(machine, { isPowerLoss: true })
  for (const machine of cluster.machines) cluster.boot(machine)
}

function dropReplaced({ running }: LeaseCluster, done: (count: number) => void): void {
  for (const { cluster } of running.values()) {
    const { leases } = cluster
    leases
      ?.records()
      .then(({ known }) => leases.dropReplaced(known, () => false, 0))
      .then(done, () => {})
  }
}

/** Away for a while, slow, or with answers that get lost. */
function troubleStore({ registers }: LeaseCluster, random: SeededRandom): void {
  registers.conditions.isDown = random.chance(0.1)
  registers.conditions.lossProbability = random.chance(0.3) ? random.next() / 2 : 0
  registers.conditions.spikeProbability = random.chance(0.3) ? random.next() / 4 : 0
}

function calmStore({ registers }: LeaseCluster): void {
  Object.assign(registers.conditions, { isDown: false, lossProbability: 0, spikeProbability: 0 })
}

/** Its disk comes back without what it had promised and where it stood. Not where another one has not been given everything yet. */
function forget(cluster: LeaseCluster, machine: SimulatedMachine): void {
  for (let shard = 0; shard < cluster.options.shards; shard++) {
    const register = cluster.registers.register(ownershipKey(shard))
    const set = register === undefined ? [] : ownershipFrom(register).opened.set
    if (!set.every(peer => hasSomething(cluster, peer, shard))) return
  }
  cluster.kill(machine)
  for (let shard = 0; shard < cluster.options.shards; shard++)
    machine.disk.restore(withoutKey(machine.disk.backup(), headKey(shard)))
  cluster.boot(machine)
}

function hasSomething(cluster: LeaseCluster, peer: string, shard: number): boolean {
  const node = cluster.node(cluster.machines.findIndex(({ id }) => id === peer))
  if (node === undefined || node.ports.process.isDead) return false
  const head = node.ports.disk.get(headKey(shard))
  return head !== undefined && decodeHead(shard, head).lineage.length > 0
}

/** What owners show holds all that was acknowledged, and every replica of an owner comes to have the same. */
async function atTheEnd(cluster: LeaseCluster, clients: Clients, actors: number): Promise<number> {
  for (let number = 0; number < actors; number++) {
    const shard = number % cluster.options.shards
    const actor = `list/${number}`
    const [holder] = cluster.holders(shard)
    const lease = holder?.leases.get(shard)
    if (holder === undefined || lease === undefined) throw new Error('nobody holds the shard')
    await cluster.settle(lease.append('list/last', new Uint8Array(3), 'all'))
    const state = await cluster.settle(lease.read(actor))
    clients.checkFinally(actor, state)
    if (cluster.faults.length > 0) throw new Error(`seed ${cluster.options.seed}: ${cluster.faults[0]}`)
    for (const node of cluster.running.values()) {
      const { leases } = node.cluster
      const replica = leases?.replica(shard)
      if (replica?.position.epoch !== lease.epoch) continue
      const theirs = listOf(replica.read(actor)).join()
      if (theirs !== listOf(state).join()) throw new Error(`seed ${cluster.options.seed}: replicas of ${actor} differ`)
    }
  }
  let setAside = 0
  for (const { cluster: node } of cluster.running.values())
    setAside += (await cluster.settle(allOf(node.leases?.setAside()))).length
  return setAside
}

function areHeld(cluster: LeaseCluster): boolean {
  for (let shard = 0; shard < cluster.options.shards; shard++) if (cluster.holders(shard).length === 0) return false
  return true
}
