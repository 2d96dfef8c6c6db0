/**
 * A document that a few replicas create and edit: updates arrive in any order, twice or never, replicas fold what they have, and
 * catch up by what a context lacks.
 *
 * The shipping rules run on parts whose bytes say which edits are in them, one bit each: joining never asks an engine. So what a
 * replica shows tells exactly which edits it has kept.
 */
import { CausalContext } from '../../src/crdt/index.ts'
import type { Model } from './explore.ts'

export interface Rules<State> {
  readonly empty: State
  /** Answers the new state and the delta. `bit` is the edit's mark. */
  edit(state: State, origin: string, seq: number, bit: number): { state: State; fragment: State }
  fold(state: State): State
  join(a: State, b: State): State
  diff(state: State, known: CausalContext): State
  /** The edits in its content. */
  shown(state: State): number
  key(state: State): string
  /** Equal on replicas that have the same updates. */
  identity(state: State): string
}

export interface Bounds {
  readonly replicas: number
  readonly edits: number
  readonly folds: number
}

interface Replica<State> {
  readonly state: State
  readonly seen: number
  readonly context: CausalContext
  readonly isFolded: boolean
}

interface Sent<State> {
  readonly fragment: State
  readonly origin: string
  readonly seq: number
  readonly bit: number
}

export interface World<State> {
  readonly replicas: readonly Replica<State>[]
  readonly sent: readonly Sent<State>[]
  readonly folds: number
}

export function documentModel<State>(bounds: Bounds, rules: Rules<State>): Model<World<State>> {
  const fresh: Replica<State> = { state: rules.empty, seen: 0, context: CausalContext.empty, isFolded: false }
  return {
    starts: [{ replicas: Array.from({ length: bounds.replicas }, () => fresh), sent: [], folds: 0 }],
    next(world, emit) {
      for (const [index, replica] of world.replicas.entries()) {
        if (world.sent.length < bounds.edits) emit(`edit ${index}`, edit(world, index, replica, rules))
        if (world.folds < bounds.folds && !replica.isFolded && replica.seen !== 0) {
          emit(`fold ${index}`, fold(world, index, replica, rules))
        }
        for (const [number, sent] of world.sent.entries()) {
          emit(`see ${index} ${number}`, withReplica(world, index, see(replica, sent, rules)))
        }
        for (const [from, other] of world.replicas.entries()) {
          if (from !== index)
            emit(`catch-up ${index} ${from}`, withReplica(world, index, catchUp(replica, other, rules)))
        }
      }
    },
    key: ({ replicas, sent, folds }) =>
      `${folds} ${sent.map(({ origin, bit }) => `${origin}${bit}`).join(' ')}|${replicas
        .map(({ state, seen, isFolded }) => `${rules.key(state)}=${seen}${isFolded ? 'f' : ''}`)
        .join(' ')}`,
    check({ replicas }) {
      const identities = new Map<number, string>()
      for (const [index, { state, seen }] of replicas.entries()) {
        const shown = rules.shown(state)
        if (shown !== seen)
          return `replica ${index} shows the edits ${shown.toString(2)}, and has seen ${seen.toString(2)}`
        const identity = rules.identity(state)
        if ((identities.get(seen) ?? identity) !== identity) return 'two replicas saw the same and differ'
        identities.set(seen, identity)
      }
      return undefined
    }
  }
}

function withReplica<State>(world: World<State>, index: number, replica: Replica<State>): World<State> {
  return { ...world, replicas: world.replicas.with(index, replica) }
}

function edit<State>(world: World<State>, index: number, replica: Replica<State>, rules: Rules<State>): World<State> {
  const origin = `origin-${index}`
  const seq = replica.context.next(origin)
  const bit = 1 << world.sent.length
  const { state, fragment } = rules.edit(replica.state, origin, seq, bit)
  const after = { state, seen: replica.seen | bit, context: replica.context.with(origin, seq), isFolded: false }
  return withReplica({ ...world, sent: [...world.sent, { fragment, origin, seq, bit }] }, index, after)
}

function fold<State>(world: World<State>, index: number, replica: Replica<State>, rules: Rules<State>): World<State> {
  const after = { ...replica, state: rules.fold(replica.state), isFolded: true }
  return withReplica({ ...world, folds: world.folds + 1 }, index, after)
}

function see<State>(replica: Replica<State>, sent: Sent<State>, rules: Rules<State>): Replica<State> {
  const isNew = (replica.seen & sent.bit) === 0
  return {
    state: rules.join(replica.state, sent.fragment),
    seen: replica.seen | sent.bit,
    context: replica.context.with(sent.origin, sent.seq),
    isFolded: replica.isFolded && !isNew
  }
}

function catchUp<State>(replica: Replica<State>, from: Replica<State>, rules: Rules<State>): Replica<State> {
  const isNew = (from.seen & ~replica.seen) !== 0
  return {
    state: rules.join(replica.state, rules.diff(from.state, replica.context)),
    seen: replica.seen | from.seen,
    context: replica.context.union(from.context),
    isFolded: replica.isFolded && !isNew
  }
}
