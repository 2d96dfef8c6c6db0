/** A replica that its owner sends entries while it fetches what it lacks, or while another fetches from it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { NamedEntry } from '../../../src/cluster/lease/lease-layout.ts'
import { type Lineage, origin, type Stamp } from '../../../src/cluster/lease/lineage.ts'
import { Replica } from '../../../src/cluster/lease/replica.ts'
import type { Disk, DiskEntry, DiskWrite } from '../../../src/ports/disk.ts'

const emptyDisk = { get: () => undefined } as unknown as Disk
const lineageTo = (n: number): Lineage => [{ epoch: 1, n }]

/** What the owner has written: of each entry the actor, and its number as its state. */
function logOf(actors: readonly number[]): NamedEntry[] {
  return actors.map((actor, i) => ({ actor: `box/${actor}`, epoch: 1, n: i + 1, state: Uint8Array.of(i + 1) }))
}

test('whatever entries come between the pages of a fetch, the replica ends as its owner is', () => {
  const anActor = fc.nat(3)
  const runs = fc.record({
    actors: fc.array(anActor, { minLength: 2, maxLength: 30 }),
    /** Where the replica stands when the fetch begins, and how far the owner is at its last page, as shares. */
    stands: fc.double({ min: 0, max: 1, noNaN: true }),
    /** How many entries come before each page of one entry, in turn. */
    between: fc.array(fc.nat(3), { minLength: 1, maxLength: 8 })
  })
  fc.assert(
    fc.property(runs, ({ actors, stands, between }) => {
      const log = logOf(actors)
      let position = Math.floor(stands * log.length)
      const parts = { disk: emptyDisk, shard: 0, maxSetAside: 0, changed() {}, setAside() {}, damaged() {} }
      const replica = new Replica(parts, { promise: 1, lineage: lineageTo(0) })
      for (const entry of log.slice(0, position)) replica.append(entry)
      const newest = new Map(log.map(entry => [entry.actor, entry]))
      const pages = [...newest.values()].filter(({ n }) => n > position).sort((a, b) => a.n - b.n)
      for (const [i, page] of pages.entries()) {
        for (let left = between[i % between.length] ?? 0; left > 0 && position < log.length; left--) {
          const entry = log[position++]
          if (entry !== undefined) replica.append(entry)
        }
        replica.take(page, lineageTo(log.length))
      }
      if (position < log.length) replica.moveTo(lineageTo(log.length))
      for (const [actor, { state }] of newest) assert.deepEqual(replica.read(actor)?.state, state, actor)
    })
  )
})

test('what comes to the disk while somebody looks through the index is in one of the pages', async () => {
  for (const isWrittenMeanwhile of [false, true]) {
    const [first, second] = logOf([0, 1])
    assert.ok(first !== undefined && second !== undefined)
    const stored = new Map<string, DiskEntry>()
    const nameOf = (key: Uint8Array) => Buffer.from(key).toString('latin1')
    /** A range answers what was there when it was asked for. */
    const answered = Promise.withResolvers<void>()
    const disk = {
      get: (key: Uint8Array) => stored.get(nameOf(key))?.value,
      range: async ({ gte, lt }: { gte: Uint8Array; lt: Uint8Array }) => {
        const isThere = ({ key }: DiskEntry) => Buffer.compare(key, gte) >= 0 && Buffer.compare(key, lt) < 0
        const found = [...stored.values()].filter(isThere)
        await answered.promise
        return found
      }
    } as unknown as Disk
    const parts = { disk, shard: 0, maxSetAside: 0, changed() {}, setAside() {}, damaged() {} }
    const replica = new Replica(parts, { promise: 1, lineage: lineageTo(0) })
    const batch: DiskWrite[] = []
    const write = () => {
      for (const it of batch) if (it.type === 'put') stored.set(nameOf(it.key), { key: it.key, value: it.value })
      replica.written()
    }
    replica.append(first)
    replica.append(second)
    replica.collect(batch)
    if (!isWrittenMeanwhile) write()
    const page = replica.page(origin, 10, 1000)
    if (isWrittenMeanwhile) write()
    answered.resolve()
    const { entries, isLast } = await page
    assert.ok(isLast)
    assert.deepEqual(
      entries.map(({ actor }) => actor),
      ['box/0', 'box/1']
    )
  }
})

/** What was written is there at once. */
class KeptDisk {
  readonly #kept = new Map<string, DiskEntry>()

  write(batch: readonly DiskWrite[]): void {
    for (const it of batch) {
      if (it.type === 'put') this.#kept.set(nameOf(it.key), { key: it.key, value: it.value })
      else this.#kept.delete(nameOf(it.key))
    }
  }

  readonly disk = {
    get: (key: Uint8Array) => this.#kept.get(nameOf(key))?.value,
    range: async ({ gte, lt, limit }: { gte: Uint8Array; lt: Uint8Array; limit: number }) =>
      [...this.#kept.values()]
        .filter(({ key }) => Buffer.compare(key, gte) >= 0 && Buffer.compare(key, lt) < 0)
        .sort((a, b) => Buffer.compare(a.key, b.key))
        .slice(0, limit)
  } as unknown as Disk
}

const nameOf = (key: Uint8Array) => Buffer.from(key).toString('latin1')

test('the pages from a stamp on have what stands above it, also what is not on the disk yet and stands below what is', async () => {
  const stamps = fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 20 })
  /** Of each stamp: whose entry it is, and whether it is on the disk. In order of their coming. */
  const run = fc.record({
    entries: stamps.chain(ns =>
      fc.tuple(...ns.map(n => fc.record({ n: fc.constant(n), actor: fc.nat(9), isLast: fc.boolean() })))
    ),
    after: fc.nat(60),
    maxEntries: fc.integer({ min: 1, max: 6 })
  })
  await fc.assert(
    fc.asyncProperty(run, async ({ entries, after, maxEntries }) => {
      const kept = new KeptDisk()
      const parts = { disk: kept.disk, shard: 0, maxSetAside: 0, changed() {}, setAside() {}, damaged() {} }
      const replica = new Replica(parts, { promise: 1, lineage: lineageTo(0) })
      for (const { n, actor, isLast } of entries) {
        replica.take({ actor: `box/${actor}`, epoch: 1, n, state: Uint8Array.of(n) }, lineageTo(60))
        // So many batches.
        if (!isLast) continue
        const batch: DiskWrite[] = []
        replica.collect(batch)
        kept.write(batch)
        replica.written()
      }
      const known = new Map<string, number>()
      for (const { n, actor } of entries) known.set(`box/${actor}`, Math.max(n, known.get(`box/${actor}`) ?? 0))
      const told: number[] = []
      let cursor: Stamp = { epoch: 1, n: after }
      for (let isLast = false; !isLast; ) {
        const page = await replica.page(cursor, maxEntries, 1000)
        assert.ok(page.entries.length <= maxEntries)
        told.push(...page.entries.map(({ n }) => n))
        isLast = page.isLast
        assert.ok(isLast || page.cursor.n > cursor.n, 'it does not go on')
        cursor = page.cursor
      }
      const above = [...known.values()].filter(n => n > after).sort((a, b) => a - b)
      assert.deepEqual(told, above)
    })
  )
})
