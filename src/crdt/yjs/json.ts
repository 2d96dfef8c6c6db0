/** JSON on Yjs: an object is a map, an array is a list, and everything else is a value in its parent. */
import { AbstractType, Array as YArray, Map as YMap } from 'yjs'
import type { JsonContent, JsonPath, JsonPlace } from '../document/views.ts'
import { type Json, maxJsonDepth, setOwn } from '../json-value.ts'
import { type YjsDocument, yjsEngine } from './document.ts'
import { insertItems } from './list.ts'

type JsonDocument = YjsDocument<YMap<unknown>>

export const yjsJsonEngine = yjsEngine(
  'json',
  doc => doc.getMap<unknown>('json'),
  ({ root }) => (isTooDeep(root) ? `more than ${maxJsonDepth} levels` : undefined)
)

export const yjsJson: JsonContent<JsonDocument> = {
  placeOf({ root }, path): JsonPlace {
    const node = nodeAt(root, path)
    if (node === undefined) return undefined
    if (node instanceof YMap) return { kind: 'object', size: 0 }
    if (node instanceof YArray) return { kind: 'array', size: node.length }
    return { kind: 'scalar' }
  },
  read: ({ root }, path) => toPlain(nodeAt(root, path), path.length),
  set(document, path, value) {
    const { parent, key } = parentAt(document.root, path)
    if (parent instanceof YMap && typeof key === 'string') parent.set(key, toNode(value))
    else if (parent instanceof YArray && typeof key === 'number') {
      parent.delete(key, 1)
      parent.insert(key, [toNode(value)])
    }
    return document
  },
  remove(document, path) {
    const { parent, key } = parentAt(document.root, path)
    if (parent instanceof YMap && typeof key === 'string') parent.delete(key)
    else if (parent instanceof YArray && typeof key === 'number') parent.delete(key, 1)
    return document
  },
  insert(document, path, at, items) {
    const node = nodeAt(document.root, path)
    if (node instanceof YArray) insertItems(node, at, items.map(toNode))
    return document
  }
}

function nodeAt(root: YMap<unknown>, path: JsonPath): unknown {
  let node: unknown = root
  for (const key of path) {
    if (node instanceof YMap && typeof key === 'string') node = node.get(key)
    else if (node instanceof YArray && typeof key === 'number') node = node.get(key)
    else return undefined
  }
  return node
}

function parentAt(root: YMap<unknown>, path: JsonPath): { parent: unknown; key: string | number | undefined } {
  return { parent: nodeAt(root, path.slice(0, -1)), key: path.at(-1) }
}

function toNode(value: Json): unknown {
  if (typeof value === 'number') return value === 0 ? 0 : value
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return YArray.from(value.map(toNode) as object[])
  return new YMap(Object.entries(value).map(([key, item]) => [key, toNode(item)] as const))
}

/** Objects and arrays deeper than is allowed read as null: only a stranger makes them. */
function toPlain(node: unknown, depth: number): Json {
  if (!(node instanceof AbstractType)) return isScalar(node) ? node : null
  if (depth >= maxJsonDepth) return null
  if (node instanceof YArray) return node.toArray().map(item => toPlain(item, depth + 1))
  const plain: Record<string, Json> = {}
  if (node instanceof YMap) for (const [key, item] of node.entries()) setOwn(plain, key, toPlain(item, depth + 1))
  return plain
}

function isScalar(node: unknown): node is null | boolean | number | string {
  return node === null || typeof node === 'boolean' || typeof node === 'number' || typeof node === 'string'
}

function isTooDeep(root: YMap<unknown>): boolean {
  let level: unknown[] = [root]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth >= maxJsonDepth) return true
    const below: unknown[] = []
    for (const node of level) {
      if (node instanceof YMap) for (const item of node.values()) below.push(item)
      else if (node instanceof YArray) for (const item of node.toArray()) below.push(item)
    }
    level = below.filter(node => node instanceof AbstractType)
  }
  return false
}
