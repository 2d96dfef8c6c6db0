/** What a node is made of, put together over given ports: the cluster, and the actors that live on it. */

import { Router } from './actors/calls/router.ts'
import type { AnyDefinition } from './actors/definitions/definition.ts'
import { type DifferingKinds, KindComparison, OwnKinds } from './actors/definitions/differing-kinds.ts'
import type { Kinds } from './actors/definitions/kinds.ts'
import { keepPartitions } from './actors/definitions/partition-record.ts'
import type { ActorOf } from './actors/definitions/reference.ts'
import { keepReplicas } from './actors/definitions/replicas-record.ts'
import { keepSchemas } from './actors/definitions/schema-record.ts'
import { LeaseActors } from './actors/leased/lease-actors.ts'
import type { Holding } from './actors/leased/lease-holding.ts'
import { LeaseHoldings } from './actors/leased/lease-holdings.ts'
import { LeasedDocuments } from './actors/leased/leased-documents.ts'
import { OutboxDelivery } from './actors/outbox/outbox-delivery.ts'
import { OutboxWaking } from './actors/outbox/outbox-waking.ts'
import { type Overlap, OverlapTelling } from './actors/requests/overlap-telling.ts'
import { RequestExpiry, type RequestExpiryOptions } from './actors/requests/request-expiry.ts'
import { Rights } from './actors/rights/rights.ts'
import { DocumentFolding } from './actors/running/document-folding.ts'
import { QuorumReads } from './actors/running/quorum-reads.ts'
import { ActorRuntime } from './actors/running/runtime.ts'
import { Vetting } from './actors/running/vetting.ts'
import { LeasedWatches } from './actors/watches/leased-watches.ts'
import { Watching } from './actors/watches/watching.ts'
import { Cluster, type ClusterEvents, type ClusterOptions, type Ports } from './cluster/cluster.ts'
import { standardLeaseMs } from './cluster/lease/sessions.ts'
import { standardMaxCachedActors } from './cluster/shard-store.ts'
import { ShoalError } from './ports/errors.ts'
import type { DocumentSandbox } from './ports/sandbox.ts'

export interface AssemblyOptions extends ClusterOptions {
  readonly actors: readonly AnyDefinition[]
  readonly requests?: RequestExpiryOptions
  /** Closed when the node stops, and when it does not start. */
  readonly sandbox: DocumentSandbox
  /** Called when the node has stopped and its disk is closed. */
  readonly stopped?: () => void | Promise<void>
}

export interface NodeParts {
  readonly cluster: Cluster
  readonly runtime: ActorRuntime
  readonly router: Router
  readonly reads: QuorumReads
  readonly rights: Rights
  readonly watching: Watching
  readonly comparison: KindComparison
  readonly folding: DocumentFolding
  readonly requests: RequestExpiry
  readonly overlaps: OverlapTelling
  /** Where the node has a lease store. */
  readonly leased: LeasedParts | undefined
}

export interface LeasedParts {
  readonly actors: LeaseActors
  readonly holdings: LeaseHoldings
  readonly outbox: OutboxDelivery
  readonly waking: OutboxWaking
  readonly watches: LeasedWatches
}

export interface PartsEvents extends Pick<ClusterEvents, 'failed' | 'damaged' | 'refused' | 'viewChanged'> {
  /** They are there, and start: events may come. */
  built(parts: NodeParts): void
  /** Members declare a kind otherwise than this node. */
  differ(difference: DifferingKinds): void
  /** Two owners have run commands of one actor beside each other. */
  overlap(overlap: Overlap): void
}

/** Starts everything. The disk is open. What was started is stopped where this fails, but for the disk and the network. */
export async function startParts(
  ports: Ports,
  options: AssemblyOptions,
  kinds: Kinds,
  actorOf: ActorOf,
  events: PartsEvents
): Promise<void> {
  const [leased] = kinds.leased()
  if (leased !== undefined && options.lease === undefined)
    throw new ShoalError(
      'SHOAL_BAD_CONFIGURATION',
      `${leased}: a lease kind needs a lease store: the option leases of createNode, --leases of the command`
    )
  let parts: NodeParts | undefined
  const own = new OwnKinds(kinds)
  const cluster = await Cluster.create(
    ports,
    {
      ...options,
      replicaCounts: new Set(kinds.replicas.values()),
      ...(own.hash === undefined ? {} : { kinds: own.hash })
    },
    clusterEvents(() => parts, events)
  )
  const { clock, logger, metrics } = ports
  const comparison = new KindComparison({ cluster, own, clock, logger, metrics, differ: events.differ })
  parts = { ...partsOver(cluster, ports, options, kinds, actorOf, events), comparison }
  events.built(parts)
  try {
    await keepReplicas(ports.disk, kinds.replicas)
    await keepPartitions(ports.disk, kinds.all())
    await keepSchemas(ports.disk, kinds.all(), ports.logger)
    await cluster.start()
  } catch (error) {
    await cluster.stop()
    throw error
  }
  parts.requests.start()
  parts.leased?.holdings.start()
  parts.leased?.waking.viewChanged()
}

export async function stopParts(parts: NodeParts): Promise<void> {
  parts.router.stop()
  parts.leased?.holdings.stop()
  parts.leased?.waking.stop()
  parts.reads.stop()
  parts.rights.stop()
  parts.requests.stop()
  parts.overlaps.stop()
  parts.watching.stop()
  parts.comparison.stop()
  await parts.cluster.stop()
  parts.runtime.stop()
  parts.leased?.actors.stop()
  parts.folding.stop()
}

/** What happens in the cluster is told to the actors first, then to the node. */
function clusterEvents(partsNow: () => NodeParts | undefined, events: PartsEvents): ClusterEvents {
  return {
    calls(peer, message) {
      const parts = partsNow()
      if (parts === undefined || parts.rights.receive(peer, message)) return
      if (parts.reads.receive(peer, message) || parts.watching.receive(peer, message)) return
      if (parts.comparison.receive(peer, message)) return
      parts.router.receive(peer, message)
    },
    linked(peer) {
      const parts = partsNow()
      parts?.router.linked()
      parts?.watching.linked(peer)
      parts?.reads.reconsider()
      parts?.rights.reconsider()
    },
    unlinked(peer) {
      const parts = partsNow()
      parts?.router.unlinked(peer)
      parts?.watching.unlinked(peer)
      parts?.reads.unlinked(peer)
      parts?.rights.unlinked(peer)
    },
    committed(commit) {
      const parts = partsNow()
      parts?.watching.committed(commit)
      parts?.rights.committed(commit)
      parts?.folding.committed(commit)
      parts?.overlaps.committed(commit)
    },
    drain: shards => partsNow()?.runtime.drain(shards) ?? Promise.resolve(),
    viewChanged: onlySaid => {
      const leased = partsNow()?.leased
      leased?.holdings.viewChanged()
      leased?.outbox.viewChanged()
      leased?.waking.viewChanged()
      events.viewChanged(onlySaid)
    },
    leaving: async () => partsNow()?.leased?.holdings.leave(),
    sealed: async () => partsNow()?.rights.leaveRest(),
    left: async () => partsNow()?.leased?.holdings.left() ?? true,
    abandoned(shard) {
      const parts = partsNow()
      parts?.reads.abandoned(shard)
      parts?.watching.abandoned(shard)
    },
    failed: error => events.failed(error),
    damaged: damage => events.damaged(damage),
    refused: (peer, reason) => events.refused(peer, reason)
  }
}

function partsOver(
  cluster: Cluster,
  ports: Ports,
  { facts, shardKey = facts.cluster, sandbox, requests: requestOptions, lease, store: storeOptions }: AssemblyOptions,
  kinds: Kinds,
  actorOf: ActorOf,
  events: Pick<PartsEvents, 'overlap'>
): Omit<NodeParts, 'comparison'> {
  const { clock, random, logger, metrics, network, disk } = ports
  const { store } = cluster
  const { self } = network
  const vetting = new Vetting({ sandbox, store: store.writing, clock, logger, metrics })
  const folding = new DocumentFolding({ vetting, clock, logger, metrics })
  const shardOfName = (name: string) => runtime.shardOfName(name)
  const reads = new QuorumReads({ cluster, clock, metrics, shardOfName })
  const runtime: ActorRuntime = new ActorRuntime({
    cluster,
    shardKey,
    replicasOf: kind => kinds.replicas.get(kind) ?? 0,
    clock,
    random,
    logger,
    metrics,
    vetting,
    reads,
    actorOf
  })
  const rights = new Rights({ cluster, runtime, clock, disk, logger, metrics, self, kinds: kinds.withRights() })
  runtime.useRights(rights)
  const { definitions } = kinds
  const leased = leasedOver(cluster, ports, lease, {
    ...{ actorOf, definitions, runtime, router: () => router },
    documents: new LeasedDocuments({ sandbox, vetting, clock }),
    maxActors: storeOptions?.maxCachedActors
  })
  const router: Router = new Router({ cluster, runtime, clock, metrics, self, definitions, leased: leased?.actors })
  const watching = new Watching({ cluster, runtime, clock, metrics, self, definitions, leased: leased?.watches })
  const merging = kinds.exclusive()
  const overlaps = new OverlapTelling({
    cluster,
    runtime,
    clock,
    logger,
    metrics,
    kinds: kinds.all().filter(({ kind }) => merging.includes(kind)),
    actorOf,
    tell: overlap => events.overlap(overlap)
  })
  const found: OverlapTelling['consider'] = actor => overlaps.consider(actor)
  const requests = new RequestExpiry(
    { cluster, runtime, disk, clock, logger, metrics, kinds: merging, found },
    requestOptions
  )
  return { cluster, runtime, router, reads, rights, watching, folding, requests, overlaps, leased }
}

/** Small sets are found quickly, and majorities of them are near. */
const standardLeaseReplicas = 3

function leasedOver(
  cluster: Cluster,
  { clock, random, logger, metrics, network }: Ports,
  lease: AssemblyOptions['lease'],
  {
    runtime,
    documents,
    maxActors = standardMaxCachedActors,
    ...calls
  }: {
    actorOf: ActorOf
    definitions: Kinds['definitions']
    runtime: ActorRuntime
    router(): Router
    documents: LeasedDocuments
    maxActors: number | undefined
  }
): NodeParts['leased'] {
  const { leases } = cluster
  if (leases === undefined || lease === undefined) return undefined
  const { replicas = standardLeaseReplicas, leaseMs = standardLeaseMs } = lease
  const { self } = network
  const outbox = new OutboxDelivery({ ...calls, clock, random, logger, metrics })
  const opened = (holding: Holding) => {
    outbox.opened(holding)
    watches.opened(holding)
  }
  const holdings = new LeaseHoldings({
    ...{ cluster, leases, clock, logger, metrics, self, replicas, leaseMs, maxActors },
    opened
  })
  const watches = new LeasedWatches({ cluster, holdings, documents, clock, leaseMs })
  const { actorOf } = calls
  const handle = <T>(run: () => T) => runtime.handle(run)
  const actors = new LeaseActors({ holdings, documents, clock, random, logger, metrics, outbox, actorOf, handle })
  const isOpen = (shard: number) => holdings.isOpen(shard)
  const waking = new OutboxWaking({ ...calls, leases, shards: cluster.store.shardCount, clock, logger, isOpen })
  return { actors, holdings, outbox, waking, watches }
}
