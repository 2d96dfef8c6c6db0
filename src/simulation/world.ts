/**
 * A whole simulated world from one seed: time, wires, and machines with a disk and a wall clock that outlive the processes on
 * them. Every source of chance is a stream of its own, so that a change in one does not shift the others.
 */
import type { Admission, PeerId } from '../ports/network.ts'
import type { Random } from '../ports/random.ts'
import { SimulatedClock, WallClock } from './clock.ts'
import { SimulatedDisk } from './disk.ts'
import { DiskImage } from './disk-image.ts'
import { SimulatedFabric } from './fabric.ts'
import type { FabricOptions } from './link-conditions.ts'
import { SimulatedNetwork } from './network.ts'
import { SimulatedProcess } from './process.ts'
import { SeededRandom } from './random.ts'
import { Sightings } from './sightings.ts'
import { SimulatedTime } from './time.ts'
import { Trace } from './trace.ts'

export interface SimulatedWorldOptions {
  seed: number | string
  fabric?: FabricOptions
  /** How many notes `world.trace.tail()` remembers. @default 0 */
  traceTailLength?: number
  /** Events after which the simulation counts as a runaway. @default 100_000_000 */
  maxEvents?: number
}

/** The ports of one process, for one run of a node. */
export interface SimulatedPorts {
  readonly process: SimulatedProcess
  readonly clock: SimulatedClock
  readonly random: Random
  readonly disk: SimulatedDisk
  readonly network: SimulatedNetwork
}

export class SimulatedWorld {
  readonly random: SeededRandom
  readonly time: SimulatedTime
  readonly trace: Trace
  readonly sightings = new Sightings()
  readonly fabric: SimulatedFabric
  readonly #machines = new Map<string, SimulatedMachine>()
  #copies = 0

  constructor(options: SimulatedWorldOptions) {
    const { seed, fabric, traceTailLength = 0, maxEvents } = options
    this.random = new SeededRandom(seed)
    this.trace = new Trace(traceTailLength)
    this.time = new SimulatedTime({ trace: this.trace, ...(maxEvents === undefined ? {} : { maxEvents }) })
    this.fabric = new SimulatedFabric(this.time, this.random.fork('network'), { ...fabric, sightings: this.sightings })
  }

  /** The machine of this name, made at its first mention. Its peer id is its name. */
  machine(name: string): SimulatedMachine {
    const known = this.#machines.get(name)
    if (known !== undefined) return known
    const machine = new SimulatedMachine(this, name)
    this.#machines.set(name, machine)
    return machine
  }

  /** Another machine with a copy of this one's disk, and so with the same peer id. It is none of `machines`. */
  copyOf(machine: SimulatedMachine): SimulatedMachine {
    const copy = new SimulatedMachine(this, `${machine.name}, copy ${++this.#copies}`, machine.id)
    copy.disk.restore(machine.disk.backup())
    return copy
  }

  machines(): readonly SimulatedMachine[] {
    return [...this.#machines.values()]
  }
}

export class SimulatedMachine {
  readonly name: string
  /** The same on two machines only where one has a copy of the other's disk. */
  readonly id: PeerId
  readonly wall: WallClock
  readonly disk: DiskImage
  readonly #world: SimulatedWorld
  #boots = 0
  #process: SimulatedProcess | undefined

  constructor(world: SimulatedWorld, name: string, id: PeerId = name) {
    this.name = name
    this.id = id
    this.wall = new WallClock()
    this.disk = new DiskImage(world.random.fork(`disk/${name}`), world.sightings)
    this.#world = world
    world.fabric.site(name, id)
  }

  /** The process on this machine that has not been killed, if there is one. */
  get process(): SimulatedProcess | undefined {
    return this.#process?.isDead === false ? this.#process : undefined
  }

  /** A new process. The one before it must be gone: killed, or stopped and then `retire`d. */
  boot(admission: Admission): SimulatedPorts {
    if (this.process !== undefined) throw new TypeError(`${this.name} is running`)
    const name = `${this.name}#${++this.#boots}`
    const process = new SimulatedProcess(name, this.#world.time)
    this.#process = process
    const clock = new SimulatedClock(process, this.wall)
    return {
      process,
      clock,
      random: this.#world.random.fork(`node/${name}`),
      disk: new SimulatedDisk(process, this.disk),
      network: new SimulatedNetwork(this.#world.fabric, process, this.id, admission, clock, this.name)
    }
  }

  /** SIGKILL, or with `isPowerLoss` the plug: what was not synced may be lost either way. */
  kill(options: { isPowerLoss?: boolean } = {}): void {
    this.#process?.kill(options)
  }

  /** The process has stopped by itself and exits. */
  retire(): void {
    this.#process?.kill()
  }
}
