/** Tasks in the order of (due time, making): a binary heap whose members know their place, so that one can be taken out. */
export interface WaitingTask {
  readonly dueMs: number
  readonly sequence: number
  readonly task: () => void
  place: number
}

const gone = -1

export class TimerHeap {
  #tasks: WaitingTask[] = []
  #sequence = 0

  add(dueMs: number, task: () => void): WaitingTask {
    const waiting = { dueMs, sequence: this.#sequence++, task, place: this.#tasks.length }
    this.#tasks.push(waiting)
    this.#rise(waiting)
    return waiting
  }

  firstDueMs(): number {
    return this.#tasks[0]?.dueMs ?? Number.POSITIVE_INFINITY
  }

  takeDue(nowMs: number): (() => void) | undefined {
    const first = this.#tasks[0]
    if (first === undefined || first.dueMs > nowMs) return undefined
    this.remove(first)
    return first.task
  }

  /** Harmless for a task that is not in here any more. */
  remove(waiting: WaitingTask): void {
    if (this.#tasks[waiting.place] !== waiting) return
    const last = this.#tasks.pop()
    if (last !== undefined && last !== waiting) {
      this.#put(last, waiting.place)
      this.#rise(last)
      this.#sink(last)
    }
    waiting.place = gone
  }

  clear(): void {
    for (const waiting of this.#tasks) waiting.place = gone
    this.#tasks = []
  }

  #rise(waiting: WaitingTask): void {
    while (waiting.place > 0) {
      const place = (waiting.place - 1) >> 1
      const parent = this.#tasks[place]
      if (parent === undefined || isBefore(parent, waiting)) return
      this.#put(parent, waiting.place)
      this.#put(waiting, place)
    }
  }

  #sink(waiting: WaitingTask): void {
    for (;;) {
      const left = this.#tasks[2 * waiting.place + 1]
      const right = this.#tasks[2 * waiting.place + 2]
      const child = left !== undefined && right !== undefined && isBefore(right, left) ? right : left
      if (child === undefined || isBefore(waiting, child)) return
      const place = child.place
      this.#put(child, waiting.place)
      this.#put(waiting, place)
    }
  }

  #put(waiting: WaitingTask, place: number): void {
    this.#tasks[place] = waiting
    waiting.place = place
  }
}

function isBefore(a: WaitingTask, b: WaitingTask): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.sequence < b.sequence)
}
