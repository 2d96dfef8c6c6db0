/** A member that speaks of updates which another node has never made: that node ends its incarnation, loses nothing, and goes on. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestCluster } from 'shoal/testing'
// First: it decides how the generated code reads integers.
import '../../src/cluster/plain-integers.ts'
import { pnCounter } from 'shoal/crdt'
import { shoal } from '#proto/generated/peer.js'
import { Counter } from '../../examples/shop.ts'
import { shardOf } from '../../src/cluster/hash-ring.ts'
import { originOf } from '../../src/cluster/identity.ts'
import { decodeBulk } from '../../src/cluster/wire.ts'
import { FragmentWriter } from '../../src/crdt/fragments.ts'
import { CausalContext, type Delta, emptyState, encodeBatch, openView, Transaction } from '../../src/crdt/index.ts'
import { actors } from '../support/shop.ts'
import { type Attacker, bulk, control, joined } from './support/siege.ts'

const shards = 4
const id = 'shared'
const shard = shardOf('counter', id, shards, 'test')
/** Of the victim's origin, and never given out. */
const madeUp = 1_000_000

/** As if the counter had been changed by that update. */
function addition(origin: string): Delta {
  const transaction = new Transaction({
    state: emptyState,
    covers: CausalContext.empty,
    origin,
    nextDot: () => ({ origin, seq: madeUp }),
    now: () => 1,
    clientId: () => 1
  })
  openView({ '\0state': pnCounter() }, transaction)['\0state'].add(7)
  assert.ok(transaction.delta !== undefined)
  return transaction.delta
}

function push({ network, origin, victim }: Attacker, { state, context }: Delta): void {
  const seqs = CausalContext.of([{ origin, seq: 1 }])
  const update = { shard, name: `counter/${id}`, seqs, after: 0, delta: { state, context: seqs.union(context) } }
  const batch = encodeBatch({ origin, updates: [update] })
  network.send(victim.id, 'push', shoal.peer.Push.encode({ number: 1, batch }).finish())
}

/** Has the victim ask for a stream of the shard. */
function differ({ network, victim }: Attacker): void {
  network.send(victim.id, 'control', control({ shardHashes: { hashes: new Uint8Array(8).fill(9), shards: [shard] } }))
}

const lies: Readonly<Record<string, (attacker: Attacker) => void>> = {
  'an update that takes them away': attacker =>
    push(attacker, { state: emptyState, context: CausalContext.of([{ origin: attacker.victim.origin, seq: madeUp }]) }),
  'the state of an update, and not in its context': attacker =>
    push(attacker, { state: addition(attacker.victim.origin).state, context: CausalContext.empty }),
  'the context of a stream': differ
}

for (const [name, lie] of Object.entries(lies)) {
  test(`a node whose own updates are made up goes on as another incarnation, with all that was acknowledged: in ${name}`, async () => {
    await using cluster = await createTestCluster({ actors, nodes: 3, seed: 1, shards })
    await cluster.run(2000)
    const victim = cluster.node(0)
    const origin = originOf(victim.id, victim.incarnation)
    const context = () => {
      const body = new FragmentWriter()
      body.shard(shard)
      body.context(CausalContext.of([{ origin, seq: madeUp }]))
      body.complete()
      return body.finish()
    }
    const attacker = await joined(cluster, shards, false, (network, peer, channel, bytes) => {
      if (channel !== 'bulk' || peer !== victim.id) return
      const { catchUp } = decodeBulk(bytes)
      if (lie !== differ || catchUp == null || !(catchUp.shards ?? []).some(asked => (asked.shard ?? 0) === shard))
        return
      const session = catchUp.session ?? 0
      network.send(peer, 'bulk', bulk({ chunk: { session, number: 1, body: context(), last: true } }))
    })
    await cluster.run(1000)
    const others = [cluster.node(1).incarnation, cluster.node(2).incarnation]
    assert.equal(await cluster.settle(victim.actor(Counter, id).add(5)), 5)
    lie(attacker)
    await cluster.until(() => cluster.running(0)?.incarnation !== victim.incarnation, 20_000)
    await cluster.until(() => cluster.running(0)?.unready() === undefined && cluster.running(0) !== undefined, 20_000)
    assert.equal(await cluster.settle(cluster.node(0).actor(Counter, id).add(1)), 6)
    await cluster.settle(attacker.network.stop())
    await cluster.run(5000)
    await cluster.until(() => new Set(cluster.nodes().map(node => node.digest())).size === 1, 60_000)
    for (const node of cluster.nodes()) assert.equal(await cluster.settle(node.actor(Counter, id).value()), 6)
    assert.deepEqual([cluster.node(1).incarnation, cluster.node(2).incarnation], others)
  })
}
