/** What concurrent edits of documents do: five replicas agree, at every moment, with a model that knows no states and no engines. */
import { test } from 'node:test'
import { automergeJson, automergeList, automergeText } from '../../src/automerge.ts'
import { type FieldType, type JsonView, json, type ListView, list, type TextView, text } from '../../src/crdt/index.ts'
import { PlacesModel, SequenceModel } from './support/document-model.ts'
import { pickOf } from './support/kinds.ts'
import { agrees, replicaCount, type Subject } from './support/subject.ts'

/** A view of a sequence whose items have names. */
interface Sequence {
  read(): string[]
  insert(at: number, items: readonly string[]): void
  remove(at: number, count: number): void
}

function sequences(field: FieldType, open: (view: unknown) => Sequence, items: (plain: unknown) => string[]) {
  return (): Subject<ReturnType<SequenceModel['remove']>> => {
    const model = new SequenceModel(replicaCount)
    return {
      field,
      edit({ replica }, view, [choice = 0, where = 0, count = 0]) {
        const sequence = open(view)
        const shown = sequence.read()
        const at = where % (shown.length + 1)
        if (choice % 3 > 0) {
          const inserted = model.fresh(1 + (count % 4), nameOf)
          sequence.insert(at, inserted)
          return [model.insert(replica, shown, at, inserted)]
        }
        const removed = shown.slice(at, at + (count % 4))
        sequence.remove(at, removed.length)
        return removed.length === 0 ? [] : [model.remove(replica, removed)]
      },
      see: (replica, edits) => model.see(replica, edits),
      seenBy: replica => pickOf(model.seen, replica),
      check: (replica, plain) => model.check(replica, items(plain))
    }
  }
}

/** A character of its own for each item; every third one takes two UTF-16 code units. */
function nameOf(index: number): string {
  return String.fromCodePoint((index % 3 === 0 ? 0x20000 : 0x4e00) + index)
}

function openText(erased: unknown): Sequence {
  const view = erased as TextView
  const read = () => [...view.toString()]
  const offset = (at: number): number => read().slice(0, at).join('').length
  return {
    read,
    insert: (at, items) => view.insert(offset(at), items.join('')),
    remove: (at, count) => view.remove(offset(at), offset(at + count) - offset(at))
  }
}

function openList(erased: unknown): Sequence {
  const view = erased as ListView<string>
  return {
    read: () => view.values(),
    insert: (at, items) => view.insert(at, ...items),
    remove: (at, count) => view.remove(at, count)
  }
}

const places = ['a', 'b', '__proto__']

function jsonPlaces(field: FieldType, addWins: boolean) {
  return (): Subject<ReturnType<PlacesModel['assign']>> => {
    const model = new PlacesModel(replicaCount, addWins)
    return {
      field,
      edit({ replica }, erased, [choice = 0, where]) {
        const view = erased as JsonView
        const key = pickOf(places, where)
        const isThere = view.get(key) !== undefined
        if (choice % 4 > 0) {
          const value = model.freshValue()
          view.set([key], value)
          return [model.assign(replica, key, value)]
        }
        view.remove([key])
        return isThere ? [model.assign(replica, key, undefined)] : []
      },
      see: (replica, made) => model.see(replica, made),
      seenBy: replica => pickOf(model.seen, replica),
      check(replica, plain) {
        const shown = new Map(Object.entries(plain as Record<string, unknown>))
        for (const key of places) model.check(replica, key, shown.get(key))
      }
    }
  }
}

const characters = (plain: unknown): string[] => [...String(plain)]
const listed = (plain: unknown): string[] => plain as string[]

test('a text has what was inserted and not removed, in one order everywhere', () => {
  const subject = sequences(text(), openText, characters)
  agrees(40, subject)
})

test('a list has what was inserted and not removed, in one order everywhere', () => {
  const subject = sequences(list<string>(), openList, listed)
  agrees(40, subject)
})

test('a JSON place shows one of the values that nothing has replaced', () => {
  const subject = jsonPlaces(json(), false)
  agrees(40, subject)
})

test('an Automerge text has what was inserted and not removed, in one order everywhere', () => {
  const subject = sequences(automergeText(), openText, characters)
  agrees(15, subject)
})

test('an Automerge list has what was inserted and not removed, in one order everywhere', () => {
  const subject = sequences(automergeList<string>(), openList, listed)
  agrees(15, subject)
})

test('a place of Automerge JSON shows one of the values that nothing has replaced, and a removal loses', () => {
  const subject = jsonPlaces(automergeJson(), true)
  agrees(15, subject)
})
