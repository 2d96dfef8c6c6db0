/**
 * A node over given ports: cluster, runtime, router and watchers put together behind `ShoalNode`. The same assembly runs on
 * libp2p and LevelDB (node.ts) and in the simulator (testing.ts).
 */
import { bytesToHex } from '@noble/hashes/utils.js'
import type { AnyDefinition } from './actors/definitions/definition.ts'
import { Kinds } from './actors/definitions/kinds.ts'
import { levels } from './actors/definitions/levels.ts'
import type { ActorOf, CallOptions } from './actors/definitions/reference.ts'
import { type SetAsideRecord, setAsideRecords } from './actors/leased/set-aside.ts'
import { backupOf } from './cluster/backup.ts'
import type { Ports } from './cluster/cluster.ts'
import { NodeListeners } from './node-listeners.ts'
import { type AssemblyOptions, type NodeParts, startParts, stopParts } from './node-parts.ts'
import { checkId, referenceTo } from './node-reference.ts'
import type { Timer } from './ports/clock.ts'
import { ShoalError } from './ports/errors.ts'
import { faultOfOptions, type OptionNames } from './ports/known-options.ts'
import type { ActorView, LeaveOutcome, MembersView, NodeEvents, ShoalNode } from './shoal-node.ts'

export type { AssemblyOptions } from './node-parts.ts'

const passivationIntervalMs = 1000
/** How long a leaving node gives its rights away, at most. */
const handOverTimeoutMs = 5000
/** How long a node that has left goes on for calls of its own program that have no answer yet. */
const lastCallsTimeoutMs = 5000

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
  readonly #kinds: Kinds
  readonly #listeners: NodeListeners
  #parts: NodeParts | undefined
  #passivation: Timer | undefined
  #leaving: Promise<LeaveOutcome> | undefined
  #isHandingOver = false
  #failure: ShoalError | undefined
  #stopping: Promise<void> | undefined
  readonly #stops = Promise.withResolvers<false>()

  constructor(ports: Ports, options: AssemblyOptions) {
    this.#ports = ports
    this.#options = options
    this.#listeners = new NodeListeners(ports.logger)
    this.name = options.name
    this.region = options.region
    this.zone = options.zone ?? options.region
    this.shards = options.facts.shards
    this.#kinds = new Kinds(options.actors, options.facts.replicas ?? 0)
    this.actor = (definition, id) => referenceTo(this, this.#kinds.definitions, definition, id)
  }

  async start(): Promise<void> {
    try {
      await startParts(this.#ports, this.#options, this.#kinds, this.actor, {
        built: parts => {
          this.#parts = parts
        },
        viewChanged: onlySaid => this.#viewChanged(onlySaid),
        failed: error => this.#failed(error),
        damaged: ({ shard, faults, broken }) => this.#listeners.tell('damaged', { shard, faults, unreadable: broken }),
        refused: (peer, reason) => this.#listeners.tell('refused', { peer, reason }),
        differ: difference => this.#listeners.tell('differ', difference),
        overlap: overlap => this.#listeners.tell('overlap', overlap)
      })
    } catch (error) {
      await this.#ports.network.stop()
      await this.#close()
      throw error
    }
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
    return this.#kinds.all()
  }

  members(): MembersView {
    const { membership } = this.#running().cluster
    const members = membership
      .records()
      .map(({ id, name, region, zone, weight = 1, status, incarnation, addresses }) => ({
        id,
        name,
        region,
        zone,
        weight,
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

  call(kind: string, id: string, method: string, argument: unknown, options?: CallOptions): Promise<unknown> {
    try {
      return this.#call(kind, id, method, argument, options)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  #call(kind: string, id: string, method: string, argument: unknown, options?: CallOptions): Promise<unknown> {
    const definition = this.#kinds.get(kind)
    if (!Object.hasOwn(definition.methods, method)) {
      throw new ShoalError('SHOAL_UNKNOWN_COMMAND', `${kind} has no command ${JSON.stringify(method.slice(0, 64))}`)
    }
    checkId(id)
    if (options !== undefined) checkCallOptions(options, definition)
    // The rights that it spends are given away, and no more are sought here. Others are taken until this node seals.
    const isForRights = definition.mode === 'replicated' && definition.methods[method].type === 'command'
    if (this.#isHandingOver && isForRights && this.#kinds.withRights().includes(kind))
      throw new ShoalError('SHOAL_STOPPED', 'this node is leaving the cluster', { retryable: true })
    return this.#running().router.call(definition, id, method, argument, options)
  }

  async describe(kind: string, id: string): Promise<ActorView> {
    const definition = this.#kinds.get(kind)
    checkId(id)
    const { runtime, router } = this.#running()
    return {
      kind,
      id,
      mode: definition.mode,
      shard: runtime.shardOf(kind, id),
      owner: this.owner(definition, id),
      replicas: this.#replicasOf(definition, runtime.shardOf(kind, id)),
      state: await router.state(definition, id)
    }
  }

  /** Present nodes that are to have it; of a lease kind, those of its epoch. */
  #replicasOf({ partition }: AnyDefinition, shard: number): readonly string[] {
    const { cluster, leased } = this.#running()
    const { membership, replicas } = cluster
    if (partition === 'lease' && leased !== undefined) return leased.holdings.setOf(shard)
    const present = membership.alive()
    if (shard < this.shards) return present
    return replicas.placement.storing(shard).filter(peer => present.includes(peer))
  }

  watch(kind: string, id: string): AsyncIterableIterator<unknown> {
    const definition = this.#kinds.get(kind)
    checkId(id)
    return this.#running().watching.watch(definition, id)
  }

  watchText(kind: string, id: string): AsyncIterableIterator<string> {
    const definition = this.#kinds.get(kind)
    checkId(id)
    return this.#running().watching.watchText(definition, id)
  }

  backup({ withIdentity = false } = {}): AsyncIterableIterator<Uint8Array> {
    this.#running()
    const { disk, clock } = this.#ports
    return backupOf(disk, { node: this.id, takenAtMs: clock.now(), withIdentity })
  }

  setAside(): AsyncIterableIterator<SetAsideRecord> {
    const { leases } = this.#running().cluster
    const definition = (kind: string) => this.#kinds.all().find(known => known.kind === kind)
    return setAsideRecords({ leases, sandbox: this.#options.sandbox, definition })
  }

  unready(): string | undefined {
    if (this.#failure !== undefined) return this.#failure.message
    if (this.#stopping !== undefined) return 'stopped'
    if (this.#leaving !== undefined) return 'leaving'
    if (this.#parts === undefined) return 'starting'
    const { ownership, ownsItsPart } = this.#parts.cluster
    if (!ownership.isSettled) return 'looking for the other members'
    return ownsItsPart
      ? undefined
      : 'looking through its disk, fetching what it has missed, or waiting for a session in the lease store'
  }

  on<E extends keyof NodeEvents>(event: E, listener: (event: NodeEvents[E]) => void): () => void {
    // It may have failed while it started, before anybody could listen.
    if (event === 'failed' && this.#failure !== undefined) {
      const failure: NodeEvents['failed'] = { error: this.#failure }
      this.#ports.clock.soon(() => (listener as (event: NodeEvents['failed']) => void)(failure))
    }
    return this.#listeners.add(event, listener)
  }

  refuse(peers: readonly string[]): void {
    this.#running().cluster.refuse(new Set(peers))
  }

  forget(id: string): void {
    this.#running().cluster.membership.forget(id)
  }

  leave(): Promise<LeaveOutcome> {
    if (this.#stopping === undefined) this.#leaving ??= this.#leave()
    return this.#leaving ?? this.stop().then(() => ({ handedOver: false }))
  }

  async #leave(): Promise<LeaveOutcome> {
    try {
      const { cluster, rights, router } = this.#running()
      const handOver = async () => {
        await cluster.flushAhead()
        this.#isHandingOver = true
        await rights.leave(handOverTimeoutMs)
        const isHandedOver = await cluster.leave()
        await router.finish(lastCallsTimeoutMs)
        return isHandedOver
      }
      const left = handOver()
      left.catch(() => {})
      // The clock that ends the waits of leaving stops with the node.
      return { handedOver: await Promise.race([left, this.#stops.promise]) }
    } finally {
      await this.stop()
    }
  }

  stop(): Promise<void> {
    this.#stops.resolve(false)
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  async #stop(): Promise<void> {
    this.#passivation?.cancel()
    if (this.#parts !== undefined) await stopParts(this.#parts)
    await this.#close()
  }

  async #close(): Promise<void> {
    await this.#options.sandbox.close()
    await this.#ports.disk.close()
    await this.#options.stopped?.()
  }

  // ---- helpers ---------------------------------------------------------------------------------------------------------------

  #running() {
    if (this.#parts === undefined || this.#stopping !== undefined) {
      throw new ShoalError('SHOAL_STOPPED', 'this node is not running', { retryable: true })
    }
    return this.#parts
  }

  #viewChanged(onlySaid = false): void {
    if (this.#parts === undefined || this.#stopping !== undefined) return
    if (!onlySaid) {
      this.#parts.router.viewChanged()
      this.#parts.watching.viewChanged()
      this.#parts.comparison.viewChanged()
      this.#parts.reads.reconsider()
      this.#parts.rights.reconsider()
    }
    if (this.#listeners.has('members')) this.#listeners.tell('members', this.members())
  }

  #failed(error: ShoalError): void {
    this.#failure = error
    this.#listeners.tell('failed', { error })
  }

  #passivateLater(): void {
    this.#passivation = this.#ports.clock.after(passivationIntervalMs, () => {
      const afterMs = (name: string) => this.#kinds.passivateAfterMs(name)
      this.#parts?.cluster.store.passivate(afterMs)
      this.#parts?.leased?.holdings.passivate(afterMs)
      this.#passivateLater()
    })
  }
}

const callOptionNames: OptionNames<CallOptions> = { deadlineMs: true, acknowledge: true, read: true }

function checkCallOptions(options: CallOptions, { partition, kind }: AnyDefinition): void {
  const fault = faultOfOptions(options, callOptionNames)
  if (fault !== undefined) throw new ShoalError('SHOAL_BAD_ARGUMENT', `a call: ${fault}`)
  const { deadlineMs } = options
  if (deadlineMs !== undefined && !(deadlineMs > 0 && deadlineMs <= 24 * 3600 * 1000)) {
    throw new ShoalError('SHOAL_BAD_ARGUMENT', 'deadlineMs is a number of milliseconds, up to a day')
  }
  for (const name of ['acknowledge', 'read'] as const) {
    const level = options[name]
    if (level !== undefined && !levels.includes(level))
      throw new ShoalError('SHOAL_BAD_ARGUMENT', `${name} is local, majority or all`)
  }
  if (partition === 'lease' && options.acknowledge === 'local')
    throw new ShoalError('SHOAL_BAD_ARGUMENT', `${kind}: a lease kind acknowledges by a majority or by all`)
}
