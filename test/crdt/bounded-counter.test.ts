/** Bounded counters: what one replica may do, what travels together, and that no cut, loss or order lets any of them stand below. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  absorbRights,
  addRights,
  type BoundedCounterState,
  boundedCounterType,
  giveRights,
  heightOf,
  type Row,
  rightsByOrigin,
  rightsOf,
  spendRights
} from '../../src/crdt/bounded-counter.ts'
import { decodeWithOrigins, encodeWithOrigins } from '../../src/crdt/codec.ts'
import { boundedCounter, CausalContext, orMap, Replica } from '../../src/crdt/index.ts'
import { SortedMap } from '../../src/crdt/sorted-map.ts'
import { isShoalError } from '../../src/ports/errors.ts'
import { cpuTimed } from '../support/cpu-time.ts'
import { holds } from './support/profile.ts'

const schema = { stock: boundedCounter() }

function replicas(...origins: string[]): Replica<typeof schema>[] {
  return origins.map(origin => new Replica(schema, { origin }))
}

function code(of: string, retryable = false): (error: unknown) => boolean {
  return error => isShoalError(error) && error.code === of && error.retryable === retryable
}

test('a replica subtracts what it added, and not a thing more', () => {
  const [a] = replicas('a.1')
  assert.ok(a)
  a.change(({ stock }) => stock.add(3))
  a.change(({ stock }) => stock.subtract(2))
  assert.equal(a.plain.stock, 1)
  assert.throws(() => a.change(({ stock }) => stock.subtract(2)), code('SHOAL_INSUFFICIENT_RIGHTS', true))
  assert.equal(a.plain.stock, 1)
})

test('the bound may be any safe integer, and is where the value starts', () => {
  const low = new Replica({ n: boundedCounter({ min: -4 }) }, { origin: 'a.1' })
  assert.equal(low.plain.n, -4)
  low.change(({ n }) => n.add(6))
  assert.equal(low.plain.n, 2)
  assert.throws(() => boundedCounter({ min: 0.5 }), code('SHOAL_BAD_ARGUMENT'))
})

test('what one replica added another subtracts only with rights to it', () => {
  const [a, b] = replicas('a.1', 'b.1')
  assert.ok(a && b)
  const added = a.change(({ stock }) => stock.add(5))
  assert.ok(added)
  b.apply(added)
  assert.equal(b.plain.stock, 5)
  assert.throws(() => b.change(({ stock }) => stock.subtract(1)), code('SHOAL_INSUFFICIENT_RIGHTS', true))
  const given = a.change(({ stock }) => stock.transfer('b.1', 4))
  assert.ok(given)
  b.apply(given)
  b.change(({ stock }) => {
    assert.equal(stock.rights, 4)
    stock.subtract(4)
    assert.equal(stock.rights, 0)
  })
  assert.equal(b.plain.stock, 1)
  assert.throws(() => a.change(({ stock }) => stock.subtract(2)), code('SHOAL_INSUFFICIENT_RIGHTS', true))
})

test('a subtraction brings along the additions that it rests on', () => {
  const [a, b, c] = replicas('a.1', 'b.1', 'c.1')
  assert.ok(a && b && c)
  const given = a.change(({ stock }) => {
    stock.add(5)
    stock.transfer('b.1', 5)
  })
  assert.ok(given)
  b.apply(given)
  const spent = b.change(({ stock }) => stock.subtract(5))
  assert.ok(spent)
  c.apply(spent)
  assert.equal(c.plain.stock, 0)
})

test('amounts are safe integers of 0 or more, and sums stay safe', () => {
  const [a] = replicas('a.1')
  assert.ok(a)
  for (const amount of [-1, 0.5, Number.NaN, 2 ** 53]) {
    assert.throws(() => a.change(({ stock }) => stock.add(amount)), code('SHOAL_BAD_ARGUMENT'))
    assert.throws(() => a.change(({ stock }) => stock.subtract(amount)), code('SHOAL_BAD_ARGUMENT'))
    assert.throws(() => a.change(({ stock }) => stock.transfer('b.1', amount)), code('SHOAL_BAD_ARGUMENT'))
  }
  assert.equal(
    a.change(({ stock }) => stock.add(0)),
    undefined
  )
  a.change(({ stock }) => stock.add(Number.MAX_SAFE_INTEGER))
  assert.throws(() => a.change(({ stock }) => stock.add(1)), code('SHOAL_LIMIT'))
  a.change(({ stock }) => stock.subtract(Number.MAX_SAFE_INTEGER))
  assert.throws(() => a.change(({ stock }) => stock.add(1)), code('SHOAL_LIMIT'))
  assert.equal(a.plain.stock, 0)
})

test('concurrent additions past the safe integers are held at their end', () => {
  const [a, b] = replicas('a.1', 'b.1')
  assert.ok(a && b)
  a.change(({ stock }) => stock.add(Number.MAX_SAFE_INTEGER))
  b.change(({ stock }) => stock.add(Number.MAX_SAFE_INTEGER))
  a.apply(b.save())
  assert.equal(a.plain.stock, Number.MAX_SAFE_INTEGER)
})

test('no map holds one', () => {
  // @ts-expect-error A bounded counter is not nestable.
  assert.throws(() => orMap(boundedCounter()), code('SHOAL_BAD_ARGUMENT'))
})

test('a life takes over only from earlier lives of its own node, once', () => {
  let seq = 0
  const draw = (origin: string) => () => ({ origin, seq: ++seq })
  const added = addRights(boundedCounterType.empty, 'a.1', draw('a.1'), 3)?.state ?? boundedCounterType.empty
  assert.throws(() => absorbRights(added, 'b.2', draw('b.2'), 'a.1'), code('SHOAL_BAD_ARGUMENT'))
  assert.throws(() => absorbRights(added, 'a.1', draw('a.1'), 'a.1'), code('SHOAL_BAD_ARGUMENT'))
  assert.throws(() => absorbRights(added, 'a.0', draw('a.0'), 'a.1'), code('SHOAL_BAD_ARGUMENT'))
  const taken = absorbRights(added, 'a.2', draw('a.2'), 'a.1')?.state
  assert.ok(taken)
  assert.deepEqual([rightsOf(taken, 'a.1'), rightsOf(taken, 'a.2'), heightOf(taken)], [0, 3, 3])
  assert.equal(absorbRights(taken, 'a.2', draw('a.2'), 'a.1'), undefined)
  assert.equal(absorbRights(taken, 'a.3', draw('a.3'), 'a.1'), undefined)
})

test('a row of a few numbers costs a few bytes', () => {
  const [a] = replicas('12D3KooWabcd.0mf3k2j1q0000000000000')
  assert.ok(a)
  const bytes = a.change(({ stock }) => stock.add(100))
  assert.ok(bytes && bytes.length <= 36 + 24, `${bytes?.length}`)
})

test('rows that no replica would write are refused', () => {
  const none = SortedMap.empty<number>()
  const row: Row = { seq: 1, up: 1, down: 0, given: none, absorbed: none }
  const reread = (origin: string, changed: Partial<Row>): BoundedCounterState => {
    const state = SortedMap.of(origin, { ...row, ...changed })
    const bytes = encodeWithOrigins(sink => boundedCounterType.write(state, sink))
    return decodeWithOrigins(bytes, reader => boundedCounterType.read(reader, 0))
  }
  assert.deepEqual(reread('a.1', {}).get('a.1'), row)
  const bad: [string, Partial<Row>][] = [
    ['a.1', { seq: 0 }],
    ['a.1', { up: 0 }],
    ['a.1', { given: SortedMap.of('a.1', 1) }],
    ['a.1', { given: SortedMap.of('b.1', 0) }],
    ['a.2', { absorbed: SortedMap.of('b.1', 1) }],
    ['a.1', { absorbed: SortedMap.of('a.2', 1) }],
    ['a.1', { absorbed: SortedMap.of('a.1', 1) }]
  ]
  for (const [origin, changed] of bad) assert.throws(() => reread(origin, changed), code('SHOAL_MALFORMED'))
})

// ---- random histories ------------------------------------------------------------------------------------------------------------

const nodes = 4

type Step =
  | { readonly do: 'add' | 'spend'; readonly node: number; readonly amount: number }
  | { readonly do: 'give'; readonly node: number; readonly to: number; readonly amount: number }
  | { readonly do: 'deliver'; readonly to: number; readonly message: number }
  | { readonly do: 'catchUp'; readonly from: number; readonly to: number }
  | { readonly do: 'restart'; readonly node: number }
  | { readonly do: 'takeOver'; readonly node: number }

const anyNode = fc.nat(nodes - 1)
const anyAmount = fc.integer({ min: 1, max: 9 })
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ do: fc.constant('add' as const), node: anyNode, amount: anyAmount }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('spend' as const), node: anyNode, amount: anyAmount }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('give' as const), node: anyNode, to: anyNode, amount: anyAmount })
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('deliver' as const), to: anyNode, message: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('catchUp' as const), from: anyNode, to: anyNode }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const), node: anyNode }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('takeOver' as const), node: anyNode }) }
)

const sides = { left: CausalContext.empty, right: CausalContext.empty, rightIsNews: false }
const join = (a: BoundedCounterState, b: BoundedCounterState) => boundedCounterType.join(a, b, sides)

/** Disks keep everything here, so a life knows all rows of its earlier ones; what old disks do is modelled in test/models. */
class Histories {
  readonly states = Array.from({ length: nodes }, () => boundedCounterType.empty)
  readonly lives = Array.from({ length: nodes }, () => 1)
  readonly messages: BoundedCounterState[] = []
  added = 0
  spent = 0
  #seq = 0

  origin(node: number): string {
    return `n${node}.${this.lives[node]}`
  }

  run(step: Step): void {
    if (step.do === 'deliver') {
      const message = this.messages[step.message % this.messages.length]
      if (message !== undefined) this.#set(step.to, join(this.#state(step.to), message))
    } else if (step.do === 'catchUp') this.#set(step.to, join(this.#state(step.to), this.#state(step.from)))
    else if (step.do === 'restart') this.lives[step.node] = Math.min((this.lives[step.node] ?? 1) + 1, 9)
    else this.#change(step)
  }

  #state(node: number): BoundedCounterState {
    return this.states[node] ?? boundedCounterType.empty
  }

  #set(node: number, state: BoundedCounterState): void {
    this.states[node] = state
  }

  #change(step: Extract<Step, { node: number }>): void {
    const { node } = step
    const state = this.#state(node)
    const origin = this.origin(node)
    const draw = () => ({ origin, seq: ++this.#seq })
    const rights = rightsOf(state, origin)
    const amount = 'amount' in step ? step.amount : 0
    if (step.do !== 'add' && step.do !== 'takeOver' && rights < amount) {
      assert.throws(
        () => spendRights(state, origin, draw, amount),
        error => isShoalError(error) && 'lacking' in error && error.lacking === amount - Math.max(0, rights)
      )
      return
    }
    const ended = [...rightsByOrigin(state).keys()].find(life => life < origin && life.startsWith(`n${node}.`))
    const change =
      step.do === 'add'
        ? addRights(state, origin, draw, amount)
        : step.do === 'spend'
          ? spendRights(state, origin, draw, amount)
          : step.do === 'give'
            ? giveRights(state, origin, draw, this.origin(step.to), amount)
            : ended === undefined
              ? undefined
              : absorbRights(state, origin, draw, ended)
    if (change === undefined) return
    if (step.do === 'add') this.added += amount
    if (step.do === 'spend') this.spent += amount
    this.#set(node, change.state)
    this.messages.push(change.fragment)
  }
}

test('no replica ever stands below the bound, no right is lost, and none is spent twice', () => {
  holds(
    300,
    fc.property(fc.array(anyStep, { minLength: 1, maxLength: 80, size: 'max' }), steps => {
      const histories = new Histories()
      for (const step of steps) {
        histories.run(step)
        for (const [node, state] of histories.states.entries()) {
          assert.ok(heightOf(state) >= 0, `n${node} is at ${heightOf(state)} after ${JSON.stringify(step)}`)
          let rights = 0
          for (const [origin, amount] of rightsByOrigin(state)) {
            assert.equal(amount, rightsOf(state, origin))
            rights += amount
          }
          assert.equal(rights, heightOf(state), `n${node} sees other rights than there are`)
        }
      }
      const all = histories.states.reduce(join)
      assert.equal(heightOf(all), histories.added - histories.spent)
    })
  )
})

test('the rights of all origins are told in time that grows with the rows, and exactly where sums pass the integers', async t => {
  const count = 20_000
  const none = SortedMap.empty<number>()
  const names = Array.from({ length: count }, (_, i) => `n${String(i).padStart(6, '0')}.1`)
  const rows = names.map((_, i): Row => ({ seq: 1, up: i + 1, down: 0, given: none, absorbed: none }))
  const { value: rights, cpuMs } = await cpuTimed(() => rightsByOrigin(SortedMap.fromSorted(names, rows)))
  assert.equal(rights.get('n000041.1'), 42)
  t.diagnostic(`${Math.round(cpuMs)} ms of processor`)
  assert.ok(cpuMs < 2000, `took ${cpuMs} ms of processor`)
  const most = Number.MAX_SAFE_INTEGER
  const gift = (to: string, amount: number): Row => ({ ...nothing, up: most, given: SortedMap.of(to, amount) })
  const nothing: Row = { seq: 1, up: 0, down: 0, given: none, absorbed: none }
  const many = SortedMap.fromSorted(
    ['a.1', 'b.1', 'c.1'],
    [gift('c.1', most), gift('c.1', most - 1), { ...nothing, down: most, given: SortedMap.of('d.1', most - 3) }]
  )
  assert.deepEqual([...rightsByOrigin(many)].sort(), [
    ['b.1', 1],
    ['c.1', 2],
    ['d.1', most - 3]
  ])
})
