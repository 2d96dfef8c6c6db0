/**
 * What the sandboxes of both worlds do alike: the order in which jobs run, and the documents kept open between them.
 */
import { ShoalError } from './errors.ts'
import type { CompleteSandboxLimits, SandboxAnswer, SandboxEngine, SandboxJob } from './sandbox.ts'

export interface WaitingJob {
  readonly job: SandboxJob
  readonly bytes: number
  readonly answer: (answer: SandboxAnswer) => void
}

/** The jobs of one engine that wait: foreground before background, else in the order of their coming. Bounded. */
export class JobQueue {
  readonly #limits: CompleteSandboxLimits
  #foreground: WaitingJob[] = []
  #background: WaitingJob[] = []
  #bytes = 0

  constructor(limits: CompleteSandboxLimits) {
    this.#limits = limits
  }

  get length(): number {
    return this.#foreground.length + this.#background.length
  }

  /** Answers the job at once where it is too large, or too much waits already. */
  add(job: SandboxJob, answer: (answer: SandboxAnswer) => void): void {
    const bytes = sizeOf(job)
    if (bytes > this.#limits.maxDocumentBytes) {
      const reason = `a document of ${bytes} bytes; ${this.#limits.maxDocumentBytes} are allowed`
      answer({ outcome: 'failed', failure: 'too-large', reason })
    } else if (this.length >= this.#limits.maxQueuedMerges || this.#bytes + bytes > this.#limits.maxQueuedBytes) {
      answer({ outcome: 'failed', failure: 'overloaded', reason: `${this.length} merges wait already` })
    } else {
      this.#bytes += bytes
      const queue = job.isBackground === true ? this.#background : this.#foreground
      queue.push({ job, bytes, answer })
    }
  }

  /** The background jobs of a document that wait go behind all that is in the foreground. */
  hurry(document: string): void {
    const isIt = ({ job }: WaitingJob): boolean => job.document === document
    if (!this.#background.some(isIt)) return
    this.#foreground.push(...this.#background.filter(isIt))
    this.#background = this.#background.filter(waiting => !isIt(waiting))
  }

  /** For a job that is to run once more. */
  putFirst(waiting: WaitingJob): void {
    this.#bytes += waiting.bytes
    this.#foreground.unshift(waiting)
  }

  next(): WaitingJob | undefined {
    const waiting = this.#foreground.shift() ?? this.#background.shift()
    if (waiting !== undefined) this.#bytes -= waiting.bytes
    return waiting
  }

  /** Answers all that wait. */
  end(answer: SandboxAnswer): void {
    for (let waiting = this.next(); waiting !== undefined; waiting = this.next()) waiting.answer(answer)
  }
}

export function sizeOf(job: Pick<SandboxJob, 'parts'>): number {
  let bytes = 0
  for (const part of job.parts) bytes += part.bytes.length
  return bytes
}

export type MergeJob = Pick<SandboxJob, 'content' | 'document' | 'onto' | 'parts' | 'wantsSnapshot'>

interface OpenDocument {
  readonly engine: SandboxEngine
  readonly doc: unknown
  readonly mark: number
  readonly bytes: number
}

/** Opened documents of one engine, the longest unused closed first. */
export class OpenDocuments {
  readonly #engineOf: (content: string) => SandboxEngine
  readonly #maxBytes: number
  readonly #open = new Map<string, OpenDocument>()
  #bytes = 0

  constructor(engineOf: (content: string) => SandboxEngine, maxBytes: number) {
    this.#engineOf = engineOf
    this.#maxBytes = maxBytes
  }

  get size(): number {
    return this.#open.size
  }

  /** `mark` is new. Throws what the engine throws, and `SHOAL_MALFORMED` for a fault that it finds. */
  merge(job: MergeJob, mark: number): SandboxAnswer {
    const key = `${job.content} ${job.document}`
    const open = this.#take(key)
    if (job.onto !== undefined && open?.mark !== job.onto) {
      if (open !== undefined) this.#keep(key, open)
      return { outcome: 'forgotten' }
    }
    const isOnto = job.onto !== undefined && open !== undefined
    if (open !== undefined && !isOnto) open.engine.close?.(open.doc)
    const engine = isOnto ? open.engine : this.#engineOf(job.content)
    const doc = engine.apply(isOnto ? open.doc : engine.create(), job.parts)
    const fault = engine.findFault(doc)
    if (fault !== undefined) throw new ShoalError('SHOAL_MALFORMED', `a document with ${fault}`)
    const snapshot = job.wantsSnapshot ? engine.snapshot(doc) : undefined
    const bytes = snapshot?.length ?? sizeOf(job) + (isOnto ? open.bytes : 0)
    this.#keep(key, { engine, doc, mark, bytes })
    return { outcome: 'merged', snapshot, mark }
  }

  #take(key: string): OpenDocument | undefined {
    const open = this.#open.get(key)
    if (open === undefined) return undefined
    this.#open.delete(key)
    this.#bytes -= open.bytes
    return open.engine.isOpen?.(open.doc) === false ? undefined : open
  }

  #keep(key: string, open: OpenDocument): void {
    this.#open.set(key, open)
    this.#bytes += open.bytes
    for (const oldest of this.#open.keys()) {
      if (this.#bytes <= this.#maxBytes) return
      const closed = this.#take(oldest)
      closed?.engine.close?.(closed.doc)
    }
  }
}
