/**
 * Time in which this machine was ours, in milliseconds: what promises about real processes are judged by. They are made for a machine
 * that has time for the nodes. What other programs take of its processors meanwhile, or other guests of its host, is measured and left
 * out: of 10 s in which they had half of it, 5 s count. At most nine tenths are left out. Work of the test's own, and of the nodes
 * that it has started, is theirs to answer for, and counts.
 *
 * As Linux tells it in /proc; elsewhere all time counts.
 */
import { readFileSync } from 'node:fs'
import { cpus } from 'node:os'

const mostLeftOut = 0.9
/** The unit of /proc, in milliseconds: the same on every Linux that Node runs on. */
const tickMs = 10

export class MachineTime {
  readonly #startMs = performance.now()
  readonly #start = readTicks()

  /** Since this was made, so far. */
  get ms(): number {
    const elapsedMs = performance.now() - this.#startMs
    const now = readTicks()
    if (this.#start === undefined || now === undefined) return elapsedMs
    return oursOf(elapsedMs, this.#start, now, cpus().length)
  }
}

/** What all have had of the processors, and what this process and all that it has started have had of that. */
export interface Ticks {
  readonly all: number
  readonly own: number
}

/** Of the time between two looks, what counts. */
export function oursOf(elapsedMs: number, from: Ticks, to: Ticks, processors: number): number {
  const othersMs = (to.all - from.all - (to.own - from.own)) * tickMs
  // They are counted one after the other, and in ticks: of a short time it may come out a little below none.
  const share = Math.max(0, othersMs) / Math.max(elapsedMs * processors, tickMs)
  return elapsedMs * (1 - Math.min(share, mostLeftOut))
}

/** Nothing where there is no such /proc. */
export function readTicks(): Ticks | undefined {
  try {
    return { all: ticksOfAll(), own: ticksOfTree(process.pid) }
  } catch {
    return undefined
  }
}

/** Busy in whatever way, or taken away by the host. */
function ticksOfAll(): number {
  const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n', 1)
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = line.split(/\s+/).slice(1).map(Number)
  return user + nice + system + irq + softirq + steal
}

/** With its children that have ended, and those that run. */
function ticksOfTree(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The command, in brackets, may hold anything. After it: state, ppid …, and from the twelfth on utime, stime, cutime, cstime.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const own = fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0)
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')
  return children.filter(child => child !== '').reduce((sum, child) => sum + ticksOrNone(Number(child)), own)
}

/** A child that is gone meanwhile is counted with its parent's the next time. */
function ticksOrNone(pid: number): number {
  try {
    return ticksOfTree(pid)
  } catch {
    return 0
  }
}
