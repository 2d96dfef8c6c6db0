/**
 * Votes for or against: one per node, which may change its mind.
 *
 * Of the ballots of one node the latest counts: that of its newest life, and in it the newest. Only the node writes them, so they
 * join without a context. How many voters there are is no part of the state: who counts says it.
 *
 * After: Letia, Preguiça, Shapiro, "CRDTs: consistency without concurrency control", 2009 (state that one writer owns).
 */
import { ShoalError } from '../ports/errors.ts'
import type { Reader, Sink } from './codec.ts'
import type { Covers, Dot, Origin } from './dot.ts'
import { incarnationOf, nodeOf } from './origin-parts.ts'
import { SortedMap } from './sorted-map.ts'
import { joinMaps, mapValues } from './sorted-map-join.ts'
import type { Change, Draw, Type } from './type.ts'

export interface Ballot extends Dot {
  readonly yes: boolean
}

/** By node. */
export type VoteState = SortedMap<Ballot>

/** For ballots of one node. */
function isLater(a: Ballot, b: Ballot): boolean {
  const [of, than] = [incarnationOf(a.origin), incarnationOf(b.origin)]
  return of > than || (of === than && a.seq > b.seq)
}

/** `undefined` where the node has voted so, or a later life of it has voted. */
export function castVote(state: VoteState, origin: Origin, draw: Draw, yes: boolean): Change<VoteState> | undefined {
  if (typeof yes !== 'boolean') throw new ShoalError('SHOAL_BAD_ARGUMENT', 'a vote is true or false')
  const node = nodeOf(origin)
  const last = state.get(node)
  if (last !== undefined && (last.yes === yes || incarnationOf(last.origin) > incarnationOf(origin))) return undefined
  const ballot = { ...draw(), yes }
  return { state: state.set(node, ballot), fragment: SortedMap.of(node, ballot), removed: [] }
}

export interface Votes {
  readonly for: number
  readonly against: number
}

export function countVotes(state: VoteState): Votes {
  let inFavour = 0
  state.each(({ yes }) => {
    if (yes) inFavour++
  })
  return { for: inFavour, against: state.size - inFavour }
}

function write(state: VoteState, sink: Sink): void {
  sink.varint(state.size)
  state.each(ballot => {
    sink.dot(ballot)
    sink.byte(ballot.yes ? 1 : 0)
  })
}

function read(reader: Reader): VoteState {
  const nodes: string[] = []
  const ballots: Ballot[] = []
  for (let left = reader.count(3); left > 0; left--) {
    const { origin, seq } = reader.dot()
    const node = nodeOf(origin)
    const before = nodes[nodes.length - 1]
    if (before !== undefined && node <= before) throw reader.malformed('nodes out of order')
    const yes = reader.byte()
    if (yes > 1) throw reader.malformed('neither for nor against')
    nodes.push(node)
    ballots.push({ origin, seq, yes: yes === 1 })
  }
  return SortedMap.fromSorted(nodes, ballots)
}

export const voteType: Type<VoteState> = {
  tag: 14,
  name: 'vote',
  empty: SortedMap.empty(),
  isEmpty: state => state.size === 0,
  isVisible: state => state.size > 0,
  join: (a, b) =>
    joinMaps(a, b, true, (left, right) =>
      left === undefined || (right !== undefined && isLater(right, left)) ? right : left
    ),
  news: (a, b) =>
    mapValues(b, (ballot, node) => {
      const known = a.get(node)
      return known === undefined || isLater(ballot, known) ? ballot : undefined
    }),
  diff: (state: VoteState, known: Covers) =>
    mapValues(state, ballot => (known.has(ballot.origin, ballot.seq) ? undefined : ballot)),
  eachDot(_state: VoteState, _visit: (dot: Dot) => void) {},
  eachMark: (state, visit) => state.each(({ origin, seq }) => visit(origin, seq)),
  // No map may hold one.
  cleared: () => SortedMap.empty(),
  write,
  read
}
