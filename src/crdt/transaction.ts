/**
 * A transaction: a state, and the changes that a handler makes to it.
 *
 * Nothing outside is touched; who drops the transaction has rolled it back. Every change takes one fresh dot. At the end the
 * delta holds all changes, and joining it into the first state gives the last.
 */
import { ShoalError } from '../ports/errors.ts'
import { CausalContext } from './context.ts'
import { type Covers, checkDot, type Dot, noDots, type Origin } from './dot.ts'
import type { DotStore } from './dot-store.ts'
import { entryKey, type MapState, withChild } from './or-map.ts'
import { SortedMap } from './sorted-map.ts'
import { type ActorState, type Delta, joinDeltas } from './state.ts'
import type { Change, Draw, Type } from './type.ts'
import { erase } from './types.ts'

export interface TransactionOptions {
  readonly state: ActorState
  /** What the replica has seen. No fresh dot may be in it. */
  readonly covers: Covers
  /** Who writes: the origin of the dots. */
  readonly origin: Origin
  /** A dot that was never used for anything that left the transaction it was drawn in. */
  nextDot(): Dot
  /** Wall-clock time in milliseconds. */
  now(): number
  /** For texts: an integer of at most 53 bits, above 0, that only this incarnation uses for this document. */
  clientId(): number
  /** Changes throw `SHOAL_READ_ONLY`. @default false */
  readonly readOnly?: boolean
  /** This state is never joined with another: nobody else has written to it, or will. @default false */
  readonly isOnlyWriter?: boolean
}

/** A place in the state of a transaction, with a value of one type. */
export interface Cell<S> {
  read(): S
  /** Runs a mutator. Throws `SHOAL_READ_ONLY`. */
  change(mutate: (state: S, draw: Draw) => Change<S> | undefined): void
  /** Who writes: the origin of the dots that `draw` gives. */
  readonly origin: Origin
  /** Its key in the map that holds it; empty for the state itself. */
  readonly entry: string
  /** Nobody else writes to it, or ever will. */
  readonly isOnlyWriter: boolean
  now(): number
  clientId(): number
}

/** A cell that holds others: what changes in one of them changes it. */
export interface MapCell extends Cell<MapState> {
  readonly root: Root
  /** Takes the state after a change, the delta's fragment, and the dots that the change takes away. */
  put(state: MapState, fragment: MapState, removed: DotStore<Dot>): void
}

export class Transaction {
  readonly #root: Root

  constructor(options: TransactionOptions) {
    this.#root = new Root(options)
  }

  get state(): ActorState {
    return this.#root.read()
  }

  /** `undefined` where nothing was changed. */
  get delta(): Delta | undefined {
    return this.#root.delta
  }

  get root(): MapCell {
    return this.#root
  }
}

/** The state itself. */
class Root implements MapCell {
  readonly draw: Draw = () => this.#draw()
  readonly #options: TransactionOptions
  #state: ActorState
  /** Of all changes but the last. */
  #delta: Delta | undefined
  /** Of the last change. */
  #fragment: ActorState | undefined
  #drawn: Dot | undefined
  #removed: DotStore<Dot> = noDots

  constructor(options: TransactionOptions) {
    this.#options = options
    this.#state = options.state
  }

  get root(): Root {
    return this
  }

  get origin(): Origin {
    return this.#options.origin
  }

  get entry(): string {
    return ''
  }

  get isOnlyWriter(): boolean {
    return this.#options.isOnlyWriter === true
  }

  now(): number {
    return this.#options.now()
  }

  clientId(): number {
    return this.#options.clientId()
  }

  read(): MapState {
    return this.#state
  }

  get delta(): Delta | undefined {
    if (this.#fragment === undefined || this.#drawn === undefined) return this.#delta
    const last = { state: this.#fragment, context: CausalContext.ofChange(this.#drawn, this.#removed) }
    this.#delta = this.#delta === undefined ? last : joinDeltas(this.#delta, last)
    this.#fragment = undefined
    return this.#delta
  }

  begin(): void {
    if (this.#options.readOnly === true) throw new ShoalError('SHOAL_READ_ONLY', 'a query must not change the state')
  }

  change(mutate: (state: MapState, draw: Draw) => Change<MapState> | undefined): void {
    this.begin()
    const change = mutate(this.#state, this.draw)
    if (change !== undefined) this.put(change.state, change.fragment, change.removed)
  }

  put(state: MapState, fragment: MapState, removed: DotStore<Dot>): void {
    if (this.#fragment !== undefined || this.#drawn === undefined) throw new Error('a change without a dot')
    this.#state = state
    this.#fragment = fragment
    this.#removed = removed
  }

  #draw(): Dot {
    const { origin, covers } = this.#options
    const before = this.delta
    const dot = this.#options.nextDot()
    checkDot(dot)
    if (dot.origin !== origin) throw new Error(`a dot of ${dot.origin} for ${origin}`)
    if (covers.has(origin, dot.seq) || before?.context.has(origin, dot.seq) === true) {
      throw new Error(`dot ${origin}:${dot.seq} was used before`)
    }
    this.#drawn = dot
    return dot
  }
}

class ChildCell<S> implements Cell<S> {
  readonly entry: string
  readonly root: Root
  readonly #parent: MapCell
  readonly #type: Type<unknown>
  /** What `read` found, and where: a change reads what its check has read. */
  #whole: MapState | undefined
  #found: unknown

  constructor(parent: MapCell, type: Type<unknown>, entry: string) {
    this.root = parent.root
    this.#parent = parent
    this.#type = type
    this.entry = entry
  }

  get origin(): Origin {
    return this.root.origin
  }

  get isOnlyWriter(): boolean {
    return this.root.isOnlyWriter
  }

  now(): number {
    return this.root.now()
  }

  clientId(): number {
    return this.root.clientId()
  }

  read(): S {
    const whole = this.#parent.read()
    if (whole !== this.#whole) {
      this.#found = whole.get(this.entry) ?? this.#type.empty
      this.#whole = whole
    }
    return this.#found as S
  }

  change(mutate: (state: S, draw: Draw) => Change<S> | undefined): void {
    const { root } = this
    root.begin()
    const change = mutate(this.read(), root.draw)
    if (change !== undefined) this.put(change.state, change.fragment, change.removed)
  }

  put(state: S, fragment: S, removed: DotStore<Dot>): void {
    const { entry } = this
    const type = this.#type
    const whole = withChild(this.#parent.read(), entry, type, state)
    this.#parent.put(whole, type.isEmpty(fragment) ? SortedMap.empty() : SortedMap.of(entry, fragment), removed)
  }
}

/** The place under a key of a map. */
export function childCell<S>(parent: Cell<MapState>, type: Type<S>, key: unknown): Cell<S> {
  const erased = erase(type)
  return cellAt(parent, erased, entryKey(erased, key)) as Cell<S>
}

/** The place of an entry, whose key `entryKey` made. */
export function cellAt(parent: Cell<MapState>, type: Type<unknown>, entry: string): Cell<unknown> {
  return new ChildCell(parent as MapCell, type, entry)
}
