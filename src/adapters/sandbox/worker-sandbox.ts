/** Documents are merged in worker threads: one room per engine, so that one library's end is not another's. */
import type { Logger } from '../../ports/logger.ts'
import type { Metrics } from '../../ports/metrics.ts'
import {
  type CompleteSandboxLimits,
  completeSandboxLimits,
  type DocumentSandbox,
  type SandboxAnswer,
  type SandboxJob,
  type SandboxLimits
} from '../../ports/sandbox.ts'
import { stopped, WorkerRoom } from './worker-room.ts'

/** Per engine the URLs of the modules that its thread imports, the last of which exports `engineOf(engine, content)`. */
export type EngineModules = ReadonlyMap<string, readonly string[]>

export class WorkerSandbox implements DocumentSandbox {
  readonly #modules: EngineModules
  readonly #logger: Logger
  readonly #limits: CompleteSandboxLimits
  readonly #replaced
  readonly #rooms = new Map<string, WorkerRoom>()
  #isClosed = false

  /** Throws a `TypeError` where a limit is no positive whole number. */
  constructor(parts: { engines: EngineModules; logger: Logger; metrics: Metrics }, limits?: SandboxLimits) {
    this.#modules = parts.engines
    this.#logger = parts.logger
    this.#limits = completeSandboxLimits(limits)
    this.#replaced = parts.metrics.counter(
      'shoal_sandbox_replaced_total',
      'Threads that merge documents that ended: a merge failed, or they did not start'
    )
  }

  merge(job: SandboxJob): Promise<SandboxAnswer> {
    if (this.#isClosed) return Promise.resolve(stopped)
    const room = this.#rooms.get(job.engine) ?? this.#open(job.engine)
    if (room !== undefined) return room.merge(job)
    return Promise.resolve({
      outcome: 'failed',
      failure: 'unavailable',
      reason: `this node has no engine for documents of ${job.engine}`
    })
  }

  hurry(engine: string, document: string): void {
    this.#rooms.get(engine)?.hurry(document)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.all([...this.#rooms.values()].map(room => room.close()))
  }

  #open(engine: string): WorkerRoom | undefined {
    const modules = this.#modules.get(engine)
    if (modules === undefined) return undefined
    const room = new WorkerRoom(engine, modules, this.#limits, {
      replaced: () => this.#replaced.add(),
      stuck: () => this.#logger.error('a thread that merged a document does not end; restart this node', { engine })
    })
    this.#rooms.set(engine, room)
    return room
  }
}
