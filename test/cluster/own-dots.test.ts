/** What a peer says of this process's own origin, and it never made, ends this incarnation, by whatever way it comes. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isShoalError } from 'shoal'
import { boundedCounter, vote } from 'shoal/crdt'
import type { IndexPosition } from '../../src/cluster/index-positions.ts'
import type { ShardJoining } from '../../src/cluster/shard-joining.ts'
import { type ActorState, CausalContext, emptyState, openView, Transaction } from '../../src/crdt/index.ts'
import { newestSeqIn } from '../../src/crdt/state.ts'
import { SimulatedWorld } from '../../src/simulation/world.ts'
import { fragmentOf, senderOf } from './support/arrived.ts'
import { Replica, schema } from './support/replica.ts'

const actor = 'thing/x'
const mine = 'a.1'
const _none: readonly IndexPosition[] = []

/** States that a copy of the process makes by its first update, each of another type. */
const wide = { ...schema, rights: boundedCounter({ min: 0 }), poll: vote() }
type View = ReturnType<typeof openView<typeof wide>>
const edits: Readonly<Record<string, (view: View) => void>> = {
  'a set': view => view.tags.add('twin'),
  'a counter': view => view.sum.add(1),
  'a text': view => view.page.insert(0, 'twin'),
  'a bounded counter': view => view.rights.add(5),
  'a vote': view => view.poll.cast(true)
}

function made(origin: string, seq: number, edit: (view: View) => void): { state: ActorState; context: CausalContext } {
  const transaction = new Transaction({
    state: emptyState,
    covers: CausalContext.empty,
    origin,
    nextDot: () => ({ origin, seq }),
    now: () => 1,
    clientId: () => 7
  })
  edit(openView(wide, transaction))
  assert.ok(transaction.delta !== undefined)
  return transaction.delta
}

const ours = CausalContext.empty.with(mine, 1)
const theirs = CausalContext.empty.with('b.1', 1)
const ofTheirs = made('b.1', 1, edits['a set'] as (view: View) => void)

type Way = (joining: ShardJoining) => unknown
const ways: Record<string, Way> = {
  'updates of that origin': joining => joining.joinBatch(0, mine, ours, [{ actor, seq: 1, after: 0, delta: ofTheirs }]),
  'seqs beside another origin’s': joining =>
    joining.joinBatch(0, 'b.1', theirs.union(ours), [{ actor, seq: 1, after: 0, delta: ofTheirs }]),
  'the dots that an update takes away': joining =>
    joining.joinBatch(0, 'b.1', theirs, [
      { actor, seq: 1, after: 0, delta: { state: ofTheirs.state, context: theirs.union(ours) } }
    ]),
  'the dots that a repeat takes away': joining =>
    joining.joinBatch(0, 'b.1', CausalContext.empty, [
      { actor, seq: 0, after: 0, delta: { state: emptyState, context: ours } }
    ]),
  'the context of a fragment': joining =>
    joining.joinActor(0, actor, fragmentOf(ofTheirs.state), senderOf(theirs.union(ours))),
  'the index of a fragment': joining =>
    joining.joinActor(
      0,
      actor,
      fragmentOf(ofTheirs.state, { positions: [{ origin: mine, seq: 1 }] }),
      senderOf(theirs)
    ),
  'the index of a fragment of equal contexts': joining =>
    joining.joinKeepingBoth(
      0,
      actor,
      fragmentOf(ofTheirs.state, { positions: [{ origin: mine, seq: 1 }] }),
      senderOf(theirs)
    ),
  'an absent actor': joining => joining.joinActor(0, actor, fragmentOf(emptyState), senderOf(ours)),
  'the context of a stream or a compare': joining => joining.joinContext(0, theirs.union(ours))
}
for (const [type, edit] of Object.entries(edits)) {
  const { state } = made(mine, 1, edit)
  ways[`${type} of an update`] = joining =>
    joining.joinBatch(0, 'b.1', theirs, [{ actor, seq: 1, after: 0, delta: { state, context: theirs } }])
  ways[`${type} of a fragment`] = joining => joining.joinActor(0, actor, fragmentOf(state), senderOf(theirs))
  ways[`${type} of a fragment of equal contexts`] = joining =>
    joining.joinKeepingBoth(0, actor, fragmentOf(state), senderOf(CausalContext.empty))
}

for (const [name, way] of Object.entries(ways)) {
  test(`own dots that this process never made end the incarnation, and nothing is joined: in ${name}`, async () => {
    const a = await Replica.boot(new SimulatedWorld({ seed: 1 }), 'a', mine)
    a.write('thing/y', view => view.tags.add('here'), 1)
    await a.save()
    assert.throws(
      () => way(a.store.joining),
      error => isShoalError(error) && error.code === 'SHOAL_CORRUPT' && error.message.includes(mine)
    )
    assert.deepEqual(a.failures, ['SHOAL_CORRUPT'], 'an alarm')
    assert.ok(a.store.context(0).isEmpty())
    assert.throws(() => a.write(actor, view => view.tags.add('more')), /SHOAL_CORRUPT|never made/)
  })

  test(`what this process has made is no reason for an alarm: in ${name}`, async () => {
    const a = await Replica.boot(new SimulatedWorld({ seed: 1 }), 'a', mine)
    a.write(actor, view => view.tags.add('first'))
    await a.save()
    const isOwnWriting = name === 'updates of that origin'
    if (!isOwnWriting) way(a.store.joining)
    await a.save()
    assert.deepEqual(a.failures, [])
  })
}

test('of each type the newest seq of an origin shows, in maps as well', () => {
  for (const [type, edit] of Object.entries(edits)) {
    const { state } = made('c.1', 41, edit)
    assert.deepEqual([newestSeqIn(state, 'c.1'), newestSeqIn(state, 'c.2')], [41, 0], type)
  }
})
