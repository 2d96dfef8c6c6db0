/**
 * What the data types promise, said another way: by the operations that a replica has seen, without states, dots and joins.
 *
 * Every operation names those that it takes away. A replica shows the operations that it has seen and that none it has seen
 * takes away. An addition to a counter brings along the earlier ones of its origin that it was made on top of.
 */
import type { RegisterClock } from '../../../src/crdt/index.ts'
import type { NestableSpec } from './fields.ts'
import type { NestableName } from './kinds.ts'

export interface Operation {
  readonly index: number
  /** The replica that made it, in the incarnation in which it did. */
  readonly origin: string
  /** Of the leaf: field, then keys. */
  readonly path: readonly string[]
  readonly leaf: NestableName
  /** What it shows while it is live: the place of an element, an amount, a value. `undefined` for removals. */
  readonly shows: number | undefined
  readonly stamp: number
  readonly takesAway: ReadonlySet<Operation>
  readonly bringsAlong: readonly Operation[]
}

export type Action =
  | { readonly do: 'add'; readonly amount: number }
  | { readonly do: 'include' | 'exclude'; readonly element: number }
  | { readonly do: 'raise' | 'lower' }
  | { readonly do: 'write'; readonly value: number; readonly clock: RegisterClock | undefined; readonly given: number }
  | { readonly do: 'remove' }

/** Who acts: the replica, by its place in `views`, and the name under which it writes now. */
export interface Writer {
  readonly replica: number
  readonly origin: string
}

/** What one replica has seen of one actor. */
export class ModelView {
  readonly #seen = new Set<Operation>()
  readonly #gone = new Set<Operation>()

  see(operations: Iterable<Operation>): void {
    for (const operation of operations) {
      if (this.#seen.has(operation)) continue
      this.#seen.add(operation)
      for (const gone of operation.takesAway) this.#gone.add(gone)
      this.see(operation.bringsAlong)
    }
  }

  all(): Iterable<Operation> {
    return this.#seen
  }

  /** The live operations at and under a path, in the order of origin and time. */
  live(path: readonly string[]): Operation[] {
    const live = [...this.#seen].filter(operation => {
      return operation.shows !== undefined && !this.#gone.has(operation) && isUnder(operation.path, path)
    })
    return live.sort((a, b) => compareText(a.origin, b.origin) || a.index - b.index)
  }

  /**
   * What a removal of the path takes away: what is live, and of a counter all that the live additions stand on and all that
   * they took away themselves.
   */
  visible(path: readonly string[]): Operation[] {
    return this.live(path).flatMap(operation => {
      if (!isCounter(operation.leaf)) return [operation]
      const run = [...this.#seen].filter(other => {
        return other.origin === operation.origin && isSame(other.path, operation.path) && other.shows !== undefined
      })
      return run.flatMap(addition => [addition, ...addition.takesAway])
    })
  }
}

/** All operations on one actor, and what each replica has seen of them. */
export class Model {
  readonly views: readonly ModelView[]
  readonly #runs = new Map<string, Operation[]>()
  readonly #own = new Map<string, Operation[]>()
  #count = 0

  constructor(replicas: number) {
    this.views = Array.from({ length: replicas }, () => new ModelView())
  }

  /** `undefined` where there is nothing to do. */
  act(writer: Writer, path: readonly string[], leaf: NestableName, action: Action): Operation | undefined {
    const view = this.views[writer.replica]
    if (view === undefined) throw new Error('no such replica')
    const operation = this.#operation(view, writer.origin, path, leaf, action)
    if (operation !== undefined) view.see([operation])
    return operation
  }

  #operation(
    view: ModelView,
    origin: string,
    path: readonly string[],
    leaf: NestableName,
    action: Action
  ): Operation | undefined {
    const live = view.live(path)
    const plain = { index: this.#count++, origin, path, leaf, stamp: 0, bringsAlong: [] }
    switch (action.do) {
      case 'add':
        return this.#addition(view, { ...plain, shows: action.amount, takesAway: new Set() })
      case 'include':
        return {
          ...plain,
          shows: action.element,
          takesAway: new Set(live.filter(({ shows }) => shows === action.element))
        }
      case 'exclude': {
        const takesAway = new Set(live.filter(({ shows }) => shows === action.element))
        return takesAway.size === 0 ? undefined : { ...plain, shows: undefined, takesAway }
      }
      case 'raise':
        return { ...plain, shows: 1, takesAway: new Set(live) }
      case 'lower':
        return live.length === 0 ? undefined : { ...plain, shows: undefined, takesAway: new Set(live) }
      case 'write': {
        const shown = live.toSorted((a, b) => a.stamp - b.stamp).at(-1)
        const stamp = stampOf(action, shown)
        if (action.clock !== undefined && shown !== undefined && !isAbove(action.clock, { stamp, origin }, shown))
          return undefined
        return { ...plain, shows: action.value, stamp, takesAway: new Set(live) }
      }
      case 'remove': {
        const takesAway = new Set(view.visible(path))
        return takesAway.size === 0 ? undefined : { ...plain, shows: undefined, takesAway }
      }
    }
  }

  /** An addition stands on the earlier ones of its origin, unless that origin saw the last of them taken away. */
  #addition(view: ModelView, addition: Operation): Operation {
    const place = `${addition.origin} ${addition.path.join('/')}`
    const own = this.#own.get(place) ?? []
    const run = this.#runs.get(place) ?? []
    const last = run[run.length - 1]
    const goesOn = last !== undefined && view.live(addition.path).includes(last)
    const bringsAlong = goesOn ? [...run] : []
    const operation = {
      ...addition,
      bringsAlong,
      takesAway: new Set(own.filter(other => !bringsAlong.includes(other)))
    }
    this.#own.set(place, [...own, operation])
    this.#runs.set(place, [...bringsAlong, operation])
    return operation
  }
}

/** Where there is no clock, stamps do not count. */
function stampOf({ clock, given }: { clock: RegisterClock | undefined; given: number }, shown?: Operation): number {
  if (clock === undefined) return 0
  if (clock === 'reverse') return shown === undefined ? -given * 1000 : Math.min(-given * 1000, shown.stamp - 1)
  if (clock === 'custom') return given
  const stamp = clock === 'default' ? given * 1000 : given
  return shown === undefined ? stamp : Math.max(stamp, shown.stamp + 1)
}

/** A write that would lose against what its replica shows is none. */
function isAbove(clock: RegisterClock, write: { stamp: number; origin: string }, shown: Operation): boolean {
  if (write.stamp !== shown.stamp) return write.stamp > shown.stamp
  return clock === 'default' || clock === 'custom-auto-increment' || write.origin >= shown.origin
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function isCounter(leaf: NestableName): boolean {
  return leaf === 'pnCounter' || leaf === 'gCounter'
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && isUnder(a, b)
}

function isUnder(path: readonly string[], prefix: readonly string[]): boolean {
  return prefix.every((part, i) => path[i] === part)
}

/** The plain value that the view shows at a path. `elements` are the plain values of elements, in the order of sets. */
export function modelValue(
  view: ModelView,
  spec: NestableSpec,
  path: readonly string[],
  elements: readonly unknown[]
): unknown {
  const live = view.live(path)
  const shown = live.map(operation => operation.shows)
  if (typeof spec === 'object') {
    const keys = [...new Set(live.map(operation => operation.path[path.length] ?? ''))].sort()
    return Object.fromEntries(keys.map(key => [key, modelValue(view, spec.map, [...path, key], elements)]))
  }
  if (spec === 'enable') return live.length > 0
  if (spec === 'disable') return live.length === 0
  if (spec === 'orSet' || spec === 'gSet') return elements.filter((_, place) => shown.includes(place))
  if (spec === 'mv') return [...new Set(shown)]
  if (spec === 'lww' || spec === 'reverse' || spec === 'custom' || spec === 'increment')
    return live.toSorted((a, b) => a.stamp - b.stamp).at(-1)?.shows ?? null
  return shown.reduce<number>((sum, amount) => sum + Number(amount), 0)
}
