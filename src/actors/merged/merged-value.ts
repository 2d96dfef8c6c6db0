/**
 * A value of a `merge` kind as a field: what a replica shows, and what a command puts in its place. Where sides of a cut have each written one,
 * the user's `merge` makes one of them, the same at every replica; it is written down by the next command.
 *
 * User code runs here: what it throws, or returns that cannot be kept, is `SHOAL_BAD_STATE` for whoever reads or writes the actor, and
 * nothing is lost by it.
 */
import type { FieldType } from '../../crdt/index.ts'
import { canonicalJson, maxJsonDepth } from '../../crdt/json-value.ts'
import { mvRegisterType, type ValuesState } from '../../crdt/register.ts'
import type { Cell } from '../../crdt/transaction.ts'
import { erase } from '../../crdt/types.ts'
import { checkedBy } from '../definitions/state-schema.ts'
import { badState, FrozenValues, textOf } from '../definitions/stored-value.ts'
import type { MergedValueState } from '../definitions/value-state.ts'
import { type Current, currentOf, nextWrite } from './versions.ts'

/** How deep a value may be nested: its write has three lists around it, or around the forks of later ones. */
export const maxValueDepth = maxJsonDepth - 3

/** What is there now. */
export interface MergedNow {
  /** Frozen. */
  readonly value: unknown
  /** Canonical JSON of it. */
  readonly json: string
  /** It is of several writes, and written nowhere yet. */
  readonly isMerged: boolean
}

interface Known extends MergedNow {
  readonly current: Current
}

export class MergedValue {
  readonly #shape: MergedValueState
  readonly #frozen = new FrozenValues()
  /** `merge` runs once for each state that is in memory. */
  readonly #known = new WeakMap<object, Known>()

  constructor(shape: MergedValueState) {
    this.#shape = shape
  }

  /** Throws `SHOAL_BAD_STATE`. */
  now(state: ValuesState): MergedNow {
    return this.#now(state)
  }

  /** The canonical JSON of a value that can be kept. Throws `SHOAL_BAD_STATE`. */
  json(what: string, value: unknown): string {
    return jsonOf(what, checkedBy(this.#shape.schema, what, value))
  }

  /** A write in place of all that is here. Throws `SHOAL_BAD_STATE`. */
  replace(cell: Cell<ValuesState>, json: string): void {
    const { current } = this.#now(cell.read())
    const write = nextWrite(current, cell.origin, json)
    cell.change((state, draw) => {
      const { origin, seq } = draw()
      const fresh = { origin, seq, json: write }
      return { state: fresh, fragment: fresh, removed: state }
    })
  }

  #now(state: ValuesState): Known {
    const known = this.#known.get(state)
    if (known !== undefined) return known
    const initial: unknown = JSON.parse(this.#shape.initial)
    const current = currentOf(state, initial, (base, a, b) => this.#merged(base, a, b))
    const isMerged = current.tips.length > 1
    const value = current.version === undefined ? initial : this.#read('the stored state', current.version.value)
    const now = { current, isMerged, value, json: canonicalJson(this.#frozen.frozen('the state', value)) }
    this.#known.set(state, now)
    return now
  }

  #merged(base: unknown, a: unknown, b: unknown): unknown {
    const read = (value: unknown) => this.#read('a stored state', value) as Readonly<unknown>
    const [before, left, right] = [read(base), read(a), read(b)]
    let merged: unknown
    try {
      merged = this.#shape.merge(before, left, right)
    } catch (cause) {
      throw badState(`merge failed: ${cause instanceof Error ? cause.message : String(cause)}`, cause)
    }
    const what = 'what merge has made of two states'
    // A copy, which may be frozen: what the user's function returns can be an object that it has more use for.
    return JSON.parse(jsonOf(what, checkedBy(this.#shape.schema, what, merged)))
  }

  /** As the schema puts it out: it was perhaps stored by a program with another one. */
  #read(what: string, value: unknown): unknown {
    const { schema } = this.#shape
    const own: unknown = schema === undefined ? value : JSON.parse(textOf(what, checkedBy(schema, what, value)))
    return this.#frozen.frozen(what, own)
  }
}

function jsonOf(what: string, value: unknown): string {
  textOf(what, value)
  try {
    return canonicalJson([[[value]]]).slice(3, -3)
  } catch (cause) {
    throw badState(`${what} is nested deeper than ${maxValueDepth}, or too large`, cause)
  }
}

/** The state of one actor, as a transaction finds it. */
export class OpenMergedValue {
  readonly #type: MergedValue
  readonly #cell: Cell<ValuesState>

  constructor(type: MergedValue, cell: Cell<ValuesState>) {
    this.#type = type
    this.#cell = cell
  }

  /** Throws `SHOAL_BAD_STATE`. */
  get now(): MergedNow {
    return this.#type.now(this.#cell.read())
  }

  /** Writes it, where that is another than is here, or several are. Throws `SHOAL_BAD_STATE`, `SHOAL_READ_ONLY`. */
  put(what: string, value: unknown): void {
    const { json, isMerged } = this.now
    const next = this.#type.json(what, value)
    if (isMerged || next !== json) this.#type.replace(this.#cell, next)
  }
}

export function mergedValueField(shape: MergedValueState): FieldType<OpenMergedValue> {
  const type = new MergedValue(shape)
  return {
    type: erase(mvRegisterType),
    description: 'value',
    depth: 0,
    open: cell => new OpenMergedValue(type, cell as Cell<ValuesState>),
    plain: state => type.now(state as ValuesState).value
  }
}
