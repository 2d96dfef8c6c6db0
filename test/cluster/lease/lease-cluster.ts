/** Nodes with lease shards in virtual time: whole clusters below the actors, a simulated lease store, and whoever may own tries to. */
import { Cluster } from '../../../src/cluster/cluster.ts'
import type { Lease } from '../../../src/cluster/lease/lease.ts'
import { decodeHead, headKey, recordKey } from '../../../src/cluster/lease/lease-layout.ts'
import { ownershipFrom, ownershipKey } from '../../../src/cluster/lease/lease-registers.ts'
import { protocolVersion } from '../../../src/cluster/wire.ts'
import type { Clock } from '../../../src/ports/clock.ts'
import { isShoalError } from '../../../src/ports/errors.ts'
import type { LeaseStore } from '../../../src/ports/lease-store.ts'
import { silentLogger } from '../../../src/ports/logger.ts'
import { noMetrics } from '../../../src/ports/metrics.ts'
import { SimulatedLeaseRegisters } from '../../../src/simulation/lease-store.ts'
import { SeededRandom } from '../../../src/simulation/random.ts'
import { settled } from '../../../src/simulation/settle.ts'
import { lookUp, orderOf } from '../../../src/simulation/sorted-store.ts'
import { type SimulatedMachine, type SimulatedPorts, SimulatedWorld } from '../../../src/simulation/world.ts'
import { hearClaims } from './heard-claims.ts'
import { LeaseJudge } from './lease-judge.ts'

export interface LeaseClusterOptions {
  readonly seed: number | string
  readonly nodes: number
  readonly shards: number
  /** Replicas of a shard. @default 3 */
  readonly replicas?: number
  readonly leaseMs?: number
}

export interface LeaseNode {
  readonly number: number
  readonly ports: SimulatedPorts
  readonly cluster: Cluster
  readonly leases: Map<number, Lease>
}

const facts = { cluster: 'lease-test', protocol: protocolVersion }

export class LeaseCluster {
  readonly world: SimulatedWorld
  readonly registers: SimulatedLeaseRegisters
  readonly machines: readonly SimulatedMachine[]
  readonly options: LeaseClusterOptions
  readonly running = new Map<SimulatedMachine, LeaseNode>()
  /** `shard:epoch` → the process that opened it. */
  readonly openers = new Map<string, string>()
  /** What must never be. */
  readonly faults: string[] = []
  /** Replicas are chosen anew now and then; a calm cluster has one set per shard. */
  movesSets = false
  /** Nodes that boot take over after a tenth of the time that owners count on: leases overlap in time, and only epochs keep writers apart. */
  isImpatient = false
  /** The lease store as a machine that boots reaches it. */
  wrap: (store: LeaseStore, machine: SimulatedMachine, clock: Clock) => LeaseStore = store => store
  /** Whether a node tries to own a shard. */
  wants: (shard: number, node: number) => boolean = () => true
  /** Numbers of the nodes that are to store a shard. */
  chosenSet: ((shard: number, owner: number) => number[]) | undefined
  readonly #judge: LeaseJudge
  #random

  constructor(options: LeaseClusterOptions) {
    this.options = options
    this.world = new SimulatedWorld({ seed: options.seed })
    this.registers = new SimulatedLeaseRegisters(this.world.time, this.world.random.fork('registers'))
    this.machines = Array.from({ length: options.nodes }, (_, i) => this.world.machine(`node-${i}`))
    this.#random = new SeededRandom(`lease/${options.seed}`)
    this.#judge = new LeaseJudge({
      machines: this.machines,
      shards: options.shards,
      nowMs: () => this.world.time.nowMs,
      register: key => this.registers.register(key),
      holders: shard =>
        this.isImpatient
          ? undefined
          : this.holders(shard).map(({ ports, leases }) => ({
              id: ports.network.self,
              epoch: leases.get(shard)?.epoch ?? 0
            })),
      fault: why => this.faults.push(why)
    })
  }

  boot(machine: SimulatedMachine): void {
    if (machine.process !== undefined) return
    this.running.delete(machine)
    const ports = machine.boot({ clusterKey: new Uint8Array(32), facts: { ...facts, shards: this.options.shards } })
    this.#start(machine, ports).catch(() => this.#restart(machine, ports))
  }

  bootAll(): void {
    for (const machine of this.machines) this.boot(machine)
  }

  node(number: number): LeaseNode | undefined {
    const machine = this.machines[number]
    return machine === undefined ? undefined : this.running.get(machine)
  }

  /** Who may act for this shard at this moment. */
  holders(shard: number): LeaseNode[] {
    const alive = [...this.running.values()].filter(({ ports }) => !ports.process.isDead)
    return alive.filter(({ leases }) => leases.get(shard)?.isValid() === true)
  }

  async until(condition: () => boolean, withinMs = 60_000): Promise<void> {
    const { time } = this.world
    const why = await time.run({ condition: () => this.#look() || condition(), untilMs: time.nowMs + withinMs })
    if (this.faults.length > 0) throw new Error(`seed ${this.options.seed}: ${this.faults[0]}`)
    if (why !== 'condition') throw new Error(`seed ${this.options.seed}: not within ${withinMs} ms`)
  }

  async run(ms: number): Promise<void> {
    await this.world.time.run({ condition: () => this.#look(), untilMs: this.world.time.nowMs + ms })
    if (this.faults.length > 0) throw new Error(`seed ${this.options.seed}: ${this.faults[0]}`)
  }

  settle<T>(promise: Promise<T>): Promise<T> {
    return settled(this.world.time, promise)
  }

  /** At every moment at most one node may act for a shard, and all is as it must be below. */
  #look(): boolean {
    this.#judge.look()
    if (this.isImpatient) return this.faults.length > 0
    for (let shard = 0; shard < this.options.shards; shard++) {
      let count = 0
      for (const { ports, leases } of this.running.values())
        if (leases.get(shard)?.isValid() === true && !ports.process.isDead) count++
      if (count > 1)
        this.faults.push(`two hold shard ${shard}: ${this.holders(shard).map(({ ports }) => ports.process.name)}`)
    }
    return this.faults.length > 0
  }

  async #start(machine: SimulatedMachine, ports: SimulatedPorts): Promise<void> {
    await ports.disk.open()
    hearClaims(ports.network, this.options.shards, message => this.#judge.says(ports.network.self, message))
    const number = this.machines.indexOf(machine)
    const { shards, leaseMs = 2000 } = this.options
    const failed = () => this.#restart(machine, ports)
    const cluster = await Cluster.create(
      { ...ports, logger: silentLogger, metrics: noMetrics },
      {
        facts: { ...facts, shards },
        name: machine.id,
        region: 'local',
        bootstrap: this.machines.flatMap(({ id }, i) => (i === number ? [] : [`/sim/${i}/p2p/${id}`])),
        lease: {
          store: this.wrap(this.registers.open(ports), machine, ports.clock),
          leaseMs,
          ...(this.isImpatient ? { clockRateError: -0.9 } : {})
        }
      },
      {
        calls() {},
        linked() {},
        unlinked() {},
        viewChanged() {},
        abandoned() {},
        committed() {},
        failed,
        damaged() {},
        refused() {},
        drain: async () => {}
      }
    )
    await cluster.start()
    const node: LeaseNode = { number, ports, cluster, leases: new Map() }
    if (ports.process.isDead) return
    this.running.set(machine, node)
    for (let shard = 0; shard < shards; shard++) void this.#own(node, shard)
  }

  #restart(machine: SimulatedMachine, ports: SimulatedPorts): void {
    if (ports.process.isDead) return
    this.kill(machine)
    this.world.time.schedule(1_000_000, undefined, () => this.boot(machine))
  }

  kill(machine: SimulatedMachine, options: { isPowerLoss?: boolean } = {}): void {
    this.running.delete(machine)
    machine.kill(options)
  }

  /** The replicas of a shard, of which this node is to be the owner. */
  setOf(shard: number, owner: number): string[] {
    if (this.chosenSet !== undefined) return this.chosenSet(shard, owner).map(i => this.machines[i]?.id ?? '')
    const { nodes, replicas = 3 } = this.options
    const first = this.movesSets ? this.#random.below(nodes) : shard
    const others = Array.from({ length: nodes }, (_, i) => (first + i) % nodes).filter(i => i !== owner)
    return [owner, ...others.slice(0, replicas - 1)].map(i => this.machines[i]?.id ?? '')
  }

  /** What is synced on these machines' disks of an actor. */
  copiesOf(shard: number, actor: string, set: readonly string[]): Uint8Array[] {
    const key = orderOf(recordKey(shard, actor))
    return this.machines.flatMap(({ id, disk }) => {
      const found = set.includes(id) ? lookUp(disk.backup(), key) : undefined
      return found === undefined ? [] : [this.#judge.stateOf(shard, actor, found.value)]
    })
  }

  /** Of these replicas of an epoch, how many have dropped what they had: a later one is open, and has others in their place. */
  droppedSince(shard: number, epoch: number, set: readonly string[]): number {
    const register = this.registers.register(ownershipKey(shard))
    const opened = register === undefined ? undefined : ownershipFrom(register).opened
    if (opened === undefined || opened.epoch <= epoch) return 0
    const isDropped = ({ id, disk }: SimulatedMachine) => {
      const head = lookUp(disk.backup(), orderOf(headKey(shard)))?.value
      return head !== undefined && !opened.set.includes(id) && decodeHead(shard, head).lineage.length === 0
    }
    return this.machines.filter(machine => set.includes(machine.id) && isDropped(machine)).length
  }

  /** For as long as it runs: tries to own, the first of the shard's nodes sooner than others. */
  async #own(node: LeaseNode, shard: number): Promise<void> {
    const { clock, process } = node.ports
    const { nodes, replicas = 3 } = this.options
    const place = (node.number - (shard % nodes) + nodes) % nodes
    if (!this.movesSets && this.chosenSet === undefined && place >= replicas) return
    for (;;) {
      const pauseMs = this.isImpatient ? 20 + this.#random.below(60) : 50 + 150 * place + this.#random.below(100)
      await new Promise<void>(resolve => clock.after(pauseMs, resolve))
      if (process.isDead || node.leases.get(shard) !== undefined || !this.wants(shard, node.number)) continue
      try {
        const lease = await node.cluster.leases?.open(shard, this.setOf(shard, node.number))
        if (lease !== undefined) this.#opened(node, shard, lease)
      } catch (error) {
        if (
          !isShoalError(error) ||
          !['SHOAL_NOT_OWNER', 'SHOAL_UNAVAILABLE', 'SHOAL_LEASE_STORE', 'SHOAL_STOPPED', 'SHOAL_DISK'].includes(
            error.code
          )
        )
          this.faults.push(`${process.name} could not open: ${error instanceof Error ? error.stack : error}`)
      }
    }
  }

  #opened(node: LeaseNode, shard: number, lease: Lease): void {
    const { name } = node.ports.process
    const key = `${shard}:${lease.epoch}`
    const other = this.openers.get(key)
    if (other !== undefined) this.faults.push(`epoch ${key} was opened by ${other} and by ${name}`)
    this.openers.set(key, name)
    node.leases.set(shard, lease)
    void lease.fenced.then(() => {
      if (node.leases.get(shard) === lease) node.leases.delete(shard)
    })
  }
}
