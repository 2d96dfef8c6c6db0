/**
 * Trouble for a simulated cluster: from one stream of chance it draws a few kinds of fault, each with a strength, and lets them
 * happen at random moments until `heal`, which takes all of them back. Killing and booting nodes is left to their owner.
 */
import type { DiskConditions } from './disk-image.ts'
import type { Cut, LinkConditions } from './link-conditions.ts'
import type { SeededRandom } from './random.ts'
import type { SimulatedEvent } from './time.ts'
import type { SimulatedMachine, SimulatedWorld } from './world.ts'

export const faultKinds = [
  'loss',
  'duplication',
  'reordering',
  'spikes',
  'deaf links',
  'one-way cut',
  'partition',
  'reset',
  'pause',
  'kill',
  'power loss',
  'slow disk',
  'full disk',
  'clock jump'
] as const

export type FaultKind = (typeof faultKinds)[number]

export interface FaultOptions {
  /** Who may be hit. */
  machines: readonly SimulatedMachine[]
  /** The machine's process has been killed; boot it again when this is called. */
  boot: (machine: SimulatedMachine) => void
  /** Kinds to draw from. @default all */
  kinds?: readonly FaultKind[]
  /** Nodes that may be down or paused at the same time. @default a minority */
  maxDown?: number
  /** Between two faults, drawn evenly, in milliseconds. @default { min: 20, max: 1000 } */
  everyMs?: { min: number; max: number }
  /** How long one lasts, drawn evenly, in milliseconds. @default { min: 10, max: 5000 } */
  lastsMs?: { min: number; max: number }
}

export class FaultInjector {
  /** What this seed drew. */
  readonly kinds: readonly FaultKind[]
  readonly #world: SimulatedWorld
  readonly #random: SeededRandom
  readonly #options: Required<FaultOptions>
  /** Faults that last, and how each is taken back. */
  readonly #lasting = new Map<() => void, SimulatedEvent>()
  readonly #down = new Set<SimulatedMachine>()
  #next: SimulatedEvent | undefined

  constructor(world: SimulatedWorld, options: FaultOptions) {
    this.#world = world
    this.#random = world.random.fork('faults')
    this.#options = {
      kinds: faultKinds,
      maxDown: Math.floor((options.machines.length - 1) / 2),
      everyMs: { min: 20, max: 1000 },
      lastsMs: { min: 10, max: 5000 },
      ...options
    }
    const { kinds } = this.#options
    this.kinds = this.#random.shuffle(kinds).slice(0, 1 + this.#random.below(kinds.length))
  }

  start(): void {
    const { min, max } = this.#options.everyMs
    this.#next = this.#world.time.schedule(this.#random.between(min, max) * 1000, undefined, () => {
      const kind = this.#random.pick(this.kinds)
      this.#world.sightings.see(`fault: ${kind}`)
      this.#world.trace.note('fault', this.#world.time.nowUs, undefined, () => kind)
      this.#inject[kind](this.#random.pick(this.#options.machines), this.#random.next() ** 2)
      this.start()
    })
  }

  /** No more faults, and none that goes on: all ways whole, all disks well, all nodes running. */
  heal(): void {
    this.#next?.cancel()
    for (const [end, event] of [...this.#lasting]) {
      event.cancel()
      this.#lasting.delete(end)
      end()
    }
    this.#world.fabric.heal()
  }

  readonly #inject: Record<FaultKind, (machine: SimulatedMachine, strength: number) => void> = {
    loss: (_, strength) => this.#conditions({ publishLoss: strength }, { publishLoss: 0 }),
    duplication: (_, strength) => this.#conditions({ publishDuplication: strength }, { publishDuplication: 0 }),
    reordering: (_, strength) => this.#conditions({ publishReordering: strength }, { publishReordering: 0 }),
    spikes: (_, strength) => this.#conditions({ spikeProbability: strength }, { spikeProbability: 0 }),
    'deaf links': (_, strength) => this.#conditions({ deafProbability: strength }, { deafProbability: 0 }),
    'one-way cut': () => this.#cutOneWay(),
    partition: () => this.#partition(),
    reset: machine => this.#world.fabric.reset(machine.id, this.#random.pick(this.#options.machines).id),
    pause: machine => this.#pause(machine),
    kill: machine => this.#kill(machine, false),
    'power loss': machine => this.#kill(machine, true),
    'slow disk': (machine, strength) => this.#disk(machine, { stallProbability: strength }, { stallProbability: 0 }),
    'full disk': machine => this.#disk(machine, { isFull: true }, { isFull: false }),
    'clock jump': machine => machine.wall.jump(this.#random.between(-1, 1) * 10 ** this.#random.between(0, 6))
  }

  #conditions(bad: Partial<LinkConditions>, good: Partial<LinkConditions>): void {
    this.#world.fabric.setConditions(bad)
    this.#last(() => this.#world.fabric.setConditions(good))
  }

  #disk(machine: SimulatedMachine, bad: Partial<DiskConditions>, good: Partial<DiskConditions>): void {
    Object.assign(machine.disk.conditions, bad)
    this.#last(() => Object.assign(machine.disk.conditions, good))
  }

  #cutOneWay(): void {
    const [from, to] = this.#random.shuffle(this.#options.machines)
    if (from === undefined || to === undefined) return
    this.#world.fabric.cutOneWay(from.id, to.id, this.#cut())
    this.#last(() => this.#world.fabric.heal(from.id, to.id))
  }

  #partition(): void {
    const ids = this.#random.shuffle(this.#options.machines).map(machine => machine.id)
    const at = 1 + this.#random.below(Math.max(1, ids.length - 1))
    const [left, right] = [ids.slice(0, at), ids.slice(at)]
    this.#world.fabric.partition([left, right], this.#cut())
    this.#last(() => {
      for (const a of left) for (const b of right) this.#world.fabric.heal(a, b)
    })
  }

  #cut(): Cut {
    const noticedMs = this.#random.chance(0.2) ? Number.POSITIVE_INFINITY : 10 ** this.#random.between(2, 4)
    return {
      records: this.#random.chance(0.3) ? 'wait' : 'vanish',
      detectionMs: { min: noticedMs, max: 2 * noticedMs }
    }
  }

  #pause(machine: SimulatedMachine): void {
    const { process } = machine
    if (process === undefined || !this.#mayGoDown(machine)) return
    this.#down.add(machine)
    process.pause()
    this.#last(() => {
      this.#down.delete(machine)
      process.resume()
    })
  }

  #kill(machine: SimulatedMachine, isPowerLoss: boolean): void {
    if (!this.#mayGoDown(machine)) return
    this.#down.add(machine)
    machine.kill({ isPowerLoss })
    this.#last(() => {
      this.#down.delete(machine)
      this.#options.boot(machine)
    })
  }

  #mayGoDown(machine: SimulatedMachine): boolean {
    return machine.process !== undefined && !this.#down.has(machine) && this.#down.size < this.#options.maxDown
  }

  /** A fault that goes on for a while. */
  #last(end: () => void): void {
    const { min, max } = this.#options.lastsMs
    const event = this.#world.time.schedule(this.#random.between(min, max) * 1000, undefined, () => {
      this.#lasting.delete(end)
      end()
    })
    this.#lasting.set(end, event)
  }
}
