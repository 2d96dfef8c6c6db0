/**
 * What the Automerge documents need of Automerge: its document on the WebAssembly side, without the JavaScript objects around it.
 *
 * Only src/automerge.ts has the package; this floor gets a function that loads it.
 */

/** Of Automerge's own values: an object by its id, or a plain value. */
export type TypedValue = readonly [kind: string, value: unknown]

/** A document in the module's memory. Reading whole values ends the change that is under way, so changes only use what is first. */
export interface Handle {
  getWithType(object: string, key: string | number): TypedValue | null | undefined
  length(object: string): number
  put(object: string, key: string | number, value: unknown, kind: string): void
  putObjectFromHydrate(object: string, key: string | number, value: unknown): string
  spliceFromHydrate(object: string, at: number, remove: number, values: readonly unknown[]): void
  splice(object: string, at: number, remove: number, text: string): void
  delete(object: string, key: string | number): void
  pendingOps(): number
  /** Answers nothing where there is nothing to commit. */
  commit(message: undefined, timeSeconds: number): string | null | undefined
  getLastLocalChange(): Uint8Array | null | undefined

  text(object: string): string
  /** A copy, with `BigInt` for large integers. */
  materialize(object: string): unknown
  getHeads(): readonly string[]
  /** What the waiting changes wait for. */
  getMissingDeps(heads: readonly string[]): readonly string[]
  getChangeByHash(hash: string): Uint8Array | null | undefined
  applyChanges(changes: readonly Uint8Array[]): void
  loadIncremental(saved: Uint8Array): number
  save(): Uint8Array
  /** A copy that writes as another actor. */
  fork(actor: string): Handle
  free(): void
}

/** One instance of the WebAssembly module. All its documents share a memory, and its end. */
export interface AutomergeModule {
  /** An empty document. `actor` is hexadecimal. */
  create(actor: string): Handle
  /** A text that is one value and cannot be edited in place. */
  scalarText(text: string): unknown
}

/** Each call gives a new instance with a memory of its own. */
export type LoadModule = () => AutomergeModule
