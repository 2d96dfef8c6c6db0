/** Text on Yjs. */
import type { Item, Text } from 'yjs'
import type { TextContent } from '../document/views.ts'
import { type YjsDocument, yjsEngine } from './document.ts'

type TextDocument = YjsDocument<Text>

export const yjsTextEngine = yjsEngine('text', doc => doc.getText('text'))

export const yjsText: TextContent<TextDocument> = {
  length: ({ root }) => root.length,
  read: ({ root }) => root.toString(),
  splitsCharacter(document, at) {
    if (!document.mayHavePairs) return false
    const [before, after] = unitsAround(document.root, at)
    return before >= 0xd800 && before <= 0xdbff && after >= 0xdc00 && after <= 0xdfff
  },
  insert(document, at, text) {
    document.mayHavePairs ||= hasPair.test(text)
    document.root.insert(at, text)
    return document
  },
  remove(document, at, length) {
    document.root.delete(at, length)
    return document
  }
}

const hasPair = /[\ud800-\udbff]/

/** The code units before and after a position; NaN at the ends. Begins at the place that Yjs remembers nearest to it. */
function unitsAround(root: Text, at: number): [number, number] {
  let item: Item | null = root._start
  let from = 0
  for (const marker of root._searchMarker ?? []) {
    if (Math.abs(marker.index - at) < Math.abs(from - at)) {
      item = marker.p
      from = marker.index
    }
  }
  // To the item that ends at or after the position, not before it.
  while (item !== null && item.left !== null && from >= at) {
    item = item.left
    from -= shownLength(item)
  }
  let before = Number.NaN
  while (item !== null) {
    const length = shownLength(item)
    if (at > from && at <= from + length) before = unitAt(item, at - from - 1)
    if (at >= from && at < from + length) return [before, unitAt(item, at - from)]
    from += length
    item = item.right
  }
  return [before, Number.NaN]
}

function shownLength(item: Item): number {
  return item.deleted || !item.countable ? 0 : item.length
}

function unitAt(item: Item, at: number): number {
  const { content } = item
  return 'str' in content && typeof content.str === 'string' ? content.str.charCodeAt(at) : Number.NaN
}
