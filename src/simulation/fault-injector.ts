/**
 * Trouble for a simulated cluster. A list of faults, drawn by a seed or read from a file (faults.ts), happens to it at the moments
 * that the list names, until `heal`, which takes all of them back. Killing and booting nodes is left to their owner.
 */
import type { Damage, DiskConditions } from './disk-image.ts'
import { type DrawOptions, defaultFaultKinds, drawFaults, drawKinds, type Fault, type FaultKind } from './faults.ts'
import type { Cut, LinkConditions } from './link-conditions.ts'
import { SeededRandom } from './random.ts'
import type { SimulatedEvent } from './time.ts'
import type { SimulatedMachine, SimulatedWorld } from './world.ts'

export interface FaultOptions extends Partial<Omit<DrawOptions, 'machines' | 'kinds'>> {
  /** Who may be hit. */
  machines: readonly SimulatedMachine[]
  /** The machine's process has been killed; boot it again when this is called. */
  boot: (machine: SimulatedMachine) => void
  /** The faults themselves, in the order of their time. @default drawn by the world's seed, for ever */
  schedule?: readonly Fault[]
  /** Kinds to draw from. @default all but those that harm what is on a disk */
  kinds?: readonly FaultKind[]
  /** Nodes that may be down or paused at the same time. @default a minority */
  maxDown?: number
  /** Bytes on a disk have changed by themselves, under these keys. */
  damaged?: (machine: SimulatedMachine, keys: readonly Uint8Array[]) => void
}

/** What the way to a slow consumer lets through, in bytes per millisecond, at strength 0 and at strength 1. */
const slowConsumer = { fastest: 200, slowest: 2 }
/** A suspended node is away for so much longer than a paused one. */
const suspensionFactor = 30

export class FaultInjector {
  /** What this seed drew. */
  readonly kinds: readonly FaultKind[]
  readonly #world: SimulatedWorld
  readonly #machines: readonly SimulatedMachine[]
  readonly #options: FaultOptions
  readonly #maxDown: number
  readonly #faults: Iterator<Fault, undefined>
  /** Faults that last, and how each is taken back. */
  readonly #lasting = new Map<() => void, SimulatedEvent>()
  readonly #down = new Set<SimulatedMachine>()
  #startedMs = 0
  #next: SimulatedEvent | undefined
  #isOver = false

  constructor(world: SimulatedWorld, options: FaultOptions) {
    this.#world = world
    this.#options = options
    this.#machines = options.machines
    this.#maxDown = options.maxDown ?? Math.floor((options.machines.length - 1) / 2)
    const { schedule } = options
    if (schedule === undefined) {
      const random = world.random.fork('faults')
      this.kinds = drawKinds(random, options.kinds ?? defaultFaultKinds)
      const { everyMs, lastsMs } = options
      this.#faults = drawFaults(random, {
        kinds: this.kinds,
        machines: options.machines.length,
        ...(everyMs === undefined ? {} : { everyMs }),
        ...(lastsMs === undefined ? {} : { lastsMs })
      })
    } else {
      this.kinds = [...new Set(schedule.map(fault => fault.kind))]
      this.#faults = schedule.values()
    }
  }

  start(): void {
    this.#startedMs = this.#world.time.nowMs
    this.#goOn()
  }

  /** No more faults, and none that goes on: all ways whole, all disks well, all nodes running. */
  heal(): void {
    this.#isOver = true
    this.#next?.cancel()
    for (const [end, event] of [...this.#lasting]) {
      event.cancel()
      this.#lasting.delete(end)
      end()
    }
    this.#world.fabric.heal()
    // Peers whose clocks are far apart refuse each other for as long as they are.
    for (const { wall } of this.#machines) if (Math.abs(wall.skewMs) > 20_000) wall.jump(-wall.skewMs)
  }

  #goOn(): void {
    const { value: fault } = this.#faults.next()
    if (fault === undefined || this.#isOver) return
    const { time, sightings, trace } = this.#world
    this.#next = time.schedule((this.#startedMs + fault.atMs - time.nowMs) * 1000, undefined, () => {
      sightings.see(`fault: ${fault.kind}`)
      trace.note('fault', time.nowUs, undefined, () => JSON.stringify(fault))
      this.#inject[fault.kind](fault, this.#machine(fault.machine))
      this.#goOn()
    })
  }

  readonly #inject: Record<FaultKind, (fault: Fault, machine: SimulatedMachine) => void> = {
    loss: fault => this.#conditions(fault, { publishLoss: fault.strength }, { publishLoss: 0 }),
    duplication: fault => this.#conditions(fault, { publishDuplication: fault.strength }, { publishDuplication: 0 }),
    reordering: fault => this.#conditions(fault, { publishReordering: fault.strength }, { publishReordering: 0 }),
    spikes: fault => this.#conditions(fault, { spikeProbability: fault.strength }, { spikeProbability: 0 }),
    corruption: fault => this.#conditions(fault, { corruptProbability: fault.strength / 4 }, { corruptProbability: 0 }),
    'deaf links': fault => this.#conditions(fault, { deafProbability: fault.strength }, { deafProbability: 0 }),
    'slow consumer': (fault, machine) => this.#slowConsumer(fault, machine),
    'one-way cut': fault => this.#cutOneWay(fault),
    partition: fault => this.#partition(fault),
    reset: (fault, machine) => this.#world.fabric.reset(machine.id, this.#machine(fault.other).id),
    pause: (fault, machine) => this.#pause(machine, fault.lastsMs),
    suspend: (fault, machine) => this.#pause(machine, fault.lastsMs * suspensionFactor),
    kill: (fault, machine) => this.#kill(fault, machine, false),
    'power loss': (fault, machine) => this.#kill(fault, machine, true),
    'slow disk': (fault, machine) =>
      this.#disk(fault, machine, { stallProbability: fault.strength }, { stallProbability: 0 }),
    'full disk': (fault, machine) => this.#disk(fault, machine, { isFull: true }, { isFull: false }),
    'failed sync': (fault, machine) =>
      this.#disk(fault, machine, { failProbability: fault.strength }, { failProbability: 0 }),
    'clock jump': (fault, machine) => {
      const random = this.#luck(fault)
      machine.wall.jump(random.between(-1, 1) * 10 ** random.between(0, 6))
    },
    'clock drift': (fault, machine) => {
      machine.wall.drift((2 * fault.strength - 1) * 1e-3, this.#world.time.nowUs)
    },
    'bit rot': (fault, machine) => this.#damage(fault, machine, 'flip'),
    'vanished record': (fault, machine) => this.#damage(fault, machine, 'lose an actor'),
    'vanished entry': (fault, machine) => this.#damage(fault, machine, 'lose an index entry'),
    'reverted record': (fault, machine) => this.#damage(fault, machine, 'revert an actor'),
    // What is whole stays whole while a process has it open: holes show when it is opened again.
    'lost record': (fault, machine) => this.#kill(fault, machine, false, () => this.#damage(fault, machine, 'lose')),
    'lost batch': (fault, machine) =>
      this.#kill(fault, machine, false, () => this.#damage(fault, machine, 'lose a batch'))
  }

  #machine(number: number): SimulatedMachine {
    const machine = this.#machines[number % this.#machines.length]
    if (machine === undefined) throw new TypeError('faults need machines')
    return machine
  }

  /** What else chance decides about a fault. */
  #luck(fault: Fault): SeededRandom {
    return new SeededRandom(`luck/${fault.luck}`)
  }

  #conditions(fault: Fault, bad: Partial<LinkConditions>, good: Partial<LinkConditions>): void {
    this.#world.fabric.setConditions(bad)
    this.#last(fault.lastsMs, () => this.#world.fabric.setConditions(good))
  }

  #disk(fault: Fault, machine: SimulatedMachine, bad: Partial<DiskConditions>, good: Partial<DiskConditions>): void {
    Object.assign(machine.disk.conditions, bad)
    this.#last(fault.lastsMs, () => Object.assign(machine.disk.conditions, good))
  }

  /** Whatever others send to this machine trickles. */
  #slowConsumer(fault: Fault, machine: SimulatedMachine): void {
    const { fastest, slowest } = slowConsumer
    const bytesPerMs = fastest * (slowest / fastest) ** fault.strength
    const set = (to: Partial<LinkConditions>) => {
      for (const { id } of this.#machines)
        if (id !== machine.id) this.#world.fabric.setConditions(to, { from: id, to: machine.id })
    }
    set({ bytesPerMs })
    this.#last(fault.lastsMs, () => set({ bytesPerMs: 100_000 }))
  }

  #cutOneWay(fault: Fault): void {
    const [from, to] = [this.#machine(fault.machine).id, this.#machine(fault.other).id]
    if (from === to) return
    this.#world.fabric.cutOneWay(from, to, this.#cut(fault))
    this.#last(fault.lastsMs, () => this.#world.fabric.heal(from, to))
  }

  #partition(fault: Fault): void {
    const random = this.#luck(fault)
    const ids = random.shuffle(this.#machines).map(machine => machine.id)
    const at = 1 + random.below(Math.max(1, ids.length - 1))
    const [left, right] = [ids.slice(0, at), ids.slice(at)]
    this.#world.fabric.partition([left, right], this.#cut(fault))
    this.#last(fault.lastsMs, () => {
      for (const a of left) for (const b of right) this.#world.fabric.heal(a, b)
    })
  }

  #cut(fault: Fault): Cut {
    const random = new SeededRandom(`cut/${fault.luck}`)
    const noticedMs = random.chance(0.2) ? Number.POSITIVE_INFINITY : 10 ** random.between(2, 4)
    return {
      records: random.chance(0.3) ? 'wait' : 'vanish',
      detectionMs: { min: noticedMs, max: 2 * noticedMs }
    }
  }

  #pause(machine: SimulatedMachine, lastsMs: number): void {
    const { process } = machine
    if (process === undefined || !this.#mayGoDown(machine)) return
    this.#down.add(machine)
    process.pause()
    this.#last(lastsMs, () => {
      this.#down.delete(machine)
      process.resume()
    })
  }

  #kill(fault: Fault, machine: SimulatedMachine, isPowerLoss: boolean, killed: () => void = () => {}): void {
    if (!this.#mayGoDown(machine)) return
    this.#down.add(machine)
    machine.kill({ isPowerLoss })
    killed()
    this.#last(fault.lastsMs, () => {
      this.#down.delete(machine)
      this.#options.boot(machine)
    })
  }

  #damage(fault: Fault, machine: SimulatedMachine, how: Damage): void {
    const keys = machine.disk.damage(how, this.#luck(fault))
    if (keys.length > 0) this.#options.damaged?.(machine, keys)
  }

  #mayGoDown(machine: SimulatedMachine): boolean {
    return machine.process !== undefined && !this.#down.has(machine) && this.#down.size < this.#maxDown
  }

  /** A fault that goes on for a while. */
  #last(lastsMs: number, end: () => void): void {
    const event = this.#world.time.schedule(lastsMs * 1000, undefined, () => {
      this.#lasting.delete(end)
      end()
    })
    this.#lasting.set(end, event)
  }
}

export { defaultFaultKinds, type Fault, type FaultKind, faultKinds } from './faults.ts'
