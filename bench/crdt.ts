/**
 * Data types: what an operation costs on one core, through the views that a handler gets, and how long its delta is.
 *
 * Every operation starts from the same state, except those on a text, which follow each other: a Yjs document has one newest
 * state. "Of 10k" is a state with 10,000 elements or characters.
 */
import {
  type ActorState,
  decodeDelta,
  decodeState,
  encodeDelta,
  encodeState,
  joinStates,
  lwwRegister,
  orMap,
  orSet,
  pnCounter,
  text
} from '../src/crdt/index.ts'
import { comparePeers } from './crdt-peers.ts'
import type { BenchContext, Benchmark } from './support/benchmark.ts'
import { operationRate } from './support/operation-rate.ts'
import { Replica } from './support/replica.ts'

const large = 10_000
const small = 10

export const crdt: Benchmark = {
  name: 'crdt',
  about: 'operations per second of the data types on one core, and bytes per update and state',
  async run(context) {
    for (let run = 0; run < context.runs; run++) {
      context.say(`run ${run + 1}`)
      counters(context)
      sets(context)
      maps(context)
      texts(context)
      joins(context)
      codec(context)
      comparePeers(context)
    }
  }
}

function measure(context: BenchContext, name: string, operation: () => unknown): void {
  if (!context.wants(name)) return
  const rate = { warmUpMs: context.size(40, 1), batchMs: context.size(4, 0.2), batches: context.size(30, 3) }
  context.add(name, operationRate(operation, rate))
}

function bytes(context: BenchContext, name: string, delta: Uint8Array, state: Uint8Array): void {
  if (!context.wants(`bytes: ${name}`)) return
  context.add(`bytes: ${name}`, { deltaBytes: delta.length, stateBytes: state.length })
}

function counters(context: BenchContext): void {
  const counter = new Replica('a', { count: pnCounter(), note: lwwRegister('') })
  counter.change(({ count, note }) => {
    count.add(1)
    note.set('milk')
  })
  measure(context, 'counter add', () => counter.attempt(({ count }) => count.add(1)))
  measure(context, 'register set', () => counter.attempt(({ note }) => note.set('tea and biscuits')))
  const added = counter.attempt(({ count }) => count.add(1))
  bytes(context, 'counter add', encodeDelta(added), encodeState(counter.state))
}

function sets(context: BenchContext): void {
  for (const size of [small, large]) {
    const set = setOf('a', size)
    const of = size === large ? 'of 10k' : `of ${size}`
    measure(context, `set ${of}: add a new element`, () => set.attempt(({ tags }) => tags.add('tea')))
    measure(context, `set ${of}: remove an element`, () => set.attempt(({ tags }) => tags.remove(element(7))))
    const added = set.attempt(({ tags }) => tags.add('tea'))
    bytes(context, `set ${of} add`, encodeDelta(added), encodeState(set.state))
  }
}

function maps(context: BenchContext): void {
  const map = new Replica('a', { lines: orMap(pnCounter()) })
  for (let i = 0; i < 100; i++) map.change(({ lines }) => lines.at(`sku-${i}`).add(i))
  measure(context, 'map of 100 counters: add', () => map.attempt(({ lines }) => lines.at('sku-50').add(1)))
  measure(context, 'map of 100 counters: remove a key', () => map.attempt(({ lines }) => lines.remove('sku-50')))
  const added = map.attempt(({ lines }) => lines.at('sku-50').add(1))
  bytes(context, 'map of 100 counters add', encodeDelta(added), encodeState(map.state))
}

function texts(context: BenchContext): void {
  const prose = 'the quick brown fox jumps over the lazy dog '.repeat(large / 44)
  const typing = new Replica('a', { body: text() })
  typing.change(({ body }) => body.insert(0, prose))
  measure(context, 'text of 10k: type at the end', () => typing.change(({ body }) => body.insert(body.length, 'x')))
  const editing = new Replica('a', { body: text() })
  editing.change(({ body }) => body.insert(0, prose))
  const random = context.random.fork('text')
  const insert = () => editing.change(({ body }) => body.insert(random.below(body.length), 'x'))
  measure(context, 'text of 10k: insert anywhere', insert)
  bytes(context, 'text of 10k insert', encodeDelta(insert()), encodeState(editing.state))
}

function joins(context: BenchContext): void {
  const receiver = setOf('a', large)
  const sender = new Replica('b', receiver.schema)
  const delta = sender.attempt(({ tags }) => tags.add('tea'))
  measure(context, 'join a delta into a set of 10k', () =>
    joinStates(receiver.state, receiver.context, delta.state, delta.context)
  )
  const counter = new Replica('a', { count: pnCounter() })
  counter.change(({ count }) => count.add(1))
  const other = new Replica('b', counter.schema)
  const increment = other.attempt(({ count }) => count.add(1))
  measure(context, 'join a delta into a counter', () =>
    joinStates(counter.state, counter.context, increment.state, increment.context)
  )
  const different = setOf('b', large, large / 2)
  measure(context, 'join two sets of 10k, half in common', () =>
    joinStates(receiver.state, receiver.context, different.state, different.context)
  )
}

function codec(context: BenchContext): void {
  const delta = setOf('a', small).attempt(({ tags }) => tags.add('tea'))
  const deltaBytes = encodeDelta(delta)
  measure(context, 'encode a delta (set add)', () => encodeDelta(delta))
  measure(context, 'decode a delta (set add)', () => decodeDelta(deltaBytes))
  const state: ActorState = setOf('a', large).state
  const stateBytes = encodeState(state)
  measure(context, 'encode a set of 10k', () => encodeState(state))
  measure(context, 'decode a set of 10k', () => decodeState(stateBytes))
}

function setOf(origin: string, size: number, from = 0) {
  const replica = new Replica(origin, { tags: orSet<string>() })
  replica.change(({ tags }) => {
    for (let i = from; i < from + size; i++) tags.add(element(i))
  })
  return replica
}

function element(i: number): string {
  return `element-${String(i).padStart(6, '0')}`
}
