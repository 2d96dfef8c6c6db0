/**
 * A counter inside an add-wins map: removing the key takes away the increments that the remover saw, and no others.
 *
 * Increment i adds 2^i, so that a value names the increments in it, and every state of a small history can be compared with
 * what is known there and not known to be removed. Entries with a run and a base pass; the two older designs fail.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { explore, type Model, told } from './explore.ts'

/** A counter under one key, as one replica or one delta holds it. Amounts are positive here: the negative half is alike. */
interface Design<State> {
  readonly empty: State
  /** Both answer the delta alone. */
  increment(state: State, origin: number, seq: number, amount: number): State
  remove(state: State): State
  join(a: State, b: State): State
  value(state: State): number
}

// ---- the designs -----------------------------------------------------------------------------------------------------------

interface Entry {
  /** The seq of the first increment since the key was removed: a removal ends the run that it saw the whole of. */
  readonly run: number
  readonly seq: number
  readonly total: number
}
interface RunAndBase {
  readonly live: Entry
  /** The newest entry that a removal saw. */
  readonly base: Entry
}
const none: Entry = { run: 0, seq: 0, total: 0 }
const untouched: RunAndBase = { live: none, base: none }

function later(a: Entry, b: Entry): Entry {
  return a.run > b.run || (a.run === b.run && a.seq >= b.seq) ? a : b
}

/** A live entry is never behind its base, and the base of a run that is over says nothing any more. */
function normal(live: Entry, base: Entry): RunAndBase {
  const newest = later(live, base)
  return { live: newest, base: newest.run > base.run ? none : base }
}

const runAndBase: Design<readonly RunAndBase[]> = {
  empty: [],
  increment(state, origin, seq, amount) {
    const { live, base } = state[origin] ?? untouched
    const isOver = base.run === live.run && base.seq >= live.seq
    const next = isOver ? { run: seq, seq, total: amount } : { run: live.run, seq, total: live.total + amount }
    return only(origin, { live: next, base: none })
  },
  remove: state => state.map(({ live }) => normal(none, live)),
  join: (a, b) => zip(a, b, untouched, (x, y) => normal(later(x.live, y.live), later(x.base, y.base))),
  value: state => sum(state.map(({ live, base }) => (live.run === base.run ? live.total - base.total : live.total)))
}

/** Presence of the key as dots, beside them a total per origin that is joined by its maximum. */
interface Cumulative {
  readonly dots: number
  readonly context: number
  readonly totals: readonly number[]
}
const cumulative: Design<Cumulative> = {
  empty: { dots: 0, context: 0, totals: [] },
  increment(state, origin, seq, amount) {
    const dot = dotOf(origin, seq)
    const old = state.dots & ownDots(origin)
    const total = (state.totals[origin] ?? 0) + amount
    return { dots: dot, context: dot | old, totals: only(origin, total, 0) }
  },
  remove: state => ({ dots: 0, context: state.dots, totals: [] }),
  join(a, b) {
    const dots = joinDots(a, b)
    const totals = dots === 0 ? [] : zip(a.totals, b.totals, 0, Math.max)
    return { dots, context: a.context | b.context, totals }
  },
  value: state => sum(state.totals)
}

/** An origin's dot carries its total; an increment replaces the origin's dot by a new one. */
interface DotTotals {
  readonly dots: number
  readonly context: number
  /** By position of the dot. */
  readonly totals: readonly number[]
}
const totalPerDot: Design<DotTotals> = {
  empty: { dots: 0, context: 0, totals: [] },
  increment(state, origin, seq, amount) {
    const dot = dotOf(origin, seq)
    const old = state.dots & ownDots(origin)
    const total = sum(state.totals.filter((_, position) => (old & (1 << position)) !== 0)) + amount
    return { dots: dot, context: dot | old, totals: only(Math.log2(dot), total, 0) }
  },
  remove: state => ({ dots: 0, context: state.dots, totals: [] }),
  join: (a, b) => ({
    dots: joinDots(a, b),
    context: a.context | b.context,
    totals: zip(a.totals, b.totals, 0, Math.max)
  }),
  value: state => sum(state.totals.filter((_, position) => (state.dots & (1 << position)) !== 0))
}

// ---- the model -------------------------------------------------------------------------------------------------------------

interface Known<State> {
  readonly state: State
  /** Increments that are known here, and those of them that are known to be removed: sets of amounts. */
  readonly increments: number
  readonly removed: number
}

interface World<State> {
  readonly replicas: readonly Known<State>[]
  /** Every delta there ever was: it may arrive anywhere at any time, and again. */
  readonly deltas: readonly (Known<State> & { readonly origin: number })[]
  /** Who made each increment. */
  readonly origins: readonly number[]
  readonly removals: number
}

interface Bounds {
  readonly replicas: number
  readonly increments: number
  readonly removals: number
}

function counterModel<State>(
  design: Design<State>,
  bounds: Bounds,
  checked: 'always' | 'at the end'
): Model<World<State>> {
  const fresh: Known<State> = { state: design.empty, increments: 0, removed: 0 }
  const joined = (a: Known<State>, b: Known<State>): Known<State> => ({
    state: design.join(a.state, b.state),
    increments: a.increments | b.increments,
    removed: a.removed | b.removed
  })
  const change = (world: World<State>, origin: number, delta: Known<State>): World<State> => ({
    ...world,
    replicas: world.replicas.map((replica, id) => (id === origin ? joined(replica, delta) : replica)),
    deltas: [...world.deltas, { ...delta, origin }]
  })
  const wrong = (who: string, { state, increments, removed }: Known<State>): string | undefined => {
    const value = design.value(state)
    const expected = increments & ~removed
    return value === expected ? undefined : `${who} shows ${value} instead of ${expected}`
  }

  return {
    starts: [{ replicas: Array<Known<State>>(bounds.replicas).fill(fresh), deltas: [], origins: [], removals: 0 }],
    next(world, emit) {
      world.replicas.forEach((replica, id) => {
        // Replicas are alike until the first increment: it may as well be at 0.
        if (world.origins.length < bounds.increments && (world.origins.length > 0 || id === 0)) {
          const amount = 1 << world.origins.length
          const state = design.increment(replica.state, id, world.deltas.length + 1, amount)
          // An origin's entry speaks of all that it ever added: what it does not count any more was removed.
          const own = sum(world.origins.map((origin, number) => (origin === id ? 1 << number : 0)))
          const delta = { state, increments: own | amount, removed: own & replica.removed & ~design.value(state) }
          emit(`add ${amount} at ${id}`, { ...change(world, id, delta), origins: [...world.origins, id] })
        }
        if (world.removals < bounds.removals && replica.increments !== 0) {
          const { increments } = replica
          const delta = { state: design.remove(replica.state), increments, removed: increments }
          emit(`remove at ${id}`, { ...change(world, id, delta), removals: world.removals + 1 })
        }
        const receive = (event: string, what: Known<State>): void => {
          emit(event, { ...world, replicas: world.replicas.with(id, joined(replica, what)) })
        }
        world.deltas.forEach((delta, number) => {
          if (delta.origin !== id) receive(`push of change ${number + 1} to ${id}`, delta)
        })
        world.replicas.forEach((other, from) => {
          if (from !== id) receive(`whole state of ${from} to ${id}`, other)
        })
      })
    },
    key: world => JSON.stringify(world),
    check(world) {
      const all = world.replicas.reduce(joined)
      const atTheEnd = wrong('everyone, when all is exchanged,', all)
      if (checked === 'at the end' || atTheEnd !== undefined) return atTheEnd
      return world.replicas.map((replica, id) => wrong(`${id}`, replica)).find(found => found !== undefined)
    }
  }
}

// ---- small tools -----------------------------------------------------------------------------------------------------------

const seqsPerOrigin = 8

function dotOf(origin: number, seq: number): number {
  return 1 << (origin * seqsPerOrigin + seq)
}

function ownDots(origin: number): number {
  return ((1 << seqsPerOrigin) - 1) << (origin * seqsPerOrigin)
}

function joinDots(a: { dots: number; context: number }, b: { dots: number; context: number }): number {
  return (a.dots & b.dots) | (a.dots & ~b.context) | (b.dots & ~a.context)
}

function only<T>(position: number, value: T, filler?: T): T[]
function only(position: number, value: unknown, filler: unknown = untouched): unknown[] {
  return [...Array<unknown>(position).fill(filler), value]
}

function zip<T>(a: readonly T[], b: readonly T[], missing: T, both: (x: T, y: T) => T): T[] {
  return Array.from({ length: Math.max(a.length, b.length) }, (_, i) => both(a[i] ?? missing, b[i] ?? missing))
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

// ---- the claims ------------------------------------------------------------------------------------------------------------

const passing: { bounds: Bounds; expectedStates: number }[] = [
  { bounds: { replicas: 2, increments: 4, removals: 2 }, expectedStates: 13_513 },
  { bounds: { replicas: 3, increments: 3, removals: 1 }, expectedStates: 11_854 }
]
for (const { bounds, expectedStates } of passing) {
  const { replicas, increments, removals } = bounds
  test(`${replicas} replicas, ${increments} increments and ${removals} removed keys: a value is what is known and not removed`, t => {
    const exploration = explore(counterModel(runAndBase, bounds, 'always'))
    t.diagnostic(told(exploration))
    assert.equal(exploration.violation, undefined)
    assert.ok(
      exploration.states >= expectedStates,
      `only ${exploration.states} of ${expectedStates} states were explored`
    )
  })
}

const small: Bounds = { replicas: 2, increments: 2, removals: 1 }

test('caught: cumulative entries bring removed increments back', t => {
  const exploration = explore(counterModel(cumulative, small, 'at the end'))
  t.diagnostic(told(exploration))
  assert.notEqual(exploration.violation, undefined)
})

test('caught: a dot that carries a total survives with more than its own increment', t => {
  const exploration = explore(counterModel(totalPerDot, small, 'at the end'))
  t.diagnostic(told(exploration))
  assert.notEqual(exploration.violation, undefined)
})
