/** Bytes from peers and disks: canonical, and never more harmful than a typed error. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  CausalContext,
  decodeDelta,
  decodeState,
  encodeDelta,
  encodeState,
  identityOf,
  orSet,
  plainValue
} from '../../src/crdt/index.ts'
import { assertTotal, decodeOrRefuse } from './support/damage.ts'
import { anySpecs } from './support/fields.ts'
import { anySteps, runHistory } from './support/history.ts'
import { holds } from './support/profile.ts'
import { Desk, everything, fullDesk } from './support/shop.ts'

test('a state with every type survives its encoding', () => {
  const { state } = fullDesk()
  const again = decodeState(encodeState(state))
  assert.deepEqual(identityOf(again), identityOf(state))
  assert.deepEqual(encodeState(again), encodeState(state))
  assert.deepEqual(plainValue(everything, again), plainValue(everything, state))
})

test('every truncation and every flipped bit of a state is refused or is another state', () => {
  assert.ok(assertTotal(decodeState, encodeState, encodeState(fullDesk().state)) > 0)
})

test('every truncation and every flipped bit of a delta is refused or is another delta', () => {
  const property = fc.property(anySpecs, anySteps(8), (specs, steps) => {
    const { deltas } = runHistory(specs, steps)
    for (const delta of deltas.slice(-2)) assertTotal(decodeDelta, encodeDelta, encodeDelta(delta))
  })
  holds(40, property)
})

test('random bytes are refused or are a state', () => {
  const property = fc.property(fc.uint8Array({ maxLength: 60 }), tail => {
    for (const head of [[], [2], [2, 0], [2, 1], [2, 1, 9], [2, 1, 0, 1, 97]]) {
      const bytes = Uint8Array.of(...head, ...tail)
      const state = decodeOrRefuse(decodeState, bytes)
      if (state !== undefined) assert.deepEqual(encodeState(state), bytes)
      const delta = decodeOrRefuse(decodeDelta, bytes)
      if (delta !== undefined) assert.deepEqual(encodeDelta(delta), bytes)
      const context = decodeOrRefuse(CausalContext.decode, bytes)
      if (context !== undefined) assert.deepEqual(context.encode(), bytes)
    }
  })
  holds(2000, property)
})

test('pieces of good states in another order are refused or are a state', () => {
  const bytes = encodeState(fullDesk().state)
  const at = fc.nat(bytes.length)
  const property = fc.property(at, at, at, fc.nat(255), (from, to, into, byte) => {
    const damaged = Uint8Array.of(...bytes.slice(0, into), ...bytes.slice(from, to), byte, ...bytes.slice(into))
    const state = decodeOrRefuse(decodeState, damaged)
    if (state !== undefined) assert.deepEqual(encodeState(state), damaged)
  })
  holds(3000, property)
})

/** `levels` maps in each other around a raised flag. */
function nestedMaps(levels: number): Uint8Array {
  const bytes = [2]
  for (let level = 0; level < levels; level++) bytes.push(1, 9, 0)
  bytes.push(1, 5, 0, 1, 0, 1, 97, 1)
  return Uint8Array.from(bytes)
}

test('maps are nested up to a limit', () => {
  assert.ok(decodeOrRefuse(decodeState, nestedMaps(15)))
  assert.equal(decodeOrRefuse(decodeState, nestedMaps(16)), undefined)
  assert.equal(decodeOrRefuse(decodeState, nestedMaps(100_000)), undefined)
})

test('a declared length costs nothing before it is checked', () => {
  const huge = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f]
  const heads = [[2], [2, 1, 3, 4], [2, 1, 1, 0], [2, 1, 4, 0], [2, 1, 4, 0, 1, 0, 1, 0], [2, 1, 0, 1, 97]]
  for (const head of heads) {
    const bytes = Uint8Array.of(...head, ...huge, 0, 0, 0, 0)
    assert.equal(decodeOrRefuse(decodeState, bytes), undefined)
    assert.equal(decodeOrRefuse(decodeDelta, bytes), undefined)
  }
})

test('what no writer writes is refused', () => {
  // Format, one entry: an orSet under the key 'x'. A new origin 'a' is [0, 1, 97].
  const head = [2, 1, 4, 4, 1, 120]
  const a = [0, 1, 97]
  const one = [2, 1]
  assert.ok(decodeOrRefuse(decodeState, Uint8Array.of(...head, 1, 0, 1, ...a, 7)))
  // A document of one snapshot, of the updates 1 and 3 of one origin.
  const document = [2, 1, 10, 4, 1, 120, 1, 2, 2, ...a, 1, 0, 1, 0]
  const snapshot = [20, ...Array.from({ length: 20 }, () => 0)]
  assert.ok(decodeOrRefuse(decodeState, Uint8Array.of(...document, 0, 3, 0, 5, 0, ...snapshot)))
  const foul: [string, number[]][] = [
    ['stretches of updates that touch', [...document, 0, 2, 0, 5, 0, ...snapshot]],
    ['stretches of updates out of order', [...document, 0, 1, 0, 5, 0, ...snapshot]],
    [
      'origins of updates out of order',
      [2, 1, 10, 4, 1, 120, 1, 2, 2, 0, 1, 98, 1, 0, 1, 0, 1, 1, 97, 1, 0, 1, 0, 1, 0]
    ],
    ['an element without dots', [...head, 1, 0, 0]],
    ['an element twice', [...head, 2, 0, 1, ...a, 7, 0, 1, 0, 8]],
    ['elements out of order', [...head, 2, 1, 1, ...a, 7, 0, 1, 0, 8]],
    ['a dot twice', [...head, 1, 0, 2, ...a, 7, 0, 7]],
    ['dots out of order', [...head, 1, 0, 2, ...a, 7, 0, 6]],
    ['writes of a register out of order', [2, 1, 8, 4, 1, 120, 2, ...a, 7, 1, 49, 0, 6, 1, 50]],
    ['a register without writes', [2, 1, 8, 4, 1, 120, 0, 1, 49]],
    ['a seq of 0', [...head, 1, 0, 1, ...a, 0]],
    ['an empty set', [...head, 0]],
    ['keys out of order', [2, 2, 4, 1, 1, 0, 1, ...a, 7, 4, 0, 1, 0, 1, 0, 8]],
    ['a key twice', [2, 2, 4, 0, 1, 0, 1, ...a, 7, 4, 0, 1, 0, 1, 0, 8]],
    ['a signed number longer than needed', [...one, 4, 2, 0x82, 0, 1, 0, 1, ...a, 7]],
    ['an origin that was not named', [...head, 1, 0, 1, 1, 7]],
    ['an origin in full twice', [...head, 2, 0, 1, ...a, 7, 1, 1, 1, 1, 97, 8]],
    ['an empty origin', [...head, 1, 0, 1, 0, 0, 7]],
    ['an unknown type', [...one, 99, 4, 1, 120, 1, 0, 1, ...a, 7]],
    ['a key of an unknown kind', [...one, 4, 9, 1, 0, 1, ...a, 7]],
    ['another format', [1, ...head.slice(1), 1, 0, 1, ...a, 7]],
    ['minus zero', [...one, 4, 2, 1, 1, 0, 1, ...a, 7]],
    ['a whole number as a fraction', [...one, 4, 3, 0x3f, 0xf0, 0, 0, 0, 0, 0, 0, 1, 0, 1, ...a, 7]],
    ['infinity', [...one, 4, 3, 0x7f, 0xf0, 0, 0, 0, 0, 0, 0, 1, 0, 1, ...a, 7]],
    ['a register of no JSON', [...one, 8, 4, 1, 120, 1, ...a, 7, 1, 120]],
    ['JSON with spaces', [...one, 8, 4, 1, 120, 1, ...a, 7, 2, 32, 49]],
    ['a counter that is below its base', [...one, 2, 4, 1, 120, 1, ...a, 1, 5, 1, 1, 0, 0, 2, 0]],
    ['a base that is as new as its entry', [...one, 2, 4, 1, 120, 1, ...a, 1, 5, 1, 1, 0, 1, 1, 0]],
    ['a grow-only counter that went down', [...one, 1, 4, 1, 120, 1, ...a, 0, 5, 1, 1, 1]],
    [
      'a document in a map',
      [2, 1, 9, 4, 1, 120, 1, 10, 4, 1, 120, 14, 1, 1, 5, 0, 4, 1, 4, 116, 101, 120, 116, 1, 120, 0]
    ]
  ]
  for (const [what, bytes] of foul) assert.equal(decodeOrRefuse(decodeState, Uint8Array.from(bytes)), undefined, what)
})

test('numbers that need fewer bytes are refused in more', () => {
  assert.ok(decodeOrRefuse(decodeState, Uint8Array.of(2, 0)))
  assert.equal(decodeOrRefuse(decodeState, Uint8Array.of(2, 0x80, 0)), undefined)
})

test('what a text decodes to does not depend on what was decoded before', () => {
  const letter = CausalContext.of([{ origin: 'é', seq: 1 }]).encode()
  const at = letter.indexOf(0xc3)
  // The codes of its letters are the bytes of the other.
  const twin = CausalContext.of([{ origin: 'Ã©', seq: 1 }])
  for (const _round of [1, 2]) {
    assert.deepEqual(CausalContext.decode(twin.encode()).origins(), ['Ã©'])
    assert.deepEqual(CausalContext.decode(letter).origins(), ['é'])
    const desk = new Desk({ tags: orSet() })
    desk.do(({ tags }) => tags.add('é'))
    assert.deepEqual(plainValue({ tags: orSet() }, decodeState(encodeState(desk.state))), { tags: ['é'] })
  }
  // A letter of Latin-1 by its code is no UTF-8, though it was just read.
  const foul = [...letter]
  foul.splice(at - 1, 3, 1, 0xe9)
  assert.equal(decodeOrRefuse(CausalContext.decode, Uint8Array.from(foul)), undefined)
})
