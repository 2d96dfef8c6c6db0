/** A shard's record under two keys: the disk says of the shard what memory did, and never half of it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  noShard,
  readShard,
  type ShardRecord,
  type StoredEnded,
  writesOfShard
} from '../../src/cluster/shard-record.ts'
import { endedRecordKey, shardRecordKey } from '../../src/cluster/storage-layout.ts'
import { CausalContext } from '../../src/crdt/index.ts'
import type { DiskWrite } from '../../src/ports/disk.ts'
import { isShoalError } from '../../src/ports/errors.ts'
import { holds } from '../crdt/support/profile.ts'

const shard = 3

class Store {
  readonly entries = new Map<string, Uint8Array>()

  apply(writes: readonly DiskWrite[]): void {
    for (const write of writes) {
      if (write.type === 'put') this.entries.set(hex(write.key), write.value.slice())
      else this.entries.delete(hex(write.key))
    }
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return this.entries.get(hex(key))
  }
}

function hex(key: Uint8Array): string {
  return Buffer.from(key).toString('hex')
}

const dot = fc.record({
  origin: fc.constantFrom('a.1', 'a.2', 'a.3', 'b.1', 'b.2', 'c.1', 'c'),
  seq: fc.integer({ min: 1, max: 4 })
})
/** What one commit adds; now and then the shard is cut down to less, as after damage. */
const commit = fc.record({
  context: fc.array(dot, { maxLength: 4 }),
  floor: fc.array(dot, { maxLength: 2 }),
  tally: fc.nat().map(count => ({ count, sum: count % 1000 })),
  isCutDown: fc.integer({ min: 0, max: 9 }).map(one => one === 0),
  isForgotten: fc.integer({ min: 0, max: 9 }).map(one => one === 0)
})

function assertSame(read: ShardRecord, record: ShardRecord): void {
  assert.ok(read.context.equals(record.context))
  assert.ok(read.floor.equals(record.floor))
  assert.deepEqual(read.setHash, record.setHash)
  assert.deepEqual(read.tally, record.tally)
}

test('after each commit the disk says of the shard what memory did', () => {
  holds(
    200,
    fc.property(fc.array(commit, { maxLength: 20 }), commits => {
      const store = new Store()
      let record: ShardRecord = noShard
      let ended: StoredEnded | undefined = noShard.ended
      for (const [i, { context, floor, tally, isCutDown, isForgotten }] of commits.entries()) {
        const from = isCutDown ? noShard : record
        // As after a restart, or where what is on the disk came under suspicion.
        if (isForgotten) ended = i % 2 === 0 ? undefined : readShard(store, shard).ended
        record = {
          context: from.context.union(CausalContext.of(context)),
          floor: from.floor.union(CausalContext.of(floor)),
          setHash: new Uint8Array(16).fill(i),
          tally
        }
        const next = writesOfShard(record, shard, ended)
        store.apply(next.writes)
        ended = next.ended
        assertSame(readShard(store, shard), record)
      }
    })
  )
})

const lives = CausalContext.of(['a.1', 'a.2', 'b.1'].map(origin => ({ origin, seq: 1 })))

test('what is new of last lives alone is written without the ended ones', () => {
  const first = writesOfShard({ ...noShard, context: lives }, shard, noShard.ended)
  assert.deepEqual(
    first.writes.map(({ key }) => hex(key)),
    [endedRecordKey(shard), shardRecordKey(shard)].map(hex)
  )
  const second = writesOfShard({ ...noShard, context: lives.with('a.2', 2) }, shard, first.ended)
  assert.deepEqual(
    second.writes.map(({ key }) => hex(key)),
    [hex(shardRecordKey(shard))]
  )
  const third = writesOfShard({ ...noShard, context: lives.with('a.1', 2) }, shard, second.ended)
  assert.deepEqual(
    third.writes.map(({ key }) => hex(key)),
    [endedRecordKey(shard), shardRecordKey(shard)].map(hex)
  )
  const floor = CausalContext.of([{ origin: 'a.1', seq: 1 }])
  const fourth = writesOfShard({ ...noShard, context: lives.with('a.1', 2), floor }, shard, third.ended)
  assert.equal(fourth.writes.length, 2, 'the floor of ended lives rose')
})

test('the record of a thousand ended lives costs a commit no more than that of none', () => {
  const nodes = Array.from({ length: 10 }, (_, node) => `${node}`.padStart(12, 'n'))
  const contextOf = (restarts: number) =>
    CausalContext.of(
      nodes.flatMap(node =>
        Array.from({ length: restarts }, (_, life) => ({ origin: `${node}.${`${life}`.padStart(22, '0')}`, seq: 1 }))
      )
    )
  const bytesOf = (restarts: number) => {
    const [context, floor] = [contextOf(restarts), contextOf(restarts)]
    const { ended } = writesOfShard({ ...noShard, context, floor }, shard, noShard.ended)
    const next = context.with(`${nodes[0]}.${`${restarts - 1}`.padStart(22, '0')}`, 2)
    const { writes } = writesOfShard({ ...noShard, context: next, floor }, shard, ended)
    return writes.reduce((sum, write) => sum + (write.type === 'put' ? write.value.length : 0), 0)
  }
  assert.equal(bytesOf(100), bytesOf(1))
})

for (const [what, spoil] of [
  ['lost', (store: Store) => store.entries.delete(hex(endedRecordKey(shard)))],
  ['older', (store: Store, older: Uint8Array) => store.entries.set(hex(endedRecordKey(shard)), older)],
  ['bent', (store: Store) => store.entries.set(hex(endedRecordKey(shard)), bent(store.get(endedRecordKey(shard))))],
  [
    "another shard's",
    (store: Store) => store.apply(writesOfShard({ ...noShard, context: lives }, shard + 1, undefined).writes)
  ]
] as const) {
  test(`ended lives that are ${what} are not believed, and neither is the rest`, () => {
    const store = new Store()
    const first = writesOfShard({ ...noShard, context: lives }, shard, noShard.ended)
    store.apply(first.writes)
    const older = store.get(endedRecordKey(shard)) ?? new Uint8Array(0)
    store.apply(writesOfShard({ ...noShard, context: lives.with('a.1', 2) }, shard, first.ended).writes)
    spoil(store, older)
    if (what === "another shard's") {
      const foreign = store.get(endedRecordKey(shard + 1)) ?? new Uint8Array(0)
      store.entries.set(hex(endedRecordKey(shard)), foreign)
    }
    assert.throws(
      () => readShard(store, shard),
      error => isShoalError(error) && error.code === 'SHOAL_CORRUPT'
    )
  })
}

function bent(bytes: Uint8Array = new Uint8Array(0)): Uint8Array {
  return bytes.with(bytes.length - 2, (bytes.at(-2) ?? 0) ^ 4)
}
