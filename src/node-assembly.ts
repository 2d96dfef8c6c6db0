/**
 * A node over given ports: cluster, runtime, router and watchers put together behind `ShoalNode`. The same assembly runs on
 * libp2p and LevelDB (node.ts) and in the simulator (testing.ts).
 */
import { bytesToHex } from '@noble/hashes/utils.js'
import { type ActorOf, type AnyDefinition, type CallOptions, levels } from './actors/definition.ts'
import { DocumentFolding } from './actors/document-folding.ts'
import { QuorumReads } from './actors/quorum-reads.ts'
import { keepReplicas } from './actors/replicas-record.ts'
import { RequestExpiry, type RequestExpiryOptions } from './actors/request-expiry.ts'
import { Rights } from './actors/rights.ts'
import { Router } from './actors/router.ts'
import { ActorRuntime } from './actors/runtime.ts'
import { keepSchemas } from './actors/schema-record.ts'
import { checkShape, schemaOf } from './actors/shape.ts'
import { Vetting } from './actors/vetting.ts'
import { Watchers } from './actors/watch.ts'
import { backupOf } from './cluster/backup.ts'
import { Cluster, type ClusterOptions, type Ports } from './cluster/cluster.ts'
import type { Commit } from './cluster/shard-store.ts'
import type { Calls } from './cluster/wire.ts'
import { boundedCounterType } from './crdt/bounded-counter.ts'
import { checkId, referenceTo } from './node-reference.ts'
import type { Timer } from './ports/clock.ts'
import { ShoalError } from './ports/errors.ts'
import type { DocumentSandbox } from './ports/sandbox.ts'
import type { ActorView, MembersView, NodeEvents, ShoalNode } from './shoal-node.ts'

export interface AssemblyOptions extends ClusterOptions {
  readonly actors: readonly AnyDefinition[]
  readonly requests?: RequestExpiryOptions
  /** Closed when the node stops, and when it does not start. */
  readonly sandbox: DocumentSandbox
  /** Called when the node has stopped and its disk is closed. */
  readonly stopped?: () => void
}

const passivationIntervalMs = 1000
/** How long a leaving node gives its rights away, at most. */
const handOverTimeoutMs = 5000

type Listeners = { [E in keyof NodeEvents]: Set<(event: NodeEvents[E]) => void> }

/** Starts everything. The disk is open; it and the network are the node's from now on, and are closed when this fails. */
export async function assembleNode(ports: Ports, options: AssemblyOptions): Promise<ShoalNode> {
  const node = new AssembledNode(ports, options)
  await node.start()
  return node
}

class AssembledNode implements ShoalNode {
  readonly name: string
  readonly region: string
  readonly zone: string
  readonly shards: number
  readonly actor: ActorOf
  readonly #ports: Ports
  readonly #options: AssemblyOptions
  readonly #definitions: ReadonlyMap<string, AnyDefinition>
  /** How many replicas the actors of each kind have; 0: one on every node. */
  readonly #replicas: ReadonlyMap<string, number>
  readonly #listeners: Listeners = {
    members: new Set(),
    refused: new Set(),
    failed: new Set(),
    diskFailed: new Set(),
    damaged: new Set(),
    diskRecovered: new Set()
  }
  #parts:
    | {
        readonly cluster: Cluster
        readonly runtime: ActorRuntime
        readonly router: Router
        readonly reads: QuorumReads
        readonly rights: Rights
        readonly watchers: Watchers
        readonly folding: DocumentFolding
        readonly requests: RequestExpiry
      }
    | undefined
  #passivation: Timer | undefined
  #leaving: Promise<void> | undefined
  #failure: ShoalError | undefined
  #stopping: Promise<void> | undefined

  constructor(ports: Ports, options: AssemblyOptions) {
    this.#ports = ports
    this.#options = options
    this.name = options.name
    this.region = options.region
    this.zone = options.zone ?? options.region
    this.shards = options.facts.shards
    this.#definitions = definitionsByKind(options.actors)
    this.#replicas = replicasByKind(this.#definitions.values(), options.facts.replicas ?? 0)
    this.actor = (definition, id) => referenceTo(this, this.#definitions, definition, id)
  }

  async start(): Promise<void> {
    const { clock, random, logger, metrics, network, disk } = this.#ports
    try {
      const cluster = await Cluster.create(
        this.#ports,
        { ...this.#options, replicaCounts: new Set(this.#replicas.values()) },
        {
          calls: (peer, message: Calls) => this.#receiveCalls(peer, message),
          linked: () => {
            this.#parts?.router.linked()
            this.#parts?.reads.reconsider()
            this.#parts?.rights.reconsider()
          },
          unlinked: peer => {
            this.#parts?.router.unlinked(peer)
            this.#parts?.reads.unlinked(peer)
            this.#parts?.rights.unlinked(peer)
          },
          viewChanged: () => this.#viewChanged(),
          committed: (commit: Commit) => {
            this.#parts?.watchers.committed(commit)
            this.#parts?.rights.committed(commit)
            this.#parts?.folding.committed(commit)
          },
          failed: error => this.#failed(error),
          damaged: ({ shard, faults, broken }) => this.#emit('damaged', { shard, faults, unreadable: broken }),
          refused: (peer, reason) => this.#emit('refused', { peer, reason }),
          drain: shards => this.#parts?.runtime.drain(shards) ?? Promise.resolve()
        }
      )
      const clusterName = this.#options.facts.cluster
      const { sandbox } = this.#options
      const { store } = cluster
      const vetting = new Vetting({ sandbox, store, clock, logger, metrics })
      const folding = new DocumentFolding({ vetting, clock, logger, metrics })
      const { actor: actorOf } = this
      const shardOfName = (name: string) => runtime.shardOfName(name)
      const reads = new QuorumReads({ cluster, clock, metrics, shardOfName })
      const runtime: ActorRuntime = new ActorRuntime({
        cluster,
        clusterName,
        replicasOf: kind => this.#replicas.get(kind) ?? 0,
        clock,
        random,
        logger,
        metrics,
        vetting,
        reads,
        actorOf
      })
      const rights = new Rights({
        cluster,
        runtime,
        clock,
        disk,
        logger,
        metrics,
        self: network.self,
        kinds: this.#kindsWithRights()
      })
      runtime.useRights(rights)
      const router = new Router({
        cluster,
        runtime,
        clock,
        metrics,
        self: network.self,
        definitions: this.#definitions
      })
      const watchers = new Watchers(() => store.durable(), clock)
      const kinds = [...this.#definitions.values()].filter(({ mode }) => mode === 'exclusive').map(({ kind }) => kind)
      const requests = new RequestExpiry(
        { cluster, runtime, disk, clock, logger, metrics, kinds },
        this.#options.requests
      )
      this.#parts = { cluster, runtime, router, reads, rights, watchers, folding, requests }
      await keepReplicas(disk, this.#replicas)
      await keepSchemas(disk, this.#definitions.values(), logger)
      await cluster.start()
    } catch (error) {
      await this.#parts?.cluster.stop()
      await network.stop()
      await disk.close()
      await this.#options.sandbox.close()
      this.#options.stopped?.()
      throw error
    }
    this.#parts?.requests.start()
    this.#passivateLater()
    this.#viewChanged()
  }

  get id(): string {
    return this.#ports.network.self
  }

  get incarnation(): string {
    return this.#running().cluster.incarnation
  }

  addresses(): readonly string[] {
    return this.#ports.network.addresses()
  }

  definitions(): readonly AnyDefinition[] {
    return [...this.#definitions.values()]
  }

  members(): MembersView {
    const { membership } = this.#running().cluster
    const members = membership.records().map(({ id, name, region, zone, status, incarnation, addresses }) => ({
      id,
      name,
      region,
      zone,
      status,
      incarnation,
      addresses
    }))
    return { self: this.id, view: membership.viewNumber, members }
  }

  links(): readonly string[] {
    return this.#ports.network.links()
  }

  ring(): readonly string[] {
    return this.#running().cluster.ownership.owners()
  }

  owner(definition: AnyDefinition, id: string): string | null {
    if (definition.mode === 'replicated') return null
    const { cluster, runtime } = this.#running()
    return cluster.ownership.owner(runtime.shardOf(definition.kind, id)) ?? null
  }

  digest(): string {
    return bytesToHex(this.#running().cluster.store.root())
  }

  async call(kind: string, id: string, method: string, argument: unknown, options: CallOptions = {}): Promise<unknown> {
    const definition = this.#definition(kind)
    if (!Object.hasOwn(definition.methods, method)) {
      throw new ShoalError('SHOAL_UNKNOWN_COMMAND', `${kind} has no command ${JSON.stringify(method.slice(0, 64))}`)
    }
    checkId(id)
    checkCallOptions(options)
    // What is written here from now on might stay here alone: the others have begun to take what this node has.
    if (
      this.#leaving !== undefined &&
      definition.mode === 'replicated' &&
      definition.methods[method].type === 'command'
    )
      throw new ShoalError('SHOAL_STOPPED', 'this node is leaving the cluster', { retryable: true })
    return this.#running().router.call(definition, id, method, argument, options)
  }

  async describe(kind: string, id: string): Promise<ActorView> {
    const definition = this.#definition(kind)
    checkId(id)
    const { runtime, router } = this.#running()
    return {
      kind,
      id,
      mode: definition.mode,
      shard: runtime.shardOf(kind, id),
      owner: this.owner(definition, id),
      replicas: this.#replicasOf(runtime.shardOf(kind, id)),
      state: await router.state(definition, id)
    }
  }

  /** Present nodes that are to have it. */
  #replicasOf(shard: number): readonly string[] {
    const { membership, replicas } = this.#running().cluster
    const present = membership.alive()
    if (shard < this.shards) return present
    return replicas.placement.storing(shard).filter(peer => present.includes(peer))
  }

  watch(kind: string, id: string): AsyncIterableIterator<unknown> {
    const definition = this.#definition(kind)
    checkId(id)
    const { cluster, runtime, watchers } = this.#running()
    const shard = runtime.shardOf(kind, id)
    if (!cluster.store.hosts(shard)) {
      const there = this.#replicasOf(shard).join(', ')
      throw new ShoalError('SHOAL_NOT_STORED', `${kind}/${id} is not on this node; watch it on one of ${there}`)
    }
    return watchers.watch(`${kind}/${id}`, () => runtime.plain(definition, id))
  }

  backup({ withIdentity = false } = {}): AsyncIterableIterator<Uint8Array> {
    this.#running()
    const { disk, clock } = this.#ports
    return backupOf(disk, { node: this.id, takenAtMs: clock.now(), withIdentity })
  }

  unready(): string | undefined {
    if (this.#failure !== undefined) return this.#failure.message
    if (this.#stopping !== undefined) return 'stopped'
    if (this.#leaving !== undefined) return 'leaving'
    if (this.#parts === undefined) return 'starting'
    return this.#parts.cluster.ownership.isSettled ? undefined : 'looking for the other members'
  }

  on<E extends keyof NodeEvents>(event: E, listener: (event: NodeEvents[E]) => void): () => void {
    this.#listeners[event].add(listener)
    // It may have failed while it started, before anybody could listen.
    if (event === 'failed' && this.#failure !== undefined) {
      const failure: NodeEvents['failed'] = { error: this.#failure }
      this.#ports.clock.soon(() => (listener as (event: NodeEvents['failed']) => void)(failure))
    }
    return () => this.#listeners[event].delete(listener)
  }

  refuse(peers: readonly string[]): void {
    this.#running().cluster.refuse(new Set(peers))
  }

  forget(id: string): void {
    this.#running().cluster.membership.forget(id)
  }

  leave(): Promise<void> {
    if (this.#stopping === undefined) this.#leaving ??= this.#leave()
    return this.#leaving ?? this.stop()
  }

  async #leave(): Promise<void> {
    try {
      const { cluster, rights } = this.#running()
      await rights.leave(handOverTimeoutMs)
      await cluster.leave()
    } finally {
      await this.stop()
    }
  }

  #kindsWithRights(): string[] {
    return [...this.#definitions.values()].filter(hasBoundedCounter).map(({ kind }) => kind)
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  async #stop(): Promise<void> {
    this.#passivation?.cancel()
    const parts = this.#parts
    parts?.router.stop()
    parts?.rights.stop()
    parts?.requests.stop()
    parts?.watchers.stop()
    await parts?.cluster.stop()
    parts?.runtime.stop()
    parts?.folding.stop()
    await this.#options.sandbox.close()
    await this.#ports.disk.close()
    this.#options.stopped?.()
  }

  // ---- helpers ---------------------------------------------------------------------------------------------------------------

  #definition(kind: string): AnyDefinition {
    const definition = this.#definitions.get(kind)
    if (definition === undefined)
      throw new ShoalError('SHOAL_UNKNOWN_KIND', `no kind ${JSON.stringify(kind.slice(0, 64))} on this node`)
    return definition
  }

  #running() {
    if (this.#parts === undefined || this.#stopping !== undefined) {
      throw new ShoalError('SHOAL_STOPPED', 'this node is not running', { retryable: true })
    }
    return this.#parts
  }

  #receiveCalls(peer: string, message: Calls): void {
    if (this.#parts === undefined || this.#parts.rights.receive(peer, message)) return
    if (this.#parts.reads.receive(peer, message)) return
    this.#parts.router.receive(peer, message)
  }

  #viewChanged(): void {
    if (this.#parts === undefined || this.#stopping !== undefined) return
    this.#parts.router.viewChanged()
    this.#parts.reads.reconsider()
    this.#parts.rights.reconsider()
    if (this.#listeners.members.size > 0) this.#emit('members', this.members())
  }

  #failed(error: ShoalError): void {
    this.#failure = error
    this.#emit('failed', { error })
  }

  #emit<E extends keyof NodeEvents>(event: E, value: NodeEvents[E]): void {
    for (const listener of this.#listeners[event]) listener(value)
  }

  #passivateLater(): void {
    this.#passivation = this.#ports.clock.after(passivationIntervalMs, () => {
      this.#parts?.cluster.store.passivate(
        name => this.#definitions.get(name.slice(0, name.indexOf('/')))?.options.passivateAfterMs ?? 60_000
      )
      this.#passivateLater()
    })
  }
}

function hasBoundedCounter({ shape }: AnyDefinition): boolean {
  return Object.values(schemaOf(shape)).some(field => field.type === boundedCounterType)
}

/** Rights to a bounded counter are sought at all nodes, and an exclusive actor may come to any. */
function replicasByKind(definitions: Iterable<AnyDefinition>, standard: number): ReadonlyMap<string, number> {
  const replicas = new Map<string, number>()
  for (const definition of definitions) {
    const { kind, mode } = definition
    const hasRights = hasBoundedCounter(definition)
    if (hasRights && definition.replicas !== undefined && definition.replicas !== 0)
      throw new ShoalError('SHOAL_BAD_CONFIGURATION', `${kind}: a kind with a bounded counter is on all nodes`)
    replicas.set(kind, hasRights || mode === 'exclusive' ? 0 : (definition.replicas ?? standard))
  }
  return replicas
}

function definitionsByKind(actors: readonly AnyDefinition[]): ReadonlyMap<string, AnyDefinition> {
  const definitions = new Map<string, AnyDefinition>()
  for (const definition of actors) {
    checkShape(definition.shape)
    const known = definitions.get(definition.kind)
    if (known !== undefined && known !== definition) {
      throw new ShoalError('SHOAL_BAD_CONFIGURATION', `two definitions of the kind ${definition.kind}`)
    }
    definitions.set(definition.kind, definition)
  }
  return definitions
}

function checkCallOptions(options: CallOptions): void {
  const { deadlineMs } = options
  if (deadlineMs !== undefined && !(deadlineMs > 0 && deadlineMs <= 24 * 3600 * 1000)) {
    throw new ShoalError('SHOAL_BAD_ARGUMENT', 'deadlineMs is a number of milliseconds, up to a day')
  }
  for (const name of ['acknowledge', 'read'] as const) {
    const level = options[name]
    if (level !== undefined && !levels.includes(level))
      throw new ShoalError('SHOAL_BAD_ARGUMENT', `${name} is local, majority or all`)
  }
}
