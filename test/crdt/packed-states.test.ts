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
