/**
 * The operating system's time. Keeps its own queue of timers over one of Node's, because Node's own run out of order when they
 * were made with different delays, cut off fractions of a millisecond, and fire at once when asked to wait 25 days.
 */
import type { Clock, Timer } from '../../ports/clock.ts'
import { elapsedCounter } from './elapsed.ts'
import { TimerHeap, type WaitingTask } from './timer-heap.ts'

/** The longest wait that Node takes. */
const longestWaitMs = 0x7fff_ffff

export class SystemClock implements Clock {
  readonly #elapsed = elapsedCounter()
  readonly #timers = new TimerHeap()
  #alarm: NodeJS.Timeout | undefined
  #alarmMs = Number.POSITIVE_INFINITY
  readonly #turns = new Set<NodeJS.Immediate>()
  #isStopped = false

  now(): number {
    return Date.now()
  }

  elapsed(): number {
    return this.#elapsed()
  }

  after(delayMs: number, task: () => void): Timer {
    if (Number.isNaN(delayMs)) throw new TypeError('a delay must be a number of milliseconds')
    if (this.#isStopped || delayMs === Number.POSITIVE_INFINITY) return { cancel() {} }
    const waiting = this.#timers.add(this.elapsed() + Math.max(0, delayMs), task)
    this.#setAlarm()
    return { cancel: () => this.#cancel(waiting) }
  }

  soon(task: () => void): void {
    if (this.#isStopped) return
    this.#timers.add(this.elapsed(), task)
    this.#addTurn()
  }

  /** Nothing that was asked for runs any more, nor what is asked for later. */
  stop(): void {
    this.#isStopped = true
    this.#timers.clear()
    for (const turn of this.#turns) clearImmediate(turn)
    this.#turns.clear()
    clearTimeout(this.#alarm)
  }

  #cancel(waiting: WaitingTask): void {
    this.#timers.remove(waiting)
    if (this.#timers.firstDueMs() === Number.POSITIVE_INFINITY) this.#clearAlarm()
  }

  /** Node's timer is kept as it is where it will fire early enough: making one anew for every task would cost more. */
  #setAlarm(): void {
    const dueMs = this.#timers.firstDueMs()
    if (dueMs >= this.#alarmMs || dueMs === Number.POSITIVE_INFINITY) return
    this.#clearAlarm()
    this.#alarmMs = dueMs
    const waitMs = Math.min(longestWaitMs, Math.ceil(Math.max(0, dueMs - this.elapsed())))
    this.#alarm = setTimeout(this.#ring, waitMs)
  }

  #clearAlarm(): void {
    clearTimeout(this.#alarm)
    this.#alarm = undefined
    this.#alarmMs = Number.POSITIVE_INFINITY
  }

  readonly #ring = (): void => {
    this.#clearAlarm()
    this.#addTurn()
  }

  /**
   * One for each task that is due, so that the promises that follow from it are done before the next. All that are asked for in one
   * turn of the event loop run in the same one after it, without a look at the sockets in between.
   */
  #addTurn(): void {
    const turn = setImmediate(() => {
      this.#turns.delete(turn)
      this.#runTurn()
    })
    this.#turns.add(turn)
  }

  #runTurn(): void {
    const task = this.#timers.takeDue(this.elapsed())
    try {
      task?.()
    } finally {
      if (!this.#isStopped && this.#turns.size === 0) this.#goOn()
    }
  }

  #goOn(): void {
    if (this.#timers.firstDueMs() <= this.elapsed()) this.#addTurn()
    else this.#setAlarm()
  }
}
