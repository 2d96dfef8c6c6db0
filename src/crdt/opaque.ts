/**
 * Types that this version does not know, by the lattice that they join by.
 *
 * Tags 64 to 111 are kept for types to come. Which of three lattices a value is follows from its tag, and what it means is in
 * payloads that stay closed here. So a node that meets such a value joins, diffs, hashes, stores and forwards it exactly, and it
 * does to it in maps what it does to every child.
 *
 * - 64–79, entries: dots, each with a payload, that come and go by the causal context, as registers and flags do.
 * - 80–95, keyed entries: scalars, each with such entries, as sets and their like do.
 * - 96–111, rows: of each origin the newest payload, without removal, as the votes of nodes do. Rows stand in no map.
 *
 * A type that takes such a tag accepts every payload that is accepted here, and gives every entry a dot of its own. See docs/adr/0011-unknown-types-join-by-their-tag.md;
 * the lattices are the dot stores of Almeida, Shoker, Baquero, "Delta state replicated data types", 2018.
 */
import type { Reader, Sink } from './codec.ts'
import { type Covers, type Dot, noDots } from './dot.ts'
import {
  type DotStore,
  diffStore,
  eachEntry,
  isEmptyStore,
  joinStores,
  newInStore,
  readStore,
  writeStore
} from './dot-store.ts'
import { readScalar, writeScalar } from './scalar.ts'
import { SortedMap, SortedMapBuilder } from './sorted-map.ts'
import { joinMaps, mapValues } from './sorted-map-join.ts'
import type { Type } from './type.ts'

/** The longest payload, in bytes: what the longest JSON text takes. */
export const maxPayloadBytes = 3 * 1024 * 1024

/** Up to so many bytes are kept as a string of their codes, which takes a tenth of the memory of a small array. */
const maxTextBytes = 64

/** A dot, and what its writer said. One dot has one payload, so joins do not compare them. */
export interface OpaqueEntry extends Dot {
  /** Absent where it is empty. Ask `payloadOf`. */
  readonly payload?: string | Uint8Array
}

export type OpaqueEntries = DotStore<OpaqueEntry>
/** By the key string of a scalar. */
export type OpaqueKeyed = SortedMap<OpaqueEntries>
/** By origin. */
export type OpaqueRows = SortedMap<OpaqueEntry>

/** For tests and types to come. The bytes are not copied. */
export function opaqueEntry({ origin, seq }: Dot, payload: Uint8Array): OpaqueEntry {
  if (payload.length === 0) return { origin, seq }
  return { origin, seq, payload: payload.length > maxTextBytes ? payload : String.fromCharCode(...payload) }
}

export function payloadOf({ payload = '' }: OpaqueEntry): Uint8Array {
  return typeof payload === 'string' ? Uint8Array.from(payload, code => code.charCodeAt(0)) : payload
}

function readEntry(reader: Reader, dot: Dot): OpaqueEntry {
  return opaqueEntry(dot, reader.bytes(maxPayloadBytes))
}

function readEntries(reader: Reader): OpaqueEntries {
  return readStore(reader, 3, dot => readEntry(reader, dot))
}

function writeEntries(sink: Sink, entries: OpaqueEntries): void {
  writeStore(sink, entries, entry => sink.bytes(payloadOf(entry)))
}

function orNothing(entries: OpaqueEntries): OpaqueEntries | undefined {
  return isEmptyStore(entries) ? undefined : entries
}

function entriesType(tag: number): Type<OpaqueEntries> {
  return {
    tag,
    name: `unknown type ${tag} (entries)`,
    empty: noDots,
    isEmpty: isEmptyStore,
    isVisible: state => !isEmptyStore(state),
    join: joinStores,
    news: (_a, b, sides) => newInStore(b, sides),
    diff: diffStore,
    eachDot: eachEntry,
    cleared: () => noDots,
    write: (state, sink) => writeEntries(sink, state),
    read: readEntries
  }
}

function keyedType(tag: number): Type<OpaqueKeyed> {
  return {
    tag,
    name: `unknown type ${tag} (keyed entries)`,
    empty: SortedMap.empty(),
    isEmpty: state => state.size === 0,
    isVisible: state => state.size > 0,
    join: (a, b, sides) =>
      joinMaps(a, b, sides, (left = noDots, right = noDots) => orNothing(joinStores(left, right, sides))),
    news: (_a, b, sides) => mapValues(b, entries => orNothing(newInStore(entries, sides))),
    diff: (state, known, held) => mapValues(state, entries => orNothing(diffStore(entries, known, held))),
    eachDot: (state, visit) => state.each(entries => eachEntry(entries, visit)),
    cleared: () => SortedMap.empty(),
    write(state, sink) {
      sink.varint(state.size)
      state.each((entries, key) => {
        writeScalar(sink, key)
        writeEntries(sink, entries)
      })
    },
    read(reader) {
      const count = reader.count(5)
      const builder = new SortedMapBuilder<OpaqueEntries>(count)
      for (let left = count; left > 0; left--) {
        const key = readScalar(reader)
        if (!builder.push(key, readEntries(reader))) throw reader.malformed('keys out of order')
      }
      return builder.finish()
    }
  }
}

function newerRow(left: OpaqueEntry | undefined, right: OpaqueEntry | undefined): OpaqueEntry | undefined {
  if (left === undefined || right === undefined) return left ?? right
  return right.seq > left.seq ? right : left
}

function readRows(reader: Reader, depth: number): OpaqueRows {
  if (depth > 1) throw reader.malformed('rows inside a map')
  const count = reader.count(3)
  const builder = new SortedMapBuilder<OpaqueEntry>(count)
  for (let left = count; left > 0; left--) {
    const dot = reader.dot()
    if (!builder.push(dot.origin, readEntry(reader, dot))) throw reader.malformed('origins out of order')
  }
  return builder.finish()
}

function rowsType(tag: number): Type<OpaqueRows> {
  return {
    tag,
    name: `unknown type ${tag} (rows)`,
    empty: SortedMap.empty(),
    isEmpty: state => state.size === 0,
    isVisible: state => state.size > 0,
    join: (a, b) => joinMaps(a, b, true, newerRow),
    news: (a, b) => mapValues(b, (row, origin) => (row.seq > (a.get(origin)?.seq ?? 0) ? row : undefined)),
    diff: (state: OpaqueRows, known: Covers) =>
      mapValues(state, row => (known.has(row.origin, row.seq) ? undefined : row)),
    eachDot(_state: OpaqueRows, _visit: (dot: Dot) => void) {},
    eachMark: (state, visit) => state.each(({ origin, seq }) => visit(origin, seq)),
    cleared: () => SortedMap.empty(),
    write(state, sink) {
      sink.varint(state.size)
      state.each(row => {
        sink.dot(row)
        sink.bytes(payloadOf(row))
      })
    },
    read: readRows
  }
}

const tagsOfALattice = 16

function family<S>(firstTag: number, make: (tag: number) => Type<S>): readonly Type<S>[] {
  return Array.from({ length: tagsOfALattice }, (_, i) => make(firstTag + i))
}

export const opaqueEntriesTypes: readonly Type<OpaqueEntries>[] = family(64, entriesType)
export const opaqueKeyedTypes: readonly Type<OpaqueKeyed>[] = family(80, keyedType)
export const opaqueRowsTypes: readonly Type<OpaqueRows>[] = family(96, rowsType)
