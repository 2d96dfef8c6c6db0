/** Random schemas, and random changes through their views. */
import fc from 'fast-check'
import {
  type CounterView,
  type FieldType,
  type FlagView,
  flag,
  gCounter,
  gSet,
  lwwRegister,
  type MapView,
  type MvRegisterView,
  mvRegister,
  type NestableType,
  orMap,
  orSet,
  pnCounter,
  type RegisterView,
  type Scalar,
  type Schema,
  type SetView,
  type TextView,
  text
} from '../../../src/crdt/index.ts'

export type LeafName = 'gCounter' | 'pnCounter' | 'gSet' | 'orSet' | 'enable' | 'disable' | 'lww' | 'mv'
export type Spec = LeafName | 'text' | { readonly map: Exclude<Spec, 'text'> }

export const leafNames: readonly LeafName[] = [
  'gCounter',
  'pnCounter',
  'gSet',
  'orSet',
  'enable',
  'disable',
  'lww',
  'mv'
]

const leaves: Record<LeafName, () => NestableType> = {
  gCounter: () => gCounter(),
  pnCounter: () => pnCounter(),
  gSet: () => gSet<Scalar>(),
  orSet: () => orSet<Scalar>(),
  enable: () => flag(),
  disable: () => flag({ wins: 'disable' }),
  lww: () => lwwRegister<unknown>(null),
  mv: () => mvRegister<unknown>()
}

function nestableOf(spec: Exclude<Spec, 'text'>): NestableType {
  return typeof spec === 'string' ? leaves[spec]() : orMap(nestableOf(spec.map))
}

export function fieldOf(spec: Spec): FieldType {
  return spec === 'text' ? text() : nestableOf(spec)
}

export type Specs = readonly Spec[]

export function schemaOf(specs: Specs): Schema {
  return Object.fromEntries(specs.map((spec, i) => [`field${i}`, fieldOf(spec)]))
}

const nestable: fc.Arbitrary<Exclude<Spec, 'text'>> = fc.oneof(
  fc.constantFrom(...leafNames),
  fc.constantFrom(...leafNames).map(map => ({ map })),
  fc.constantFrom(...leafNames).map(map => ({ map: { map } }))
)

export const anySpecs: fc.Arbitrary<Specs> = fc.array(fc.oneof(nestable, nestable, fc.constant('text' as const)), {
  minLength: 1,
  maxLength: 3
})

/** Numbers that decide a change: the same numbers on the same state are the same change. */
export type Picks = readonly number[]

export const anyPicks: fc.Arbitrary<Picks> = fc.array(fc.nat(1000), { minLength: 6, maxLength: 6 })

const elements: readonly Scalar[] = ['a', 'b', '', '__proto__', 1, -2.5, true, '1', 'ü𝄞']
const keys: readonly string[] = ['tea', 'rum', '__proto__']
const values: readonly unknown[] = ['x', 1, null, { b: [1], a: { __proto__x: 2 } }, [], JSON.parse('{"__proto__":1}')]
const words = ['a', 'bc', 'ü', '𝄞', 'hello ']

export function pickOf<T>(list: readonly T[], pick: number | undefined): T {
  const item = list[(pick ?? 0) % list.length]
  if (item === undefined && list.length === 0) throw new Error('nothing to pick from')
  return item as T
}

/** Makes one change that the numbers pick. */
export function changeField(spec: Spec, view: unknown, picks: Picks): void {
  const [choice = 0, what = 0, ...rest] = picks
  if (typeof spec === 'object') {
    const map = view as MapView<unknown, unknown>
    const key = pickOf(keys, what)
    if (choice % 4 === 0) map.remove(key)
    else changeField(spec.map, map.at(key), [...rest, choice])
  } else if (spec === 'gCounter') {
    ;(view as CounterView).add(what % 5)
  } else if (spec === 'pnCounter') {
    ;(view as CounterView).add((what % 9) - 4)
  } else if (spec === 'gSet') {
    ;(view as SetView<Scalar>).add(pickOf(elements, what))
  } else if (spec === 'orSet') {
    const set = view as SetView<Scalar>
    if (choice % 3 === 0) set.remove(pickOf(elements, what))
    else set.add(pickOf(elements, what))
  } else if (spec === 'enable' || spec === 'disable') {
    if (choice % 2 === 0) (view as FlagView).enable()
    else (view as FlagView).disable()
  } else if (spec === 'lww') {
    ;(view as RegisterView<unknown>).set(pickOf(values, what))
  } else if (spec === 'mv') {
    ;(view as MvRegisterView<unknown>).set(pickOf(values, what))
  } else {
    changeText(view as TextView, choice, what, rest[0] ?? 0)
  }
}

function changeText(view: TextView, choice: number, at: number, length: number): void {
  // Positions are picked by whole characters, because half of one is refused.
  const characters = [...view.toString()]
  const offset = (index: number): number => characters.slice(0, index).join('').length
  const from = at % (characters.length + 1)
  const to = Math.min(from + (length % 4), characters.length)
  if (choice % 3 > 0) view.insert(offset(from), pickOf(words, length))
  else view.remove(offset(from), offset(to) - offset(from))
}
