/** Packed states: a map of states that are bytes until they are touched. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  type ActorState,
  CausalContext,
  emptyState,
  encodeState,
  lwwRegister,
  openView,
  orSet,
  PackedStates,
  pnCounter,
  type Schema,
  Transaction,
  type View
} from '../../src/crdt/index.ts'
import { Slabs } from '../../src/crdt/slabs.ts'
import { isShoalError } from '../../src/ports/errors.ts'
import { anySpecs } from './support/fields.ts'
import { anySteps, runHistory } from './support/history.ts'
import { holds } from './support/profile.ts'

const schema = { count: pnCounter(), note: lwwRegister(''), tags: orSet<string>() }

function changed<S extends Schema>(
  state: ActorState,
  origin: string,
  seq: number,
  shape: S,
  change: (view: View<S>) => void
) {
  const transaction = new Transaction({
    state,
    covers: CausalContext.empty,
    origin,
    nextDot: () => ({ origin, seq }),
    now: () => 1_764_000_000_000,
    clientId: () => 1
  })
  change(openView(shape, transaction))
  return transaction.state
}

function note(length: number, origin = 'a.1'): ActorState {
  return changed(emptyState, origin, length + 1, schema, view => view.note.set('n'.repeat(length)))
}

test('packed states are the states that a map would hold, whatever was put in, replaced and deleted', () => {
  const anyStep = fc.record({
    key: fc.nat(60),
    origin: fc.constantFrom('a.1', 'b.1', 'c.1'),
    // Around the sizes of units, of two-byte lengths, of arrays of their own.
    length: fc.oneof(fc.nat(20), fc.integer({ min: 80, max: 140 }), fc.nat(9000), fc.constantFrom(0, 8150, 16_000)),
    isDelete: fc.boolean()
  })
  const property = fc.property(fc.array(anyStep, { maxLength: 400, size: 'max' }), steps => {
    const packed = new PackedStates()
    const model = new Map<string, ActorState>()
    for (const { key, origin, length, isDelete } of steps) {
      const name = `key-${key}`
      if (isDelete) assert.equal(packed.delete(name), model.delete(name))
      else {
        const state = note(length, origin)
        packed.set(name, state)
        model.set(name, state)
      }
      const held = model.get(name)
      const opened = packed.get(name)
      assert.deepEqual(opened && encodeState(opened), held && encodeState(held))
    }
    assert.equal(packed.size, model.size)
    assert.deepEqual(new Set(packed.keys()), new Set(model.keys()))
    for (const [name, state] of model) assert.deepEqual(encodeState(packed.get(name) ?? emptyState), encodeState(state))
  })
  holds(60, property)
})

test('states of every type come back as they were', () => {
  const property = fc.property(anySpecs, anySteps(12), (specs, steps) => {
    const packed = new PackedStates()
    const { snapshots } = runHistory(specs, steps)
    for (const [i, { state }] of snapshots.entries()) packed.set(`${i}`, state)
    for (const [i, { state }] of snapshots.entries())
      assert.deepEqual(encodeState(packed.get(`${i}`) ?? emptyState), encodeState(state))
  })
  holds(100, property)
})

test('a state is changed where it lies, and an update that changes nothing packs nothing', () => {
  const packed = new PackedStates()
  for (let seq = 1; seq <= 100; seq++)
    packed.update('x', state => changed(state, 'a.1', seq, schema, view => view.count.add(2)))
  const state = packed.get('x')
  assert.ok(state !== undefined)
  const reader = new Transaction({
    state,
    covers: CausalContext.empty,
    origin: 'a.1',
    nextDot: () => ({ origin: 'a.1', seq: 101 }),
    now: () => 0,
    clientId: () => 1,
    readOnly: true
  })
  assert.equal(openView(schema, reader).count.value, 200)
  const { bytes } = packed
  let opened: ActorState | undefined
  const answered = packed.update('x', same => {
    opened = same
    return same
  })
  assert.equal(answered, opened)
  assert.equal(packed.bytes, bytes)
  assert.equal(packed.has('y'), false)
  assert.equal(packed.get('y'), undefined)
  assert.equal(packed.delete('y'), false)
})

test('memory follows what is held: holes are filled, or packed away', () => {
  const packed = new PackedStates()
  const held = 400
  let liveBytes = 0
  // Each round has other sizes than the one before, so that no hole fits.
  for (let round = 0; round < 40; round++) {
    liveBytes = 0
    for (let i = 0; i < held; i++) {
      const state = note(200 + round * 8 + (i % 2))
      packed.set(`key-${i}`, state)
      liveBytes += encodeState(state).length
    }
    assert.ok(packed.bytes < liveBytes * 2.5 + 256 * 1024, `${packed.bytes} bytes for ${liveBytes} in round ${round}`)
  }
  for (let i = 10; i < held; i++) packed.delete(`key-${i}`)
  assert.ok(packed.bytes <= 256 * 1024, `${packed.bytes} bytes for ten states`)
  assert.equal(packed.size, 10)
})

test('a cold counter takes about 30 bytes beside its key and its entry in the map', () => {
  const packed = new PackedStates()
  const count = 20_000
  const origin = 'Q8yMMLr5jw1v.0lx3k2j9a0123456789abc'
  for (let i = 0; i < count; i++)
    packed.set(
      `counter/${i}`,
      changed(emptyState, origin, 100_000 + i, { count: pnCounter() }, view => view.count.add(i))
    )
  assert.ok(packed.bytes / count < 36, `${packed.bytes / count} bytes per counter`)
})

test('slabs never write over a record that is held', () => {
  const anyStep = fc.record({
    at: fc.nat(30),
    length: fc.nat(300),
    byte: fc.nat(255),
    does: fc.constantFrom('add', 'free')
  })
  const property = fc.property(fc.array(anyStep, { maxLength: 300, size: 'max' }), steps => {
    const slabs = new Slabs()
    const records = new Map<number, { place: number; bytes: Uint8Array }>()
    for (const { at, length, byte, does } of steps) {
      const bytes = new Uint8Array(length).fill(byte)
      const held = records.get(at)
      if (does === 'free') {
        if (held !== undefined) slabs.free(held.place)
        records.delete(at)
      } else records.set(at, { place: held === undefined ? slabs.add(bytes) : slabs.replace(held.place, bytes), bytes })
      for (const record of records.values()) assert.deepEqual(slabs.get(record.place), record.bytes)
    }
  })
  holds(60, property)
})

test('origins that no state has any more are forgotten, and the states stay what they are', () => {
  const packed = new PackedStates()
  const still = note(300, 'still.1')
  const long = note(9000, 'long.1')
  packed.set('still', still)
  packed.set('long', long)
  let largest = 0
  for (let life = 1; life <= 20_000; life++) {
    packed.set('busy', note(8, `life.${life}`))
    largest = Math.max(largest, packed.bytes)
  }
  assert.ok(largest < 600 * 1024, `${largest} bytes for three states`)
  assert.deepEqual(encodeState(packed.get('still') ?? emptyState), encodeState(still))
  assert.deepEqual(encodeState(packed.get('long') ?? emptyState), encodeState(long))
  assert.deepEqual(encodeState(packed.get('busy') ?? emptyState), encodeState(note(8, 'life.20000')))
})

test('origins that states have are kept, however many', () => {
  const packed = new PackedStates()
  const count = 5000
  for (let i = 0; i < count; i++) packed.set(`key-${i}`, note(i % 50, `life.${i}`))
  for (let i = 0; i < count; i++) {
    assert.deepEqual(encodeState(packed.get(`key-${i}`) ?? emptyState), encodeState(note(i % 50, `life.${i}`)))
  }
})

test('a record that finds no room leaves the one that it should replace', () => {
  const slabs = new Slabs(1)
  const first = new Uint8Array(30_000 / 4).fill(1)
  const places = Array.from({ length: 8 }, () => slabs.add(first))
  const last = places.at(-1) ?? 0
  assert.throws(
    () => slabs.replace(last, new Uint8Array(15_000).fill(2)),
    error => isShoalError(error) && error.code === 'SHOAL_LIMIT'
  )
  assert.deepEqual(slabs.get(last), first)
  // Its place was not given away either.
  assert.throws(() => slabs.add(first))
})

test('what is no state is refused, and the key keeps what it had', () => {
  const packed = new PackedStates()
  packed.set('x', note(3))
  for (const wrong of [undefined, null, {}, encodeState(note(3))]) {
    assert.throws(
      () => packed.set('x', wrong as never),
      error => isShoalError(error) && error.code === 'SHOAL_BAD_ARGUMENT'
    )
  }
  assert.deepEqual(encodeState(packed.get('x') ?? emptyState), encodeState(note(3)))
})
