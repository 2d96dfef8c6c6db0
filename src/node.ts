/** `createNode`: a node on libp2p, LevelDB and the system's clock. The only place that picks adapters. */
import { join as joinPath } from 'node:path'
import type { AnyDefinition } from './actors/definitions/definition.ts'
import { Kinds } from './actors/definitions/kinds.ts'
import { LevelDisk } from './adapters/level/disk.ts'
import { probeDirectory } from './adapters/level/probe.ts'
import { Libp2pNetwork } from './adapters/libp2p/network.ts'
import { type EngineModules, WorkerSandbox } from './adapters/sandbox/worker-sandbox.ts'
import { SystemClock } from './adapters/system/clock.ts'
import { SystemRandom } from './adapters/system/random.ts'
import type { VotersChoice } from './cluster/cluster-options.ts'
import { completeGarbageOptions, type GarbageOptions } from './cluster/garbage-options.ts'
import { settleLostMemory } from './cluster/lease/lost-memory.ts'
import { isWeight } from './cluster/member-wire.ts'
import { maxReplicas } from './cluster/placement.ts'
import { type ShardKey, shardKeyOn } from './cluster/shard-key.ts'
import { standardMaxCachedActors } from './cluster/shard-store.ts'
import { migrateDisk } from './cluster/storage-migration/migrate.ts'
import { protocolVersion } from './cluster/wire.ts'
import { parseClusterKey } from './cluster-key.ts'
import { checkLeases, type LeasesOptions, leasesFact, openLeaseStore } from './lease-stores.ts'
import { assembleNode } from './node-assembly.ts'
import { nodeKey } from './node-identity.ts'
import { createRecoveringNode } from './node-recovery.ts'
import type { Disk } from './ports/disk.ts'
import { ShoalError } from './ports/errors.ts'
import { faultOfOptions, type OptionNames } from './ports/known-options.ts'
import type { LeaseStore } from './ports/lease-store.ts'
import { type Logger, silentLogger } from './ports/logger.ts'
import { type Metrics, noMetrics } from './ports/metrics.ts'
import type { ClusterFacts } from './ports/network.ts'
import { completeSandboxLimits, type SandboxLimits } from './ports/sandbox.ts'
import type { ShoalNode } from './shoal-node.ts'

export { type GarbageOptions, protocolVersion }

export interface NodeOptions {
  /** Directory of this node's data; made where it is missing. One process at a time. */
  data: string
  /** Kinds of actors. All nodes of a cluster should know the same. @default none */
  actors?: readonly AnyDefinition[]
  /** The cluster's secret: 32 bytes, or a line that `shoal keygen` or `newClusterKey` made. A peer without it is refused. */
  clusterKey: Uint8Array | string
  /**
   * What decides, with the cluster's name, which actors share a shard; must agree on all nodes and cannot change later: the cluster key
   * that the cluster began with, where it has since been changed; or `'name'`, the name alone, as development versions before 0.1.0
   * did. A data directory that knows of itself that it is by name needs no word. @default the cluster key
   */
  shardKey?: Uint8Array | string
  /** Name of the cluster; must agree on all nodes. @default 'shoal' */
  cluster?: string
  /** Slices of the key space, 1 to 4096; must agree on all nodes and cannot change later. @default 256 */
  shards?: number
  /**
   * On how many nodes each actor of a replicated kind is that says nothing else: 1 to 15, or 'all'; must agree on all nodes and cannot
   * change later. @default 'all'
   */
  replication?: 'all' | number
  /** For people. @default the end of the node's id */
  name?: string
  /** @default 'local' */
  region?: string
  /** What fails together within the region, such as a data centre or a rack. @default the region */
  zone?: string
  /**
   * This node's part in owning exclusive actors, beside the others': one of weight 2 owns about twice as many as one of weight 1. From 0 to
   * 100, in steps of 0.01; with 0 it owns none, and stores what others store. @default 1
   */
  weight?: number
  /** Multiaddrs to listen on. @default ['/ip4/127.0.0.1/tcp/0'] */
  listen?: readonly string[]
  /** Multiaddrs that others are to dial instead of those listened on, as behind NAT or in a container. @default none */
  announce?: readonly string[]
  /** Multiaddrs of other nodes, tried for ever. @default none */
  join?: readonly string[]
  /** Find others of this cluster on the local network by multicast DNS. @default false */
  mdns?: boolean
  /**
   * How updates travel to nodes that store them: over the links with them (`direct`), as publications that the nodes pass on
   * (`gossip`), or whichever is better for the cluster as it is (`auto`). Nodes may differ in it. @default 'auto'
   */
  dissemination?: 'auto' | 'direct' | 'gossip'
  /**
   * Actors that are kept in memory though nothing holds them, a whole number from 1: so many of replicated and `merge` kinds, and as many of `lease`
   * kinds. Those that are used again stay before those that were used once. @default 10000
   */
  maxActorsInMemory?: number
  /** When removed actors are dropped and their space is given back. @default within seconds of all members having the news */
  garbage?: GarbageOptions
  /** The lease store, which kinds of the `lease` mode need; all nodes the same. @default none */
  leases?: LeasesOptions
  /** What the merge of a document may take that others have written to. */
  sandbox?: SandboxLimits
  /** @default silent */
  logger?: Logger
  /** @default none are kept */
  metrics?: Metrics
}

const optionNames: OptionNames<NodeOptions> = {
  data: true,
  actors: true,
  clusterKey: true,
  shardKey: true,
  cluster: true,
  shards: true,
  replication: true,
  name: true,
  region: true,
  zone: true,
  weight: true,
  listen: true,
  announce: true,
  join: true,
  mdns: true,
  dissemination: true,
  maxActorsInMemory: true,
  garbage: true,
  leases: true,
  sandbox: true,
  logger: true,
  metrics: true
}

/**
 * Starts a node. Throws `SHOAL_BAD_CONFIGURATION`, `SHOAL_DISK_LOCKED` (another process has the directory open), `SHOAL_DISK`,
 * `SHOAL_CLUSTER_MISMATCH` (the directory belongs to another cluster).
 */
export async function createNode(options: NodeOptions): Promise<ShoalNode> {
  const fault = faultOfOptions(options, optionNames)
  if (fault !== undefined) throw new ShoalError('SHOAL_BAD_CONFIGURATION', `createNode: ${fault}`)
  if (typeof options.data !== 'string' || options.data === '')
    throw new ShoalError('SHOAL_BAD_CONFIGURATION', 'data is the path of a directory')
  const directory = joinPath(options.data, 'store')
  return createNodeOn(options, { make: () => new LevelDisk(directory), probe: () => probeDirectory(directory) })
}

/** Where a node keeps its data: a disk for each incarnation, and whether it takes synced writes. */
export interface NodeDisk {
  make(): Disk
  /** Throws while it does not. */
  probe(): Promise<void>
}

/** For tests of what a disk may do: the same node, on another disk than that of its directory. */
export async function createNodeOn(options: NodeOptions, nodeDisk: NodeDisk): Promise<ShoalNode> {
  const complete = completeOptions(options)
  const { logger, metrics } = complete
  const clock = new SystemClock()
  let { listen } = complete
  let privateKey: Uint8Array | undefined
  const begin = async () => {
    const life = await beginLife({ ...complete, listen }, nodeDisk.make(), options.name, privateKey)
    privateKey = life.privateKey
    // A later incarnation is found where the first one was, also on a port that the system chose.
    if (complete.announce.length === 0 && listen.some(address => /\/tcp\/0(\/|$)/.test(address)))
      listen = listenAddresses(life.node)
    return life.node
  }
  try {
    return await createRecoveringNode({
      begin,
      probe: () => nodeDisk.probe(),
      clock,
      logger,
      metrics,
      ended: () => clock.stop()
    })
  } catch (error) {
    clock.stop()
    throw error
  }
}

type CompleteOptions = ReturnType<typeof completeOptions>

/** One incarnation over ports of its own. */
async function beginLife(complete: CompleteOptions, disk: Disk, givenName?: string, knownKey?: Uint8Array) {
  const { logger, metrics } = complete
  const clock = new SystemClock()
  const random = new SystemRandom()
  const { cluster, shards, replicas } = complete
  const given = {
    cluster,
    shards,
    replicas,
    protocol: protocolVersion
  }
  let network: Libp2pNetwork
  let privateKey: Uint8Array
  let shardKey: ShardKey
  let facts: ClusterFacts
  let leaseStore: LeaseStore | VotersChoice | undefined
  try {
    await disk.open()
    if (disk.damage !== undefined) {
      metrics.counter('shoal_disk_damage_total', 'Starts at which files of the store were missing or damaged').add()
      const message =
        'files of the store were damaged and have been put in order; what they had lost, the other nodes give back'
      logger.error(message, { damage: disk.damage })
    }
    if (knownKey !== undefined) await assertNotEmpty(disk)
    await migrateDisk(disk, given, logger)
    await settleLostMemory(disk, logger)
    shardKey = await shardKeyOn(disk, given, complete.shardKey, complete.clusterKey)
    const { placement } = shardKey
    facts = placement === undefined ? given : { ...given, placement }
    privateKey = await nodeKey(disk, knownKey)
    const kinds = new Kinds(complete.actors, complete.replicas).facts()
    const leases = complete.leases === undefined ? {} : { leases: leasesFact(complete.leases.store) }
    const admission = { clusterKey: complete.clusterKey, facts: { ...facts, kinds, ...leases } }
    const { listen, announce, mdns } = complete
    network = new Libp2pNetwork({ privateKey, listen: [...listen], announce, admission, mdns, clock, logger, metrics })
    if (complete.leases !== undefined) leaseStore = await openLeaseStore(complete.leases.store, cluster, clock)
  } catch (error) {
    await disk.close()
    clock.stop()
    throw error
  }
  const name = givenName ?? network.self.slice(-8)
  const sandbox = new WorkerSandbox({ engines: engineModules(), logger, metrics }, complete.sandbox)
  const { region, zone, weight, actors, join: bootstrap, mdns: mayDiscover } = complete
  const node = await assembleNode(
    { clock, random, disk, network, logger, metrics },
    {
      facts,
      shardKey: shardKey.key,
      name,
      region,
      zone,
      weight,
      bootstrap,
      mayDiscover,
      actors,
      sandbox,
      store: { maxCachedActors: complete.maxActorsInMemory },
      replication: { dissemination: complete.dissemination, ...complete.garbage },
      ...(leaseStore === undefined ? {} : { lease: { ...complete.leases, store: leaseStore } }),
      stopped: async () => {
        if (leaseStore !== undefined && 'close' in leaseStore) await leaseStore.close()
        clock.stop()
      }
    }
  )
  return { node, privateKey }
}

/** What it listens on, without its name. */
function listenAddresses(node: ShoalNode): string[] {
  return node.addresses().map(address => address.replace(/\/p2p\/[^/]+$/, ''))
}

function completeOptions(options: NodeOptions) {
  const shards = options.shards ?? 256
  const bad = (message: string) => new ShoalError('SHOAL_BAD_CONFIGURATION', message)
  if (!Number.isInteger(shards) || shards < 1 || shards > 4096) throw bad('shards is an integer from 1 to 4096')
  const replicas = options.replication === undefined || options.replication === 'all' ? 0 : options.replication
  if (replicas !== 0 && !(Number.isInteger(replicas) && replicas >= 1 && replicas <= maxReplicas))
    throw bad(`replication is 'all', or a number of replicas from 1 to ${maxReplicas}`)
  const cluster = options.cluster ?? 'shoal'
  const region = options.region ?? 'local'
  const zone = options.zone ?? region
  for (const [what, text] of Object.entries({ cluster, region, zone, name: options.name ?? 'x' })) {
    if (!/^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,62}$/u.test(text))
      throw bad(`${what} is 1 to 63 letters, digits, '.', '_', '-' or spaces`)
  }
  const weight = options.weight ?? 1
  if (!isWeight(weight)) throw bad('weight is a number from 0 to 100, in steps of 0.01')
  if (!['auto', 'direct', 'gossip', undefined].includes(options.dissemination))
    throw bad("dissemination is 'auto', 'direct' or 'gossip'")
  const maxActorsInMemory = options.maxActorsInMemory ?? standardMaxCachedActors
  if (!Number.isSafeInteger(maxActorsInMemory) || maxActorsInMemory < 1)
    throw bad('maxActorsInMemory is a whole number from 1')
  const clusterKey = secretFrom(options.clusterKey, 'clusterKey')
  if (options.leases !== undefined) checkLeases(options.leases)
  return {
    clusterKey,
    leases: options.leases,
    shardKey: shardSecretFrom(options.shardKey),
    shards,
    replicas,
    cluster,
    region,
    zone,
    weight,
    maxActorsInMemory,
    actors: options.actors ?? [],
    garbage: completeGarbageOptions(options.garbage ?? {}),
    sandbox: sandboxLimits(options.sandbox),
    listen: options.listen ?? ['/ip4/127.0.0.1/tcp/0'],
    announce: options.announce ?? [],
    join: options.join ?? [],
    mdns: options.mdns ?? false,
    dissemination: options.dissemination ?? 'auto',
    logger: options.logger ?? silentLogger,
    metrics: options.metrics ?? noMetrics
  }
}

function shardSecretFrom(key: NodeOptions['shardKey']): Uint8Array | 'name' | undefined {
  if (key === undefined || key === 'name') return key === undefined ? undefined : 'name'
  return secretFrom(key, 'shardKey')
}

function secretFrom(key: Uint8Array | string, what: string): Uint8Array {
  const bytes = typeof key === 'string' ? parseClusterKey(key) : key
  if (bytes instanceof Uint8Array && bytes.length === 32) return bytes
  throw new ShoalError('SHOAL_BAD_CONFIGURATION', `${what} is 32 bytes or the text of a key`)
}

function sandboxLimits(limits: SandboxLimits = {}): SandboxLimits {
  try {
    return completeSandboxLimits(limits)
  } catch (error) {
    throw new ShoalError('SHOAL_BAD_CONFIGURATION', `sandbox: ${error instanceof Error ? error.message : error}`)
  }
}

/** The modules that make documents' engines known, for the threads of the sandbox; the last one of each answers them. */
function engineModules(): EngineModules {
  // The sources run as they are, the build as JavaScript.
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  const urls = (...paths: string[]) => paths.map(path => new URL(`${path}.${extension}`, import.meta.url).href)
  return new Map([
    ['yjs', urls('./crdt/yjs/fields', './crdt/document/engine')],
    ['automerge', urls('./automerge', './crdt/document/engine')]
  ])
}

/** For a node that had a store: where it is empty now, another directory lies in its place, such as that of a volume that is gone. */
async function assertNotEmpty(disk: Disk): Promise<void> {
  const [entry] = await disk.range({ gte: Uint8Array.of(0), lt: Uint8Array.of(0xff), limit: 1 })
  if (entry === undefined)
    throw new ShoalError('SHOAL_DISK', 'the store of this node is not there', { retryable: true })
}
