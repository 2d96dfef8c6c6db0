/** What concurrent operations do: states agree, on every replica and at every moment, with a model that knows no states. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  type CounterView,
  type FlagView,
  type MapView,
  plainValue,
  type RegisterView,
  type SetView
} from '../../src/crdt/index.ts'
import { type LeafName, pickOf, type Spec, type Specs, schemaOf } from './support/fields.ts'
import { scale } from './support/history.ts'
import { type Action, Model, modelValue, type Operation } from './support/model.ts'
import { type Batch, group, Replica } from './support/replica.ts'

const specs: Specs = [
  'pnCounter',
  'orSet',
  'enable',
  'disable',
  'lww',
  'mv',
  { map: 'pnCounter' },
  { map: 'lww' },
  { map: 'orSet' },
  { map: 'disable' },
  { map: { map: 'pnCounter' } },
  { map: { map: 'mv' } }
]
const schema = schemaOf(specs)
const replicaCount = 3
const clocksMs = [1000, 5000, 5000]

interface Change {
  readonly field: number
  readonly keys: readonly string[]
  /** 0: remove at this depth of maps, if there is one. */
  readonly removeDepth: number
  readonly choice: number
  readonly value: number
}

type Step =
  | { readonly do: 'change'; readonly replica: number; readonly changes: readonly Change[] }
  | { readonly do: 'deliver'; readonly to: number; readonly batches: readonly number[] }
  | { readonly do: 'catchUp'; readonly from: number; readonly to: number }

function anyChange(fields: readonly number[]): fc.Arbitrary<Change> {
  return fc.record({
    field: fc.constantFrom(...fields),
    keys: fc.array(fc.constantFrom('k', 'l'), { minLength: 2, maxLength: 2 }),
    removeDepth: fc.nat(4),
    choice: fc.nat(2),
    value: fc.nat(3)
  })
}

function anyStep(fields: readonly number[]): fc.Arbitrary<Step> {
  const replica = fc.nat(replicaCount - 1)
  const changes = fc.array(anyChange(fields), { minLength: 1, maxLength: 3 })
  const batches = fc.array(fc.nat(1000), { minLength: 1, maxLength: 3 })
  return fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constant('change' as const), replica, changes }) },
    { weight: 6, arbitrary: fc.record({ do: fc.constant('deliver' as const), to: replica, batches }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('catchUp' as const), from: replica, to: replica }) }
  )
}

function actionOf(leaf: LeafName, change: Change, replica: number): Action {
  const isFirst = change.choice > 0
  if (leaf === 'pnCounter') return { do: 'add', amount: change.value - 1 }
  if (leaf === 'orSet') return { do: isFirst ? 'include' : 'exclude', element: `e${change.value}` }
  if (leaf === 'enable' || leaf === 'disable') return { do: isFirst ? 'raise' : 'lower' }
  return { do: 'write', value: change.value, nowMs: pickOf(clocksMs, replica) }
}

function perform(leaf: LeafName, view: unknown, action: Action): void {
  if (action.do === 'add') (view as CounterView).add(action.amount)
  if (action.do === 'include') (view as SetView<string>).add(action.element)
  if (action.do === 'exclude') (view as SetView<string>).remove(action.element)
  if (action.do === 'raise') leaf === 'enable' ? (view as FlagView).enable() : (view as FlagView).disable()
  if (action.do === 'lower') leaf === 'enable' ? (view as FlagView).disable() : (view as FlagView).enable()
  if (action.do === 'write') (view as RegisterView<number>).set(action.value)
}

/** Makes the change on both. */
function change(model: Model, replica: number, fieldView: unknown, made: Change): Operation | undefined {
  let spec: Spec = pickOf(specs, made.field)
  let view = fieldView
  const path = [`field${made.field}`]
  for (let depth = 0; typeof spec === 'object'; depth++) {
    const map = view as MapView<unknown, unknown>
    const key = pickOf(made.keys, depth)
    path.push(key)
    if (made.removeDepth === depth) {
      map.remove(key)
      return model.act(replica, path, 'pnCounter', { do: 'remove' })
    }
    view = map.at(key)
    spec = spec.map
  }
  if (spec === 'text') throw new Error('texts are not modelled')
  const action = actionOf(spec, made, replica)
  perform(spec, view, action)
  return model.act(replica, path, spec, action)
}

function checkHistory(steps: readonly Step[]): void {
  const model = new Model(replicaCount)
  const replicas = Array.from({ length: replicaCount }, (_, i) => new Replica(i, 1))
  for (const [i, replica] of replicas.entries()) replica.nowMs = pickOf(clocksMs, i)
  const sent: { batch: Batch; operations: Operation[] }[] = []
  const check = (index: number): void => {
    const view = pickOf(model.views, index)
    const expected = Object.fromEntries(specs.map((spec, i) => [`field${i}`, modelValue(view, spec, [`field${i}`])]))
    assert.deepEqual(plainValue(schema, pickOf(replicas, index).actor(0).state), expected)
  }
  const deliver = (to: number, picks: readonly number[]): void => {
    const batches = picks.map(pick => pickOf(sent, pick))
    pickOf(replicas, to).receive(group(batches.map(({ batch }) => batch)))
    for (const { operations } of batches) pickOf(model.views, to).see(operations)
  }
  for (const step of steps) {
    if (step.do === 'change') {
      const operations: Operation[] = []
      const batch = pickOf(replicas, step.replica).run(0, schema, view => {
        for (const made of step.changes) {
          const operation = change(model, step.replica, view[`field${made.field}`], made)
          if (operation !== undefined) operations.push(operation)
        }
      })
      assert.equal(batch === undefined, operations.length === 0, 'nothing to do is nothing to send')
      if (batch !== undefined) sent.push({ batch, operations })
      check(step.replica)
    } else if (step.do === 'catchUp') {
      pickOf(replicas, step.to).catchUp(pickOf(replicas, step.from))
      pickOf(model.views, step.to).see(pickOf(model.views, step.from).all())
      check(step.to)
    } else if (sent.length > 0) {
      deliver(step.to, step.batches)
      check(step.to)
    }
  }
  for (let to = 0; to < replicaCount; to++) {
    for (let i = sent.length - 1; i >= 0; i--) deliver(to, [i])
    check(to)
  }
}

for (const [field, spec] of specs.entries()) {
  test(`${JSON.stringify(spec)} does what its model says`, () => {
    const steps = fc.array(anyStep([field]), { maxLength: 25, size: 'max' })
    fc.assert(fc.property(steps, checkHistory), { numRuns: 100 * scale })
  })
}

test('all types together do what their models say', () => {
  const steps = fc.array(anyStep([...specs.keys()]), { maxLength: 50, size: 'max' })
  fc.assert(fc.property(steps, checkHistory), { numRuns: 100 * scale })
})
