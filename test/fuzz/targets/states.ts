/** States of each data type, deltas and contexts. Their first inputs come from random histories. */
import fc from 'fast-check'
import {
  type ActorState,
  CausalContext,
  type Delta,
  decodeDelta,
  decodeState,
  diffState,
  encodeDelta,
  encodeState,
  identityOf,
  joinDelta,
  joinStates,
  liveDots
} from '../../../src/crdt/index.ts'
import type { Spec, Specs } from '../../crdt/support/fields.ts'
import { anySteps, type History, runHistory } from '../../crdt/support/history.ts'
import { kinds, type LeafName, type NestableName, nestableNames } from '../../crdt/support/kinds.ts'
import { isEqual, type Target } from '../support/check.ts'
import { denseStates, wideStates } from '../support/wide.ts'

/** Names of the types where the tests' kinds have others. */
const kindsOfType: Readonly<Record<string, readonly LeafName[]>> = {
  flag: ['enable', 'disable'],
  lwwRegister: ['lww', 'reverse', 'custom', 'increment'],
  mvRegister: ['mv'],
  opaque: ['notes', 'labels', 'turns']
}

/** From a fixed seed, so that every run begins alike. */
export function histories(specs: Specs, count: number): History[] {
  return fc.sample(anySteps(40), { numRuns: count, seed: 1 }).map(steps => runHistory(specs, steps))
}

export function unique(inputs: readonly Uint8Array[]): Uint8Array[] {
  const seen = new Map(inputs.map(bytes => [Buffer.from(bytes).toString('latin1'), bytes]))
  return [...seen.values()]
}

function assertSame(a: Uint8Array, b: Uint8Array, what: string): void {
  if (!isEqual(a, b)) throw new Error(what)
}

// ---- states and deltas -------------------------------------------------------------------------------------------------------

/** All that a node does with a state that it does not open. */
function useState(state: ActorState): void {
  const dots = liveDots(state)
  if (joinStates(state, dots, state, dots) !== state) throw new Error('joining a state with itself changes it')
  const { fragment, held } = diffState(state, CausalContext.empty)
  assertSame(encodeState(fragment), encodeState(state), 'who has seen nothing lacks less than everything')
  if (!held.isEmpty()) throw new Error('who has seen nothing holds something')
  identityOf(state)
}

function stateTarget(specs: readonly Specs[], wide: readonly LeafName[]): Target {
  return {
    decode: decodeState,
    encode: state => encodeState(state as ActorState),
    use: state => useState(state as ActorState),
    seeds: () =>
      unique([
        ...wide.flatMap(wideStates).map(state => encodeState(state)),
        ...wide.flatMap(denseStates),
        ...specs.flatMap(each =>
          histories(each, 6).flatMap(({ replicas, turns }) => [
            ...replicas.map(replica => encodeState(replica.actor(0).state)),
            ...turns.slice(0, 4).map(({ after }) => encodeState(after.state))
          ])
        )
      ])
  }
}

export const allSpecs: readonly Specs[] = (Object.keys(kinds) as LeafName[]).map(kind => [kind])
const mapSpecs: readonly Specs[] = nestableNames.flatMap((kind): Specs[] => [
  [{ map: kind }],
  [{ map: { map: kind }, keys: 'number' }]
])

function specsOfKind(kind: LeafName): readonly Specs[] {
  const isNestable = (name: string): name is NestableName => nestableNames.some(nestable => nestable === name)
  return isNestable(kind) ? [[kind], [{ map: kind }]] : [[kind]]
}

export const delta: Target = {
  decode: decodeDelta,
  encode: value => encodeDelta(value as Delta),
  use(value) {
    const brought = value as Delta
    const first = joinDelta(decodeState(encodeState(brought.state)), CausalContext.empty, brought)
    const again = joinDelta(first.state, brought.context, brought)
    if (again.state !== first.state || again.news !== undefined) throw new Error('a delta that is known is news')
  },
  seeds: () =>
    unique(
      [...allSpecs, ...mapSpecs].flatMap(specs =>
        histories(specs, 2).flatMap(({ turns }) => turns.slice(0, 4).map(({ bytes }) => bytes))
      )
    )
}

export const context: Target = {
  decode: CausalContext.decode,
  encode: value => (value as CausalContext).encode(),
  use(value) {
    const seen = value as CausalContext
    if (seen.union(seen) !== seen || !seen.covers(seen) || !seen.minus(seen).isEmpty()) throw new Error('not a set')
    for (const origin of seen.origins()) if (seen.has(origin, seen.next(origin))) throw new Error('next was seen')
  },
  seeds: () =>
    unique(
      histories(['orSet'], 20).flatMap(({ snapshots, deltas }) => [
        ...snapshots.slice(-2).map(snapshot => snapshot.context.encode()),
        ...deltas.slice(-2).map(each => each.context.encode())
      ])
    )
}

// ---- by type -----------------------------------------------------------------------------------------------------------------

/** A target for each type, by its name. */
export function typeTargets(): [string, Target][] {
  const renamed = new Set(Object.values(kindsOfType).flat())
  const plain = (Object.keys(kinds) as LeafName[]).filter(kind => !renamed.has(kind))
  return [
    ...plain.map((kind): [string, Target] => [kind, stateTarget(specsOfKind(kind), [kind])]),
    ...Object.entries(kindsOfType).map(([name, list]): [string, Target] => [
      name,
      stateTarget(list.flatMap(specsOfKind), list)
    ])
  ]
}

const everySpec: Spec[] = [...(Object.keys(kinds) as LeafName[]), { map: { map: 'pnCounter' } }, { map: 'orSet' }]

export const orMapTarget = stateTarget(mapSpecs, nestableNames)
export const anyState = stateTarget([everySpec], [])
