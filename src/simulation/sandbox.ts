/**
 * The sandbox of a simulated process: merges at once, and answers after virtual time. A test says which merges come to
 * grief; nothing here can be hurt by them.
 */
import type {
  CompleteSandboxLimits,
  DocumentSandbox,
  SandboxAnswer,
  SandboxEngine,
  SandboxFailure,
  SandboxJob,
  SandboxLimits
} from '../ports/sandbox.ts'
import { completeSandboxLimits } from '../ports/sandbox.ts'
import { JobQueue, OpenDocuments, sizeOf, type WaitingJob } from '../ports/sandbox-room.ts'
import type { SimulatedProcess } from './process.ts'

export interface SimulatedSandboxOptions {
  readonly limits?: SandboxLimits
  /** How the merge of these parts fails. @default never */
  readonly trouble?: (job: SandboxJob) => 'deadline' | 'memory' | undefined
  /** Virtual time of a merge, in microseconds, beside one per 100 bytes. @default 200 */
  readonly mergeUs?: number
}

export interface SimulatedEngines {
  readonly names: ReadonlySet<string>
  /** A throw counts as a refusal. */
  engineOf(engine: string, content: string): SandboxEngine
}

/** After a failed merge a new thread has to start. */
const restartUs = 70_000

interface Room {
  readonly queue: JobQueue
  open: OpenDocuments
  isBusy: boolean
}

export class SimulatedSandbox implements DocumentSandbox {
  readonly #process: SimulatedProcess
  readonly #engines: SimulatedEngines
  readonly #options: SimulatedSandboxOptions
  readonly #limits: CompleteSandboxLimits
  readonly #rooms = new Map<string, Room>()
  #marks = 0
  #isClosed = false

  constructor(process: SimulatedProcess, engines: SimulatedEngines, options: SimulatedSandboxOptions = {}) {
    this.#process = process
    this.#engines = engines
    this.#options = options
    this.#limits = completeSandboxLimits(options.limits)
  }

  merge(job: SandboxJob): Promise<SandboxAnswer> {
    if (this.#isClosed) return Promise.resolve(failed('stopped', 'this node has stopped'))
    if (!this.#engines.names.has(job.engine))
      return Promise.resolve(failed('unavailable', `this node has no engine for documents of ${job.engine}`))
    const room = this.#room(job.engine)
    return new Promise(resolve => {
      room.queue.add(job, resolve)
      this.#next(room)
    })
  }

  hurry(engine: string, document: string): void {
    this.#rooms.get(engine)?.queue.hurry(document)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    for (const room of this.#rooms.values()) room.queue.end(failed('stopped', 'this node has stopped'))
  }

  #room(engine: string): Room {
    const known = this.#rooms.get(engine)
    if (known !== undefined) return known
    const room = { queue: new JobQueue(this.#limits), open: this.#noDocuments(engine), isBusy: false }
    this.#rooms.set(engine, room)
    return room
  }

  #noDocuments(engine: string): OpenDocuments {
    return new OpenDocuments(content => this.#engines.engineOf(engine, content), this.#limits.maxOpenBytes)
  }

  #next(room: Room): void {
    if (room.isBusy) return
    const waiting = room.queue.next()
    if (waiting === undefined) return
    room.isBusy = true
    const { answer, durationUs } = this.#run(room, waiting)
    this.#process.schedule(durationUs, () => {
      waiting.answer(this.#isClosed ? failed('stopped', 'this node has stopped') : answer)
      const isLost = answer.outcome === 'failed'
      if (isLost) room.open = this.#noDocuments(waiting.job.engine)
      this.#process.schedule(isLost ? restartUs : 0, () => {
        room.isBusy = false
        this.#next(room)
      })
    })
  }

  #run(room: Room, waiting: WaitingJob): { answer: SandboxAnswer; durationUs: number } {
    const durationUs = (this.#options.mergeUs ?? 200) + sizeOf(waiting.job) / 100
    const trouble = this.#options.trouble?.(waiting.job)
    const { mergeDeadlineMs, maxMergeMemoryBytes } = this.#limits
    if (trouble === 'deadline')
      return {
        answer: failed(trouble, `its merge took more than ${mergeDeadlineMs} ms`),
        durationUs: mergeDeadlineMs * 1000
      }
    if (trouble === 'memory')
      return { answer: failed(trouble, `its merge took more than ${maxMergeMemoryBytes} bytes of memory`), durationUs }
    try {
      return { answer: room.open.merge(waiting.job, ++this.#marks), durationUs }
    } catch (error) {
      return { answer: failed('refused', error instanceof Error ? error.message : String(error)), durationUs }
    }
  }
}

function failed(failure: SandboxFailure, reason: string): SandboxAnswer {
  return { outcome: 'failed', failure, reason }
}
