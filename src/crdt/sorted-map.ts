/**
 * An immutable map with string keys in the order of their UTF-16 code units.
 *
 * Entries lie in chunks of at most 64, so a change copies one chunk and the list of chunks, and iteration is in canonical order
 * without sorting. `set` answers the same map where the value is the one already there.
 */
const maxChunk = 64

interface Chunk<V> {
  readonly keys: readonly string[]
  readonly values: readonly V[]
}

/** Not a static field: the initialiser that TypeScript 7.0.2 emits for one in this class uses the class before it exists. */
let none: SortedMap<never> | undefined

export class SortedMap<V> {
  readonly #chunks: readonly Chunk<V>[]
  readonly size: number

  private constructor(chunks: readonly Chunk<V>[], size: number) {
    this.#chunks = chunks
    this.size = size
  }

  static empty<V>(): SortedMap<V> {
    none ??= new SortedMap<never>([], 0)
    return none
  }

  static of<V>(key: string, value: V): SortedMap<V> {
    return new SortedMap([{ keys: [key], values: [value] }], 1)
  }

  /** From keys in order, each once. */
  static fromSorted<V>(keys: readonly string[], values: readonly V[]): SortedMap<V> {
    if (keys.length === 0) return SortedMap.empty()
    const chunks: Chunk<V>[] = []
    const step = keys.length <= maxChunk ? maxChunk : (maxChunk * 3) / 4
    for (let i = 0; i < keys.length; i += step) {
      chunks.push({ keys: keys.slice(i, i + step), values: values.slice(i, i + step) })
    }
    return new SortedMap(chunks, keys.length)
  }

  get(key: string): V | undefined {
    const chunk = this.#chunks[this.#chunkFor(key)]
    if (chunk === undefined) return undefined
    const at = lowerBound(chunk.keys, key)
    return chunk.keys[at] === key ? chunk.values[at] : undefined
  }

  set(key: string, value: V): SortedMap<V> {
    const index = this.#chunkFor(key)
    const chunk = this.#chunks[index]
    if (chunk === undefined) return SortedMap.of(key, value)
    const at = lowerBound(chunk.keys, key)
    if (chunk.keys[at] === key) {
      if (chunk.values[at] === value) return this
      return this.#replace(index, [{ keys: chunk.keys, values: chunk.values.with(at, value) }], this.size)
    }
    const keys = chunk.keys.toSpliced(at, 0, key)
    const values = chunk.values.toSpliced(at, 0, value)
    if (keys.length <= maxChunk) return this.#replace(index, [{ keys, values }], this.size + 1)
    const half = maxChunk / 2
    const left = { keys: keys.slice(0, half), values: values.slice(0, half) }
    const right = { keys: keys.slice(half), values: values.slice(half) }
    return this.#replace(index, [left, right], this.size + 1)
  }

  delete(key: string): SortedMap<V> {
    const index = this.#chunkFor(key)
    const chunk = this.#chunks[index]
    if (chunk === undefined) return this
    const at = lowerBound(chunk.keys, key)
    if (chunk.keys[at] !== key) return this
    if (this.size === 1) return SortedMap.empty()
    if (chunk.keys.length === 1) return this.#replace(index, [], this.size - 1)
    const shorter = { keys: chunk.keys.toSpliced(at, 1), values: chunk.values.toSpliced(at, 1) }
    return this.#replace(index, [shorter], this.size - 1)
  }

  *[Symbol.iterator](): Generator<readonly [string, V]> {
    for (const { keys, values } of this.#chunks) {
      for (const [i, key] of keys.entries()) yield [key, values[i] as V]
    }
  }

  /** The entries whose key starts with `prefix`. */
  *withPrefix(prefix: string): Generator<readonly [string, V]> {
    for (let index = this.#chunkFor(prefix); index < this.#chunks.length; index++) {
      const chunk = this.#chunks[index]
      if (chunk === undefined) return
      for (let at = lowerBound(chunk.keys, prefix); at < chunk.keys.length; at++) {
        const key = chunk.keys[at] ?? ''
        if (!key.startsWith(prefix)) return
        yield [key, chunk.values[at] as V]
      }
    }
  }

  each(visit: (value: V, key: string) => void): void {
    for (const { keys, values } of this.#chunks) {
      for (let i = 0; i < keys.length; i++) visit(values[i] as V, keys[i] ?? '')
    }
  }

  #chunkFor(key: string): number {
    let low = 0
    let high = this.#chunks.length - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if ((this.#chunks[middle]?.keys[0] ?? '') <= key) low = middle
      else high = middle - 1
    }
    return low
  }

  #replace(index: number, chunks: readonly Chunk<V>[], size: number): SortedMap<V> {
    return new SortedMap(this.#chunks.toSpliced(index, 1, ...chunks), size)
  }
}

function lowerBound(keys: readonly string[], key: string): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((keys[middle] ?? '') < key) low = middle + 1
    else high = middle
  }
  return low
}

/** What two maps have under a key, one of them at least, becomes what the joined map has, or nothing. */
type JoinValues<V> = (left: V | undefined, right: V | undefined, key: string) => V | undefined

/**
 * Joins two maps key by key. With `onlyRight`, keys that only the left has stay as they are and are not looked at. Answers `a`
 * itself where nothing changed, and `b` itself where that is the join.
 */
export function joinMaps<V>(a: SortedMap<V>, b: SortedMap<V>, onlyRight: boolean, join: JoinValues<V>): SortedMap<V> {
  return b.size <= a.size / 8 ? joinFew(a, b, onlyRight, join) : joinMany(a, b, onlyRight, join)
}

/** A look at the left where one is needed, and a change for each key that changes. */
function joinFew<V>(a: SortedMap<V>, b: SortedMap<V>, onlyRight: boolean, join: JoinValues<V>): SortedMap<V> {
  const keys: string[] = []
  const values: (V | undefined)[] = []
  b.each((right, key) => {
    keys.push(key)
    values.push(join(a.get(key), right, key))
  })
  if (!onlyRight) {
    a.each((left, key) => {
      if (b.size > 0 && b.get(key) !== undefined) return
      const value = join(left, undefined, key)
      if (value === left) return
      keys.push(key)
      values.push(value)
    })
  }
  let joined = a
  for (const [i, key] of keys.entries()) {
    const value = values[i]
    joined = value === undefined ? joined.delete(key) : joined.set(key, value)
  }
  return joined
}

/** One walk over both that makes a new map. */
function joinMany<V>(a: SortedMap<V>, b: SortedMap<V>, onlyRight: boolean, join: JoinValues<V>): SortedMap<V> {
  const keys: string[] = []
  const values: V[] = []
  let sameAsLeft = true
  let sameAsRight = true
  const keep = (key: string, value: V | undefined, left: V | undefined, right: V | undefined): void => {
    if (value !== left) sameAsLeft = false
    if (value !== right) sameAsRight = false
    if (value === undefined) return
    keys.push(key)
    values.push(value)
  }
  const lefts = a[Symbol.iterator]()
  let left = lefts.next().value
  const keepLeftBefore = (end: string | undefined): void => {
    while (left !== undefined && (end === undefined || left[0] < end)) {
      const [key, value] = left
      keep(key, onlyRight ? value : join(value, undefined, key), value, undefined)
      left = lefts.next().value
    }
  }
  b.each((right, key) => {
    keepLeftBefore(key)
    const isOnBoth = left !== undefined && left[0] === key
    const value = isOnBoth ? left?.[1] : undefined
    keep(key, join(value, right, key), value, right)
    if (isOnBoth) left = lefts.next().value
  })
  keepLeftBefore(undefined)
  return sameAsLeft ? a : sameAsRight ? b : SortedMap.fromSorted(keys, values)
}

/** The map of what `change` makes of each value, without those it makes nothing of. Answers `map` where nothing changed. */
export function mapValues<V>(map: SortedMap<V>, change: (value: V, key: string) => V | undefined): SortedMap<V> {
  const keys: string[] = []
  const values: V[] = []
  let isSame = true
  map.each((value, key) => {
    const changed = change(value, key)
    if (changed !== value) isSame = false
    if (changed === undefined) return
    keys.push(key)
    values.push(changed)
  })
  return isSame ? map : SortedMap.fromSorted(keys, values)
}
