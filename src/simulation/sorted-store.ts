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
  return insert(root, node(order, priorityOf(order), entry, undefined, undefined))
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

function insert(root: StoreRoot, added: StoreNode): StoreNode {
  if (root === undefined) return added
  if (added.order === root.order) return withSides(added, root.left, root.right)
  if (added.order < root.order) {
    const left = insert(root.left, added)
    if (left.priority <= root.priority) return withSides(root, left, root.right)
    return withSides(left, left.left, withSides(root, left.right, root.right))
  }
  const right = insert(root.right, added)
  if (right.priority <= root.priority) return withSides(root, root.left, right)
  return withSides(right, withSides(root, root.left, right.left), right.right)
}

function remove(root: StoreRoot, order: string): StoreRoot {
  if (root === undefined) return undefined
  if (order === root.order) return merge(root.left, root.right)
  if (order < root.order) return withSides(root, remove(root.left, order), root.right)
  return withSides(root, root.left, remove(root.right, order))
}

/** Every key of `low` is smaller than every key of `high`. */
function merge(low: StoreRoot, high: StoreRoot): StoreRoot {
  if (low === undefined) return high
  if (high === undefined) return low
  if (low.priority > high.priority) return withSides(low, low.left, merge(low.right, high))
  return withSides(high, merge(low, high.left), high.right)
}

function withSides({ order, priority, entry }: StoreNode, left: StoreRoot, right: StoreRoot): StoreNode {
  return node(order, priority, entry, left, right)
}

/** Field by field: every write makes a path of these, and to spread the old one takes several times as long. */
function node(order: string, priority: number, entry: DiskEntry, left: StoreRoot, right: StoreRoot): StoreNode {
  return { order, priority, entry, left, right }
}

function priorityOf(order: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < order.length; index++) hash = Math.imul(hash ^ order.charCodeAt(index), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
