/**
 * A transaction: a state, and the changes that a handler makes to it.
 *
 * Nothing outside is touched; who drops the transaction has rolled it back. Every change takes one fresh dot. At the end the
 * delta holds all changes, and joining it into the first state gives the last.
 */
import { ShoalError } from '../ports/errors.ts'
import { CausalContext } from './context.ts'
import { type Covers, checkDot, type Dot, type Origin } from './dot.ts'
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
  readonly now: () => number
  readonly clientId: () => number
}

export class Transaction {
  readonly #options: TransactionOptions
  #state: ActorState
  #delta: Delta | undefined

  constructor(options: TransactionOptions) {
    this.#options = options
    this.#state = options.state
  }

  get state(): ActorState {
    return this.#state
  }

  /** `undefined` where nothing was changed. */
  get delta(): Delta | undefined {
    return this.#delta
  }

  get root(): Cell<MapState> {
    return {
      read: () => this.#state,
      change: mutate => this.#change(mutate),
      origin: this.#options.origin,
      entry: '',
      now: () => this.#options.now(),
      clientId: () => this.#options.clientId()
    }
  }

  #change(mutate: (state: MapState, draw: Draw) => Change<MapState> | undefined): void {
    if (this.#options.readOnly === true) throw new ShoalError('SHOAL_READ_ONLY', 'a query must not change the state')
    let drawn: Dot | undefined
    const change = mutate(this.#state, () => {
      drawn = this.#draw()
      return drawn
    })
    if (change === undefined || drawn === undefined) return
    const delta = { state: change.fragment, context: CausalContext.of([drawn, ...change.removed]) }
    this.#state = change.state
    this.#delta = this.#delta === undefined ? delta : joinDeltas(this.#delta, delta)
  }

  #draw(): Dot {
    const dot = this.#options.nextDot()
    checkDot(dot)
    if (dot.origin !== this.#options.origin) throw new Error(`a dot of ${dot.origin} for ${this.#options.origin}`)
    if (this.#options.covers.has(dot.origin, dot.seq) || this.#delta?.context.has(dot.origin, dot.seq)) {
      throw new Error(`dot ${dot.origin}:${dot.seq} was used before`)
    }
    return dot
  }
}

/** The place under a key of a map. */
export function childCell<S>(parent: Cell<MapState>, type: Type<S>, key: unknown): Cell<S> {
  const erased = erase(type)
  const entry = entryKey(erased, key)
  const read = (map: MapState): S => (map.get(entry) ?? type.empty) as S
  return {
    read: () => read(parent.read()),
    change(mutate) {
      parent.change((map, draw) => {
        const change = mutate(read(map), draw)
        if (change === undefined) return undefined
        return {
          state: withChild(map, entry, erased, change.state),
          fragment: erased.isEmpty(change.fragment) ? SortedMap.empty() : SortedMap.of(entry, change.fragment),
          removed: change.removed
        }
      })
    },
    origin: parent.origin,
    entry,
    now: parent.now,
    clientId: parent.clientId
  }
}
