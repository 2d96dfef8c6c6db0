/** Random schemas, and random changes through their views. */
import fc from 'fast-check'
import {
  type FieldType,
  type MapView,
  type NestableType,
  orMap,
  type Scalar,
  type Schema
} from '../../../src/crdt/index.ts'
import {
  documentNames,
  kinds,
  type LeafName,
  type NestableName,
  nestableKinds,
  nestableNames,
  type Picks,
  pickOf,
  topNames
} from './kinds.ts'

export { type LeafName, type Picks, pickOf } from './kinds.ts'

const keysOfKind = {
  string: ['tea', 'rum', '__proto__'],
  number: [0, -1, 2.5],
  boolean: [true, false],
  bytes: [Uint8Array.of(), Uint8Array.of(255, 0), Uint8Array.of(116)]
} as const

export type KeyKind = keyof typeof keysOfKind

export interface MapSpec {
  readonly map: NestableSpec
  /** @default 'string' */
  readonly keys?: KeyKind
}

export type NestableSpec = NestableName | MapSpec
export type Spec = LeafName | MapSpec
export type Specs = readonly Spec[]

function nestableOf(spec: NestableSpec): NestableType {
  if (typeof spec === 'string') return nestableKinds[spec].field()
  return orMap(nestableOf(spec.map), { keys: spec.keys ?? 'string' })
}

export function fieldOf(spec: Spec): FieldType {
  return typeof spec === 'string' ? kinds[spec].field() : nestableOf(spec)
}

/** As a user would write it. */
export function nameOf(spec: Spec): string {
  if (typeof spec === 'string') return spec
  return spec.keys === undefined ? `orMap(${nameOf(spec.map)})` : `orMap(${nameOf(spec.map)}, ${spec.keys})`
}

export function isDocument(spec: Spec): boolean {
  return documentNames.some(name => name === spec)
}

export function schemaOf(specs: Specs): Schema {
  return Object.fromEntries(specs.map((spec, i) => [`field${i}`, fieldOf(spec)]))
}

/** How many maps a random schema has in each other, that of the actor included. */
const maxDepth = 4

function anyNestable(depth: number): fc.Arbitrary<NestableSpec> {
  const leaf = fc.constantFrom(...nestableNames)
  if (depth >= maxDepth) return leaf
  const map = anyNestable(depth + 1)
  return fc.oneof(
    { weight: 3, arbitrary: leaf },
    { weight: 3, arbitrary: map.map((child): NestableSpec => ({ map: child })) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(map, fc.constantFrom('number' as const, 'boolean' as const, 'bytes' as const))
        .map(([child, keys]): NestableSpec => ({ map: child, keys }))
    }
  )
}

export const anySpecs: fc.Arbitrary<Specs> = fc.array(
  fc.oneof({ weight: 4, arbitrary: anyNestable(0) }, { weight: 1, arbitrary: fc.constantFrom(...topNames) }),
  { minLength: 1, maxLength: 4 }
)

/** Enough for the deepest place: two for each map on the way, and some for the change there. */
export const anyPicks: fc.Arbitrary<Picks> = fc.array(fc.nat(1000), { minLength: 12, maxLength: 12 })

/** Makes one change that the numbers pick. */
export function changeField(spec: Spec, view: unknown, picks: Picks): void {
  if (typeof spec === 'string') {
    kinds[spec].change(view, picks)
    return
  }
  const [choice = 0, what = 0, ...rest] = picks
  const map = view as MapView<unknown, unknown, Scalar>
  const key = pickOf<Scalar>(keysOfKind[spec.keys ?? 'string'], what)
  if (choice % 4 === 0) map.remove(key)
  else changeField(spec.map, map.at(key), rest)
}
