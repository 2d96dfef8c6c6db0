/**
 * The types under test, each with its field, and with the change that a few random numbers make to its view. The laws, the
 * random schemas and the list of mutations go through this table, so a new type needs one entry here.
 */
import { automergeJson, automergeList, automergeText } from '../../../src/automerge.ts'
import {
  type BoundedCounterView,
  boundedCounter,
  type CounterView,
  type FieldType,
  type FlagView,
  flag,
  type GCounterView,
  type GSetView,
  gCounter,
  gSet,
  type Json,
  type JsonView,
  json,
  type ListView,
  list,
  lwwRegister,
  type MvRegisterView,
  mvRegister,
  type NestableType,
  orSet,
  pnCounter,
  type RegisterView,
  type Scalar,
  type SetView,
  type StampedRegisterView,
  type TextView,
  text,
  type VoteView,
  vote
} from '../../../src/crdt/index.ts'
import { isShoalError } from '../../../src/ports/errors.ts'
import { type LabelsView, labels, type NotesView, notes, type TurnsView, turns } from './future-fields.ts'

/** Numbers that decide a change: the same numbers on the same state are the same change. */
export type Picks = readonly number[]

export function pickOf<T>(list: readonly T[], pick: number | undefined): T {
  const item = list[(pick ?? 0) % list.length]
  if (item === undefined && list.length === 0) throw new Error('nothing to pick from')
  return item as T
}

export interface Kind<F extends FieldType = FieldType> {
  readonly field: () => F
  /** Makes one change that the numbers pick, or none. */
  readonly change: (view: unknown, picks: Picks) => void
}

function kind<V, F extends FieldType<V>>(field: () => F & FieldType<V>, change: (view: V, picks: Picks) => void) {
  return { field, change: (view: unknown, picks: Picks) => change(view as V, picks) }
}

const elements: readonly Scalar[] = [
  ...['a', 'b', '', '__proto__', '1', 'ü𝄞', 1, -2.5, 2 ** 53 - 1, true, false],
  Uint8Array.of(),
  Uint8Array.of(98),
  Uint8Array.of(0, 255)
]
const values: readonly unknown[] = ['x', 1, null, { b: [1], a: { __proto__x: 2 } }, [], JSON.parse('{"__proto__":1}')]
const stamps = [0, 1, 2, -1, 2 ** 53 - 1, -(2 ** 53 - 1)]
const keys = ['tea', 'rum', '__proto__']
const words = ['a', 'bc', 'ü', '𝄞', 'hello ']

function changeSet(set: SetView<Scalar>, [choice = 0, what]: Picks): void {
  if (choice % 3 === 0) set.remove(pickOf(elements, what))
  else set.add(pickOf(elements, what))
}

function changeFlag(view: FlagView, [choice = 0]: Picks): void {
  if (choice % 2 === 0) view.enable()
  else view.disable()
}

/** Kinds that maps may hold. */
export const nestableKinds = {
  gCounter: kind(gCounter, (view: GCounterView, [amount = 0]) => view.add(amount % 5)),
  pnCounter: kind(pnCounter, (view: CounterView, [amount = 0]) => view.add((amount % 9) - 4)),
  gSet: kind(gSet<Scalar>, (view: GSetView<Scalar>, [what]) => view.add(pickOf(elements, what))),
  orSet: kind(orSet<Scalar>, changeSet),
  enable: kind(() => flag(), changeFlag),
  disable: kind(() => flag({ wins: 'disable' }), changeFlag),
  lww: kind(
    () => lwwRegister<unknown>(null),
    (view: RegisterView<unknown>, [what]) => view.set(pickOf(values, what))
  ),
  reverse: kind(
    () => lwwRegister<unknown>(null, { clock: 'reverse' }),
    (view: RegisterView<unknown>, [what]) => view.set(pickOf(values, what))
  ),
  custom: kind(
    () => lwwRegister<unknown>(null, { clock: 'custom' }),
    (view: StampedRegisterView<unknown>, [what, stamp = 0]) =>
      view.set(pickOf(values, what), { stamp: pickOf(stamps, stamp) })
  ),
  increment: kind(
    () => lwwRegister<unknown>(null, { clock: 'custom-auto-increment' }),
    (view: StampedRegisterView<unknown>, [what, stamp = 0]) =>
      view.set(pickOf(values, what), { stamp: pickOf(stamps, stamp) })
  ),
  mv: kind(mvRegister<unknown>, (view: MvRegisterView<unknown>, [what]) => view.set(pickOf(values, what))),
  // Of types that only later versions know.
  notes: kind(notes, (view: NotesView, [choice = 0, what]) => {
    if (choice % 3 === 0) view.clear()
    else view.set(pickOf(words, what))
  }),
  labels: kind(labels, (view: LabelsView, [choice = 0, what, label]) => {
    if (choice % 3 === 0) view.remove(pickOf(keys, what))
    else view.put(pickOf(keys, what), pickOf(words, label))
  })
} satisfies Record<string, Kind<NestableType>>

function changeText(view: TextView, [choice = 0, at = 0, length = 0]: Picks): void {
  // Positions are picked by whole characters, because half of one is refused.
  const characters = [...view.toString()]
  const offset = (index: number): number => characters.slice(0, index).join('').length
  const from = at % (characters.length + 1)
  const to = Math.min(from + (length % 4), characters.length)
  if (choice % 3 > 0) view.insert(offset(from), pickOf(words, length))
  else view.remove(offset(from), offset(to) - offset(from))
}

function changeList(view: ListView<unknown>, [choice = 0, at = 0, what = 0]: Picks): void {
  const from = at % (view.length + 1)
  if (choice % 4 === 0)
    view.remove(Math.min(from, Math.max(0, view.length - 1)), Math.min(what % 3, view.length - from))
  else if (choice % 4 === 1) view.push(pickOf(values, what))
  else view.insert(from, pickOf(values, what), pickOf(values, what + 1))
}

const places: readonly (readonly string[])[] = [['a'], ['b'], ['a', 'b'], ['list'], ['a', '__proto__']]
const contents: readonly Json[] = [{}, 1, 'x', { b: { c: [1] } }, [], ['y', { z: null }], null, true]

function changeJson(view: JsonView, [choice = 0, where, what, at = 0]: Picks): void {
  const path = pickOf(places, where)
  const place = view.get(...path)
  if (choice % 4 === 0) view.remove(path)
  else if (choice % 4 === 1 && Array.isArray(place)) view.insert(path, at % (place.length + 1), pickOf(contents, what))
  else if (path.length === 1 || isObject(view.get(...path.slice(0, -1)))) view.set(path, pickOf(contents, what))
}

function isObject(value: Json | undefined): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const yjsKinds = {
  text: kind(text, changeText),
  list: kind(list<unknown>, changeList),
  json: kind(json, changeJson)
} satisfies Record<string, Kind>

const automergeKinds = {
  automergeText: kind(automergeText, changeText),
  automergeList: kind(automergeList<unknown>, changeList),
  automergeJson: kind(automergeJson, changeJson)
} satisfies Record<string, Kind>

/** Kinds whose content an engine keeps: replicas that saw the same have the same content, not the same bytes. */
export const documentKinds = { ...yjsKinds, ...automergeKinds } satisfies Record<string, Kind>

/** Incarnations of the nodes of the histories. */
const owners = ['node-0.01', 'node-1.01', 'node-2.01', 'node-0.02', 'node-3.01', 'node-4.01']

function changeBounded(view: BoundedCounterView, [choice = 0, amount = 0, to]: Picks): void {
  try {
    if (choice % 3 === 0) view.add(amount % 7)
    else if (choice % 3 === 1) view.subtract(amount % 5)
    else view.transfer(pickOf(owners, to), amount % 5)
  } catch (error) {
    if (!isShoalError(error) || error.code !== 'SHOAL_INSUFFICIENT_RIGHTS') throw error
  }
}

/** Kinds that only the top of a schema may hold. */
export const topKinds = {
  boundedCounter: kind(() => boundedCounter({ min: -3 }), changeBounded),
  vote: kind(vote, (view: VoteView, [choice = 0]) => view.cast(choice % 2 === 0)),
  turns: kind(turns, (view: TurnsView, [what]) => view.put(pickOf(words, what))),
  ...documentKinds
} satisfies Record<string, Kind>

export type NestableName = keyof typeof nestableKinds
export type DocumentName = keyof typeof documentKinds
export type TopName = keyof typeof topKinds
export type LeafName = NestableName | TopName

export const kinds: Readonly<Record<LeafName, Kind>> = { ...nestableKinds, ...topKinds }

export const nestableNames = Object.keys(nestableKinds) as NestableName[]
export const yjsNames = Object.keys(yjsKinds) as (keyof typeof yjsKinds)[]
export const automergeNames = Object.keys(automergeKinds) as (keyof typeof automergeKinds)[]
export const documentNames = Object.keys(documentKinds) as DocumentName[]
export const topNames = Object.keys(topKinds) as TopName[]
