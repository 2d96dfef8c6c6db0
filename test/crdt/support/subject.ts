/** Random histories of one field on five replicas that restart, beside a model that says what each replica shows at every moment. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { type FieldType, plainValue } from '../../../src/crdt/index.ts'
import { pickOf } from './kinds.ts'
import type { Writer } from './model.ts'
import { holds } from './profile.ts'
import { type Batch, group, Replica } from './replica.ts'

/** How many replicas a history has. */
export const replicaCount = 5

type Step =
  | { readonly do: 'change'; readonly replica: number; readonly edits: readonly (readonly number[])[] }
  | { readonly do: 'deliver'; readonly to: number; readonly batches: readonly number[] }
  | { readonly do: 'catchUp'; readonly from: number; readonly to: number }
  | { readonly do: 'restart'; readonly replica: number }
  | { readonly do: 'fold'; readonly replica: number }

const anyReplica = fc.nat(replicaCount - 1)
const anyEdit = fc.array(fc.nat(1000), { minLength: 3, maxLength: 3 })

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('change' as const),
      replica: anyReplica,
      edits: fc.array(anyEdit, { minLength: 1, maxLength: 3 })
    })
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('deliver' as const),
      to: anyReplica,
      batches: fc.array(fc.nat(1000), { minLength: 1, maxLength: 3 })
    })
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('catchUp' as const), from: anyReplica, to: anyReplica }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const), replica: anyReplica }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('fold' as const), replica: anyReplica }) }
)

const anySteps = fc.array(anyStep, { maxLength: 40, size: 'max' })

/** A field and a model of it: edits are made on both, replicas see them, and what they show is compared. `E` is an edit. */
export interface Subject<E> {
  readonly field: FieldType
  edit(writer: Writer, view: unknown, picks: readonly number[]): E[]
  see(replica: number, edits: Iterable<E>): void
  seenBy(replica: number): Iterable<E>
  check(replica: number, plain: unknown): void
}

function run<E>(subject: Subject<E>, steps: readonly Step[]): void {
  const schema = { field: subject.field }
  const replicas = Array.from({ length: replicaCount }, (_, i) => new Replica(i, 1))
  const sent: { batch: Batch; edits: E[] }[] = []
  const shown = (index: number): unknown => plainValue(schema, pickOf(replicas, index).actor(0).state)['field']
  const deliver = (to: number, picks: readonly number[]): void => {
    const batches = picks.map(pick => pickOf(sent, pick))
    pickOf(replicas, to).receive(group(batches.map(({ batch }) => batch)))
    for (const { edits } of batches) subject.see(to, edits)
    subject.check(to, shown(to))
  }
  for (const step of steps) {
    if (step.do === 'change') {
      const edits: E[] = []
      const replica = pickOf(replicas, step.replica)
      const writer = { replica: step.replica, origin: replica.origin }
      const batch = replica.run(0, schema, view => {
        for (const picks of step.edits) edits.push(...subject.edit(writer, view.field, picks))
      })
      assert.equal(batch === undefined, edits.length === 0, 'nothing to do is nothing to send')
      if (batch !== undefined) sent.push({ batch, edits })
      subject.check(step.replica, shown(step.replica))
    } else if (step.do === 'restart') {
      pickOf(replicas, step.replica).restart()
    } else if (step.do === 'fold') {
      pickOf(replicas, step.replica).fold()
      subject.check(step.replica, shown(step.replica))
    } else if (step.do === 'catchUp') {
      pickOf(replicas, step.to).catchUp(pickOf(replicas, step.from))
      subject.see(step.to, subject.seenBy(step.from))
      subject.check(step.to, shown(step.to))
    } else if (sent.length > 0) {
      deliver(step.to, step.batches)
    }
  }
  for (let to = 0; to < replicaCount; to++) {
    for (let i = sent.length - 1; i >= 0; i--) deliver(to, [i])
    assert.deepEqual(shown(to), shown(0), 'replicas that have seen the same show the same')
  }
}

/** `usual` is the number of histories in `npm test`. */
export function agrees<E>(usual: number, subject: () => Subject<E>): void {
  holds(
    usual,
    fc.property(anySteps, steps => run(subject(), steps))
  )
}
