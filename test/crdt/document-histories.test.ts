/**
 * Documents through everything that happens to them: edits that are kept and edits that are dropped, updates in any order, catching up,
 * restarts, checks that fold, and readers of old states. Every state says for ever what it said at first.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { documentsOf, withVetted } from '../../src/crdt/document/documents-of-state.ts'
import { engineOf, mergeParts } from '../../src/crdt/document/engine.ts'
import {
  type ActorState,
  CausalContext,
  decodeState,
  encodeDelta,
  encodeState,
  identityOf,
  type Json,
  joinStates,
  json,
  list,
  openView,
  plainValue,
  text
} from '../../src/crdt/index.ts'
import { pickOf } from './support/fields.ts'
import { scale } from './support/history.ts'
import { type Batch, group, Replica } from './support/replica.ts'

const schema = { body: text(), items: list<Json>(), form: json() }

interface Step {
  readonly what: 'edit' | 'drop' | 'wait' | 'deliver' | 'group' | 'catchUp' | 'restart' | 'vet' | 'trust' | 'look'
  readonly replica: number
  readonly picks: readonly number[]
}

const anySteps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    what: fc.oneof(
      { weight: 5, arbitrary: fc.constant('edit' as const) },
      { weight: 5, arbitrary: fc.constant('deliver' as const) },
      {
        weight: 5,
        arbitrary: fc.constantFrom(
          'drop',
          'group',
          'catchUp',
          'restart',
          'vet',
          'trust',
          'look'
        ) as fc.Arbitrary<'drop'>
      }
    ),
    replica: fc.nat(2),
    picks: fc.array(fc.nat(1000), { minLength: 6, maxLength: 6 })
  }),
  { maxLength: 50, size: 'max' }
)

type View = ReturnType<typeof openView<typeof schema>>

function change({ body, items, form }: View, [what = 0, at = 0, length = 0, times = 0]: readonly number[]): void {
  for (let i = 0; i <= times % 3; i++) {
    const word = `${what}${i}`
    if (what % 3 === 0) {
      if (length % 3 > 0) body.insert(at % (body.length + 1), word)
      else body.remove(at % (body.length + 1), Math.min(length % 4, body.length - (at % (body.length + 1))))
    } else if (what % 3 === 1) {
      if (length % 3 > 0) items.insert(at % (items.length + 1), word, { word })
      else if (items.length > 0) items.remove(at % items.length)
    } else if (length % 4 > 0) {
      const key = `k${at % 3}`
      if (Array.isArray(form.get(key)) && length % 2 === 0) form.push([key], word)
      else form.set([key], length % 2 === 0 ? [word] : { word })
    } else {
      form.remove([`k${at % 3}`])
    }
  }
}

/** A handler that edits, waits while others' updates are joined, edits again, and then commits. */
function waitAndEdit(replica: Replica, batches: readonly Batch[], picks: readonly number[]): Batch | undefined {
  const transaction = replica.begin(0)
  const view = openView(schema, transaction)
  if ((picks[4] ?? 0) % 2 === 0) change(view, picks)
  if (batches.length > 0) for (const pick of picks.slice(0, 2)) replica.receive(pickOf(batches, pick))
  change(view, picks.toReversed())
  const { delta } = transaction
  if (delta === undefined) return undefined
  const bytes = encodeDelta(delta)
  const from = replica.context.next(replica.origin)
  const seqs = CausalContext.empty.with(replica.origin, from, delta.context.next(replica.origin) - 1)
  const batch = { actor: 0, seqs, bytes }
  const actor = replica.actor(0)
  actor.state = joinStates(actor.state, replica.covers(0), delta.state, delta.context)
  replica.receive(batch)
  return batch
}

function plainOf(state: ActorState): unknown {
  return plainValue(schema, state)
}

/** Some of the parts, as a bit mask says. A check may have begun before others came. */
function vetted(state: ActorState, folds: boolean, mask: number): ActorState {
  let after = state
  for (const { field, engine, content, trusted, untrusted } of documentsOf(state)) {
    const parts = (folds ? [...trusted, ...untrusted] : untrusted).filter((_, i) => ((mask >> (i % 10)) & 1) === 0)
    if (folds && parts.length > 0) after = withVetted(after, field, parts, mergeParts(engineOf(engine, content), parts))
    if (!folds && parts.every(({ kind }) => kind === 'update')) after = withVetted(after, field, parts)
  }
  assert.deepEqual(identityOf(after), identityOf(state))
  return after
}

test('a state says for ever what it said at first, and replicas that saw the same say the same', () => {
  const property = fc.property(anySteps, steps => {
    const replicas = [0, 1, 2].map(index => new Replica(index, 1))
    const batches: Batch[] = []
    const seen: { state: ActorState; value: unknown; identity: Uint8Array }[] = []
    for (const { what, replica: index, picks } of steps) {
      const replica = pickOf(replicas, index)
      const actor = replica.actor(0)
      if (what === 'edit') {
        const batch = replica.run(0, schema, view => change(view, picks))
        if (batch !== undefined) batches.push(batch)
      } else if (what === 'drop') {
        change(openView(schema, replica.begin(0)), picks)
      } else if (what === 'wait') {
        const batch = waitAndEdit(replica, batches, picks)
        if (batch !== undefined) batches.push(batch)
      } else if (what === 'catchUp') {
        const from = pickOf(replicas, index + 1)
        if (from !== replica) replica.catchUp(from)
      } else if (what === 'restart') {
        actor.state = decodeState(encodeState(actor.state))
      } else if (what === 'vet' || what === 'trust') {
        actor.state = vetted(actor.state, what === 'vet', picks[0] ?? 0)
      } else if (what === 'look') {
        if (seen.length > 0) check(pickOf(seen, picks[0]))
      } else if (batches.length > 0) {
        const some =
          what === 'group' ? picks.slice(0, 3).map(pick => pickOf(batches, pick)) : [pickOf(batches, picks[0])]
        replica.receive(group(some))
      }
      // Not after every step: a state that nobody has read yet must work too.
      if ((picks[5] ?? 0) % 2 === 0) {
        seen.push({ state: actor.state, value: plainOf(actor.state), identity: identityOf(actor.state) })
      }
    }
    for (const saw of seen) check(saw)
    for (const [index, replica] of replicas.entries()) {
      for (const batch of index === 0 ? batches : batches.toReversed()) replica.receive(batch)
      const [first] = replicas
      assert.deepEqual(identityOf(replica.actor(0).state), identityOf(first?.actor(0).state ?? replica.actor(0).state))
      assert.deepEqual(plainOf(replica.actor(0).state), plainOf(first?.actor(0).state ?? replica.actor(0).state))
    }
  })
  fc.assert(property, { numRuns: 60 * scale })
})

function check({ state, value, identity }: { state: ActorState; value: unknown; identity: Uint8Array }): void {
  assert.deepEqual(plainOf(state), value)
  assert.deepEqual(identityOf(state), identity)
}
