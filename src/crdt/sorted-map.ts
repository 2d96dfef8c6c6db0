/**
 * An immutable map with string keys in the order of their UTF-16 code units.
 *
 * A B+ tree: a change copies the nodes on its way, and iteration is in canonical order without sorting. Maps of one entry, which
 * are most of them, are one object. `set` answers the same map where the value is the one already there.
 */

/** The most entries of a leaf, and the most children of a branch. */
const maxWidth = 32
/** How many of them a node gets that is made from sorted entries. */
const builtWidth = 24

/** Keys and values in turn: `[key, value, key, value, …]`. One array instead of two, because most maps are tiny. */
export type Pairs<V> = readonly (string | V)[]

export abstract class SortedMap<V> {
  abstract readonly size: number

  static empty<V>(): SortedMap<V> {
    none ??= new Leaf<never>([])
    return none
  }

  static of<V>(key: string, value: V): SortedMap<V> {
    return new Single(key, value)
  }

  /** From keys in order, each once. */
  static fromSorted<V>(keys: readonly string[], values: readonly V[]): SortedMap<V> {
    const builder = new SortedMapBuilder<V>(keys.length)
    for (let i = 0; i < keys.length; i++) builder.push(keys[i] ?? '', values[i] as V)
    return builder.finish()
  }

  abstract get(key: string): V | undefined
  abstract set(key: string, value: V): SortedMap<V>
  abstract delete(key: string): SortedMap<V>
  abstract each(visit: (value: V, key: string) => void): void
  /** Visits until `visit` answers true. Answers whether it did. */
  abstract some(visit: (value: V, key: string) => boolean): boolean
  abstract [Symbol.iterator](): Generator<readonly [string, V]>
  /** The entries whose key starts with `prefix`. */
  abstract withPrefix(prefix: string): Generator<readonly [string, V]>

  /** `[key, value, key, value, …]`, only for reading. */
  abstract pairs(): Pairs<V>
  /** The smallest key; '' where there is none. */
  abstract first(): string
  /** How many levels of branches there are, at most. A node that got too wide answers a branch with one level more. */
  abstract readonly height: number
}

class Single<V> extends SortedMap<V> {
  readonly #key: string
  readonly #value: V

  constructor(key: string, value: V) {
    super()
    this.#key = key
    this.#value = value
  }

  override get size(): number {
    return 1
  }

  override get height(): number {
    return 0
  }

  override first(): string {
    return this.#key
  }

  override get(key: string): V | undefined {
    return key === this.#key ? this.#value : undefined
  }

  override set(key: string, value: V): SortedMap<V> {
    if (key === this.#key) return value === this.#value ? this : new Single(key, value)
    return new Leaf(key < this.#key ? [key, value, this.#key, this.#value] : [this.#key, this.#value, key, value])
  }

  override delete(key: string): SortedMap<V> {
    return key === this.#key ? SortedMap.empty() : this
  }

  override each(visit: (value: V, key: string) => void): void {
    visit(this.#value, this.#key)
  }

  override some(visit: (value: V, key: string) => boolean): boolean {
    return visit(this.#value, this.#key)
  }

  override *[Symbol.iterator](): Generator<readonly [string, V]> {
    yield [this.#key, this.#value]
  }

  override *withPrefix(prefix: string): Generator<readonly [string, V]> {
    if (this.#key.startsWith(prefix)) yield [this.#key, this.#value]
  }

  override pairs(): Pairs<V> {
    return [this.#key, this.#value]
  }
}

class Leaf<V> extends SortedMap<V> {
  readonly #pairs: Pairs<V>

  constructor(pairs: Pairs<V>) {
    super()
    this.#pairs = pairs
  }

  override get size(): number {
    return this.#pairs.length / 2
  }

  override get height(): number {
    return 0
  }

  override first(): string {
    return (this.#pairs[0] ?? '') as string
  }

  override get(key: string): V | undefined {
    const pairs = this.#pairs
    const at = lowerBound(pairs, key)
    return pairs[at] === key ? (pairs[at + 1] as V) : undefined
  }

  override set(key: string, value: V): SortedMap<V> {
    const pairs = this.#pairs
    const at = lowerBound(pairs, key)
    if (pairs[at] === key) {
      if (pairs[at + 1] === value) return this
      const changed = pairs.slice()
      changed[at + 1] = value
      return new Leaf(changed)
    }
    if (pairs.length === 0) return new Single(key, value)
    const longer = pairs.toSpliced(at, 0, key, value)
    if (longer.length <= maxWidth * 2) return new Leaf(longer)
    const [left, right] = [new Leaf(longer.slice(0, maxWidth)), new Leaf(longer.slice(maxWidth))]
    return new Branch([left.first(), right.first()], [left, right], this.size + 1, 1)
  }

  override delete(key: string): SortedMap<V> {
    const pairs = this.#pairs
    const at = lowerBound(pairs, key)
    if (pairs[at] !== key) return this
    if (pairs.length > 4) return new Leaf(pairs.toSpliced(at, 2))
    // A builder's last leaf may have a single entry.
    if (pairs.length === 2) return SortedMap.empty()
    const other = 2 - at
    return new Single(pairs[other] as string, pairs[other + 1] as V)
  }

  override each(visit: (value: V, key: string) => void): void {
    const pairs = this.#pairs
    for (let i = 0; i < pairs.length; i += 2) visit(pairs[i + 1] as V, pairs[i] as string)
  }

  override some(visit: (value: V, key: string) => boolean): boolean {
    const pairs = this.#pairs
    for (let i = 0; i < pairs.length; i += 2) if (visit(pairs[i + 1] as V, pairs[i] as string)) return true
    return false
  }

  override *[Symbol.iterator](): Generator<readonly [string, V]> {
    const pairs = this.#pairs
    for (let i = 0; i < pairs.length; i += 2) yield [pairs[i] as string, pairs[i + 1] as V]
  }

  override *withPrefix(prefix: string): Generator<readonly [string, V]> {
    const pairs = this.#pairs
    for (let i = lowerBound(pairs, prefix); i < pairs.length; i += 2) {
      const key = pairs[i] as string
      if (!key.startsWith(prefix)) return
      yield [key, pairs[i + 1] as V]
    }
  }

  override pairs(): Pairs<V> {
    return this.#pairs
  }
}

class Branch<V> extends SortedMap<V> {
  /** Of each child, a key that is not above its keys and is above those of the child before. */
  readonly #firsts: readonly string[]
  readonly children: readonly SortedMap<V>[]
  override readonly size: number
  override readonly height: number

  constructor(firsts: readonly string[], children: readonly SortedMap<V>[], size: number, height: number) {
    super()
    this.#firsts = firsts
    this.children = children
    this.size = size
    this.height = height
  }

  override first(): string {
    return this.#firsts[0] ?? ''
  }

  override get(key: string): V | undefined {
    return this.children[this.#childFor(key)]?.get(key)
  }

  override set(key: string, value: V): SortedMap<V> {
    const index = this.#childFor(key)
    const child = this.children[index] as SortedMap<V>
    const changed = child.set(key, value)
    if (changed === child) return this
    const size = this.size - child.size + changed.size
    if (!(changed instanceof Branch) || changed.height <= child.height) {
      return new Branch(this.#firsts, replaced(this.children, index, changed), size, this.height)
    }
    const children = this.children.toSpliced(index, 1, ...changed.children)
    const firsts = this.#firsts.toSpliced(index, 1, ...changed.#firsts)
    if (children.length <= maxWidth) return new Branch(firsts, children, size, this.height)
    const half = maxWidth / 2
    const left = branchOf(firsts.slice(0, half), children.slice(0, half), this.height)
    const right = branchOf(firsts.slice(half), children.slice(half), this.height)
    return new Branch([left.first(), right.first()], [left, right], size, this.height + 1)
  }

  override delete(key: string): SortedMap<V> {
    const index = this.#childFor(key)
    const child = this.children[index] as SortedMap<V>
    const changed = child.delete(key)
    if (changed === child) return this
    if (changed.size > 0)
      return new Branch(this.#firsts, replaced(this.children, index, changed), this.size - 1, this.height)
    if (this.children.length === 2) return this.children[1 - index] as SortedMap<V>
    return new Branch(this.#firsts.toSpliced(index, 1), this.children.toSpliced(index, 1), this.size - 1, this.height)
  }

  override each(visit: (value: V, key: string) => void): void {
    for (const child of this.children) child.each(visit)
  }

  override some(visit: (value: V, key: string) => boolean): boolean {
    return this.children.some(child => child.some(visit))
  }

  override *[Symbol.iterator](): Generator<readonly [string, V]> {
    for (const child of this.children) yield* child
  }

  override *withPrefix(prefix: string): Generator<readonly [string, V]> {
    for (let index = this.#childFor(prefix); index < this.children.length; index++) {
      const first = this.#firsts[index] ?? ''
      if (first > prefix && !first.startsWith(prefix)) return
      yield* (this.children[index] as SortedMap<V>).withPrefix(prefix)
    }
  }

  override pairs(): Pairs<V> {
    const pairs: (string | V)[] = []
    for (const child of this.children) for (const item of child.pairs()) pairs.push(item)
    return pairs
  }

  #childFor(key: string): number {
    const firsts = this.#firsts
    const last = lastSearches[this.height % lastSearches.length] as LastSearch
    if (last.firsts === firsts && last.key === key) return last.place
    let low = 0
    let high = firsts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if ((firsts[middle] as string) <= key) low = middle
      else high = middle - 1
    }
    last.firsts = firsts
    last.key = key
    last.place = low
    return low
  }
}

interface LastSearch {
  firsts: readonly string[] | undefined
  key: string
  place: number
}

/** The search that was made last on each level: a change comes after a look at the same place. */
const lastSearches: readonly LastSearch[] = Array.from({ length: 4 }, () => ({ firsts: undefined, key: '', place: 0 }))

/** Not a static field: the initialiser that TypeScript 7.0.2 emits for one in this class uses the class before it exists. */
let none: SortedMap<never> | undefined

function branchOf<V>(firsts: readonly string[], children: readonly SortedMap<V>[], height: number): Branch<V> {
  let size = 0
  for (const child of children) size += child.size
  return new Branch(firsts, children, size, height)
}

function replaced<T>(list: readonly T[], index: number, item: T): readonly T[] {
  const copy = list.slice()
  copy[index] = item
  return copy
}

function lowerBound<V>(pairs: Pairs<V>, key: string): number {
  if (pairs === lastLeaf && key === lastLeafKey) return lastLeafPlace
  let low = 0
  let high = pairs.length / 2
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((pairs[middle * 2] as string) < key) low = middle + 1
    else high = middle
  }
  lastLeaf = pairs
  lastLeafKey = key
  lastLeafPlace = low * 2
  return lastLeafPlace
}

// And so in leaves.
let lastLeaf: Pairs<unknown> | undefined
let lastLeafKey = ''
let lastLeafPlace = 0

/** Makes a map of entries that come in order. */
export class SortedMapBuilder<V> {
  readonly #step: number
  readonly #nodes: SortedMap<V>[] = []
  #pairs: (string | V)[] = []
  #last = ''

  /** `count` is how many entries will come. */
  constructor(count: number) {
    this.#step = (count <= maxWidth ? maxWidth : builtWidth) * 2
  }

  /** Answers false, and takes nothing, where the key is not above the one before. No key is empty. */
  push(key: string, value: V): boolean {
    if (key <= this.#last) return false
    this.#last = key
    if (this.#pairs.length === this.#step) this.#close()
    this.#pairs.push(key, value)
    return true
  }

  finish(): SortedMap<V> {
    const pairs = this.#pairs
    if (pairs.length === 0) return SortedMap.empty()
    if (this.#nodes.length === 0 && pairs.length === 2) return new Single(pairs[0] as string, pairs[1] as V)
    this.#close()
    let nodes = this.#nodes
    for (let height = 1; nodes.length > 1; height++) {
      const above: SortedMap<V>[] = []
      for (let i = 0; i < nodes.length; i += builtWidth) above.push(parentOf(nodes.slice(i, i + builtWidth), height))
      nodes = above
    }
    return nodes[0] ?? SortedMap.empty()
  }

  #close(): void {
    // A copy is as long as its entries; a list that grew has room for more.
    this.#nodes.push(new Leaf(this.#pairs.slice()))
    this.#pairs = []
  }
}

/** Of one node, that node. */
function parentOf<V>(nodes: readonly SortedMap<V>[], height: number): SortedMap<V> {
  const [only] = nodes
  if (nodes.length === 1 && only !== undefined) return only
  return branchOf(
    nodes.map(node => node.first()),
    nodes,
    height
  )
}
