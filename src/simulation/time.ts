/**
 * Simulated time: one heap of events ordered by (time, sequence), in whole microseconds. Runs an event, lets every promise job
 * that follows from it finish, then runs the next. Nothing real passes: same seed, same code, same order.
 *
 * The code under simulation may await promises but must not wait for anything real (timers, I/O, worker threads).
 */
import { ShoalError } from '../ports/errors.ts'
import { EventHeap } from './event-heap.ts'
import { Trace } from './trace.ts'

/** Decides what happens to an event whose time has come: a paused process keeps its events, a dead one drops them. */
export interface Gate {
  /** `true`: run it. `false`: the gate has taken the event, or dropped it. */
  admit(event: SimulatedEvent): boolean
}

export class SimulatedEvent {
  readonly timeUs: number
  readonly sequence: number
  readonly gate: Gate | undefined
  readonly #cancelled: () => void
  /** Nothing once it has run or was cancelled: what it would have used need not be kept until its time. */
  #task: (() => void) | undefined

  constructor(timeUs: number, sequence: number, gate: Gate | undefined, task: () => void, cancelled: () => void) {
    this.timeUs = timeUs
    this.sequence = sequence
    this.gate = gate
    this.#task = task
    this.#cancelled = cancelled
  }

  get isOver(): boolean {
    return this.#task === undefined
  }

  run(): void {
    const task = this.#task
    this.#task = undefined
    task?.()
  }

  cancel(): void {
    if (this.#task === undefined) return
    this.#task = undefined
    this.#cancelled()
  }
}

export interface RunUntil {
  /** Stops when all events up to this moment have run; time then stands there. */
  untilMs?: number
  /** Stops as soon as this holds. Asked before the first event and after each. */
  condition?: () => boolean
}

export interface SimulatedTimeOptions {
  /** Events that one simulation may run before it counts as a runaway. @default 100_000_000 */
  maxEvents?: number
  /** Events that may run without time moving on. @default 1_000_000 */
  maxEventsPerInstant?: number
  trace?: Trace
}

/** So many cancelled events may wait in the heap, or as many as there are others: most timers are cancelled long before their time. */
const minCancelled = 1024

/** After so many events the real event loop gets a turn, for signals and the test runner's own timers. */
const eventsPerRealTurn = 512

export class SimulatedTime {
  readonly trace: Trace
  readonly #heap = new EventHeap<SimulatedEvent>()
  readonly #maxEvents: number
  readonly #maxEventsPerInstant: number
  #nowUs = 0
  #sequence = 0
  #events = 0
  #eventsThisInstant = 0
  #isRunning = false
  /** Events in the heap that were cancelled, more or less. */
  #cancelled = 0
  #onlooker: { readonly everyUs: number; nextUs: number; look(): void } | undefined

  constructor(options: SimulatedTimeOptions = {}) {
    this.trace = options.trace ?? new Trace()
    this.#maxEvents = options.maxEvents ?? 100_000_000
    this.#maxEventsPerInstant = options.maxEventsPerInstant ?? 1_000_000
  }

  /** Microseconds since the simulation began. */
  get nowUs(): number {
    return this.#nowUs
  }

  get nowMs(): number {
    return this.#nowUs / 1000
  }

  /** Events run so far. */
  get events(): number {
    return this.#events
  }

  /** Runs `task` when `delayUs` have passed, if the gate lets it. */
  schedule(delayUs: number, gate: Gate | undefined, task: () => void): SimulatedEvent {
    const timeUs = this.#nowUs + Math.max(0, Math.ceil(delayUs))
    const event = new SimulatedEvent(timeUs, this.#sequence++, gate, task, this.#noteCancelled)
    this.#heap.push(event)
    return event
  }

  readonly #noteCancelled = () => {
    this.#cancelled++
    if (this.#cancelled < minCancelled || this.#cancelled * 2 < this.#heap.size) return
    this.#heap.keep(event => !event.isOver)
    this.#cancelled = 0
  }

  /** Gives back an event that a gate had taken. It keeps its place: before everything that was due later. */
  giveBack(event: SimulatedEvent): void {
    this.#heap.push(event)
  }

  /** `look` is called every so many milliseconds, between events, and is none: it changes nothing, and the trace does not show it. */
  watch(everyMs: number, look: () => void): void {
    this.#onlooker = { everyUs: Math.ceil(everyMs * 1000), nextUs: this.#nowUs, look }
  }

  /** Runs until the first of the two holds, or until nothing is left to happen (`idle`). */
  async run(until: RunUntil): Promise<'condition' | 'time' | 'idle'> {
    if (this.#isRunning) throw new TypeError('this simulation is being run already')
    this.#isRunning = true
    try {
      return await new Promise((resolve, reject) => this.#loop(until, resolve, reject))
    } finally {
      this.#isRunning = false
    }
  }

  #loop(
    until: RunUntil,
    resolve: (why: 'condition' | 'time' | 'idle') => void,
    reject: (error: unknown) => void
  ): void {
    let untilRealTurn = eventsPerRealTurn
    const step = () => {
      try {
        const why = this.#step(until)
        if (why !== undefined) {
          resolve(why)
          return
        }
      } catch (error) {
        reject(error)
        return
      }
      if (untilRealTurn-- > 0) queueMicrotask(hop)
      else {
        untilRealTurn = eventsPerRealTurn
        setImmediate(step)
      }
    }
    // A tick that is asked for inside a promise job runs when the whole queue of promise jobs is empty, and not before: that is
    // how Node drains the two queues. So `hop` ends the turn at a sixth of what a round of the event loop costs.
    const hop = () => process.nextTick(step)
    queueMicrotask(hop)
  }

  /** Runs one event, or says why not. */
  #step(until: RunUntil): 'condition' | 'time' | 'idle' | undefined {
    if (until.condition?.()) return 'condition'
    const untilUs = until.untilMs === undefined ? Number.POSITIVE_INFINITY : Math.ceil(until.untilMs * 1000)
    for (;;) {
      const event = this.#heap.peek()
      if (event === undefined || event.timeUs > untilUs) {
        if (until.untilMs === undefined) return 'idle'
        this.#moveTo(untilUs)
        return 'time'
      }
      this.#heap.pop()
      if (event.isOver) {
        this.#cancelled--
        continue
      }
      this.#moveTo(event.timeUs)
      if (event.gate !== undefined && !event.gate.admit(event)) continue
      this.#guard()
      this.trace.number(event.timeUs)
      this.trace.number(event.sequence)
      event.run()
      return undefined
    }
  }

  #moveTo(timeUs: number): void {
    if (timeUs <= this.#nowUs) return
    const onlooker = this.#onlooker
    while (onlooker !== undefined && onlooker.nextUs < timeUs) {
      this.#nowUs = Math.max(this.#nowUs, onlooker.nextUs)
      onlooker.nextUs += onlooker.everyUs
      onlooker.look()
    }
    this.#nowUs = timeUs
    this.#eventsThisInstant = 0
  }

  #guard(): void {
    this.#events++
    this.#eventsThisInstant++
    if (this.#events > this.#maxEvents)
      throw new ShoalError('SHOAL_LIMIT', `${this.#events} events: a runaway simulation`)
    if (this.#eventsThisInstant > this.#maxEventsPerInstant) {
      throw new ShoalError(
        'SHOAL_LIMIT',
        `${this.#eventsThisInstant} events at ${this.nowMs} ms: time does not move on`
      )
    }
  }
}
