/** A replica that counts for nothing, and has on its disk what nobody should see again: what an owner makes of it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Fetch } from '../../../src/cluster/lease/fetch.ts'
import type { Journal } from '../../../src/cluster/lease/journal.ts'
import {
  encodeEntry,
  type Head,
  indexKey,
  type NamedEntry,
  recordKey
} from '../../../src/cluster/lease/lease-layout.ts'
import { compareStamps, type Lineage, origin, positionOf } from '../../../src/cluster/lease/lineage.ts'
import { Replica } from '../../../src/cluster/lease/replica.ts'
import { encodeIndexEntry } from '../../../src/cluster/storage-layout.ts'
import type { DiskWrite } from '../../../src/ports/disk.ts'
import { SimulatedWorld } from '../../../src/simulation/world.ts'

const entry = (actor: string, epoch: number, n: number, text = actor): NamedEntry => ({
  actor,
  epoch,
  n,
  state: new TextEncoder().encode(text)
})
const textOf = (state: Uint8Array | undefined) => new TextDecoder().decode(state)

async function world() {
  const simulated = new SimulatedWorld({ seed: 1 })
  const facts = { cluster: 'w', shards: 4, protocol: 3 }
  const { clock, disk } = simulated.machine('m').boot({ clusterKey: new Uint8Array(32), facts })
  const settle = async <T>(promise: Promise<T>): Promise<T> => {
    let isDone = false
    const done = () => {
      isDone = true
    }
    promise.then(done, done)
    await simulated.time.run({ condition: () => isDone, untilMs: simulated.time.nowMs + 60_000 })
    assert.ok(isDone)
    return promise
  }
  await settle(disk.open())
  const aside: string[] = []
  const replica = (head: Head) =>
    new Replica(
      {
        disk,
        shard: 0,
        maxSetAside: 10,
        changed() {},
        setAside: (_, { actor }) => aside.push(actor),
        damaged() {}
      },
      head
    )
  const write = (entries: readonly NamedEntry[]) =>
    settle(
      disk.write(
        entries.flatMap(it => {
          const key = indexKey(0, it)
          return [
            { type: 'put', key: recordKey(0, it.actor), value: encodeEntry(0, it.actor, it) },
            { type: 'put', key, value: encodeIndexEntry(key, it.actor) }
          ] as const
        })
      )
    )
  const store = async (it: Replica) => {
    const batch: DiskWrite[] = []
    it.collect(batch)
    await disk.write(batch)
    it.written()
  }
  /** By an owner that has these. */
  async function fill(it: Replica, epoch: number, source: readonly NamedEntry[], lineage: Lineage): Promise<void> {
    const journal = { durable: () => store(it) } as unknown as Journal
    const fetch: Fetch = new Fetch({
      replica: it,
      clock,
      epoch,
      source: 'owner',
      journal,
      ask(number, want) {
        const asked = want.what === 'actors' ? want.actors : []
        const entries = source.filter(one =>
          want.what === 'scan' ? compareStamps(one, want.after) > 0 : asked.includes(one.actor)
        )
        const absent = asked.filter(actor => !source.some(one => one.actor === actor))
        const page = { entries, absent, cursor: positionOf(lineage), lineage, isLast: want.what === 'scan' }
        queueMicrotask(() => fetch.received(number, page))
        return true
      }
    })
    await settle(fetch.run())
    await settle(store(it))
  }
  /** In the index, of the entry of that stamp. */
  async function flip(it: NamedEntry): Promise<void> {
    const key = indexKey(0, it)
    const value = Uint8Array.from(disk.get(key) ?? [])
    value[value.length - 1] = (value.at(-1) ?? 0) ^ 1
    await settle(disk.write([{ type: 'put', key, value }]))
  }
  return { settle, replica, write, fill, flip, aside }
}

for (const isLineageOld of [false, true])
  test(`what a cut has excluded gives way ${isLineageOld ? 'though the replica has forgotten its lineage' : 'to what was acknowledged'}`, async () => {
    const { replica, write, fill, aside } = await world()
    await write([entry('box/x', 3, 1, 'excluded')])
    const lineage = [
      { epoch: 1, n: 1 },
      { epoch: 3, n: 1 }
    ]
    const it = replica({ promise: 4, lineage, isLineageOld })
    const cut = [
      { epoch: 1, n: 1 },
      { epoch: 4, n: 1 }
    ]
    await fill(it, 4, [entry('box/x', 1, 1, 'acknowledged'), entry('box/y', 4, 1)], cut)
    assert.deepEqual(it.lineage, cut)
    assert.equal(textOf(it.read('box/x')?.state), 'acknowledged')
    assert.deepEqual(aside, ['box/x'])
  })

test('an index entry that cannot be read is mended when an owner fills the replica', async () => {
  const { settle, replica, write, fill, flip } = await world()
  const entries = [entry('box/x', 1, 1), entry('box/y', 1, 2)]
  await write(entries)
  await flip(entry('box/x', 1, 1))
  const lineage = [{ epoch: 1, n: 2 }]
  const it = replica({ promise: 1, lineage })
  await assert.rejects(settle(it.page(origin, 100, 1e6)), { code: 'SHOAL_CORRUPT' })
  it.promiseTo(2)
  await fill(it, 2, entries, lineage)
  for (const again of [it, replica({ promise: 2, lineage })])
    assert.deepEqual((await settle(again.page(origin, 100, 1e6))).entries, entries)
})

test('an excluded record whose index entry cannot be read gives way, also where the owner has nothing of its actor', async () => {
  const { settle, replica, write, fill, flip, aside } = await world()
  const excluded = entry('box/x', 3, 1)
  await write([excluded, entry('box/y', 1, 1)])
  await flip(excluded)
  const it = replica({ promise: 4, lineage: [{ epoch: 1, n: 1 }], isLineageOld: true })
  await fill(it, 4, [entry('box/y', 1, 1)], [{ epoch: 1, n: 1 }])
  assert.equal(it.read('box/x'), undefined)
  assert.deepEqual(aside, ['box/x'])
  assert.deepEqual((await settle(it.page(origin, 100, 1e6))).entries, [entry('box/y', 1, 1)])
})

test('an index entry that cannot be read, and names no record, goes', async () => {
  const { settle, replica, write, fill, flip } = await world()
  await write([entry('box/x', 1, 1)])
  await write([entry('box/x', 1, 2)])
  await flip(entry('box/x', 1, 1))
  const lineage = [{ epoch: 1, n: 2 }]
  const it = replica({ promise: 1, lineage })
  await assert.rejects(settle(it.page(origin, 100, 1e6)), { code: 'SHOAL_CORRUPT' })
  await fill(it, 1, [entry('box/x', 1, 2)], lineage)
  assert.deepEqual((await settle(it.page(origin, 100, 1e6))).entries, [entry('box/x', 1, 2)])
})
