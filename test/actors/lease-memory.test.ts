/** Actors of lease kinds in memory: no more than may be, whatever is called, and none of them forgets what it did. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { command, exclusive, query, value } from 'shoal'
import { createTestCluster } from 'shoal/testing'
import type { LeaseForm } from '../../src/actors/leased/lease-form.ts'
import { Holding, leasedMemory } from '../../src/actors/leased/lease-holding.ts'
import { LeasedDocuments, type LeasedDocumentsParts } from '../../src/actors/leased/leased-documents.ts'
import type { Lease } from '../../src/cluster/lease/lease.ts'
import { noMetrics } from '../../src/ports/metrics.ts'
import { CountingMetrics } from '../../src/simulation/counting-metrics.ts'

const Tally = exclusive(
  'tally',
  value({ sum: 0 }),
  {
    add: command(({ state }) => {
      state.sum++
      return state.sum
    }),
    sum: query(({ state }) => state.sum)
  },
  // By time nobody would go.
  { partition: 'lease', passivateAfterMs: 3_600_000 }
)
const maxCachedActors = 20

test('of many leased actors that are used once those that are used again stay in memory, and no more than may', async () => {
  const metrics = new CountingMetrics()
  await using cluster = await createTestCluster({
    ...{ actors: [Tally], nodes: 1, seed: 1, shards: 4, store: { maxCachedActors } },
    leases: { leaseMs: 1000 },
    metrics: () => metrics
  })
  const tally = (i: number) => cluster.actor(0)(Tally, `${i}`)
  const actors = 300
  for (let i = 0; i < actors; i++) {
    assert.equal(await cluster.settle(tally(i).add()), 1)
    await cluster.settle(tally(0).add())
  }
  // Side by side, two of each: those that others make room for have entries that are not accepted yet.
  await cluster.settle(Promise.all(Array.from({ length: 2 * actors }, (_, i) => tally(i % actors).add())))
  await cluster.run(20_000)
  const { shoal_lease_cached_actors: cached = 0 } = metrics.all()
  assert.ok(cached > 0 && cached <= maxCachedActors, `${cached}`)
  assert.equal(await cluster.settle(tally(0).sum()), actors + 3)
  for (let i = 1; i < actors; i++) assert.equal(await cluster.settle(tally(i).sum()), 3, `${i}`)
})

test('an actor whose documents are vetted stays in memory until they are, though nobody but a watch waits for that', async () => {
  const holding = new Holding({ epoch: 1, peek: () => undefined } as unknown as Lease, leasedMemory(10))
  const unread = { engine: 'yjs', content: 'text', field: 'body', trusted: [], untrusted: [] }
  const form = {
    load: () => 'unvetted',
    unvetted: (held: unknown) => (held === 'unvetted' ? [unread] : []),
    vetted: () => 'vetted'
  } as unknown as LeaseForm
  const merged = Promise.withResolvers<unknown>()
  const figures = { vetted: noMetrics.counter('', ''), seconds: noMetrics.histogram('', '') }
  const parts = {
    sandbox: { merge: () => merged.promise },
    vetting: { unreadable: { suspicion: () => undefined, remove: () => {} }, figures },
    clock: { elapsed: () => 0 }
  }
  const documents = new LeasedDocuments(parts as unknown as LeasedDocumentsParts)
  const actor = (name: string) => holding.actor(name, form, 0)
  const crowd = () => {
    for (let i = 0; i < 40; i++) actor(`k/${i}`)
  }
  const opened = documents.open({ holding, name: 'k/a', actor: actor('k/a'), form })
  crowd()
  merged.resolve({ outcome: 'merged', snapshot: new Uint8Array() })
  await opened
  assert.equal(actor('k/a').record.held, 'vetted')
  crowd()
  assert.equal(actor('k/a').record.held, 'unvetted', 'then it goes like any other')
})
