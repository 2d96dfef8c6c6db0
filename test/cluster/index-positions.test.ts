/** The positions of one actor in the change index: few as a rule, and no matter how many a peer names. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  eachPosition,
  noPositions,
  readPositions,
  seqAt,
  withSeq,
  writePositions
} from '../../src/cluster/index-positions.ts'
import { decodeWithOrigins, encodeWithOrigins } from '../../src/crdt/codec.ts'
import { CausalContext, emptyState } from '../../src/crdt/index.ts'
import { SimulatedWorld } from '../../src/simulation/world.ts'
import { cpuTimed } from '../support/cpu-time.ts'
import { fragmentOf, senderOf } from './support/arrived.ts'
import { Replica } from './support/replica.ts'

test('each origin has one position, the newest, and is read as it was written', () => {
  let positions = noPositions
  assert.equal(seqAt(positions, 'a.1'), 0)
  for (const [origin, seq] of [
    ['b.1', 4],
    ['a.1', 2],
    ['b.1', 9]
  ] as const) {
    positions = withSeq(positions, origin, seq)
    assert.equal(seqAt(positions, origin), seq)
    const bytes = encodeWithOrigins(sink => writePositions(sink, positions))
    assert.deepEqual(decodeWithOrigins(bytes, readPositions), positions)
  }
  assert.deepEqual(
    [...eachPosition(positions)],
    [
      { origin: 'a.1', seq: 2 },
      { origin: 'b.1', seq: 9 }
    ]
  )
})

test('a part that names a hundred thousand positions is joined in a moment', async t => {
  const world = new SimulatedWorld({ seed: 1 })
  const b = await Replica.boot(world, 'b', 'b.1')
  const count = 100_000
  const index = Array.from({ length: count }, (_, i) => ({ origin: `o${i}`, seq: i + 1 }))
  const { cpuMs } = await cpuTimed(() => {
    b.store.joining.joinActor(0, 'thing/x', fragmentOf(emptyState, { positions: index }), senderOf(CausalContext.empty))
    return b.save()
  })
  t.diagnostic(`${Math.round(cpuMs)} ms of processor`)
  // One after the other through a list, they took minutes.
  assert.ok(cpuMs < 20_000, `took ${cpuMs} ms of processor`)
  assert.equal(seqAt(b.store.actor(0, 'thing/x').index, `o${count - 1}`), count)
})
