/**
 * A counter under a key of a map: additions and removals by a few replicas, and deltas that arrive in any order or never.
 *
 * It runs the shipping counter beside plain bookkeeping: every addition adds another power of two, and a removal takes away the
 * additions that its replica shows. So the value tells exactly which additions are live.
 */
import { addToCounter, type CounterState, counterValue, pnCounterType } from '../../src/crdt/counter.ts'
import { CausalContext } from '../../src/crdt/index.ts'
import type { Model } from './explore.ts'

export interface Rules {
  add(state: CounterState, origin: string, seq: number, amount: number): { state: CounterState; fragment: CounterState }
  /** The fragment of a removal. */
  clear(state: CounterState): CounterState
  join(a: CounterState, b: CounterState): CounterState
}

const nothing = CausalContext.empty
const sides = { left: nothing, right: nothing, rightIsNews: false }

export const shippingRules: Rules = {
  add: (state, origin, seq, amount) => addToCounter(state, () => ({ origin, seq }), amount),
  clear: state => pnCounterType.cleared(state),
  join: (a, b) => pnCounterType.join(a, b, sides)
}

export interface Bounds {
  readonly replicas: number
  readonly operations: number
}

/** Sets of operations are bit masks. */
interface Operation {
  readonly fragment: CounterState
  /** The operations that a replica shows or hides once it has seen this one. */
  readonly brings: number
  readonly takesAway: number
  readonly key: string
}

interface Counter {
  readonly state: CounterState
  readonly seen: number
  /** The additions of this replica since its run began. */
  readonly run: number
  readonly own: number
}

interface Histories {
  readonly operations: readonly Operation[]
  readonly counters: readonly Counter[]
}

export function nestedCounterModel(bounds: Bounds, rules: Rules = shippingRules): Model<Histories> {
  const fresh: Counter = { state: pnCounterType.empty, seen: 0, run: 0, own: 0 }
  return {
    starts: [{ operations: [], counters: Array.from({ length: bounds.replicas }, () => fresh) }],
    next(histories, emit) {
      for (const [index, counter] of histories.counters.entries()) {
        if (histories.operations.length < bounds.operations) {
          emit('add', add(histories, index, counter, rules))
          if (isVisible(histories, counter)) emit('remove', remove(histories, index, counter, rules))
        }
        for (const number of histories.operations.keys()) {
          if ((counter.seen & (1 << number)) === 0) emit(`see ${number}`, see(histories, index, counter, number, rules))
        }
      }
    },
    key: ({ operations, counters }) =>
      `${operations.map(operation => operation.key).join(' ')}|${counters.map(counterKey).join(' ')}`,
    check(histories) {
      for (const [index, counter] of histories.counters.entries()) {
        const value = counterValue(counter.state)
        const expected = live(histories, counter.seen)
        if (value !== expected) return `replica ${index} shows ${value.toString(2)}, not ${expected.toString(2)}`
        if (pnCounterType.isVisible(counter.state) !== (expected !== 0))
          return `replica ${index} hides or shows its key`
      }
      return undefined
    }
  }
}

function stateKey(state: CounterState): string {
  let key = ''
  state.each(({ run, seq, up, base }, origin) => {
    key += `${origin.at(-1)}:${run},${seq},${up},${base?.seq},${base?.up};`
  })
  return key
}

function counterKey({ state, seen, run, own }: Counter): string {
  return `${stateKey(state)}${seen},${run},${own}`
}

function operationOf(fragment: CounterState, brings: number, takesAway: number): Operation {
  return { fragment, brings, takesAway, key: `${stateKey(fragment)}${brings},${takesAway}` }
}

/** The additions that whoever has seen these operations shows. */
function live(histories: Histories, seen: number): number {
  const { shown, gone } = outcome(histories, seen)
  return shown & ~gone
}

function outcome(histories: Histories, seen: number): { shown: number; gone: number } {
  let shown = 0
  let gone = 0
  for (const [number, { brings }] of histories.operations.entries()) {
    if ((seen & (1 << number)) !== 0) shown |= brings
  }
  for (const [number, { takesAway }] of histories.operations.entries()) {
    if (((seen | shown) & (1 << number)) !== 0) gone |= takesAway
  }
  return { shown, gone }
}

function isVisible(histories: Histories, counter: Counter): boolean {
  return live(histories, counter.seen) !== 0
}

function withCounter(
  histories: Histories,
  index: number,
  counter: Counter,
  operations = histories.operations
): Histories {
  return { operations, counters: histories.counters.with(index, counter) }
}

function add(histories: Histories, index: number, counter: Counter, rules: Rules): Histories {
  const number = histories.operations.length
  const bit = 1 << number
  const last = highest(counter.run)
  const goesOn = (live(histories, counter.seen) & last) !== 0
  const run = goesOn ? counter.run | bit : bit
  const { state, fragment } = rules.add(counter.state, `origin-${index}`, number + 1, bit)
  const operation = operationOf(fragment, run, counter.own & ~run)
  const after = { state, seen: counter.seen | bit, run, own: counter.own | bit }
  return withCounter(histories, index, after, [...histories.operations, operation])
}

function highest(mask: number): number {
  return mask === 0 ? 0 : 1 << (31 - Math.clz32(mask))
}

function remove(histories: Histories, index: number, counter: Counter, rules: Rules): Histories {
  const bit = 1 << histories.operations.length
  const fragment = rules.clear(counter.state)
  const operation = operationOf(fragment, 0, removable(histories, counter))
  const after = { ...counter, state: rules.join(counter.state, fragment), seen: counter.seen | bit }
  return withCounter(histories, index, after, [...histories.operations, operation])
}

/** Of every replica that has live additions here, all those that they stand on, and what they took away themselves. */
function removable(histories: Histories, counter: Counter): number {
  const { shown, gone } = outcome(histories, counter.seen)
  let mask = 0
  for (const { own } of histories.counters) if ((shown & ~gone & own) !== 0) mask |= shown & own
  for (const [number, { takesAway }] of histories.operations.entries()) {
    if ((mask & (1 << number)) !== 0) mask |= takesAway
  }
  return mask
}

function see(histories: Histories, index: number, counter: Counter, number: number, rules: Rules): Histories {
  const fragment = histories.operations[number]?.fragment ?? pnCounterType.empty
  const state = rules.join(counter.state, fragment)
  return withCounter(histories, index, { ...counter, state, seen: counter.seen | (1 << number) })
}
