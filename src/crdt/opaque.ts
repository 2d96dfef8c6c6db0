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
 * A type that takes such a tag accepts every payload that is accepted here. See docs/adr/0011-unknown-types-join-by-their-tag.md;
 * the lattices are the dot stores of Almeida, Shoker, Baquero, "Delta state replicated data types", 2018.
 */
import { type Reader, readEntries, type Sink, writeEntries } from './codec.ts'
import { type Covers, type Dot, diffEntries, joinEntries, newEntries, noDots } from './dot.ts'
import { readScalar, writeScalar } from './scalar.ts'
import { joinMaps, mapValues, SortedMap } from './sorted-map.ts'
import type { Type } from './type.ts'

/** The longest payload, in bytes: what the longest JSON text takes. */
export const maxPayloadBytes = 3 * 1024 * 1024

/** A dot and what its writer said, as closed bytes. One dot has one payload, so joins do not compare them. */
export interface OpaqueEntry extends Dot {
  readonly payload: Uint8Array
}

/** Sorted by dot. */
export type OpaqueEntries = readonly OpaqueEntry[]
/** By the key string of a scalar. */
export type OpaqueKeyed = SortedMap<OpaqueEntries>
/** By origin. */
export type OpaqueRows = SortedMap<OpaqueEntry>

const noPayload = new Uint8Array(0)

function writePayload(sink: Sink, entry: OpaqueEntry): void {
  sink.bytes(entry.payload)
}

function readPayload(reader: Reader): Uint8Array {
  const payload = reader.bytes(maxPayloadBytes)
  return payload.length === 0 ? noPayload : payload
}

function readPayloads(reader: Reader): OpaqueEntries {
  return readEntries(reader, 3, ({ origin, seq }) => ({ origin, seq, payload: readPayload(reader) }))
}

function orNothing<E>(entries: readonly E[]): readonly E[] | undefined {
  return entries.length === 0 ? undefined : entries
}

function entriesType(tag: number): Type<OpaqueEntries> {
  return {
    tag,
    name: `unknown type ${tag} (entries)`,
    empty: noDots,
    isEmpty: state => state.length === 0,
    isVisible: state => state.length > 0,
    join: joinEntries,
    news: (_a, b, sides) => newEntries(b, sides),
    diff: diffEntries,
    eachDot: (state, visit) => state.forEach(visit),
    cleared: () => noDots,
    write: (state, sink) => writeEntries(sink, state, entry => writePayload(sink, entry)),
    read: readPayloads
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
      joinMaps(a, b, sides.rightIsNews, (left = noDots, right = noDots) => orNothing(joinEntries(left, right, sides))),
    news: (_a, b, sides) => mapValues(b, entries => orNothing(newEntries(entries, sides))),
    diff: (state, known, held) => mapValues(state, entries => orNothing(diffEntries(entries, known, held))),
    eachDot: (state, visit) => state.each(entries => entries.forEach(visit)),
    cleared: () => SortedMap.empty(),
    write(state, sink) {
      sink.varint(state.size)
      state.each((entries, key) => {
        writeScalar(sink, key)
        writeEntries(sink, entries, entry => writePayload(sink, entry))
      })
    },
    read(reader) {
      const keys: string[] = []
      const values: OpaqueEntries[] = []
      for (let left = reader.count(5); left > 0; left--) {
        const key = readScalar(reader)
        if (key <= (keys[keys.length - 1] ?? '')) throw reader.malformed('keys out of order')
        keys.push(key)
        values.push(readPayloads(reader))
      }
      return SortedMap.fromSorted(keys, values)
    }
  }
}

function newerRow(left: OpaqueEntry | undefined, right: OpaqueEntry | undefined): OpaqueEntry | undefined {
  if (left === undefined || right === undefined) return left ?? right
  return right.seq > left.seq ? right : left
}

function readRows(reader: Reader, depth: number): OpaqueRows {
  if (depth > 1) throw reader.malformed('rows inside a map')
  const origins: string[] = []
  const rows: OpaqueEntry[] = []
  for (let left = reader.count(3); left > 0; left--) {
    const { origin, seq } = reader.dot()
    if (origin <= (origins[origins.length - 1] ?? '')) throw reader.malformed('origins out of order')
    origins.push(origin)
    rows.push({ origin, seq, payload: readPayload(reader) })
  }
  return SortedMap.fromSorted(origins, rows)
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
    cleared: () => SortedMap.empty(),
    write(state, sink) {
      sink.varint(state.size)
      state.each(row => {
        sink.dot(row)
        writePayload(sink, row)
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
