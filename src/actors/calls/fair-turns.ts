/**
 * The calls of a node's program are begun in their order, some in each turn of the event loop, so that neither one that asks again and again nor
 * one that makes thousands at once holds up the node's heartbeats, links and timers: a promise that is already kept is gone on with before
 * any of them.
 *
 * A call is begun when it is made, unless this turn has had its calls, or others wait: then it waits in line. Turns that take long have fewer.
 * Not much fewer: what is begun in one turn shares commits and messages.
 */
import type { Clock } from '../../ports/clock.ts'

/** Some 1 ms of queries that are answered at once, some 20 ms of commands of exclusive actors. */
const maxCalls = 256
/** Where handlers are slow. The clock is asked at each of so many calls. */
const maxTurnMs = 10
const callsPerLook = 16
/** Of a turn with all the calls that it may have, what they have begun included. More would be noticed by other nodes. */
const slowTurnMs = 100

export class FairTurns {
  readonly #clock: Clock
  /** Those that wait, in their order, from `#first` on. */
  readonly #line: (() => void)[] = []
  #first = 0
  /** Begun since the last turn that was asked for. */
  #calls = 0
  /** Of those that waited, so many are begun in the next turn. */
  #room = maxCalls
  #sinceMs: number
  #isAsked = false
  /** The turn before had all that it may have. */
  #isFull = false
  #isStopped = false

  constructor(clock: Clock) {
    this.#clock = clock
    this.#sinceMs = clock.elapsed()
  }

  /** What a call is to wait for before it is begun; `undefined`: nothing. */
  turn(): Promise<void> | undefined {
    if (this.#isStopped) return undefined
    if (!this.#isAsked) {
      this.#calls++
      if (this.#calls % callsPerLook !== 0 || !this.#isDue()) return undefined
      this.#ask()
    }
    return new Promise(resolve => this.#line.push(resolve))
  }

  /** The clock runs no more: nobody waits for it. */
  stop(): void {
    this.#isStopped = true
    for (const begin of this.#line.splice(0).slice(this.#first)) begin()
    this.#first = 0
  }

  #isDue(): boolean {
    return this.#calls >= maxCalls || this.#clock.elapsed() - this.#sinceMs >= maxTurnMs
  }

  #ask(): void {
    this.#isAsked = true
    this.#clock.soon(() => this.#go())
  }

  /** What waited goes on before whoever calls next; where that is as much as a turn may have, others have theirs before there is more. */
  #go(): void {
    if (this.#isStopped) return
    const nowMs = this.#clock.elapsed()
    const isSlow = this.#isFull && nowMs - this.#sinceMs >= slowTurnMs
    this.#room = isSlow ? Math.max(callsPerLook, this.#room >> 1) : Math.min(maxCalls, this.#room * 2)
    this.#sinceMs = nowMs
    const end = Math.min(this.#line.length, this.#first + this.#room)
    this.#calls = end - this.#first
    this.#isFull = this.#calls === this.#room
    this.#isAsked = false
    if (this.#isFull) this.#ask()
    while (this.#first < end) this.#line[this.#first++]?.()
    if (this.#first * 2 < this.#line.length) return
    this.#line.splice(0, this.#first)
    this.#first = 0
  }
}
