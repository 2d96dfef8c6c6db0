/** Turns: what becomes of the seqs that a handler drew. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Turn } from '../../src/actors/running/turn.ts'
import type { Cluster } from '../../src/cluster/cluster.ts'
import { openView } from '../../src/crdt/index.ts'
import { SimulatedWorld } from '../../src/simulation/world.ts'
import { Replica, schema } from '../cluster/support/replica.ts'

/** A turn on one actor, whose mutator can be made to fail after it drew. */
function begin({ store, ports }: Replica) {
  const cluster = { store } as Cluster
  const turn = new Turn(cluster, ports.clock, store.actor(0, 'thing/x'), false, schema)
  const view = openView(schema, turn.transaction)
  const failAfterDraw = () =>
    assert.throws(() =>
      turn.transaction.root.change((_state, draw) => {
        draw()
        throw new Error('too late')
      })
    )
  return { turn, view, failAfterDraw }
}

test('a seq that was drawn for nothing is in no update, and is given back or counts as seen', async () => {
  const world = new SimulatedWorld({ seed: 4 })
  const a = await Replica.boot(world, 'a', 'a.1')
  const last = begin(a)
  last.view.tags.add('x')
  last.failAfterDraw()
  last.turn.commit(undefined)
  assert.equal(a.store.writing.takeSeq(0), 2, 'the newest is given back')
  a.store.writing.returnSeqs(0, [2])
  const first = begin(a)
  first.failAfterDraw()
  first.view.tags.add('y')
  first.turn.commit(undefined)
  await a.save()
  const updates = a.commits.flatMap(commit => commit.updates)
  assert.deepEqual(
    updates.map(({ seqs }) => [...seqs.intervals('a.1')]),
    [
      [1, 1],
      [3, 3]
    ]
  )
  for (const { seqs, delta } of updates) assert.ok(delta.context.covers(seqs))
  assert.deepEqual(a.own(), [1, 3], 'one below others counts as an update without effect')
  assert.deepEqual(a.value('thing/x').tags, ['x', 'y'])
  assert.equal(a.store.writing.takeSeq(0), 4)
})
