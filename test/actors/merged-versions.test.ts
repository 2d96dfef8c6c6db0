/** What writes of several owners are together, and from which base: whatever the order in which they come, and whoever merges. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type MergeValues, value } from 'shoal'
import { z } from 'zod'
import { openState, plainState, wholeState } from '../../src/actors/definitions/shape.ts'
import type { ValueState } from '../../src/actors/definitions/value-state.ts'
import { maxValueDepth, type OpenMergedValue } from '../../src/actors/merged/merged-value.ts'
import { currentOf } from '../../src/actors/merged/versions.ts'
import {
  CausalContext,
  type Delta,
  decodeDelta,
  emptyState,
  encodeDelta,
  encodeState,
  type Json,
  joinDelta,
  mvRegister,
  openView,
  Transaction
} from '../../src/crdt/index.ts'
import { SeededRandom } from '../../src/simulation/random.ts'

/** One life of an owner, and what has come to it. */
class Owner {
  state = emptyState
  context = CausalContext.empty
  readonly origin: string
  readonly #shape: ValueState
  #seq = 0

  constructor(name: string, shape: ValueState) {
    this.origin = `${name}.${name.repeat(8)}`
    this.#shape = shape
  }

  take(delta: Delta): void {
    this.state = joinDelta(this.state, this.context, delta).state
    this.context = this.context.union(delta.context)
  }

  takeAll({ state, context }: Owner): void {
    this.take({ state, context })
  }

  write(change: (now: unknown) => unknown): Delta {
    const { state, context, origin } = this
    const nextDot = () => ({ origin, seq: ++this.#seq })
    const transaction = new Transaction({ state, covers: context, origin, nextDot, now: () => 0, clientId: () => 1 })
    const open = openState(this.#shape, transaction) as OpenMergedValue
    open.put('it', change(structuredClone(open.now.value)))
    const { delta } = transaction
    assert.ok(delta !== undefined)
    this.take(delta)
    return decodeDelta(encodeDelta(delta))
  }

  get shown(): unknown {
    return plainState(this.#shape, this.state)
  }
}

interface Counted {
  readonly marks: readonly number[]
  readonly count: number
}

/** The count is that of the marks exactly where each base was the latest value that both had seen. */
const together: MergeValues<Counted> = (base, a, b) => ({
  marks: [...new Set([...a.marks, ...b.marks])].sort((left, right) => left - right),
  count: a.count + b.count - base.count
})
const countedBy = (merge: MergeValues<Counted>) => value<Counted>({ marks: [], count: 0 }, { merge }) as ValueState

const marked = (mark: number) => (now: unknown) => {
  const { marks, count } = now as Counted
  return { marks: [...marks, mark], count: count + 1 }
}

const seeds = 300

test(`${seeds} seeds: whatever comes to whom in which order, all show the same in the end, and each write counts once`, t => {
  let merges = 0
  for (let seed = 1; seed <= seeds; seed++) {
    const random = new SeededRandom(`merged/${seed}`)
    const merge: MergeValues<Counted> = (base, a, b) => {
      merges++
      return together(base, a, b)
    }
    const owners = ['a', 'b', 'c', 'd'].slice(0, 2 + random.below(3)).map(name => new Owner(name, countedBy(merge)))
    const deltas: Delta[] = []
    const writes = 4 + random.below(20)
    for (let mark = 0; mark < writes; mark++) {
      deltas.push(random.pick(owners).write(marked(mark)))
      for (const other of owners) {
        if (random.chance(0.3)) other.take(random.pick(deltas))
        if (random.chance(0.1)) other.takeAll(random.pick(owners))
      }
    }
    const marks = Array.from({ length: writes }, (_, mark) => mark)
    for (const owner of owners) {
      const order = random.shuffle([...deltas, ...deltas.slice(0, 3)])
      for (const delta of order) owner.take(delta)
      const { marks: its, count } = owner.shown as Counted
      assert.deepEqual(
        [...its].sort((a, b) => a - b),
        marks,
        `seed ${seed}`
      )
      assert.equal(count, writes, `seed ${seed}`)
      assert.deepEqual(owner.shown, owners[0]?.shown, `seed ${seed}`)
      assert.deepEqual(encodeState(owner.state), encodeState((owners[0] as Owner).state), `seed ${seed}`)
    }
  }
  t.diagnostic(`${merges} merges`)
  assert.ok(merges > seeds)
})

/** What `merge` was called with. */
function told(initial: string) {
  const calls: string[][] = []
  const merge: MergeValues<string> = (base, a, b) => {
    calls.push([base, ...[a, b].sort()])
    return [a, b].sort().join('&')
  }
  return { calls, shape: value(initial, { merge }) as ValueState }
}

const set = (next: string) => () => next

test('the base is the latest value that both had seen: the one at which they parted', () => {
  const { calls, shape } = told('none')
  const [a, b] = [new Owner('a', shape), new Owner('b', shape)]
  for (const next of ['a1', 'a2']) b.take(a.write(set(next)))
  // What b has not seen is not its base, and neither is what b wrote itself.
  const apart = [a.write(set('a3')), a.write(set('a4'))]
  const others = [b.write(set('b1')), b.write(set('b2'))]
  for (const delta of apart) b.take(delta)
  for (const delta of others) a.take(delta)
  assert.deepEqual([a.shown, b.shown], ['a4&b2', 'a4&b2'])
  assert.deepEqual(new Set(calls.map(String)), new Set(['a2,a4,b2']))
})

test('before anything was seen of each other the base is the initial value', () => {
  const { calls, shape } = told('none')
  const [a, b] = [new Owner('a', shape), new Owner('b', shape)]
  b.take(a.write(set('a1')))
  const [c, d] = [new Owner('c', shape), new Owner('d', shape)]
  d.take(c.write(set('c1')))
  b.takeAll(d)
  assert.equal(b.shown, 'a1&c1')
  assert.deepEqual(calls, [['none', 'a1', 'c1']])
})

test('a cut in three parts: all are merged, two of them from where those two parted', () => {
  const { calls, shape } = told('none')
  const [a, b, c] = [new Owner('a', shape), new Owner('b', shape), new Owner('c', shape)]
  const start = a.write(set('a1'))
  for (const other of [b, c]) other.take(start)
  const far = a.write(set('a2'))
  const near = b.write(set('b1'))
  c.take(near)
  const last = c.write(set('c1'))
  const apart = b.write(set('b2'))
  for (const owner of [a, b, c]) for (const delta of [apart, far, last, near]) owner.take(delta)
  assert.deepEqual([a.shown, b.shown, c.shown], Array(3).fill('a2&b2&c1'))
  assert.deepEqual(new Set(calls.map(String)), new Set(['b1,b2,c1', 'a1,a2,b2&c1']))
})

test('merged values are merged again, from what both had merged; each writes it down with its next command', () => {
  const { calls, shape } = told('none')
  const [a, b] = [new Owner('a', shape), new Owner('b', shape)]
  b.take(a.write(set('start')))
  for (const round of ['1', '2', '3']) {
    calls.length = 0
    const [left, right] = [a.write(now => `${now}a${round}`), b.write(now => `${now}b${round}`)]
    a.take(right)
    b.take(left)
    assert.equal(a.shown, b.shown)
    const base = round === '1' ? 'start' : `m${Number(round) - 1}`
    assert.deepEqual(new Set(calls.map(([its]) => its)), new Set([base]))
    // Both write at once on top of what they have merged: their base is that.
    const [again, too] = [a.write(set(`m${round}`)), b.write(set(`m${round}`))]
    a.take(too)
    b.take(again)
    assert.equal(a.shown, b.shown)
    assert.ok(
      calls.some(([its]) => its === `${base}a${round}&${base}b${round}`),
      calls.join(' ')
    )
    a.write(set(`m${round}`))
    b.takeAll(a)
  }
})

test('two that merged the same two from either side have both for a base, and what became of those before', () => {
  const owners = ['a', 'b'].map(name => new Owner(name, countedBy(together))) as [Owner, Owner]
  const [a, b] = owners
  b.take(a.write(marked(0)))
  const [x, y] = [a.write(marked(1)), b.write(marked(2))]
  // Each goes on alone before it hears of the other's, and merges then.
  const [x2, y2] = [a.write(marked(3)), b.write(marked(4))]
  a.take(y)
  b.take(x)
  const [left, right] = [a.write(marked(5)), b.write(marked(6))]
  for (const owner of owners) for (const delta of [left, right, x2, y2]) owner.take(delta)
  for (const { shown } of owners) assert.deepEqual(shown, { marks: [0, 1, 2, 3, 4, 5, 6], count: 7 })
})

test('of large values, too, both sides may merge at once and be merged again', () => {
  const pad = 'x'.repeat(50_000)
  const shape = value({ pad, count: 0 }, { merge: (base, a, b) => ({ pad, count: a.count + b.count - base.count }) })
  const [a, b] = [new Owner('a', shape as ValueState), new Owner('b', shape as ValueState)]
  const add = (now: unknown) => ({ pad, count: (now as { count: number }).count + 1 })
  b.take(a.write(add))
  for (let round = 0; round < 3; round++) {
    const [x, y] = [a.write(add), b.write(add)]
    a.take(y)
    b.take(x)
    const [left, right] = [a.write(add), b.write(add)]
    a.take(right)
    b.take(left)
  }
  assert.deepEqual([a.shown, b.shown], Array(2).fill({ pad, count: 13 }))
})

test('as many sides as there are nodes are merged from where they parted', () => {
  const shape = countedBy(together)
  const start = new Owner('z', shape)
  start.write(marked(0))
  const sides = Array.from({ length: 100 }, (_, i) => new Owner(`${i % 10}${String.fromCharCode(97 + i / 10)}`, shape))
  for (const [i, side] of sides.entries()) {
    side.takeAll(start)
    side.write(marked(2 * i + 1))
    side.write(marked(2 * i + 2))
  }
  for (const side of sides) start.takeAll(side)
  assert.equal((start.shown as Counted).count, 201)
  assert.equal((start.shown as Counted).marks.length, 201)
  start.write(marked(201))
  assert.equal((start.shown as Counted).count, 202)
})

test('a later write that comes first hides those before it, which come after', () => {
  const { calls, shape } = told('none')
  const [a, b, c] = [new Owner('a', shape), new Owner('b', shape), new Owner('c', shape)]
  const first = a.write(set('a1'))
  const second = a.write(set('a2'))
  b.take(first)
  b.take(second)
  const last = b.write(set('b1'))
  c.take(first)
  c.take(last)
  assert.equal(c.shown, 'b1')
  c.take(c.write(set('c1')))
  c.take(second)
  assert.equal(c.shown, 'c1')
  assert.deepEqual(calls, [])
})

test('forks have a limit: of many owners the latest, of large values those that their life began with', () => {
  const shape = countedBy(together)
  let before = new Owner('a', shape)
  before.write(marked(0))
  const longest = []
  for (let life = 0; life < 60; life++) {
    const owner = new Owner(`${life % 10}${String.fromCharCode(98 + life / 10)}`, shape)
    owner.takeAll(before)
    owner.write(marked(life + 1))
    longest.push(encodeState(owner.state).length)
    before = owner
  }
  assert.ok(Math.max(...longest) < 6000, String(Math.max(...longest)))
  assert.equal((before.shown as Counted).count, 61)

  const large = value('', { merge: (_base, a, b) => (a > b ? a : b) }) as ValueState
  const text = (letter: string) => letter.repeat(100_000)
  const [left, right] = [new Owner('a', large), new Owner('b', large)]
  right.take(left.write(set(text('a'))))
  for (let round = 0; round < 5; round++) {
    left.write(set(text('c')))
    right.write(set(text('d')))
    left.takeAll(right)
    right.takeAll(left)
    left.write(set(text('e')))
    right.takeAll(left)
    assert.ok(encodeState(left.state).length < 450_000, String(encodeState(left.state).length))
  }
})

test('a base is never one that a side had not seen, however many lives are forgotten', () => {
  const shape = countedBy(together)
  let mark = 0
  const on = (name: string, ...before: Owner[]) => {
    const owner = new Owner(name, shape)
    for (const other of before) owner.takeAll(other)
    owner.write(marked(mark++))
    return owner
  }
  const start = on('z')
  const late = on('y', start)
  const fork = on('x', start)
  // Three sides with twelve owners each, so that the merged write cannot name all, and the one that wrote the fork is among the others.
  const sides = ['a', 'b', 'c'].map(side => {
    let last = fork
    for (let life = 0; life < 12; life++) last = on(`${side}${String.fromCharCode(97 + life)}`, last)
    return last
  })
  const merged = on('m', ...sides)
  assert.equal((merged.shown as Counted).count, mark - 1)
  merged.takeAll(late)
  const { marks, count } = merged.shown as Counted
  assert.equal(marks.length, mark)
  assert.ok(count >= mark, `a write counts not at all: ${count} of ${mark}`)
})

test('many characters of several bytes leave room for commands of the next owner', () => {
  const large = value('', { merge: (_base, a, b) => (a > b ? a : b) }) as ValueState
  const [a, b] = [new Owner('a', large), new Owner('b', large)]
  a.write(set('\u6f22'.repeat(200_000)))
  b.takeAll(a)
  b.write(now => `${now}\u6f22`)
  const { length } = encodeState(b.state)
  assert.ok(length < 800 * 1024, String(length))
})

test('a state that a peer has made up takes no minutes', () => {
  const [sides, bases] = [400, 400]
  const name = (side: number) => `${side}`.padStart(8, '0')
  const lives = Array.from({ length: 30 }, (_, i) => `p${i}`)
  const seqs = lives.map(() => 1)
  const write = (origin: string, seq: number, tags: string[], counts: number[]) => ({
    origin,
    seq,
    json: JSON.stringify([0, tags, counts, []])
  })
  const state = [
    // None of these has seen another, and each side has seen all of them.
    ...Array.from({ length: bases }, (_, i) => write('xxxxxxxx', i + 1, [...lives, 'y'], [...seqs, bases - i])),
    ...Array.from({ length: sides }, (_, i) => write(name(i), 1, [...lives, 'xxxxxxxx', 'y'], [...seqs, bases, bases]))
  ]
  const { user } = process.cpuUsage()
  let merges = 0
  const { tips } = currentOf(state, 0, () => merges++)
  assert.equal(tips.length, sides)
  assert.ok(merges < 2 * sides, String(merges))
  const seconds = (process.cpuUsage().user - user) / 1e6
  assert.ok(seconds < 5, `${seconds} s`)
})

test('what merge and a schema return may be objects of the program: they stay as they are', () => {
  const scratch = { n: 0 }
  const unit = { name: 'kg' }
  type Amount = { n: number; unit?: unknown }
  const merge: MergeValues<Amount> = (base, a, b) => Object.assign(scratch, { n: a.n + b.n - base.n })
  const schema = z.object({ n: z.number() }).transform(({ n }): Amount => ({ n, unit }))
  for (const shape of [value<Amount>({ n: 0 }, { merge }), value({ n: 0 }, { merge, schema })]) {
    const sides = ['a', 'b', 'c', 'd'].map(name => new Owner(name, shape as ValueState))
    for (const side of sides) side.write(now => ({ n: (now as typeof scratch).n + 1 }))
    for (const side of sides) {
      for (const other of sides) side.takeAll(other)
      assert.equal((side.shown as typeof scratch).n, 4)
    }
    assert.ok(!Object.isFrozen(scratch) && !Object.isFrozen(unit))
  }
})

test('what merge throws or returns that cannot be kept is told to whoever looks, and nothing is lost by it', () => {
  const bad: unknown[] = [undefined, Number.NaN, Promise.resolve('x'), new Date(), 'x'.repeat(1024 * 1024)]
  const results = [
    ...bad.map(result => () => result),
    (_: unknown, a: string[]) => a.push('x'),
    () => assert.fail('no')
  ]
  for (const result of results) {
    const broken = value(['none'], { merge: result as never }) as ValueState
    const [a, b] = [new Owner('a', broken), new Owner('b', broken)]
    a.write(() => ['a1'])
    b.write(() => ['b1'])
    a.takeAll(b)
    const before = encodeState(a.state)
    assert.throws(() => a.shown, { code: 'SHOAL_BAD_STATE' })
    assert.throws(() => a.write(() => ['a2']), { code: 'SHOAL_BAD_STATE' })
    assert.deepEqual(encodeState(a.state), before)
    const mended = new Owner(
      'c',
      value(['none'], { merge: (_base, left, right) => [...left, ...right].sort() }) as ValueState
    )
    mended.takeAll(a)
    assert.deepEqual(mended.shown, ['a1', 'b1'])
  }
})

test('a value nested too deep for its write is refused, and so is a state that is none of ours', () => {
  const shape = value<unknown>(null, { merge: (_base, a) => a }) as ValueState
  const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)])
  const a = new Owner('a', shape)
  a.write(() => nested(maxValueDepth))
  const b = new Owner('b', shape)
  b.takeAll(a)
  b.take(decodeDelta(encodeDelta(b.write(() => 2))))
  assert.equal(b.shown, 2)
  assert.throws(() => b.write(() => nested(maxValueDepth + 1)), { code: 'SHOAL_BAD_STATE' })
  const foreign = { [wholeState]: mvRegister<Json>() }
  for (const json of [1, [], [1, ['x'], 'y', []], [1, [], [], [[1]]], [1, [], [-1], []]]) {
    const [state, context, origin] = [emptyState, CausalContext.empty, 'x.xxxxxxxx']
    const nextDot = () => ({ origin, seq: 1 })
    const transaction = new Transaction({ state, covers: context, origin, nextDot, now: () => 0, clientId: () => 1 })
    openView(foreign, transaction)[wholeState].set(json as Json)
    assert.throws(() => plainState(shape, transaction.state), { code: 'SHOAL_BAD_STATE' }, JSON.stringify(json))
  }
})
