/**
 * A bounded counter on a few replicas: rights that are spent and given away, and deltas that arrive in any order, again or never.
 *
 * It runs the shipping functions. What must hold: no replica ever stands below the bound, whatever it has seen, and all together
 * never spend more than there was.
 */
import {
  type BoundedCounterState,
  boundedCounterType,
  giveRights,
  heightOf,
  rightsOf,
  spendRights
} from '../../src/crdt/bounded-counter.ts'
import { CausalContext } from '../../src/crdt/index.ts'
import { SortedMap } from '../../src/crdt/sorted-map.ts'
import type { Model } from './explore.ts'

export type EscrowMistake =
  | 'a row travels without those it rests on'
  | 'spends by the value'
  | 'a giver keeps what it gave'

export interface EscrowBounds {
  readonly replicas: number
  readonly operations: number
  /** What replica 0 has added before. The others have not seen it yet. */
  readonly start: number
}

interface Replica {
  readonly state: BoundedCounterState
  /** Deltas that it has seen, as bits. */
  readonly seen: number
  readonly key: string
}

interface Histories {
  readonly deltas: readonly BoundedCounterState[]
  readonly replicas: readonly Replica[]
}

const nothing = CausalContext.empty
const sides = { left: nothing, right: nothing, rightIsNews: false }

export function joinCounters(a: BoundedCounterState, b: BoundedCounterState): BoundedCounterState {
  return boundedCounterType.join(a, b, sides)
}

export function counterKey(state: BoundedCounterState): string {
  let key = ''
  state.each(({ seq, up, down, given, absorbed }, origin) => {
    key += `${origin}:${seq},${up},${down}`
    given.each((amount, to) => {
      key += `>${to}${amount}`
    })
    absorbed.each((amount, from) => {
      key += `<${from}${amount}`
    })
    key += ';'
  })
  return key
}

/** What `start` additions of replica 0 make. */
export function filled(origin: string, amount: number): BoundedCounterState {
  return SortedMap.of(origin, { seq: 1, up: amount, down: 0, given: SortedMap.empty(), absorbed: SortedMap.empty() })
}

function nameOf(index: number): string {
  return `${'abc'[index]}.1`
}

function replicaOf(state: BoundedCounterState, seen: number): Replica {
  return { state, seen, key: `${seen}/${counterKey(state)}` }
}

export function escrowModel(bounds: EscrowBounds, mistake?: EscrowMistake): Model<Histories> {
  const start = filled(nameOf(0), bounds.start)
  return {
    starts: [
      {
        deltas: [start],
        replicas: Array.from({ length: bounds.replicas }, (_, index) =>
          index === 0 ? replicaOf(start, 1) : replicaOf(SortedMap.empty(), 0)
        )
      }
    ],
    next(histories, emit) {
      for (const [index, replica] of histories.replicas.entries()) {
        if (histories.deltas.length <= bounds.operations) {
          const origin = nameOf(index)
          const draw = () => ({ origin, seq: (replica.state.get(origin)?.seq ?? 0) + 1 })
          const changed = (event: string, change: { state: BoundedCounterState; fragment: BoundedCounterState }) => {
            const own = change.state.get(origin)
            const alone = mistake === 'a row travels without those it rests on' && own !== undefined
            const delta = alone ? SortedMap.of(origin, own) : change.fragment
            const deltas = [...histories.deltas, delta]
            const seen = replica.seen | (1 << (deltas.length - 1))
            emit(event, { deltas, replicas: histories.replicas.with(index, replicaOf(change.state, seen)) })
          }
          const rights = mistake === 'spends by the value' ? heightOf(replica.state) : rightsOf(replica.state, origin)
          if (rights > 0) {
            changed(`spend by ${origin}`, spend(replica.state, origin, draw, mistake))
            for (let to = 0; to < bounds.replicas; to++) {
              if (to === index || rightsOf(replica.state, origin) < 1) continue
              changed(`give by ${origin} to ${nameOf(to)}`, give(replica.state, origin, draw, nameOf(to), mistake))
            }
          }
        }
        for (const [number, delta] of histories.deltas.entries()) {
          const seen = replica.seen | (1 << number)
          if (seen === replica.seen) continue
          const after = replicaOf(joinCounters(replica.state, delta), seen)
          emit(`see ${number} at ${nameOf(index)}`, { ...histories, replicas: histories.replicas.with(index, after) })
        }
      }
    },
    key: ({ deltas, replicas }) => `${deltas.map(counterKey).join('|')}#${replicas.map(({ key }) => key).join('|')}`,
    check({ deltas, replicas }) {
      for (const [index, { state }] of replicas.entries()) {
        if (heightOf(state) < 0) return `${nameOf(index)} is ${-heightOf(state)} below the bound`
      }
      const all = replicas.map(({ state }) => state).reduce(joinCounters)
      let rights = 0
      for (let index = 0; index < replicas.length; index++) rights += rightsOf(all, nameOf(index))
      if (rights !== heightOf(all)) return `rights of ${rights} at a height of ${heightOf(all)}`
      return heightOf(deltas.reduce(joinCounters)) < 0 ? 'more was spent than there was' : undefined
    }
  }
}

type Draw = () => { origin: string; seq: number }

function spend(state: BoundedCounterState, origin: string, draw: Draw, mistake: EscrowMistake | undefined) {
  if (mistake !== 'spends by the value') return spendRights(state, origin, draw, 1) ?? unchanged(state)
  const row = state.get(origin)
  const { seq } = draw()
  const next = row === undefined ? { ...emptyRow, seq, down: 1 } : { ...row, seq, down: row.down + 1 }
  return { state: state.set(origin, next), fragment: SortedMap.of(origin, next) }
}

function give(state: BoundedCounterState, origin: string, draw: Draw, to: string, mistake: EscrowMistake | undefined) {
  const change = giveRights(state, origin, draw, to, 1) ?? unchanged(state)
  const row = change.state.get(origin)
  if (mistake !== 'a giver keeps what it gave' || row === undefined) return change
  return { ...change, state: state.set(origin, { ...(state.get(origin) ?? row), seq: row.seq }) }
}

const emptyRow = { seq: 0, up: 0, down: 0, given: SortedMap.empty<number>(), absorbed: SortedMap.empty<number>() }

function unchanged(state: BoundedCounterState) {
  return { state, fragment: state }
}
