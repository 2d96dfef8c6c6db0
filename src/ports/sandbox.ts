/**
 * A place apart in which documents that strangers wrote are merged before this process opens them.
 *
 * A merge may run for ever, take all memory or spoil its library; here it has a deadline and a room of its own, and whatever
 * it does, the caller gets an answer. Failures are values: nothing here rejects.
 */

export interface SandboxPart {
  readonly kind: 'update' | 'snapshot'
  readonly bytes: Uint8Array
}

export interface SandboxJob {
  /** The library that merges: 'yjs', 'automerge'. Each has a room of its own. */
  readonly engine: string
  /** What the document is to that library: 'text', 'list', 'json'. */
  readonly content: string
  /** Names the document among those that the sandbox may keep open between jobs. */
  readonly document: string
  /** The `mark` of an earlier answer for this document: the parts go onto what that job left. @default onto nothing */
  readonly onto?: number | undefined
  /** In any order. Nobody may change the bytes. */
  readonly parts: readonly SandboxPart[]
  /** Whether the whole document is wanted as one new snapshot. */
  readonly wantsSnapshot: boolean
  /** Runs when nothing else waits. @default false */
  readonly isBackground?: boolean
}

/**
 * `deadline`: it ran too long. `refused`: the engine threw, or found a fault in the document. `memory`: it took too much.
 * `too-large`: it was not tried. `overloaded`: too much waits already. `unavailable`: there is no such engine here, or it does
 * not start. `stopped`: the sandbox is closed. The last three say nothing about the document.
 */
export type SandboxFailure = 'deadline' | 'refused' | 'memory' | 'too-large' | 'overloaded' | 'unavailable' | 'stopped'

export type SandboxAnswer =
  /** All parts are in. `snapshot` is the whole document, written anew by its engine; `mark` is for `onto`. */
  | { readonly outcome: 'merged'; readonly snapshot: Uint8Array | undefined; readonly mark: number }
  /** The document that `onto` speaks of is not open any more. Nothing was done: send all parts. */
  | { readonly outcome: 'forgotten' }
  | { readonly outcome: 'failed'; readonly failure: SandboxFailure; readonly reason: string }

export interface DocumentSandbox {
  /** Jobs of one engine run one at a time, in the order of their coming, background ones last. */
  merge(job: SandboxJob): Promise<SandboxAnswer>
  /** Somebody waits for this document by now: a background job of it that has not begun is one no longer. */
  hurry(engine: string, document: string): void
  /** Ends what runs. Jobs that wait, and those to come, are answered `stopped`. Harmless when called twice. */
  close(): Promise<void>
}

/** What a sandbox asks of a library. `D` is an opened document. Any throw counts as a refusal. */
export interface SandboxEngine<D = unknown> {
  create(): D
  /** Answers the document to use from now on. */
  apply(doc: D, parts: readonly SandboxPart[]): D
  snapshot(doc: D): Uint8Array
  findFault(doc: D): string | undefined
  /** Whether the document may still be used: an engine may close those that it opened. @default always */
  isOpen?(doc: D): boolean
  close?(doc: D): void
}

export interface SandboxLimits {
  /**
   * Time that one merge may take, in milliseconds: of a processor's time where that is known (Node 24.6 and later), and then up
   * to ten times as long by the clock. To open the merged document in this process takes about as long, at most: so this also
   * bounds how long one document can hold up the node. @default 2000
   */
  readonly mergeDeadlineMs?: number
  /** Largest document, in bytes of its parts; a larger one is not tried. @default 16777216 */
  readonly maxDocumentBytes?: number
  /** Merges of one engine that may wait; one more is refused. @default 4096 */
  readonly maxQueuedMerges?: number
  /** Bytes of the parts that may wait for one engine. @default 67108864 */
  readonly maxQueuedBytes?: number
  /** Memory that one merge may take beyond what the process had before it, in bytes. @default 536870912 */
  readonly maxMergeMemoryBytes?: number
  /** Bytes of documents that a sandbox keeps open between merges, per engine. @default 8388608 */
  readonly maxOpenBytes?: number
}

export type CompleteSandboxLimits = Readonly<Required<SandboxLimits>>

/** Throws a `TypeError` that names the limit that is no positive whole number. */
export function completeSandboxLimits(limits: SandboxLimits = {}): CompleteSandboxLimits {
  const complete = {
    mergeDeadlineMs: limits.mergeDeadlineMs ?? 2000,
    maxDocumentBytes: limits.maxDocumentBytes ?? 16 * 1024 * 1024,
    maxQueuedMerges: limits.maxQueuedMerges ?? 4096,
    maxQueuedBytes: limits.maxQueuedBytes ?? 64 * 1024 * 1024,
    maxMergeMemoryBytes: limits.maxMergeMemoryBytes ?? 512 * 1024 * 1024,
    maxOpenBytes: limits.maxOpenBytes ?? 8 * 1024 * 1024
  }
  for (const [name, value] of Object.entries(complete)) {
    if (!Number.isSafeInteger(value) || value < 1) throw new TypeError(`${name} is a positive whole number`)
  }
  return complete
}
