/** Copies of arguments and replies: what JSON makes of them, and nothing that the original has. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { jsonCopy } from '../../src/actors/calls/json-copy.ts'

function throughText(value: unknown): unknown {
  const text = JSON.stringify(value) as string | undefined
  return text === undefined ? undefined : JSON.parse(text)
}

function objectsIn(value: unknown, found = new Set<object>()): Set<object> {
  if (typeof value !== 'object' || value === null || found.has(value)) return found
  found.add(value)
  for (const key of Object.keys(value)) objectsIn((value as Record<string, unknown>)[key], found)
  return found
}

const anything = fc.anything({
  withBoxedValues: true,
  withDate: true,
  withMap: true,
  withNullPrototype: true,
  withObjectString: true,
  withSet: true,
  withSparseArray: true,
  withTypedArray: true,
  maxDepth: 4
})

test('a copy is what JSON makes of a value, and has no object of it', () => {
  fc.assert(
    fc.property(anything, value => {
      let copy: unknown
      try {
        copy = jsonCopy(value)
      } catch (error) {
        assert.throws(() => throughText(value), { message: (error as Error).message })
        return
      }
      assert.deepStrictEqual(copy, throughText(value))
      const own = objectsIn(value)
      for (const object of objectsIn(copy)) assert.ok(!own.has(object))
    }),
    { numRuns: 2000 }
  )
})

for (const [what, value] of Object.entries({
  'a name that is none': JSON.parse('{"__proto__": {"a": 1}, "b": 2}'),
  'holes and undefined': [...new Array(2), undefined, { a: undefined }],
  'minus zero': { n: -0, list: [-0] },
  'no numbers': [Number.NaN, Number.POSITIVE_INFINITY],
  'what says itself what it is': { at: new Date(5), own: { toJSON: () => ({ x: 1 }) } },
  'an instance of a class': new (class Point {
    x = 1
  })(),
  'a function': { run: () => 1, list: [() => 1] },
  'what is deep': JSON.parse(`${'['.repeat(500)}1${']'.repeat(500)}`)
})) {
  test(`${what} is copied as by JSON`, () => assert.deepStrictEqual(jsonCopy(value), throughText(value)))
}

test('what goes round in circles, or is no JSON, is refused as by JSON', () => {
  const circle: Record<string, unknown> = {}
  circle['self'] = circle
  assert.throws(() => jsonCopy(circle), TypeError)
  assert.throws(() => jsonCopy([1n]), TypeError)
})
