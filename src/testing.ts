/**
 * `shoal/testing`: a whole cluster in one process, in virtual time, from one seed.
 *
 * The nodes are the shipping ones, on a simulated network, disk and clock. Nothing real passes: a test of an hour runs in
 * moments, and the same seed gives the same run. Promises of the nodes resolve only while the cluster runs: hand them to `settle`.
 */
import type { AnyDefinition } from './actors/definitions/definition.ts'
import { Kinds } from './actors/definitions/kinds.ts'
import type { ActorOf } from './actors/definitions/reference.ts'
import type { LeaseOptions } from './cluster/cluster-options.ts'
import { VotersDisk } from './cluster/lease/voters-disk.ts'
import { listIdOf, type VoterName } from './cluster/lease/voters-names.ts'
import { protocolVersion } from './cluster/wire.ts'
import { type DocumentContent, type EngineName, engineOf } from './crdt/document/engine.ts'
import { type AssemblyOptions, assembleNode } from './node-assembly.ts'
import { ShoalError } from './ports/errors.ts'
import { type Logger, silentLogger } from './ports/logger.ts'
import { type Metrics, noMetrics } from './ports/metrics.ts'
import type { Admission } from './ports/network.ts'
import type { LeaveOutcome, ShoalNode } from './shoal-node.ts'
import { FaultInjector, type FaultOptions } from './simulation/fault-injector.ts'
import { SimulatedLeaseRegisters } from './simulation/lease-store.ts'
import type { FabricOptions } from './simulation/link-conditions.ts'
import type { SimulatedProcess } from './simulation/process.ts'
import { type SimulatedEngines, SimulatedSandbox, type SimulatedSandboxOptions } from './simulation/sandbox.ts'
import { type SimulatedMachine, type SimulatedPorts, SimulatedWorld } from './simulation/world.ts'

export type { SandboxJob } from './ports/sandbox.ts'
export type { SimulatedSandboxOptions } from './simulation/sandbox.ts'

export interface TestClusterOptions
  extends Pick<AssemblyOptions, 'membership' | 'replication' | 'ownership' | 'store' | 'requests' | 'rebalance'> {
  actors: readonly AnyDefinition[]
  /** @default 3 */
  nodes?: number
  /** @default 1 */
  seed?: number | string
  /** Slices of the key space; few make a simulation fast. @default 16 */
  shards?: number
  /** Replicas of each actor whose kind says nothing else, 1 to 15; 0: one on every node. @default 0 */
  replicas?: number
  /** Region of each node, by number. @default 'local' for all */
  regions?: readonly string[]
  /** Zone of each node, by number. @default its region */
  zones?: readonly string[]
  /** Part of each node, by number, in owning exclusive actors. @default 1 for all */
  weights?: readonly number[]
  /**
   * Of the lease store that the nodes have where a kind is of the `lease` mode. With `voters` the first three or five nodes keep it themselves,
   * and `leaseStore` is not used. @default 3 replicas, leases of 5000 ms
   */
  leases?: Omit<LeaseOptions, 'store'> & { voters?: 3 | 5 }
  fabric?: FabricOptions
  /** How the merges of documents that others wrote behave; `trouble` says which of them come to grief. @default well */
  sandbox?: SimulatedSandboxOptions
  /** Where a node's log goes. @default nowhere */
  logger?: (node: string) => Logger
  /** Where a node's figures go. @default nowhere */
  metrics?: (node: string) => Metrics
}

/** Calls `node-0`, `node-1`, … Every node knows the address of the one before it. */
export class TestCluster implements AsyncDisposable {
  readonly world: SimulatedWorld
  /** What all nodes share where a kind is of the `lease` mode. */
  readonly leaseStore: SimulatedLeaseRegisters
  readonly #options: TestClusterOptions
  readonly #running = new Map<string, { readonly node: ShoalNode; readonly process: SimulatedProcess }>()
  readonly #actors = new Map<number, readonly AnyDefinition[]>()
  readonly #voters: VoterName[] = []
  readonly #startErrors = new Map<number, unknown>()
  #disposed = false

  constructor(options: TestClusterOptions) {
    this.#options = options
    this.world = new SimulatedWorld({
      seed: options.seed ?? 1,
      ...(options.fabric === undefined ? {} : { fabric: options.fabric })
    })
    this.leaseStore = new SimulatedLeaseRegisters(this.world.time, this.world.random.fork('lease store'))
    for (let i = 0; i < (options.nodes ?? 3); i++) this.world.machine(`node-${i}`)
  }

  get size(): number {
    return this.world.machines().length
  }

  /** The running node of this number. Throws `SHOAL_UNAVAILABLE` while it is down. */
  node(number: number): ShoalNode {
    const node = this.running(number)
    if (node === undefined) throw new ShoalError('SHOAL_UNAVAILABLE', `node-${number} is down`, { retryable: true })
    return node
  }

  running(number: number): ShoalNode | undefined {
    const running = this.#running.get(this.machine(number).name)
    return running?.process.isDead === false ? running.node : undefined
  }

  nodes(): readonly ShoalNode[] {
    return [...this.#running.values()].filter(running => !running.process.isDead).map(running => running.node)
  }

  machine(number: number): SimulatedMachine {
    const machine = this.world.machines()[number]
    if (machine === undefined) throw new TypeError(`there is no node-${number}`)
    return machine
  }

  actor: (node: number) => ActorOf = number => this.node(number).actor

  // ---- time ------------------------------------------------------------------------------------------------------------------

  /** Lets `ms` milliseconds of virtual time pass. */
  async run(ms: number): Promise<void> {
    await this.world.time.run({ untilMs: this.world.time.nowMs + ms })
  }

  /** Lets time pass until `condition` holds. Throws `SHOAL_DEADLINE` when it does not within `withinMs`. */
  async until(condition: () => boolean, withinMs = 10_000): Promise<void> {
    const ended = await this.world.time.run({ untilMs: this.world.time.nowMs + withinMs, condition })
    if (ended !== 'condition')
      throw new ShoalError('SHOAL_DEADLINE', `not within ${withinMs} ms of virtual time: ${condition}`)
  }

  /** Lets time pass until the promise settles, and gives its outcome. */
  async settle<T>(promise: Promise<T>, withinMs = 60_000): Promise<T> {
    let settled = false
    const done = () => {
      settled = true
    }
    promise.then(done, done)
    await this.until(() => settled, withinMs)
    return promise
  }

  // ---- nodes -----------------------------------------------------------------------------------------------------------------

  /** Starts all nodes and waits until all see all alive. */
  async start(): Promise<void> {
    await this.#nameVoters()
    for (let i = 0; i < this.size; i++) this.boot(i)
    await this.until(() => this.isWhole())
  }

  /** All machines run a node, and every node sees every other alive, with its part in owning, and serves. */
  isWhole(): boolean {
    const nodes = this.nodes()
    if (nodes.length < this.size) return false
    // It is asked after every event: what costs nothing first.
    if (nodes.some(node => node.unready() !== undefined)) return false
    const views = nodes.map(node => node.members().members)
    const weights = new Map(views.map(([self]) => [self?.id, self?.weight]))
    return views.every(members => {
      const alive = members.filter(({ status }) => status === 'alive')
      return alive.length === nodes.length && alive.every(({ id, weight }) => weight === weights.get(id))
    })
  }

  /**
   * Starts the node on this machine, with what its disk holds. It runs once time has passed. With `actors` it knows these kinds
   * from now on, as after an upgrade of its program.
   */
  boot(number: number, options: { actors?: readonly AnyDefinition[] } = {}): void {
    const machine = this.machine(number)
    if (options.actors !== undefined) this.#actors.set(number, options.actors)
    const ports = machine.boot(this.#admission(number))
    this.#startErrors.delete(number)
    const failed = () => this.#restart(number, ports)
    this.#start(number, machine, ports, failed).catch(error => {
      this.#startErrors.set(number, error)
      failed()
    })
  }

  /**
   * Starts a second process under the identity of this node, on a copy of its disk, as when somebody copies a data directory.
   * Answers how to end it; `started` is told the node.
   */
  copy(number: number, started: (node: ShoalNode) => void = () => {}): () => void {
    const machine = this.world.copyOf(this.machine(number))
    const end = () => {
      this.#running.delete(machine.name)
      machine.kill()
    }
    this.#start(number, machine, machine.boot(this.#admission(number)), end)
      .then(() => {
        const running = this.#running.get(machine.name)
        if (running !== undefined) started(running.node)
      })
      .catch(end)
    return end
  }

  /** The process that a node runs in. */
  processOf(node: ShoalNode): SimulatedProcess | undefined {
    return [...this.#running.values()].find(running => running.node === node)?.process
  }

  /** Why the last start of this node failed. It is tried again every second. */
  startError(number: number): unknown {
    return this.#startErrors.get(number)
  }

  /** A node that has failed is started again after a second, as a service manager would. */
  #restart(number: number, ports: SimulatedPorts): void {
    if (ports.process.isDead) return
    this.kill(number)
    this.world.time.schedule(1_000_000, undefined, () => {
      if (this.machine(number).process === undefined && !this.#disposed) this.boot(number)
    })
  }

  #admission(number: number): Admission {
    const actors = this.#actors.get(number) ?? this.#options.actors
    return {
      clusterKey: new Uint8Array(32),
      facts: {
        cluster: 'test',
        shards: this.#options.shards ?? 16,
        ...replicasOf(this.#options),
        kinds: new Kinds(actors, this.#options.replicas ?? 0).facts(),
        ...(this.#voters.length > 0 ? { leases: `voters ${listIdOf(this.#voters)}` } : {}),
        protocol: protocolVersion
      }
    }
  }

  async #start(number: number, machine: SimulatedMachine, ports: SimulatedPorts, failed: () => void): Promise<void> {
    const { membership, replication, ownership, store, requests, rebalance } = this.#options
    await ports.disk.open()
    const actors = this.#actors.get(number) ?? this.#options.actors
    const neighbour = (number + this.size - 1) % this.size
    const node = await assembleNode(
      {
        ...ports,
        logger: this.#options.logger?.(machine.id) ?? silentLogger,
        metrics: this.#options.metrics?.(machine.id) ?? noMetrics
      },
      {
        facts: {
          cluster: 'test',
          shards: this.#options.shards ?? 16,
          ...replicasOf(this.#options),
          protocol: protocolVersion
        },
        name: machine.id,
        region: this.#options.regions?.[number] ?? 'local',
        ...zoneOf(this.#options.zones?.[number]),
        weight: this.#options.weights?.[number] ?? 1,
        bootstrap: neighbour === number ? [] : [`/sim/${neighbour}/p2p/${this.machine(neighbour).id}`],
        actors,
        sandbox: new SimulatedSandbox(ports.process, documentEngines, this.#options.sandbox),
        ...(membership === undefined ? {} : { membership }),
        ...(replication === undefined ? {} : { replication }),
        ...(ownership === undefined ? {} : { ownership }),
        ...(store === undefined ? {} : { store }),
        ...(requests === undefined ? {} : { requests }),
        ...(rebalance === undefined ? {} : { rebalance }),
        ...this.#lease(actors, ports)
      }
    )
    if (!ports.process.isDead) this.#running.set(machine.name, { node, process: ports.process })
    node.on('failed', failed)
  }

  #lease(actors: readonly AnyDefinition[], ports: SimulatedPorts): { lease?: LeaseOptions } {
    if (actors.every(({ partition }) => partition !== 'lease')) return {}
    const store = this.#voters.length > 0 ? { voters: this.#voters } : this.leaseStore.open(ports)
    return { lease: { ...this.#options.leases, store } }
  }

  /** Draws the ids of the voters' disks, as `shoal voter` does. */
  async #nameVoters(): Promise<void> {
    const { voters = 0 } = this.#options.leases ?? {}
    for (let number = 0; number < voters; number++) {
      const machine = this.machine(number)
      const { disk, random } = machine.boot(this.#admission(number))
      await this.settle(disk.open())
      this.#voters.push({ peer: machine.id, disk: (await this.settle(VotersDisk.open(disk, random))).id })
      machine.kill()
    }
  }

  /** SIGKILL, or the plug: what was not synced may be lost. */
  kill(number: number, options: { isPowerLoss?: boolean } = {}): void {
    const machine = this.machine(number)
    this.#running.delete(machine.name)
    machine.kill(options)
  }

  /** The node leaves gracefully, and its process ends. */
  async leave(number: number): Promise<LeaveOutcome> {
    const machine = this.machine(number)
    const outcome = await this.settle(this.node(number).leave())
    this.#running.delete(machine.name)
    machine.retire()
    return outcome
  }

  pause(number: number): void {
    this.machine(number).process?.pause()
  }

  resume(number: number): void {
    this.machine(number).process?.resume()
  }

  /** Cuts the network between groups of nodes, given by number. */
  partition(...groups: readonly (readonly number[])[]): void {
    this.world.fabric.partition(groups.map(group => group.map(number => this.machine(number).id)))
  }

  heal(): void {
    this.world.fabric.heal()
  }

  /** Random faults of all kinds, until their `heal`. Nodes that they kill are booted again. */
  faults(options: Partial<FaultOptions> = {}): FaultInjector {
    const machines = this.world.machines()
    return new FaultInjector(this.world, {
      machines,
      ...options,
      boot: machine => {
        // Somebody else may have booted it meanwhile.
        if (machine.process !== undefined) return
        this.#running.delete(machine.name)
        this.boot(machines.indexOf(machine))
      }
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true
    for (let i = 0; i < this.size; i++) this.kill(i)
  }
}

function replicasOf({ replicas }: TestClusterOptions): { replicas?: number } {
  return replicas === undefined ? {} : { replicas }
}

function zoneOf(zone: string | undefined): { zone?: string } {
  return zone === undefined ? {} : { zone }
}

const documentEngines: SimulatedEngines = {
  names: new Set<EngineName>(['yjs', 'automerge']),
  engineOf: (engine, content) => engineOf(engine as EngineName, content as DocumentContent)
}

/** A started cluster: all nodes see each other. */
export async function createTestCluster(options: TestClusterOptions): Promise<TestCluster> {
  const cluster = new TestCluster(options)
  await cluster.start()
  return cluster
}
