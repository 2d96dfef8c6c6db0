/**
 * The state of an actor, and deltas to it.
 *
 * A state is an add-wins map of typed fields, and says of each which type it is, so a node can join, repair and store the
 * actors of kinds that it does not know. A delta is a fragment of a state with the dots that it speaks of: those it brings and
 * those it takes away.
 */
import { decodeWithOrigins, encodeWithOrigins } from './codec.ts'
import { CausalContext } from './context.ts'
import { countSeen, surelyDisjoint, uncovered } from './covers.ts'
import type { Covers, Dot, Origin, Sides } from './dot.ts'
import type { MapState } from './or-map.ts'
import { orMapType } from './types.ts'

/** Immutable. Only the functions of this floor look inside. */
export type ActorState = MapState

export interface Delta {
  readonly state: ActorState
  readonly context: CausalContext
}

export const emptyState: ActorState = orMapType.empty

export function isEmptyState(state: ActorState): boolean {
  return orMapType.isEmpty(state)
}

/** The join of two states, each with what its replica has seen of the actor. `a` itself where `b` brings nothing new. */
export function joinStates(a: ActorState, contextA: Covers, b: ActorState, contextB: Covers): ActorState {
  return orMapType.join(a, b, sidesOf(contextA, contextB))
}

/**
 * Joins a delta into a state whose replica has seen `covers`. `news` is the part of the delta that was new there: joined in its
 * stead it does the same, here and on every replica that has seen as much; `undefined` where nothing was.
 */
export function joinDelta(
  state: ActorState,
  covers: Covers,
  delta: Delta
): { state: ActorState; news: Delta | undefined } {
  const dropped: Dot[] = []
  const sides = sidesOf(covers, delta.context, dropped)
  const joined = orMapType.join(state, delta.state, sides)
  const fresh = sides.rightIsNews ? delta.context : uncovered(delta.context, covers)
  if (joined === state) return { state, news: fresh.isEmpty() ? undefined : { state: emptyState, context: fresh } }
  const fragment = orMapType.news(state, delta.state, sides)
  const context = fresh.union(CausalContext.of(dropped))
  const isAll = fragment === delta.state && context.equals(delta.context)
  return { state: joined, news: isAll ? delta : { state: fragment, context } }
}

function sidesOf(left: Covers, right: Covers, dropped?: Dot[]): Sides {
  const isApart = surelyDisjoint(left, right)
  const unfound = isApart || !(right instanceof CausalContext) ? undefined : countSeen(right, left)
  const rightIsNews = isApart || unfound === 0
  const sides = dropped === undefined ? { left, right, rightIsNews } : { left, right, rightIsNews, dropped }
  return unfound === undefined ? sides : { ...sides, unfound }
}

/** One delta that does what both do. `a` itself where `b` brings nothing new. */
export function joinDeltas(a: Delta, b: Delta): Delta {
  const state = joinStates(a.state, a.context, b.state, b.context)
  const context = a.context.union(b.context)
  return state === a.state && context === a.context ? a : { state, context }
}

/**
 * What a replica that has seen `known` lacks of this state. `held` are the live dots that it has seen: it must not take their
 * absence from the fragment for a removal, so the fragment goes with the sender's context minus `held`.
 */
export function diffState(state: ActorState, known: Covers): { fragment: ActorState; held: CausalContext } {
  const held: Dot[] = []
  const fragment = orMapType.diff(state, known, held)
  return { fragment, held: CausalContext.of(held) }
}

/** The dots whose entries the state holds. Counters and texts join without dots and have none. */
export function liveDots(state: ActorState): CausalContext {
  const dots: Dot[] = []
  orMapType.eachDot(state, dot => dots.push(dot))
  return CausalContext.of(dots)
}

/** The newest seq of this origin of which the state holds anything, with or without a dot; 0 for none. */
export function newestSeqIn(state: ActorState, origin: Origin): number {
  let newest = 0
  orMapType.eachMark?.(state, (marked, seq) => {
    if (marked === origin && seq > newest) newest = seq
  })
  return newest
}

/** Equal states give equal bytes, except those with texts: compare `identityOf`. `own` as for `encodeDelta`. */
export function encodeState(state: ActorState, own = true): Uint8Array {
  return encodeWithOrigins(sink => orMapType.write(state, sink), own)
}

/** Throws `SHOAL_MALFORMED`. */
export function decodeState(bytes: Uint8Array): ActorState {
  return decodeWithOrigins(bytes, reader => orMapType.read(reader, 0))
}

/** Bytes that are not to be `own` may share their memory with others, as those of Node's `Buffer` do: quick to make and to drop. */
export function encodeDelta(delta: Delta, own = false): Uint8Array {
  return encodeWithOrigins(sink => {
    delta.context.write(sink)
    orMapType.write(delta.state, sink)
  }, own)
}

/** Throws `SHOAL_MALFORMED`. */
export function decodeDelta(bytes: Uint8Array): Delta {
  return decodeWithOrigins(bytes, reader => {
    const context = CausalContext.read(reader)
    return { state: orMapType.read(reader, 0), context }
  })
}

/** Bytes that are equal exactly where two replicas have the same state, texts included. For hashing, not for decoding. */
export function identityOf(state: ActorState): Uint8Array {
  return encodeWithOrigins(sink => (orMapType.writeIdentity ?? orMapType.write)(state, sink))
}
