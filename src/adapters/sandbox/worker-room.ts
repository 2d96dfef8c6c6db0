/**
 * One engine's room: its queue, and the thread that works it off.
 *
 * The thread is started when it is first needed and does not keep the process alive. A merge that fails in whatever way ends
 * it, because nobody knows what state its library is in; the next merge gets a new one.
 *
 * Memory is watched from outside, because V8's own limits do not contain a thread: they bound neither array buffers nor
 * WebAssembly, and a heap that meets its limit often ends the whole process (measured on Node 24.21: with a Map or an array that
 * grows, `FATAL ERROR: Reached heap limit`). So the thread's heap limit is far above what the watch allows.
 */
import { Worker } from 'node:worker_threads'
import type { CompleteSandboxLimits, SandboxAnswer, SandboxFailure, SandboxJob } from '../../ports/sandbox.ts'
import { JobQueue, type WaitingJob } from '../../ports/sandbox-room.ts'
import type { ThreadJob, ThreadMessage, ThreadOrders } from './thread-messages.ts'

/** For starting a thread and loading its engine, on a busy machine. */
const startLimitMs = 30_000
const memoryLookMs = 20
const telltaleLooks = 5
/** How much longer than by the processor's time a merge may take by the clock. */
const maxClockRatio = 10
const endLimitMs = 2000
const heapLimitMb = 8192

export interface RoomEvents {
  /** A failed merge has cost a thread its life. */
  replaced(): void
  /** A thread does not end, and goes on taking time and memory. */
  stuck(): void
}

interface Running {
  readonly waiting: WaitingJob
  /** The thread has done no merge before. */
  readonly isFirst: boolean
  readonly startMs: number
  looks: number
  /** At the first look: the process's memory, and the processor's time that the thread has had. */
  rssBytes: number | undefined
  usedMs: number | undefined
}

export class WorkerRoom {
  readonly #engine: string
  readonly #modules: readonly string[]
  readonly #limits: CompleteSandboxLimits
  readonly #events: RoomEvents
  readonly #queue: JobQueue
  #worker: Worker | undefined
  #isReady = false
  /** Merges that this thread has done. */
  #done = 0
  #marks = 0
  #running: Running | undefined
  #alarm: NodeJS.Timeout | undefined
  #lookout: NodeJS.Timeout | undefined
  #isLooking = false
  #isClosed = false

  constructor(engine: string, modules: readonly string[], limits: CompleteSandboxLimits, events: RoomEvents) {
    this.#engine = engine
    this.#modules = modules
    this.#limits = limits
    this.#events = events
    this.#queue = new JobQueue(limits)
  }

  merge(job: SandboxJob): Promise<SandboxAnswer> {
    if (this.#isClosed) return Promise.resolve(stopped)
    return new Promise(resolve => {
      this.#queue.add(job, resolve)
      this.#next()
    })
  }

  hurry(document: string): void {
    this.#queue.hurry(document)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#finish(stopped)
    this.#queue.end(stopped)
    await this.#endThread()
  }

  #next(): void {
    if (this.#isClosed || this.#running !== undefined || this.#queue.length === 0) return
    if (this.#worker === undefined) this.#startThread()
    if (!this.#isReady) return
    const waiting = this.#queue.next()
    if (waiting !== undefined) this.#post(waiting)
  }

  #post(waiting: WaitingJob): void {
    const { content, document, onto, parts, wantsSnapshot } = waiting.job
    const startMs = performance.now()
    this.#running = { waiting, isFirst: this.#done === 0, startMs, looks: 0, rssBytes: undefined, usedMs: undefined }
    this.#setAlarm(this.#limits.mergeDeadlineMs, () => this.#late())
    this.#lookout = setInterval(() => this.#look(), memoryLookMs).unref()
    // One copy, which is given away: to post a view would copy all of the buffer that it looks at.
    const copies = parts.map(({ kind, bytes }) => ({ kind, bytes: Uint8Array.from(bytes) }))
    const job: ThreadJob = { mark: ++this.#marks, content, document, onto, parts: copies, wantsSnapshot }
    this.#worker?.postMessage(
      job,
      copies.map(copy => copy.bytes.buffer)
    )
  }

  /** By the clock. On a busy machine the thread may have had less: it gets what is left to it, up to a limit. */
  #late(): void {
    const running = this.#running
    const worker = this.#worker
    const { mergeDeadlineMs } = this.#limits
    const fail = () => this.#fail('deadline', `its merge took more than ${mergeDeadlineMs} ms`)
    if (running === undefined || worker === undefined) return
    // With few looks it was this process that stood still; with many, the thread does not even answer.
    const isUnknown = running.usedMs === undefined && running.looks >= telltaleLooks
    const isLast = performance.now() - running.startMs >= maxClockRatio * mergeDeadlineMs
    if (isUnknown || isLast || !hasUsage(worker)) {
      fail()
      return
    }
    const { usedMs } = running
    this.#setAlarm(mergeDeadlineMs, usedMs === undefined ? () => this.#late() : fail)
    if (usedMs === undefined) return
    usedMsOf(worker).then(
      nowMs => {
        if (running !== this.#running) return
        const leftMs = mergeDeadlineMs - (nowMs - usedMs)
        if (leftMs <= 0) fail()
        else this.#setAlarm(Math.max(leftMs, memoryLookMs), () => this.#late())
      },
      () => {}
    )
  }

  #look(): void {
    const { maxMergeMemoryBytes } = this.#limits
    const running = this.#running
    const worker = this.#worker
    if (running === undefined || worker === undefined) return
    running.looks++
    const rssBytes = process.memoryUsage.rss()
    if (running.rssBytes === undefined && hasUsage(worker)) {
      usedMsOf(worker).then(
        usedMs => {
          running.usedMs = usedMs
        },
        () => {}
      )
    }
    running.rssBytes ??= rssBytes
    // Blind to memory that was given back and is taken again, and counts what others take: the second line of defence.
    if (rssBytes - running.rssBytes > maxMergeMemoryBytes) {
      this.#failMemory()
      return
    }
    if (this.#isLooking) return
    this.#isLooking = true
    // Answered in the middle of a loop, too. Rejected where the thread has ended.
    worker
      .getHeapStatistics()
      .then(({ used_heap_size, external_memory }) => {
        const isItself = worker === this.#worker && this.#running !== undefined
        if (isItself && used_heap_size + external_memory > maxMergeMemoryBytes) this.#failMemory()
      })
      .catch(() => {})
      .finally(() => {
        this.#isLooking = false
      })
  }

  /** What earlier merges left in the thread may be to blame: the job has a second try in a thread of its own. */
  #failMemory(): void {
    const running = this.#running
    if (running === undefined) return
    if (running.isFirst) {
      this.#fail('memory', `its merge took more than ${this.#limits.maxMergeMemoryBytes} bytes of memory`)
      return
    }
    this.#clearTimers()
    this.#dropThread()
    this.#running = undefined
    this.#queue.putFirst(running.waiting)
    this.#next()
  }

  #fail(failure: SandboxFailure, reason: string): void {
    this.#dropThread()
    this.#finish({ outcome: 'failed', failure, reason })
    this.#next()
  }

  #finish(answer: SandboxAnswer): void {
    this.#clearTimers()
    const running = this.#running
    this.#running = undefined
    running?.waiting.answer(answer)
  }

  // ---- the thread ------------------------------------------------------------------------------------------------------------

  #startThread(): void {
    const orders: ThreadOrders = {
      engine: this.#engine,
      modules: this.#modules,
      maxOpenBytes: this.#limits.maxOpenBytes
    }
    // The sources run as they are, and the build as JavaScript: Node strips no types under node_modules.
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
    const worker = new Worker(new URL(`./thread.${extension}`, import.meta.url), {
      name: `shoal ${this.#engine} sandbox`,
      workerData: orders,
      execArgv: [],
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: heapLimitMb, stackSizeMb: 4 }
    })
    this.#worker = worker
    this.#isReady = false
    this.#done = 0
    this.#setAlarm(startLimitMs, () => this.#failStart(`it did not start within ${startLimitMs} ms`))
    worker.on('message', (message: ThreadMessage) => {
      if (worker === this.#worker) this.#receive(message)
    })
    worker.on('error', error => {
      if (worker === this.#worker) this.#died(error)
    })
    worker.on('exit', () => {
      if (worker === this.#worker) this.#died(new Error('its thread ended'))
    })
    // Last: whoever listens for messages keeps the process alive again.
    worker.unref()
  }

  #receive(message: ThreadMessage): void {
    if (message.type === 'unavailable') this.#failStart(message.reason)
    else if (message.type === 'ready') {
      this.#clearTimers()
      this.#isReady = true
      this.#next()
    } else if (message.answer.outcome === 'failed') {
      this.#fail(message.answer.failure, message.answer.reason)
    } else {
      this.#done++
      this.#finish(message.answer)
      this.#next()
    }
  }

  #died(error: Error): void {
    this.#worker = undefined
    this.#isReady = false
    if (this.#running === undefined) this.#failStart(error.message)
    else if ('code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY') this.#failMemory()
    else this.#fail('refused', error.message)
  }

  /** Without a thread there is no telling when there will be one: all that waits is answered. */
  #failStart(reason: string): void {
    this.#dropThread()
    this.#clearTimers()
    this.#queue.end({ outcome: 'failed', failure: 'unavailable', reason: `no ${this.#engine} sandbox: ${reason}` })
  }

  #dropThread(): void {
    this.#events.replaced()
    void this.#endThread()
  }

  /** V8 ends nearly every loop, but not all (measured: an optimised loop over `new Array(1000)` went on for ever). */
  async #endThread(): Promise<void> {
    const worker = this.#worker
    this.#worker = undefined
    this.#isReady = false
    if (worker === undefined) return
    let alarm: NodeJS.Timeout | undefined
    const late = new Promise<'late'>(resolve => {
      alarm = setTimeout(resolve, endLimitMs, 'late').unref()
    })
    const end = await Promise.race([worker.terminate(), late])
    clearTimeout(alarm)
    if (end === 'late') this.#events.stuck()
  }

  /** An answer that is there already comes first: this process may have stood still. */
  #setAlarm(delayMs: number, task: () => void): void {
    clearTimeout(this.#alarm)
    const alarm = setTimeout(() => {
      setImmediate(() => {
        if (alarm === this.#alarm) task()
      })
    }, delayMs).unref()
    this.#alarm = alarm
  }

  #clearTimers(): void {
    clearTimeout(this.#alarm)
    this.#alarm = undefined
    clearInterval(this.#lookout)
  }
}

export const stopped: SandboxAnswer = {
  outcome: 'failed',
  failure: 'stopped',
  reason: 'this node has stopped'
}

/** Node tells it since 24.6. Without it, the clock's time is what counts. */
function hasUsage(worker: Worker): boolean {
  return typeof worker.cpuUsage === 'function'
}

/** The processor's time that a thread has had. Answered in the middle of a loop; rejected where the thread has ended. */
async function usedMsOf(worker: Worker): Promise<number> {
  const { user, system } = await worker.cpuUsage()
  return (user + system) / 1000
}
