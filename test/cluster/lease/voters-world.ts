/** Voters and those who ask them, in virtual time: real network, disk and clock of the simulator, and nothing else of a node. */
import { Voters } from '../../../src/cluster/lease/voters.ts'
import { VotersDisk } from '../../../src/cluster/lease/voters-disk.ts'
import type { VoterName } from '../../../src/cluster/lease/voters-names.ts'
import { decodeVotes, encodeVotes, merged } from '../../../src/cluster/lease/votes-file.ts'
import { decodeControl, encodeControl, protocolVersion } from '../../../src/cluster/wire.ts'
import type { LeaseStore } from '../../../src/ports/lease-store.ts'
import { type LogFields, type Logger, silentLogger } from '../../../src/ports/logger.ts'
import { noMetrics } from '../../../src/ports/metrics.ts'
import { settled } from '../../../src/simulation/settle.ts'
import { type SimulatedMachine, type SimulatedPorts, SimulatedWorld } from '../../../src/simulation/world.ts'

export interface VotersWorldOptions {
  readonly seed: number | string
  readonly voters: 3 | 5
  /** Nodes that only ask. */
  readonly others: number
  /** @default all */
  readonly mayBegin?: (key: string, peer: string) => boolean
}

export interface VotersNode {
  readonly ports: SimulatedPorts
  readonly voters: Voters
  readonly store: LeaseStore
}

const admission = {
  clusterKey: new Uint8Array(32),
  facts: { cluster: 'voters', shards: 1, protocol: protocolVersion }
}
const redialMs = 100

export class VotersWorld {
  readonly world: SimulatedWorld
  readonly machines: readonly SimulatedMachine[]
  readonly nodes = new Map<SimulatedMachine, VotersNode>()
  readonly errors: string[] = []
  #voters: readonly VoterName[] = []
  #voting: readonly SimulatedMachine[]
  readonly #emptyDisk: ReturnType<SimulatedMachine['disk']['backup']>
  readonly #mayBegin: (key: string, peer: string) => boolean
  readonly #onBoot: (node: VotersNode) => void

  static async make(options: VotersWorldOptions, onBoot: (node: VotersNode) => void = () => {}): Promise<VotersWorld> {
    const world = new VotersWorld(options, onBoot)
    await world.#name()
    for (const machine of world.machines) world.boot(machine)
    await world.until(() => world.nodes.size === world.machines.length)
    return world
  }

  private constructor(
    { seed, voters, others, mayBegin = () => true }: VotersWorldOptions,
    onBoot: (node: VotersNode) => void
  ) {
    this.#mayBegin = mayBegin
    this.world = new SimulatedWorld({ seed })
    this.machines = Array.from({ length: voters + others }, (_, i) => this.world.machine(`node-${i}`))
    this.#emptyDisk = this.world.machine('node-0').disk.backup()
    this.#voting = this.machines.slice(0, voters)
    this.#onBoot = onBoot
  }

  /** The machines that vote. */
  get voting(): readonly SimulatedMachine[] {
    return this.#voting
  }

  boot(machine: SimulatedMachine): void {
    if (machine.process !== undefined) return
    const ports = machine.boot(admission)
    this.#start(machine, ports).catch(error => this.errors.push(String(error)))
  }

  /** The machine comes back with an empty disk, and under its old name. */
  replaceDisk(machine: SimulatedMachine): void {
    this.kill(machine)
    machine.disk.restore(this.#emptyDisk)
    this.boot(machine)
  }

  /** Other machines vote from now on, with what these of the voters give; all nodes are started with the new list. */
  async changeVoters(giving: readonly SimulatedMachine[], next: readonly SimulatedMachine[]): Promise<void> {
    for (const machine of this.machines) this.kill(machine)
    const files: Uint8Array[] = []
    for (const machine of giving)
      files.push(
        await this.#onDisk(machine, async ({ disk, random }) =>
          encodeVotes(await (await VotersDisk.open(disk, random)).give())
        )
      )
    const taken = merged(files.map(decodeVotes))
    const names: VoterName[] = []
    for (const machine of next)
      names.push(
        await this.#onDisk(machine, async ({ disk, random }) => {
          // One that votes, or did in a list of before, has to give up first, though its votes are not asked for.
          await (await VotersDisk.open(disk, random)).give().catch(() => {})
          return { peer: machine.id, disk: (await VotersDisk.take(disk, taken, random)).id }
        })
      )
    this.#voters = names
    this.#voting = next
    for (const machine of this.machines) this.boot(machine)
    await this.until(() => this.nodes.size === this.machines.length)
  }

  /** While no node runs there. */
  async #onDisk<T>(machine: SimulatedMachine, act: (ports: SimulatedPorts) => Promise<T>): Promise<T> {
    const ports = machine.boot(admission)
    await this.settle(ports.disk.open())
    const made = await this.settle(act(ports))
    machine.kill()
    return made
  }

  node(at: number): VotersNode {
    const machine = this.machines[at]
    const node = machine && this.nodes.get(machine)
    if (node === undefined) throw new TypeError(`node ${at} is down`)
    return node
  }

  kill(machine: SimulatedMachine, isPowerLoss = false): void {
    machine.kill({ isPowerLoss })
    this.nodes.delete(machine)
  }

  async until(condition: () => boolean, withinMs = 60_000): Promise<void> {
    const { time } = this.world
    const why = await time.run({ condition, untilMs: time.nowMs + withinMs })
    if (why !== 'condition') throw new Error(`not within ${withinMs} virtual ms`)
  }

  async run(ms: number): Promise<void> {
    await this.world.time.run({ untilMs: this.world.time.nowMs + ms })
  }

  settle<T>(promise: Promise<T>): Promise<T> {
    return settled(this.world.time, promise)
  }

  /** Draws the ids of the disks, as the first start of each node does. */
  async #name(): Promise<void> {
    const names: VoterName[] = []
    for (const machine of this.voting) {
      const { id } = await this.#onDisk(machine, ({ disk, random }) => VotersDisk.open(disk, random))
      names.push({ peer: machine.id, disk: id })
    }
    this.#voters = names
  }

  async #start(machine: SimulatedMachine, ports: SimulatedPorts): Promise<void> {
    const { clock, disk, random, network } = ports
    await disk.open()
    const voters = await Voters.open({
      voters: this.#voters,
      self: network.self,
      disk,
      clock,
      random,
      logger: this.#logger(machine),
      send: (peer, message) => network.send(peer, 'control', encodeControl(message)),
      metrics: noMetrics,
      mayBegin: this.#mayBegin,
      failed() {}
    })
    await network.start({
      linked() {},
      unlinked: peer => voters.unlinked(peer),
      record: (peer, _, bytes) => {
        try {
          voters.receive(peer, decodeControl(bytes))
        } catch {
          network.unlink(peer)
        }
      },
      published() {},
      discovered() {},
      refused() {}
    })
    const dial = () => {
      const linked = new Set(network.links())
      const lacking = this.machines.filter(it => it.id !== network.self && it.id > network.self && !linked.has(it.id))
      for (const { id, name } of lacking) {
        const address = `/sim/${this.world.fabric.site(name).number}/p2p/${id}`
        network.dial([address]).catch(() => {})
      }
      clock.after(redialMs, dial)
    }
    dial()
    const node = { ports, voters, store: voters.store }
    this.nodes.set(machine, node)
    this.#onBoot(node)
  }

  #logger(machine: SimulatedMachine): Logger {
    return {
      ...silentLogger,
      error: (message: string, fields?: LogFields) =>
        void this.errors.push(`${machine.name}: ${message} ${JSON.stringify(fields ?? {})}`)
    }
  }
}
