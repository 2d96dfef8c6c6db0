/**
 * Field types of a version to come: what a newer node would do with the tags that are kept for it. The nodes of this version
 * know their lattices and nothing else.
 */
import { noDots } from '../../../src/crdt/dot.ts'
import { eachEntry, isEmptyStore } from '../../../src/crdt/dot-store.ts'
import {
  type OpaqueEntries,
  type OpaqueKeyed,
  type OpaqueRows,
  opaqueEntriesTypes,
  opaqueEntry,
  opaqueKeyedTypes,
  opaqueRowsTypes,
  payloadOf
} from '../../../src/crdt/opaque.ts'
import { scalarKey, scalarOf } from '../../../src/crdt/scalar.ts'
import type { FieldType, NestableType } from '../../../src/crdt/schema.ts'
import { SortedMap } from '../../../src/crdt/sorted-map.ts'
import type { Cell } from '../../../src/crdt/transaction.ts'
import type { Type } from '../../../src/crdt/type.ts'
import { erase } from '../../../src/crdt/types.ts'

const utf8 = new TextEncoder()
const text = new TextDecoder()

export interface NotesView {
  readonly values: string[]
  /** Takes the place of all that this replica sees. */
  set(note: string): void
  clear(): void
}

export interface LabelsView {
  readonly entries: [string, string][]
  put(key: string, label: string): void
  remove(key: string): void
}

export interface TurnsView {
  readonly values: [string, string][]
  /** In the row of this origin. */
  put(value: string): void
}

function typeOf<S>(types: readonly Type<S>[], index: number): Type<S> {
  const type = types[index]
  if (type === undefined) throw new Error(`no type ${index} in a family of ${types.length}`)
  return type
}

function textsOf(entries: OpaqueEntries): string[] {
  const texts: string[] = []
  eachEntry(entries, entry => texts.push(text.decode(payloadOf(entry))))
  return texts
}

/** Like a multi-value register. `index` picks the tag, 0 to 15. */
export function notes(index = 0): NestableType<NotesView, string[]> {
  const type = typeOf(opaqueEntriesTypes, index)
  const open = (erased: Cell<unknown>): NotesView => {
    const cell = erased as Cell<OpaqueEntries>
    return {
      get values() {
        return textsOf(cell.read())
      },
      set: note =>
        cell.change((removed, draw) => {
          const fresh = opaqueEntry(draw(), utf8.encode(note))
          return { state: fresh, fragment: fresh, removed }
        }),
      clear: () =>
        cell.change((removed, draw) => {
          if (isEmptyStore(removed)) return undefined
          draw()
          return { state: noDots, fragment: noDots, removed }
        })
    }
  }
  return { type: erase(type), depth: 0, isNestable: true, open, plain: state => textsOf(state as OpaqueEntries) }
}

/** Like a set whose elements have labels. */
export function labels(index = 0): NestableType<LabelsView, [string, string][]> {
  const type = typeOf(opaqueKeyedTypes, index)
  const plain = (state: unknown): [string, string][] =>
    [...(state as OpaqueKeyed)].flatMap(([key, entries]) =>
      textsOf(entries).map((label): [string, string] => [String(scalarOf(key)), label])
    )
  const open = (erased: Cell<unknown>): LabelsView => {
    const cell = erased as Cell<OpaqueKeyed>
    return {
      get entries() {
        return plain(cell.read())
      },
      put: (name, label) =>
        cell.change((state, draw) => {
          const key = scalarKey(name)
          const fresh = opaqueEntry(draw(), utf8.encode(label))
          return { state: state.set(key, fresh), fragment: SortedMap.of(key, fresh), removed: state.get(key) ?? [] }
        }),
      remove: name =>
        cell.change((state, draw) => {
          const key = scalarKey(name)
          const removed = state.get(key)
          if (removed === undefined) return undefined
          draw()
          return { state: state.delete(key), fragment: SortedMap.empty(), removed }
        })
    }
  }
  return { type: erase(type), depth: 0, isNestable: true, open, plain }
}

/** Like a vote: of each origin what it said last. */
export function turns(index = 0): FieldType<TurnsView, [string, string][]> {
  const type = typeOf(opaqueRowsTypes, index)
  const plain = (state: unknown): [string, string][] =>
    [...(state as OpaqueRows)].map(([origin, row]) => [origin, text.decode(payloadOf(row))])
  const open = (erased: Cell<unknown>): TurnsView => {
    const cell = erased as Cell<OpaqueRows>
    return {
      get values() {
        return plain(cell.read())
      },
      put: value =>
        cell.change((state, draw) => {
          const row = opaqueEntry(draw(), utf8.encode(value))
          return { state: state.set(row.origin, row), fragment: SortedMap.of(row.origin, row), removed: [] }
        })
    }
  }
  return { type: erase(type), depth: 0, open, plain }
}
