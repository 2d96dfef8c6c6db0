/** Random histories: replicas change actors, deltas arrive late, twice, in groups and in any order, and replicas catch up. */
import fc from 'fast-check'
import { type Delta, decodeDelta } from '../../../src/crdt/index.ts'
import { anyPicks, changeField, type Picks, pickOf, type Specs, schemaOf } from './fields.ts'
import { type Batch, group, Replica, type Snapshot } from './replica.ts'

export { scale } from './profile.ts'

export type Step =
  | { readonly do: 'change'; readonly replica: number; readonly actor: number; readonly changes: readonly Picks[] }
  | { readonly do: 'deliver'; readonly to: number; readonly picks: Picks }
  | { readonly do: 'group'; readonly to: number; readonly picks: Picks }
  | { readonly do: 'catchUp'; readonly from: number; readonly to: number }
  | { readonly do: 'restart'; readonly replica: number }
  | { readonly do: 'fold'; readonly replica: number }

export const replicaCount = 5
export const actorCount = 2

const anyReplica = fc.nat(replicaCount - 1)

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('change' as const),
      replica: anyReplica,
      actor: fc.nat(actorCount - 1),
      changes: fc.array(anyPicks, { minLength: 1, maxLength: 3 })
    })
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('deliver' as const), to: anyReplica, picks: anyPicks }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('group' as const), to: anyReplica, picks: anyPicks }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('catchUp' as const), from: anyReplica, to: anyReplica }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const), replica: anyReplica }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('fold' as const), replica: anyReplica }) }
)

export function anySteps(maxLength: number): fc.Arbitrary<Step[]> {
  return fc.array(anyStep, { minLength: 1, maxLength, size: 'max' })
}

export interface History {
  readonly replicas: readonly Replica[]
  readonly batches: readonly Batch[]
  /** Of actor 0 on all replicas, along the way. States of different actors cannot be joined. */
  readonly snapshots: readonly Snapshot[]
  /** To actor 0. */
  readonly deltas: readonly Delta[]
  /** Of actor 0: what each handler found, what it left, and the bytes of its delta. */
  readonly turns: readonly Turn[]
}

export interface Turn {
  readonly before: Snapshot
  readonly after: Snapshot
  readonly bytes: Uint8Array
}

export function replicaOf(replicas: readonly Replica[], index: number): Replica {
  return pickOf(replicas, index)
}

export function runHistory(specs: Specs, steps: readonly Step[]): History {
  const schema = schemaOf(specs)
  const replicas = Array.from({ length: replicaCount }, (_, i) => new Replica(i, actorCount))
  const batches: Batch[] = []
  const snapshots: Snapshot[] = []
  const turns: Turn[] = []
  for (const step of steps) {
    if (step.do === 'change') {
      const replica = replicaOf(replicas, step.replica)
      const before = replica.snapshot(0)
      const batch = replica.run(step.actor, schema, view => {
        for (const [pick = 0, ...picks] of step.changes) {
          const field = pick % specs.length
          changeField(pickOf(specs, field), view[`field${field}`], picks)
        }
      })
      if (batch !== undefined) batches.push(batch)
      const after = replica.snapshot(0)
      if (step.actor === 0) snapshots.push(after)
      if (step.actor === 0 && batch !== undefined) turns.push({ before, after, bytes: batch.bytes })
    } else if (step.do === 'restart') {
      replicaOf(replicas, step.replica).restart()
    } else if (step.do === 'fold') {
      const replica = replicaOf(replicas, step.replica)
      replica.fold()
      snapshots.push(replica.snapshot(0))
    } else if (step.do === 'catchUp') {
      replicaOf(replicas, step.to).catchUp(replicaOf(replicas, step.from))
    } else if (batches.length > 0) {
      const batch = pickOf(batches, step.picks[0])
      const others = batches.filter(other => other.actor === batch.actor)
      const more = step.do === 'group' ? step.picks.slice(1, 4).map(pick => pickOf(others, pick)) : []
      const receiver = replicaOf(replicas, step.to)
      receiver.receive(more.length > 0 ? group([batch, ...more]) : batch)
      if (batch.actor === 0) snapshots.push(receiver.snapshot(0))
    }
  }
  const deltas = batches.filter(({ actor }) => actor === 0).map(({ bytes }) => decodeDelta(bytes))
  return { replicas, batches, snapshots, deltas, turns }
}
