/** What concurrent operations do: states agree, on every replica and at every moment, with a model that knows no states. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  type CounterView,
  type FlagView,
  type MapView,
  plainValue,
  type RegisterClock,
  type RegisterView,
  type Scalar,
  type SetView,
  type StampedRegisterView
} from '../../src/crdt/index.ts'
import { type KeyKind, type NestableSpec, nameOf, pickOf, schemaOf } from './support/fields.ts'
import type { NestableName } from './support/kinds.ts'
import { type Action, Model, modelValue, type Operation, type Writer } from './support/model.ts'
import { holds } from './support/profile.ts'
import { type Batch, group, Replica } from './support/replica.ts'

const specs: readonly NestableSpec[] = [
  'gCounter',
  'pnCounter',
  'gSet',
  'orSet',
  'enable',
  'disable',
  'lww',
  'reverse',
  'custom',
  'increment',
  'mv',
  { map: 'pnCounter' },
  { map: 'lww' },
  { map: 'orSet' },
  { map: 'disable' },
  { map: 'gSet' },
  { map: 'reverse' },
  { map: 'custom' },
  { map: 'gCounter' },
  { map: 'enable' },
  { map: 'mv' },
  { map: { map: 'pnCounter' } },
  { map: { map: 'mv' } },
  { map: 'pnCounter', keys: 'number' },
  { map: { map: 'lww', keys: 'bytes' }, keys: 'boolean' },
  { map: { map: { map: 'pnCounter' } } },
  { map: { map: { map: 'orSet' } } }
]
const replicaCount = 5
const clocksMs = [1000, 5000, 5000, 2000, 9000]

interface Change {
  readonly field: number
  /** On the way through the maps, by their places among `keysOf`. */
  readonly keys: readonly number[]
  /** 0: remove at this depth of maps, if there is one. */
  readonly removeDepth: number
  readonly choice: number
  readonly value: number
  readonly stamp: number
}

type Step =
  | { readonly do: 'change'; readonly replica: number; readonly changes: readonly Change[] }
  | { readonly do: 'deliver'; readonly to: number; readonly batches: readonly number[] }
  | { readonly do: 'catchUp'; readonly from: number; readonly to: number }
  | { readonly do: 'restart'; readonly replica: number }

/** How many maps are in each other in a field, at most. */
const maxMaps = 4

function anyChange(fields: number): fc.Arbitrary<Change> {
  return fc.record({
    field: fc.nat(fields - 1),
    keys: fc.array(fc.nat(1), { minLength: maxMaps, maxLength: maxMaps }),
    removeDepth: fc.nat(maxMaps + 1),
    choice: fc.nat(2),
    value: fc.nat(3),
    stamp: fc.integer({ min: -2, max: 2 })
  })
}

function anyStep(fields: number): fc.Arbitrary<Step> {
  const replica = fc.nat(replicaCount - 1)
  const changes = fc.array(anyChange(fields), { minLength: 1, maxLength: 3 })
  const batches = fc.array(fc.nat(1000), { minLength: 1, maxLength: 3 })
  return fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constant('change' as const), replica, changes }) },
    { weight: 6, arbitrary: fc.record({ do: fc.constant('deliver' as const), to: replica, batches }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('catchUp' as const), from: replica, to: replica }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const), replica }) }
  )
}

/** Those that are easily taken for each other, in the order in which sets show them. */
const elements: readonly Scalar[] = [1, '1', 'b', Uint8Array.of(98)]
const plainElements: readonly unknown[] = [1, '1', 'b', 'Yg==']

const clocks = new Map<NestableName, RegisterClock>([
  ['lww', 'default'],
  ['reverse', 'reverse'],
  ['custom', 'custom'],
  ['increment', 'custom-auto-increment']
])

function actionOf(leaf: NestableName, change: Change, replica: number): Action {
  const isFirst = change.choice > 0
  if (leaf === 'pnCounter') return { do: 'add', amount: change.value - 1 }
  if (leaf === 'gCounter') return { do: 'add', amount: change.value }
  if (leaf === 'gSet') return { do: 'include', element: change.value }
  if (leaf === 'orSet') return { do: isFirst ? 'include' : 'exclude', element: change.value }
  if (leaf === 'enable' || leaf === 'disable') return { do: isFirst ? 'raise' : 'lower' }
  const clock = clocks.get(leaf)
  // Stamps of one's own are few, so that they often meet.
  const isCustom = clock === 'custom' || clock === 'custom-auto-increment'
  return { do: 'write', value: change.value, clock, given: isCustom ? change.stamp : pickOf(clocksMs, replica) }
}

function perform(leaf: NestableName, view: unknown, action: Action): void {
  if (action.do === 'add') (view as CounterView).add(action.amount)
  if (action.do === 'include') (view as SetView<Scalar>).add(pickOf(elements, action.element))
  if (action.do === 'exclude') (view as SetView<Scalar>).remove(pickOf(elements, action.element))
  if (action.do === 'raise') leaf === 'enable' ? (view as FlagView).enable() : (view as FlagView).disable()
  if (action.do === 'lower') leaf === 'enable' ? (view as FlagView).disable() : (view as FlagView).enable()
  if (action.do === 'write') write(view, action)
}

function write(view: unknown, { clock, given, value }: Action & { readonly do: 'write' }): void {
  if (clock === 'custom' || clock === 'custom-auto-increment')
    (view as StampedRegisterView<number>).set(value, { stamp: given })
  else (view as RegisterView<number>).set(value)
}

/** Keys of each kind, with what the plain value calls them. */
const keysOf: Readonly<Record<KeyKind, readonly (readonly [key: Scalar, name: string])[]>> = {
  string: [
    ['k', 'k'],
    ['__proto__', '__proto__']
  ],
  number: [
    [1, '1'],
    [-2.5, '-2.5']
  ],
  boolean: [
    [true, 'true'],
    [false, 'false']
  ],
  bytes: [
    [Uint8Array.of(107), 'aw=='],
    [Uint8Array.of(), '']
  ]
}

/** Makes the change on both. */
function change(specs: Specs, model: Model, writer: Writer, fieldView: unknown, made: Change): Operation | undefined {
  const field = made.field % specs.length
  let spec: NestableSpec = pickOf(specs, field)
  let view = fieldView
  const path = [`field${field}`]
  for (let depth = 0; typeof spec === 'object'; depth++) {
    const map = view as MapView<unknown, unknown, Scalar>
    const [key, name] = pickOf(keysOf[spec.keys ?? 'string'], pickOf(made.keys, depth))
    path.push(name)
    if (made.removeDepth === depth) {
      map.remove(key)
      return model.act(writer, path, 'pnCounter', { do: 'remove' })
    }
    view = map.at(key)
    spec = spec.map
  }
  const action = actionOf(spec, made, writer.replica)
  perform(spec, view, action)
  return model.act(writer, path, spec, action)
}

type Specs = readonly NestableSpec[]

function checkHistory(specs: Specs, steps: readonly Step[]): void {
  const schema = schemaOf(specs)
  const model = new Model(replicaCount)
  const replicas = Array.from({ length: replicaCount }, (_, i) => new Replica(i, 1))
  for (const [i, replica] of replicas.entries()) replica.nowMs = pickOf(clocksMs, i)
  const sent: { batch: Batch; operations: Operation[] }[] = []
  const check = (index: number): void => {
    const view = pickOf(model.views, index)
    const expected = Object.fromEntries(
      specs.map((spec, i) => [`field${i}`, modelValue(view, spec, [`field${i}`], plainElements)])
    )
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
      const replica = pickOf(replicas, step.replica)
      const writer = { replica: step.replica, origin: replica.origin }
      const batch = replica.run(0, schema, view => {
        for (const made of step.changes) {
          const operation = change(specs, model, writer, view[`field${made.field % specs.length}`], made)
          if (operation !== undefined) operations.push(operation)
        }
      })
      assert.equal(batch === undefined, operations.length === 0, 'nothing to do is nothing to send')
      if (batch !== undefined) sent.push({ batch, operations })
      check(step.replica)
    } else if (step.do === 'restart') {
      pickOf(replicas, step.replica).restart()
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

function anySteps(fields: number, maxLength: number): fc.Arbitrary<Step[]> {
  return fc.array(anyStep(fields), { maxLength, size: 'max' })
}

for (const spec of specs) {
  test(`${nameOf(spec)} does what its model says`, () => {
    holds(
      60,
      fc.property(anySteps(1, 40), steps => checkHistory([spec], steps))
    )
  })
}

test('all types together do what their models say', () => {
  holds(
    60,
    fc.property(anySteps(specs.length, 60), steps => checkHistory(specs, steps))
  )
})

const anyLeaf = fc.constantFrom(...specs.filter(spec => typeof spec === 'string'))

const anyKeys = fc.constantFrom<KeyKind>('string', 'number', 'boolean', 'bytes')

function anySpec(maps: number): fc.Arbitrary<NestableSpec> {
  return maps === 0 ? anyLeaf : fc.oneof(anyLeaf, fc.record({ map: anySpec(maps - 1), keys: anyKeys }))
}

test('random schemas do what their models say', () => {
  const anySchema = fc.array(anySpec(maxMaps), { minLength: 1, maxLength: 4 })
  holds(
    60,
    fc.property(anySchema, anySteps(4, 50), (random, steps) => checkHistory(random, steps))
  )
})
