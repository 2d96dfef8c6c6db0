/**
 * Add-wins map of nested types.
 *
 * A child stands under its type and its key; two schemas that give one key different types do not disturb each other. Removing
 * a key takes away what the remover saw of the child, so a concurrent update of it survives with its own contribution only.
 * A map of maps is a tree; an actor's state is one such map.
 *
 * Source: Almeida et al., "Delta state replicated data types", 2018 (causal maps).
 */
import type { Reader, Sink } from './codec.ts'
import { CausalContext } from './context.ts'
import type { Covers, Dot } from './dot.ts'
import { InternTable } from './intern-table.ts'
import { compareScalarKeys, prefixOf, readScalar, type ScalarKind, scalarKey, writeScalar } from './scalar.ts'
import { SortedMap, SortedMapBuilder } from './sorted-map.ts'
import { joinMaps, mapValues } from './sorted-map-join.ts'
import type { Change, Draw, Type } from './type.ts'

/** By (tag, key). The child's type is the one with that tag. */
export type MapState = SortedMap<unknown>

/** The deepest nesting of maps, the actor's own included. */
export const maxMapDepth = 16

/** Keys up to so long come again and again, and so do the names of fields: each is in memory once, as a rule. */
const shortKey = 3
const entryKeys = new InternTable()

export function entryKey(type: Type<unknown>, key: unknown): string {
  return prefixOfTag(type.tag) + scalarKey(key)
}

/** The key of a field: the same string as in decoded states, as a rule. */
export function fieldKey(type: Type<unknown>, name: string): string {
  return entryKeys.joined(type.tag, scalarKey(name))
}

/** What the entry keys of children of one type with keys of one kind begin with. */
export function entryPrefix(type: Type<unknown>, kind: ScalarKind): string {
  return prefixOfTag(type.tag) + prefixOf(kind)
}

function prefixOfTag(tag: number): string {
  return String.fromCharCode(tag)
}

function tagOf(entry: string): number {
  return entry.charCodeAt(0)
}

/** The key strings and the visible children of one type, with keys of one kind, sorted by key. */
export function visibleEntries<S>(
  state: MapState,
  type: Type<S>,
  kind: ScalarKind
): (readonly [key: string, child: S])[] {
  const found: (readonly [string, S])[] = []
  for (const [entry, child] of state.withPrefix(entryPrefix(type, kind))) {
    if (type.isVisible(child as S)) found.push([entry.slice(1), child as S])
  }
  return kind === 'number' ? found.sort(([a], [b]) => compareScalarKeys(a, b)) : found
}

/** Takes away what is visible under the key. */
export function removeKey(
  state: MapState,
  draw: Draw,
  type: Type<unknown>,
  key: unknown
): Change<MapState> | undefined {
  const entry = entryKey(type, key)
  const child = state.get(entry)
  if (child === undefined || !type.isVisible(child)) return undefined
  const removed: Dot[] = []
  type.eachDot(child, dot => removed.push(dot))
  const fragment = type.cleared(child)
  const right = CausalContext.of(removed)
  const rest = type.join(child, fragment, { left: right, right, rightIsNews: false })
  draw()
  return {
    state: withChild(state, entry, type, rest),
    fragment: type.isEmpty(fragment) ? SortedMap.empty() : SortedMap.of(entry, fragment),
    removed
  }
}

export function withChild(state: MapState, entry: string, type: Type<unknown>, child: unknown): MapState {
  return type.isEmpty(child) ? state.delete(entry) : state.set(entry, child)
}

/** `typeOf` answers the type with a tag. */
export function mapType(typeOf: (tag: number) => Type<unknown> | undefined): Type<MapState> {
  const childType = (entry: string): Type<unknown> => {
    const type = typeOf(tagOf(entry))
    if (type === undefined) throw new Error(`no type with tag ${tagOf(entry)}`)
    return type
  }
  const orNothing = (type: Type<unknown>, child: unknown): unknown => (type.isEmpty(child) ? undefined : child)

  const writeKey = (sink: Sink, entry: string): void => {
    sink.byte(tagOf(entry))
    writeScalar(sink, entry, 1)
  }

  const readEntry = (reader: Reader, depth: number): [string, unknown] => {
    const tag = reader.byte()
    const type = typeOf(tag)
    if (type === undefined) throw reader.malformed(`no type with tag ${tag}`)
    const key = readScalar(reader)
    const entry = depth === 0 || key.length <= shortKey ? entryKeys.joined(tag, key) : prefixOfTag(tag) + key
    const child = type.read(reader, depth + 1)
    if (type.isEmpty(child)) throw reader.malformed('an empty child')
    return [entry, child]
  }

  return {
    tag: 9,
    name: 'orMap',
    empty: SortedMap.empty(),
    isEmpty: state => state.size === 0,
    isVisible: state => state.some((child, entry) => childType(entry).isVisible(child)),
    join: (a, b, sides) =>
      joinMaps(a, b, sides, (left, right, entry) => {
        const type = childType(entry)
        return orNothing(type, type.join(left ?? type.empty, right ?? type.empty, sides))
      }),
    news: (a, b, sides) =>
      mapValues(b, (right, entry) => {
        const type = childType(entry)
        return orNothing(type, type.news(a.get(entry) ?? type.empty, right, sides))
      }),
    diff: (state: MapState, known: Covers, held: Dot[]) =>
      mapValues(state, (child, entry) => {
        const type = childType(entry)
        return orNothing(type, type.diff(child, known, held))
      }),
    eachDot: (state, visit) => state.each((child, entry) => childType(entry).eachDot(child, visit)),
    eachMark: (state, visit) =>
      state.each((child, entry) => {
        const type = childType(entry)
        if (type.eachMark === undefined) type.eachDot(child, ({ origin, seq }) => visit(origin, seq))
        else type.eachMark(child, visit)
      }),
    cleared: state =>
      mapValues(state, (child, entry) => {
        const type = childType(entry)
        return orNothing(type, type.cleared(child))
      }),
    write(state, sink) {
      sink.varint(state.size)
      state.each((child, entry) => {
        writeKey(sink, entry)
        childType(entry).write(child, sink)
      })
    },
    writeIdentity(state, sink) {
      sink.varint(state.size)
      state.each((child, entry) => {
        const type = childType(entry)
        writeKey(sink, entry)
        if (type.writeIdentity === undefined) type.write(child, sink)
        else type.writeIdentity(child, sink)
      })
    },
    read(reader, depth) {
      if (depth >= maxMapDepth) throw reader.malformed(`more than ${maxMapDepth} maps in each other`)
      const count = reader.count(4)
      const builder = new SortedMapBuilder<unknown>(count)
      for (let left = count; left > 0; left--) {
        const [entry, child] = readEntry(reader, depth)
        if (!builder.push(entry, child)) throw reader.malformed('keys out of order')
      }
      return builder.finish()
    }
  }
}
