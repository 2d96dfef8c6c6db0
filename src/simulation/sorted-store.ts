/**
 * An immutable ordered map of bytes: a treap whose priorities are hashes of the keys. A changed copy shares all but a path with
 * its original, so that a snapshot costs nothing and a crash is a step back to an older root.
 *
 * Source: Seidel and Aragon, "Randomized search trees", 1996.
 */
import type { DiskEntry } from '../ports/disk.ts'

export interface StoreNode {
  /** The key as text of one character per byte: compares as the bytes do, and much faster. */
  readonly order: string
  readonly priority: number
  readonly entry: DiskEntry
  readonly left: StoreRoot
  readonly right: StoreRoot
}

export type StoreRoot = StoreNode | undefined

export function orderOf(key: Uint8Array): string {
  return latin1Slice.call(key)
}

/**
 * Of any bytes, not of a `Buffer` only: to make one for every key costs more than all the rest. `toString` takes them on Node 24, and
 * not on 22.
 */
const { latin1Slice } = Buffer.prototype as unknown as { latin1Slice(this: Uint8Array): string }

export function lookUp(root: StoreRoot, order: string): DiskEntry | undefined {
  let node = root
  while (node !== undefined && node.order !== order) node = order < node.order ? node.left : node.right
  return node?.entry
}

export function withEntry(root: StoreRoot, entry: DiskEntry): StoreNode {
  const order = orderOf(entry.key)
  return insert(root, { order, priority: priorityOf(order), entry, left: undefined, right: undefined })
}

export function withoutKey(root: StoreRoot, key: Uint8Array): StoreRoot {
  const order = orderOf(key)
  return lookUp(root, order) === undefined ? root : remove(root, order)
}

/** Up to `limit` entries with `gte <= key < lt`, in order. */
export function entriesBetween(root: StoreRoot, gte: string, lt: string, limit: number): DiskEntry[] {
  const entries: DiskEntry[] = []
  const visit = (node: StoreRoot) => {
    if (node === undefined || entries.length >= limit) return
    if (node.order >= gte) visit(node.left)
    if (node.order >= gte && node.order < lt && entries.length < limit) entries.push(node.entry)
    if (node.order < lt) visit(node.right)
  }
  visit(root)
  return entries
}

function insert(node: StoreRoot, added: StoreNode): StoreNode {
  if (node === undefined) return added
  if (added.order === node.order) return { ...added, left: node.left, right: node.right }
  if (added.order < node.order) {
    const left = insert(node.left, added)
    if (left.priority <= node.priority) return { ...node, left }
    return { ...left, right: { ...node, left: left.right } }
  }
  const right = insert(node.right, added)
  if (right.priority <= node.priority) return { ...node, right }
  return { ...right, left: { ...node, right: right.left } }
}

function remove(node: StoreRoot, order: string): StoreRoot {
  if (node === undefined) return undefined
  if (order === node.order) return merge(node.left, node.right)
  if (order < node.order) return { ...node, left: remove(node.left, order) }
  return { ...node, right: remove(node.right, order) }
}

/** Every key of `low` is smaller than every key of `high`. */
function merge(low: StoreRoot, high: StoreRoot): StoreRoot {
  if (low === undefined) return high
  if (high === undefined) return low
  if (low.priority > high.priority) return { ...low, right: merge(low.right, high) }
  return { ...high, left: merge(low, high.left) }
}

function priorityOf(order: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < order.length; index++) hash = Math.imul(hash ^ order.charCodeAt(index), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
