/**
 * One run of a node: everything that happens to it goes through here, so that it can be stopped for a while (SIGSTOP: what comes
 * due waits, and happens in its order on resumption) and killed (nothing happens any more).
 */
import type { Gate, SimulatedEvent, SimulatedTime } from './time.ts'

export class SimulatedProcess implements Gate {
  readonly name: string
  readonly time: SimulatedTime
  readonly startedUs: number
  readonly #waiting: SimulatedEvent[] = []
  readonly #onKill: ((isPowerLoss: boolean) => void)[] = []
  #isPaused = false
  #isDead = false

  constructor(name: string, time: SimulatedTime) {
    this.name = name
    this.time = time
    this.startedUs = time.nowUs
  }

  get isPaused(): boolean {
    return this.#isPaused
  }

  get isDead(): boolean {
    return this.#isDead
  }

  admit(event: SimulatedEvent): boolean {
    if (this.#isDead) return false
    if (this.#isPaused) this.#waiting.push(event)
    return !this.#isPaused
  }

  /** An event of this process, `delayUs` from now. */
  schedule(delayUs: number, task: () => void): SimulatedEvent {
    return this.time.schedule(delayUs, this, task)
  }

  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    for (const event of this.#waiting.splice(0)) this.time.giveBack(event)
  }

  /** With `isPowerLoss` the machine goes too: its kernel does not even tell the peers. */
  kill(options: { isPowerLoss?: boolean } = {}): void {
    if (this.#isDead) return
    this.#isDead = true
    this.#waiting.length = 0
    for (const told of this.#onKill) told(options.isPowerLoss ?? false)
  }

  /** For what the operating system does when a process is gone: closes its links, unlocks its files. */
  onKill(told: (isPowerLoss: boolean) => void): void {
    this.#onKill.push(told)
  }
}
