/**
 * Lists on Yjs. Scalars are items as they are; an array or object is its canonical JSON text in an array of its own, so that no
 * object is made of a peer's keys before `JSON.parse` does it.
 */
import type { Array as YArray } from 'yjs'
import type { ListContent } from '../document/views.ts'
import { canonicalJson, type Json, parseJson } from '../json-value.ts'
import { type YjsDocument, yjsEngine } from './document.ts'

type Item = null | boolean | number | string | [string]
type ListDocument = YjsDocument<YArray<Item>>

export const yjsListEngine = yjsEngine('list', doc => doc.getArray<Item>('list'))

export const yjsList: ListContent<ListDocument> = {
  length: ({ root }) => root.length,
  get: ({ root }, at) => fromItem(root.get(at)),
  read: ({ root }) => root.toArray().map(fromItem),
  insert(document, at, items) {
    insertItems(document.root, at, items.map(toItem))
    return document
  },
  remove(document, at, length) {
    document.root.delete(at, length)
    return document
  }
}

/** At the end is after all that ever was there, removed items included: two who push do not mix with who inserts in front. */
export function insertItems<T>(array: YArray<T>, at: number, items: T[]): void {
  if (at === array.length) array.push(items)
  else array.insert(at, items)
}

function toItem(value: Json): Item {
  if (typeof value === 'number') return value === 0 ? 0 : value
  return value === null || typeof value !== 'object' ? value : [canonicalJson(value)]
}

function fromItem(item: Item): Json {
  return item === null || typeof item !== 'object' ? item : (parseJson(item[0]) as Json)
}
