/**
 * Joining and mapping of sorted maps, key by key.
 *
 * What does not change stays the same object, so that callers can compare references, and a small map is joined into a large one
 * at the cost of the small one.
 */
import { type Pairs, type SortedMap, SortedMapBuilder } from './sorted-map.ts'

/** What two maps have under a key, one of them at least, becomes what the joined map has, or nothing. */
type JoinValues<V> = (left: V | undefined, right: V | undefined, key: string) => V | undefined

/** Whether a key that only the left has need not be looked at: the right takes nothing away, or all that it does was found. */
export type OnlyRight = boolean | { readonly rightIsNews: boolean; readonly unfound?: number }

function isOnlyRight(onlyRight: OnlyRight): boolean {
  return typeof onlyRight === 'boolean' ? onlyRight : onlyRight.rightIsNews || onlyRight.unfound === 0
}

/**
 * Joins two maps key by key. With `onlyRight`, keys that only the left has stay as they are and are not looked at. Answers `a`
 * itself where nothing changed, and `b` itself where that is the join.
 */
export function joinMaps<V>(a: SortedMap<V>, b: SortedMap<V>, onlyRight: OnlyRight, join: JoinValues<V>): SortedMap<V> {
  if (b.size === 0 && isOnlyRight(onlyRight)) return a
  return b.size <= a.size / 8 ? joinFew(a, b, onlyRight, join) : joinMany(a, b, onlyRight, join)
}

/** A look at the left where one is needed, and a change for each key that changes. */
function joinFew<V>(a: SortedMap<V>, b: SortedMap<V>, onlyRight: OnlyRight, join: JoinValues<V>): SortedMap<V> {
  let joined = a
  const put = (key: string, value: V | undefined): void => {
    joined = value === undefined ? joined.delete(key) : joined.set(key, value)
  }
  b.each((right, key) => put(key, join(a.get(key), right, key)))
  if (isOnlyRight(onlyRight)) return joined
  a.some((left, key) => {
    if (b.size > 0 && b.get(key) !== undefined) return false
    const value = join(left, undefined, key)
    if (value !== left) put(key, value)
    return isOnlyRight(onlyRight)
  })
  return joined
}

/** One walk over both that makes a new map. */
function joinMany<V>(a: SortedMap<V>, b: SortedMap<V>, onlyRight: OnlyRight, join: JoinValues<V>): SortedMap<V> {
  const lefts = a.pairs()
  const rights = b.pairs()
  const joined: (string | V)[] = []
  let sameAsLeft = true
  let sameAsRight = true
  let i = 0
  let j = 0
  while (i < lefts.length || j < rights.length) {
    const leftKey = lefts[i] as string | undefined
    const rightKey = rights[j] as string | undefined
    const isLeft = leftKey !== undefined && (rightKey === undefined || leftKey <= rightKey)
    const isRight = rightKey !== undefined && (!isLeft || leftKey === rightKey)
    const key = (isLeft ? leftKey : rightKey) as string
    const left = isLeft ? (lefts[i + 1] as V) : undefined
    const right = isRight ? (rights[j + 1] as V) : undefined
    if (isLeft) i += 2
    if (isRight) j += 2
    const value = !isRight && isOnlyRight(onlyRight) ? left : join(left, right, key)
    if (value !== left) sameAsLeft = false
    if (value !== right) sameAsRight = false
    if (value !== undefined) joined.push(key, value)
  }
  return sameAsLeft ? a : sameAsRight ? b : fromPairs(joined)
}

/** The map of what `change` makes of each value, without those it makes nothing of. Answers `map` where nothing changed. */
export function mapValues<V>(map: SortedMap<V>, change: (value: V, key: string) => V | undefined): SortedMap<V> {
  const pairs: (string | V)[] = []
  let isSame = true
  map.each((value, key) => {
    const changed = change(value, key)
    if (changed !== value) isSame = false
    if (changed !== undefined) pairs.push(key, changed)
  })
  return isSame ? map : fromPairs(pairs)
}

function fromPairs<V>(pairs: Pairs<V>): SortedMap<V> {
  const builder = new SortedMapBuilder<V>(pairs.length / 2)
  for (let i = 0; i < pairs.length; i += 2) builder.push(pairs[i] as string, pairs[i + 1] as V)
  return builder.finish()
}
