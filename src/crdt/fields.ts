/**
 * The field types, as a user writes them: `pnCounter()`, `orSet<string>()`, `orMap(orSet<string>())`.
 *
 * Each names its data type and makes the view through which a handler uses it. What concurrent operations do is told, type by
 * type, in docs/data-types.md.
 */
import { ShoalError } from '../ports/errors.ts'
import { addToCounter, type CounterState, counterValue, gCounterType, pnCounterType } from './counter.ts'
import { disableWinsType, enableWinsType, type FlagState, lower, raise } from './flag.ts'
import { canonicalJson, parseJson, setOwn } from './json-value.ts'
import { type MapState, maxMapDepth, removeKey, visibleEntries } from './or-map.ts'
import {
  lastWriter,
  lwwRegisterType,
  multiValues,
  mvRegisterType,
  type RegisterState,
  setLastWriter,
  setMultiValue
} from './register.ts'
import { compareScalars, type Scalar, type ScalarKind } from './scalar.ts'
import type { NestableType } from './schema.ts'
import { describeField } from './schema-description.ts'
import { addToSet, gSetType, orSetType, removeFromSet, type SetState, setElements, setHas } from './set.ts'
import { type Cell, childCell } from './transaction.ts'
import type { Type } from './type.ts'
import { erase, orMapType } from './types.ts'

function nestable<S, V, P>(
  type: Type<S>,
  open: (cell: Cell<S>) => V,
  plain: (state: S) => P,
  depth = 0,
  description = type.name
): NestableType<V, P> {
  return {
    type: erase(type),
    description,
    depth,
    isNestable: true,
    open: cell => open(cell as Cell<S>),
    plain: state => plain(state as S)
  }
}

export interface GCounterView {
  readonly value: number
  /** Adds a safe integer, 0 or more. @default 1 */
  add(amount?: number): void
}

/** A counter that only grows. Concurrent additions all count. */
export function gCounter(): NestableType<GCounterView, number> {
  const open = (cell: Cell<CounterState>): GCounterView => ({
    get value() {
      return counterValue(cell.read())
    },
    add(amount = 1) {
      if (amount < 0) throw new ShoalError('SHOAL_BAD_ARGUMENT', `a gCounter only grows, and ${amount} is negative`)
      cell.change((state, draw) => addToCounter(state, draw, amount))
    }
  })
  return nestable(gCounterType, open, counterValue)
}

export interface CounterView {
  readonly value: number
  /** Adds a safe integer, which may be negative. @default 1 */
  add(amount?: number): void
}

/** A counter that goes up and down. Concurrent additions all count. */
export function pnCounter(): NestableType<CounterView, number> {
  const open = (cell: Cell<CounterState>): CounterView => ({
    get value() {
      return counterValue(cell.read())
    },
    add(amount = 1) {
      cell.change((state, draw) => addToCounter(state, draw, amount))
    }
  })
  return nestable(pnCounterType, open, counterValue)
}

export interface GSetView<E extends Scalar> {
  readonly size: number
  has(element: E): boolean
  /** Sorted. */
  values(): E[]
  add(element: E): void
}

export interface SetView<E extends Scalar> extends GSetView<E> {
  remove(element: E): void
}

function openGSet<E extends Scalar>(cell: Cell<SetState>): GSetView<E> {
  return {
    get size() {
      return cell.read().size
    },
    has: element => setHas(cell.read(), element),
    values: () => setElements(cell.read()) as E[],
    add: element => cell.change((state, draw) => addToSet(state, draw, element))
  }
}

function openOrSet<E extends Scalar>(cell: Cell<SetState>): SetView<E> {
  return {
    get size() {
      return cell.read().size
    },
    has: element => setHas(cell.read(), element),
    values: () => setElements(cell.read()) as E[],
    add: element => cell.change((state, draw) => addToSet(state, draw, element)),
    remove: element => cell.change((state, draw) => removeFromSet(state, draw, element))
  }
}

/** A set that only grows. Its plain value is a sorted array. */
export function gSet<E extends Scalar = string>(): NestableType<GSetView<E>, E[]> {
  return nestable(gSetType, openGSet<E>, state => setElements(state) as E[])
}

/** A set in which an add wins over a concurrent removal. Its plain value is a sorted array. */
export function orSet<E extends Scalar = string>(): NestableType<SetView<E>, E[]> {
  return nestable(orSetType, openOrSet<E>, state => setElements(state) as E[])
}

export interface FlagView {
  readonly value: boolean
  enable(): void
  disable(): void
}

export interface FlagOptions {
  /** What holds when both are written concurrently. A flag starts with the other one. @default 'enable' */
  wins?: 'enable' | 'disable'
}

/** A boolean. With `wins: 'enable'` it starts false, with `wins: 'disable'` true. */
export function flag(options: FlagOptions = {}): NestableType<FlagView, boolean> {
  const isEnableWins = (options.wins ?? 'enable') === 'enable'
  const read = (state: FlagState): boolean => (isEnableWins ? state.length > 0 : state.length === 0)
  const open = (cell: Cell<FlagState>): FlagView => ({
    get value() {
      return read(cell.read())
    },
    enable: () => cell.change(isEnableWins ? raise : lower),
    disable: () => cell.change(isEnableWins ? lower : raise)
  })
  return nestable(isEnableWins ? enableWinsType : disableWinsType, open, read)
}

export interface RegisterView<T> {
  readonly value: T
  /** Throws `SHOAL_BAD_ARGUMENT` where the value is not JSON. */
  set(value: T): void
}

/** Holds the JSON value that was written last; `initial` before the first write. */
export function lwwRegister<T>(initial: T): NestableType<RegisterView<T>, T> {
  const initialJson = canonicalJson(initial)
  const read = (state: RegisterState): T => parseJson(lastWriter(state) ?? initialJson) as T
  const open = (cell: Cell<RegisterState>): RegisterView<T> => ({
    get value() {
      return read(cell.read())
    },
    set: value => cell.change((state, draw) => setLastWriter(state, draw, value, cell.now()))
  })
  return nestable(lwwRegisterType, open, read)
}

export interface MvRegisterView<T> {
  /** The values written last, one for each concurrent write; empty before the first. */
  readonly values: T[]
  /** Replaces all values that this replica sees. Throws `SHOAL_BAD_ARGUMENT` where the value is not JSON. */
  set(value: T): void
}

/** Keeps the values of concurrent writes side by side, until one is written that saw them. */
export function mvRegister<T>(): NestableType<MvRegisterView<T>, T[]> {
  const valuesOf = (state: RegisterState): T[] => multiValues(state).map(json => parseJson(json) as T)
  const open = (cell: Cell<RegisterState>): MvRegisterView<T> => ({
    get values() {
      return valuesOf(cell.read())
    },
    set: value => cell.change((state, draw) => setMultiValue(state, draw, value))
  })
  return nestable(mvRegisterType, open, valuesOf)
}

export interface MapView<V, P, K extends Scalar = string> {
  readonly size: number
  has(key: K): boolean
  /** The child under the key. It comes into being when it is first written. */
  at(key: K): V
  /** Takes away what this replica sees under the key. */
  remove(key: K): void
  /** Sorted, as the other two. */
  keys(): K[]
  /** Plain values. */
  values(): P[]
  /** Keys and plain values. */
  entries(): [K, P][]
}

export interface MapOptions<K extends ScalarKind> {
  /** Keys are all of one kind. @default 'string' */
  keys?: K
}

interface ScalarOfKind {
  string: string
  number: number
  boolean: boolean
}

/** A map in which an update of a key wins over its concurrent removal. A key is there while its child was written to. */
export function orMap<V, P, K extends ScalarKind = 'string'>(
  child: NestableType<V, P>,
  options: MapOptions<K> = {}
): NestableType<MapView<V, P, ScalarOfKind[K]>, Record<string, P>> {
  const depth = child.depth + 1
  if (child.isNestable !== true) throw new ShoalError('SHOAL_BAD_ARGUMENT', 'a map cannot hold documents')
  if (depth >= maxMapDepth)
    throw new ShoalError('SHOAL_BAD_ARGUMENT', `more than ${maxMapDepth - 1} maps in each other`)
  const kind = options.keys ?? 'string'
  const children = (state: MapState): [ScalarOfKind[K], unknown][] => {
    const found: [ScalarOfKind[K], unknown][] = []
    for (const [key, value] of visibleEntries(state, child.type, kind)) found.push([key as ScalarOfKind[K], value])
    return kind === 'number' ? found.sort(([a], [b]) => compareScalars(a, b)) : found
  }
  const check = (key: unknown): void => {
    if (typeof key !== kind) throw new ShoalError('SHOAL_BAD_ARGUMENT', `a key of this map is a ${kind}`)
  }
  const open = (cell: Cell<MapState>): MapView<V, P, ScalarOfKind[K]> => {
    const cellOf = (key: unknown): Cell<unknown> => {
      check(key)
      return childCell(cell, child.type, key)
    }
    return {
      get size() {
        return children(cell.read()).length
      },
      has: key => child.type.isVisible(cellOf(key).read()),
      at: key => child.open(cellOf(key)),
      remove(key) {
        check(key)
        cell.change((state, draw) => removeKey(state, draw, child.type, key))
      },
      keys: () => children(cell.read()).map(([key]) => key),
      values: () => children(cell.read()).map(([, value]) => child.plain(value)),
      entries: () => children(cell.read()).map(([key, value]) => [key, child.plain(value)])
    }
  }
  const plain = (state: MapState): Record<string, P> => {
    const record: Record<string, P> = {}
    for (const [key, value] of children(state)) setOwn(record, String(key), child.plain(value))
    return record
  }
  return nestable(orMapType, open, plain, depth, `orMap(keys: ${kind}, of: ${describeField(child)})`)
}
