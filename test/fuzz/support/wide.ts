/**
 * States of as many small pieces as a few thousand bytes can say: many origins that wrote at the same time, many elements, many
 * keys. What they cost in memory, beside their bytes, is the most that a stranger can make a node spend.
 */

import { encodeWithOrigins, type Sink } from '../../../src/crdt/codec.ts'
import {
  type ActorState,
  CausalContext,
  type Delta,
  emptyState,
  joinDeltas,
  type MapView,
  openView,
  Transaction
} from '../../../src/crdt/index.ts'
import { scalarKey, writeScalar } from '../../../src/crdt/scalar.ts'
import { gSetType, orSetType } from '../../../src/crdt/set.ts'
import { changeField, fieldOf, type Spec } from '../../crdt/support/fields.ts'
import { type LeafName, type NestableName, nestableNames } from '../../crdt/support/kinds.ts'

const origins = Array.from({ length: 100 }, (_, i) => `o${i.toString(36)}`)
const keyCount = 400

/** What one origin that has seen nothing does, as the delta to it. The field's name is one character. */
function written(spec: Spec, origin: string, edit: (view: unknown) => void): Delta {
  let seq = 0
  const nextDot = () => ({ origin, seq: ++seq })
  const clientId = () => 1 + origins.indexOf(origin)
  const transaction = new Transaction({
    state: emptyState,
    covers: CausalContext.empty,
    origin,
    nextDot,
    now: () => 1,
    clientId
  })
  edit(openView({ f: fieldOf(spec) }, transaction)['f'])
  return transaction.delta ?? { state: emptyState, context: CausalContext.empty }
}

/** Every origin writes, and none has seen another. */
function crowd(spec: Spec): ActorState {
  const deltas = origins.map((origin, i) =>
    written(spec, origin, view => {
      for (const choice of [0, 1, 2]) changeField(spec, view, [choice, i, 1, choice, i, 1, choice])
    })
  )
  return deltas.reduce(joinDeltas).state
}

/** One origin writes once under many keys. */
function row(kind: NestableName): ActorState {
  const edit = (view: unknown) => {
    const map = view as MapView<unknown, unknown, number>
    for (let key = 0; key < keyCount; key++) for (const choice of [1, 2]) changeField(kind, map.at(key), [choice, 1])
  }
  return written({ map: kind, keys: 'number' }, 'o', edit).state
}

/** Sets and their like hold many elements. */
function elements(kind: LeafName): ActorState {
  return written(kind, 'o', view => {
    const set = view as { add?: (element: number) => void; put?: (key: string, label: string) => void }
    for (let i = 0; i < keyCount; i++) {
      if (kind === 'orSet' || kind === 'gSet') set.add?.(i)
      else if (kind === 'labels') set.put?.(i.toString(36), '')
    }
  }).state
}

export function wideStates(kind: LeafName): ActorState[] {
  const states = [crowd(kind), elements(kind)]
  const nestable = nestableNames.find(name => name === kind)
  if (nestable !== undefined) states.push(row(nestable), crowd({ map: nestable }))
  return states
}

const longestShortSeq = 0x7f

/** Concurrent entries of one key as no replica makes them, but a stranger may: very many dots of one byte each for origin and seq. */
function dense(tag: number, writeRest: (sink: Sink) => void): Uint8Array {
  const letters = Array.from({ length: 30 }, (_, i) => String.fromCharCode(0x61 + i))
  return encodeWithOrigins(sink => {
    sink.varint(1)
    sink.byte(tag)
    writeScalar(sink, scalarKey('f'))
    if (isKeyed(tag)) {
      sink.varint(1)
      writeScalar(sink, scalarKey(0))
    }
    sink.varint(letters.length * longestShortSeq)
    for (const origin of letters) {
      for (let seq = 1; seq <= longestShortSeq; seq++) {
        sink.dot({ origin, seq })
        writeRest(sink)
      }
    }
  })
}

function isKeyed(tag: number): boolean {
  return tag === gSetType.tag || tag === orSetType.tag || (tag >= 80 && tag < 96)
}

/** By the tests' kinds. Counters and the like have one entry of an origin. */
export function denseStates(kind: LeafName): Uint8Array[] {
  const { tag } = fieldOf(kind).type
  const rests: Partial<Record<LeafName, (sink: Sink) => void>> = {
    enable() {},
    disable() {},
    gSet() {},
    orSet() {},
    lww(sink) {
      sink.signed(0)
      sink.text('0')
    },
    mv: sink => sink.text('0'),
    notes: sink => sink.bytes(new Uint8Array(0)),
    labels: sink => sink.bytes(new Uint8Array(1))
  }
  const rest = rests[kind]
  return rest === undefined ? [] : [dense(tag, rest)]
}
