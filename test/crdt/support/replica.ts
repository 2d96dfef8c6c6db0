/** A replica of one shard with a few actors, as small as it can be and still keep the rules of replication. */
import assert from 'node:assert/strict'
import { documentsOf, withVetted } from '../../../src/crdt/document/documents-of-state.ts'
import { engineOf, mergeParts } from '../../../src/crdt/document/engine.ts'
import {
  type ActorState,
  CausalContext,
  type Covers,
  type Delta,
  decodeDelta,
  diffState,
  either,
  emptyState,
  encodeDelta,
  identityOf,
  joinDeltas,
  joinStates,
  openView,
  type Schema,
  Transaction,
  type View
} from '../../../src/crdt/index.ts'
import { onlyLaw } from './profile.ts'

/** A delta to one actor with the seqs whose whole effect it holds. */
export interface Batch {
  readonly actor: number
  readonly seqs: CausalContext
  readonly bytes: Uint8Array
}

export interface Snapshot {
  readonly state: ActorState
  readonly context: CausalContext
}

interface Actor {
  state: ActorState
  /** Dots seen for this actor that the shard's context does not cover yet: removals that came before what they remove. */
  extra: CausalContext
}

/** How many incarnations of a node sort by age as text. */
const maxIncarnations = 100

/** The same state with the parts of each document made one snapshot, as a check in a sandbox does. */
export function folded(state: ActorState): ActorState {
  let after = state
  for (const { field, engine, content, trusted, untrusted } of documentsOf(state)) {
    const parts = [...trusted, ...untrusted]
    if (parts.length < 2) continue
    after = withVetted(after, field, parts, mergeParts(engineOf(engine, content), parts))
  }
  assert.deepEqual(identityOf(after), identityOf(state), 'folding changes nothing but the bytes')
  return after
}

export class Replica {
  readonly node: string
  readonly actors: Actor[]
  context = CausalContext.empty
  nowMs = 1_000_000
  readonly #index: number
  #incarnation = 1

  constructor(index: number, actors: number) {
    this.#index = index
    this.node = `node-${index}`
    this.actors = Array.from({ length: actors }, () => ({ state: emptyState, extra: CausalContext.empty }))
  }

  get origin(): string {
    return `${this.node}.${String(this.#incarnation).padStart(2, '0')}`
  }

  /** Writes under a new origin from now on, as every start of a node does. */
  restart(): void {
    if (this.#incarnation + 1 < maxIncarnations) this.#incarnation++
  }

  actor(index: number): Actor {
    const actor = this.actors[index]
    assert.ok(actor)
    return actor
  }

  covers(index: number): Covers {
    return either(this.context, this.actor(index).extra)
  }

  snapshot(index: number): Snapshot {
    const { state, extra } = this.actor(index)
    return { state, context: this.context.union(extra) }
  }

  fold(): void {
    for (const actor of this.actors) actor.state = folded(actor.state)
  }

  begin(index: number): Transaction {
    const { origin } = this
    let seq = this.context.next(origin)
    return new Transaction({
      state: this.actor(index).state,
      covers: this.covers(index),
      origin,
      nextDot: () => ({ origin, seq: seq++ }),
      now: () => this.nowMs,
      clientId: () => 2 ** 52 + this.#index * maxIncarnations + this.#incarnation
    })
  }

  /** Runs a handler. Answers what to send, if it changed something. */
  run<S extends Schema>(index: number, schema: S, handle: (view: View<S>) => void): Batch | undefined {
    const transaction = this.begin(index)
    const before = this.actor(index).state
    handle(openView(schema, transaction))
    const { state, delta } = transaction
    if (delta === undefined) {
      assert.equal(state, before)
      return undefined
    }
    if (onlyLaw === undefined) checkMutator(before, this.covers(index), state, delta)
    const seqs = delta.context.intervals(this.origin)
    const from = this.context.next(this.origin)
    const fresh = CausalContext.empty.with(this.origin, from, Math.max(...seqs))
    this.actor(index).state = state
    this.#cover(fresh)
    return { actor: index, seqs: fresh, bytes: encodeDelta(delta) }
  }

  receive(batch: Batch): void {
    const actor = this.actor(batch.actor)
    const delta = decodeDelta(batch.bytes)
    actor.state = joinStates(actor.state, this.covers(batch.actor), delta.state, delta.context)
    actor.extra = actor.extra.union(delta.context)
    this.#cover(batch.seqs)
  }

  /** Takes from `sender` what this lacks, as the catch-up stream does. */
  catchUp(sender: Replica): void {
    for (const [index, actor] of this.actors.entries()) {
      const from = sender.actor(index)
      const { fragment, held } = diffState(from.state, this.context)
      const contexts = either(sender.context.minus(held), from.extra.minus(held))
      const before = actor.state
      actor.state = joinStates(before, this.covers(index), fragment, contexts)
      if (onlyLaw === undefined) {
        const whole = joinStates(before, this.covers(index), from.state, sender.covers(index))
        assert.deepEqual(identityOf(actor.state), identityOf(whole), 'diff then join is the same as join')
      }
      actor.extra = actor.extra.union(from.extra)
    }
    this.#cover(sender.context)
  }

  #cover(seqs: CausalContext): void {
    this.context = this.context.union(seqs)
    for (const actor of this.actors) actor.extra = actor.extra.minus(this.context)
  }
}

function checkMutator(before: ActorState, covers: Covers, after: ActorState, delta: Delta): void {
  const joined = joinStates(before, covers, delta.state, delta.context)
  assert.deepEqual(identityOf(joined), identityOf(after), 'a mutation is the join of its delta')
  const again = joinStates(after, either(covers, delta.context), delta.state, delta.context)
  assert.equal(again, after, 'a delta that is known brings nothing')
}

/** One batch that does what all do. They must be of one actor. */
export function group(batches: readonly Batch[]): Batch {
  return batches.reduce((a, b) => ({
    actor: a.actor,
    seqs: a.seqs.union(b.seqs),
    bytes: encodeDelta(joinDeltas(decodeDelta(a.bytes), decodeDelta(b.bytes)))
  }))
}
