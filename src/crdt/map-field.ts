/** The fields `orMap()` and `lwwMap()`, and the views through which a handler uses them. */
import { ShoalError } from '../ports/errors.ts'
import { nestableField } from './field.ts'
import { setOwn } from './json-value.ts'
import { entryKey, entryPrefix, type MapState, maxMapDepth, removeKey, visibleEntries } from './or-map.ts'
import { lwwRegister, type RegisterView } from './register-field.ts'
import { checkedText, plainScalarOf, type Scalar, type ScalarKind, scalarKind, scalarOf } from './scalar.ts'
import type { NestableType } from './schema.ts'
import { describeField } from './schema-description.ts'
import { type Cell, cellAt } from './transaction.ts'
import { orMapType } from './types.ts'

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
  bytes: Uint8Array
}

/** What a map's fields have in common. */
class MapShape<V, P> {
  readonly child: NestableType<V, P>
  readonly kind: ScalarKind
  readonly #textPrefix: string

  constructor(child: NestableType<V, P>, kind: ScalarKind) {
    this.child = child
    this.kind = kind
    this.#textPrefix = entryPrefix(child.type, 'string')
  }

  /** Throws `SHOAL_BAD_ARGUMENT`. */
  entryOf(key: unknown): string {
    // One concatenation: a string made of more pieces costs more to compare.
    if (typeof key === 'string' && this.kind === 'string') return this.#textPrefix + checkedText(key)
    this.check(key)
    return entryKey(this.child.type, key)
  }

  /** Throws `SHOAL_BAD_ARGUMENT`. */
  check(key: unknown): void {
    const kind = scalarKind(key)
    if (kind === this.kind) return
    const what = this.kind === 'bytes' ? 'a Uint8Array' : `a ${this.kind}`
    throw new ShoalError('SHOAL_BAD_ARGUMENT', `a key of this map is ${what}, not ${kind ?? String(key)}`)
  }

  children(state: MapState): (readonly [key: string, child: unknown])[] {
    return visibleEntries(state, this.child.type, this.kind)
  }
}

class OpenMap<V, P, K extends Scalar> implements MapView<V, P, K> {
  readonly #cell: Cell<MapState>
  readonly #shape: MapShape<V, P>

  constructor(cell: Cell<MapState>, shape: MapShape<V, P>) {
    this.#cell = cell
    this.#shape = shape
  }

  get size(): number {
    return this.#shape.children(this.#cell.read()).length
  }

  has(key: K): boolean {
    const { type } = this.#shape.child
    const child = this.#cell.read().get(this.#shape.entryOf(key))
    return child !== undefined && type.isVisible(child)
  }

  at(key: K): V {
    const { child } = this.#shape
    return child.open(cellAt(this.#cell, child.type, this.#shape.entryOf(key)))
  }

  remove(key: K): void {
    const { type } = this.#shape.child
    this.#shape.check(key)
    this.#cell.change((state, draw) => removeKey(state, draw, type, key))
  }

  keys(): K[] {
    return this.#shape.children(this.#cell.read()).map(([key]) => scalarOf(key) as K)
  }

  values(): P[] {
    return this.#shape.children(this.#cell.read()).map(([, child]) => this.#shape.child.plain(child))
  }

  entries(): [K, P][] {
    const { child } = this.#shape
    return this.#shape.children(this.#cell.read()).map(([key, state]) => [scalarOf(key) as K, child.plain(state)])
  }
}

function shapeOf<V, P>(child: NestableType<V, P>, kind: ScalarKind): MapShape<V, P> {
  if (child?.isNestable !== true) {
    throw new ShoalError(
      'SHOAL_BAD_ARGUMENT',
      'a map cannot hold documents, bounded counters or votes, nor what is no data type'
    )
  }
  if (child.depth + 1 >= maxMapDepth) {
    throw new ShoalError('SHOAL_BAD_ARGUMENT', `more than ${maxMapDepth - 1} maps in each other`)
  }
  if (!kinds.includes(kind)) {
    throw new ShoalError('SHOAL_BAD_ARGUMENT', `keys of a map are of kind ${kinds.join(', ')}, not ${String(kind)}`)
  }
  return new MapShape(child, kind)
}

const kinds: readonly ScalarKind[] = ['string', 'number', 'boolean', 'bytes']

function mapField<V, P, W>(
  shape: MapShape<V, P>,
  open: (cell: Cell<MapState>) => W,
  usage: string
): NestableType<W, Record<string, P>> {
  const { child, kind } = shape
  return nestableField(orMapType, {
    open,
    plain(state: MapState): Record<string, P> {
      const record: Record<string, P> = {}
      for (const [key, value] of shape.children(state)) setOwn(record, String(plainScalarOf(key)), child.plain(value))
      return record
    },
    usage,
    depth: child.depth + 1,
    description: `orMap(keys: ${kind}, of: ${describeField(child)})`
  })
}

/**
 * A map in which an update of a key wins over its concurrent removal. A key is there while its child was written to. Keys of bytes
 * are base64 text in the plain value.
 */
export function orMap<V, P, K extends ScalarKind = 'string'>(
  child: NestableType<V, P>,
  options: MapOptions<K> = {}
): NestableType<MapView<V, P, ScalarOfKind[K]>, Record<string, P>> {
  const shape = shapeOf(child, options.keys ?? 'string')
  const open = (cell: Cell<MapState>): MapView<V, P, ScalarOfKind[K]> => new OpenMap(cell, shape)
  return mapField(shape, open, 'at(key) or remove(key)')
}

/** A map of last-writer-wins registers, which can be read and written as one reads and writes a map. */
export interface LwwMapView<T, K extends Scalar = string> extends MapView<RegisterView<T | null>, T | null, K> {
  /** `undefined` where the key is not there. */
  get(key: K): T | undefined
  /** Throws `SHOAL_BAD_ARGUMENT` where the value is not JSON. */
  set(key: K, value: T): void
}

class OpenLwwMap<T, K extends Scalar> extends OpenMap<RegisterView<T | null>, T | null, K> implements LwwMapView<T, K> {
  get(key: K): T | undefined {
    return this.has(key) ? (this.at(key).value as T) : undefined
  }

  set(key: K, value: T): void {
    this.at(key).set(value)
  }
}

/** A map of JSON values: of concurrent writes to a key the last stays, and a write wins over a concurrent removal. */
export function lwwMap<T, K extends ScalarKind = 'string'>(
  initial: T | null = null,
  options: MapOptions<K> = {}
): NestableType<LwwMapView<T, ScalarOfKind[K]>, Record<string, T | null>> {
  const shape = shapeOf(lwwRegister<T | null>(initial), options.keys ?? 'string')
  const open = (cell: Cell<MapState>): LwwMapView<T, ScalarOfKind[K]> => new OpenLwwMap(cell, shape)
  return mapField(shape, open, 'set(key, value) or remove(key)')
}
