/** The immutable sorted map agrees with a plain map, also when it is large, and shares what did not change. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { SortedMap } from '../../src/crdt/sorted-map.ts'
import { joinMaps, mapValues } from '../../src/crdt/sorted-map-join.ts'
import { holds } from './support/profile.ts'

const anyKey = fc.nat(400).map(number => `k${number}`)
const anyEntries = fc.array(fc.tuple(anyKey, fc.nat(3)), { maxLength: 500, size: 'max' })

function sortedEntries(map: Map<string, number>): [string, number][] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1))
}

function built(entries: Iterable<readonly [string, number]>): SortedMap<number> {
  let map = SortedMap.empty<number>()
  for (const [key, value] of entries) map = map.set(key, value)
  return map
}

test('setting and deleting agree with a plain map, and older maps stay as they were', () => {
  const property = fc.property(anyEntries, fc.array(anyKey, { maxLength: 300, size: 'max' }), (entries, deleted) => {
    const plain = new Map(entries)
    const full = built(entries)
    const before = sortedEntries(plain)
    let map = full
    for (const key of deleted) {
      const shorter = map.delete(key)
      assert.equal(shorter === map, !plain.delete(key), 'deleting what is not there changes nothing')
      map = shorter
    }
    assert.deepEqual([...map], sortedEntries(plain))
    assert.deepEqual([...full], before)
    assert.deepEqual([map.size, full.size], [plain.size, before.length])
    for (let number = 0; number <= 400; number++) assert.equal(map.get(`k${number}`), plain.get(`k${number}`))
    for (const prefix of ['k', 'k1', 'k39', 'k400', 'l', '']) {
      assert.deepEqual(
        [...map.withPrefix(prefix)],
        sortedEntries(plain).filter(([key]) => key.startsWith(prefix))
      )
    }
    for (const [key, value] of plain) assert.equal(map.set(key, value), map, 'setting what is there changes nothing')
  })
  holds(60, property)
})

test('a map from sorted entries is like one that was set key by key', () => {
  for (const size of [0, 1, 63, 64, 65, 96, 97, 1000]) {
    const keys = Array.from({ length: size }, (_, i) => String(i).padStart(5, '0'))
    const values = keys.map(Number)
    const map = SortedMap.fromSorted(keys, values)
    assert.equal(map.size, size)
    assert.deepEqual([...map], [...built(keys.map((key, i) => [key, i] as const))])
    for (const key of keys) assert.equal(map.get(key), Number(key))
  }
})

test('a map from sorted entries shrinks to nothing, whichever key goes first', () => {
  const property = fc.property(
    fc.integer({ min: 1, max: 150 }),
    fc.array(fc.nat(), { minLength: 1 }),
    (size, picks) => {
      const keys = Array.from({ length: size }, (_, i) => String(i).padStart(5, '0'))
      const rest = new Map(keys.map((key, i) => [key, i]))
      let map = SortedMap.fromSorted(keys, [...keys.keys()])
      for (let i = 0; rest.size > 0; i++) {
        // The last key as often as any other: the last leaf is the one that may be short.
        const left = [...rest.keys()]
        const key = left.at(i % 2 === 0 ? -1 : (picks[i % picks.length] ?? 0) % left.length) ?? ''
        rest.delete(key)
        map = map.delete(key)
        assert.deepEqual([...map], [...rest])
      }
      assert.equal(map, SortedMap.empty())
    }
  )
  holds(60, property)
})

test('joining goes key by key and answers a side that is the join', () => {
  const anySmall = fc.array(fc.tuple(anyKey, fc.nat(3)), { maxLength: 20 })
  const either = fc.oneof(anyEntries, anySmall)
  const property = fc.property(either, either, fc.boolean(), (left, right, onlyRight) => {
    const [a, b] = [built(left), built(right)]
    // The larger value stays; 0 is dropped, on the left alone only where it is looked at.
    const joined = joinMaps(a, b, onlyRight, (x = 0, y = 0) => Math.max(x, y) || undefined)
    const expected = new Map<string, number>()
    for (const key of new Set([...left, ...right].map(([name]) => name))) {
      const [x, y] = [a.get(key), b.get(key)]
      const value = onlyRight && y === undefined ? x : Math.max(x ?? 0, y ?? 0) || undefined
      if (value !== undefined) expected.set(key, value)
    }
    assert.deepEqual([...joined], sortedEntries(expected))
    if (joined !== a) assert.notDeepEqual([...joined], [...a])
    const doubled = mapValues(a, value => (value === 3 ? undefined : value))
    assert.deepEqual(
      [...doubled],
      [...a].filter(([, value]) => value !== 3)
    )
    assert.equal(doubled === a, doubled.size === a.size)
  })
  holds(150, property)
})
