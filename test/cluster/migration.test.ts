/** A disk of an older storage format becomes one of today's, with all that it held, whenever the process that rewrites it dies. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createNode, isShoalError, newClusterKey } from 'shoal'
import { Counter } from '../../examples/shop.ts'
import { LevelDisk } from '../../src/adapters/level/disk.ts'
import { repair } from '../../src/cli/repair.ts'
import { eachPosition } from '../../src/cluster/index-positions.ts'
import { claimDisk, readMeta, writeMeta } from '../../src/cluster/meta.ts'
import { seenDots } from '../../src/cluster/seen-dots.ts'
import { scanShard } from '../../src/cluster/shard-scan.ts'
import { decodeActorRecord, indexKey, metaKeys, shardRecordKey, stateKey } from '../../src/cluster/storage-layout.ts'
import { migrateDisk } from '../../src/cluster/storage-migration/migrate.ts'
import { utf8Of } from '../../src/cluster/utf8.ts'
import type { Disk, DiskEntry, DiskReader, DiskWrite } from '../../src/ports/disk.ts'
import { ShoalError } from '../../src/ports/errors.ts'
import { type Logger, silentLogger } from '../../src/ports/logger.ts'
import { SimulatedWorld } from '../../src/simulation/world.ts'
import { fragmentOf, senderOf } from './support/arrived.ts'
import { asFormat2, diskKey, everything, oldNote } from './support/format-2.ts'
import { Replica, settle } from './support/replica.ts'

const facts = { cluster: 'test', shards: 4, protocol: 3 }
const shards = [0, 1, 2, 3]
const [x, y] = ['thing/x', 'thing/y']

function code(error: unknown): string {
  return isShoalError(error) ? error.code : String(error)
}

/** Whole after each batch; after some number of them, gone. */
class MemoryDisk implements Disk {
  readonly #entries = new Map<string, DiskEntry>()
  batches = 0
  largestBatch = 0
  lastBatch = Number.POSITIVE_INFINITY

  constructor(entries: readonly DiskEntry[] = []) {
    for (const { key, value } of entries) this.#set(key, value)
  }

  #set(key: Uint8Array, value: Uint8Array): void {
    this.#entries.set(Buffer.from(key).toString('hex'), { key: Uint8Array.from(key), value: Uint8Array.from(value) })
  }

  async open(): Promise<void> {}
  async close(): Promise<void> {}
  async compact(): Promise<void> {}

  get(key: Uint8Array): Uint8Array | undefined {
    return this.#entries.get(Buffer.from(key).toString('hex'))?.value
  }

  async range({ gte, lt, limit }: { gte: Uint8Array; lt: Uint8Array; limit: number }): Promise<DiskEntry[]> {
    return this.all()
      .filter(({ key }) => Buffer.compare(gte, key) <= 0 && Buffer.compare(key, lt) < 0)
      .slice(0, limit)
  }

  async write(batch: readonly DiskWrite[]): Promise<void> {
    if (this.batches >= this.lastBatch) throw new ShoalError('SHOAL_DISK', 'the process is gone')
    this.batches++
    let bytes = 0
    for (const write of batch) {
      if (write.type === 'del') this.#entries.delete(Buffer.from(write.key).toString('hex'))
      else {
        this.#set(write.key, write.value)
        bytes += write.value.length
      }
    }
    this.largestBatch = Math.max(this.largestBatch, bytes)
  }

  snapshot() {
    const copy = new MemoryDisk(this.all())
    return { get: (key: Uint8Array) => copy.get(key), range: copy.range.bind(copy), close: async () => {} }
  }

  all(): DiskEntry[] {
    return [...this.#entries.keys()].sort().flatMap(hex => this.#entries.get(hex) ?? [])
  }
}

/** What a store wrote that has seen writes, removals, another's updates, some of them not in order, and its own lives. */
async function written(seed: string): Promise<{ entries: DiskEntry[]; replica: Replica }> {
  const world = new SimulatedWorld({ seed })
  const b = await Replica.boot(world, 'b', 'b.1')
  for (let i = 0; i < 6; i++) {
    b.write(i % 2 ? x : y, view => view.tags.add(`b${i}`), 1)
    await b.save()
  }
  const first = await Replica.boot(world, 'a', 'a.1')
  first.write(x, view => view.tags.add('old'), 1)
  await first.save()
  world.machine('a').kill()
  const a = await Replica.boot(world, 'a', 'a.2')
  // The second of the other's updates to x is missing, and comes to y only.
  b.pushTo(a, ...b.commits.filter((_, i) => i !== 3))
  a.write(x, view => view.tags.remove('old'), 1)
  a.write('gone/1', view => view.tags.add('tea'), 2)
  a.write('gone/1', view => view.tags.remove('tea'), 2)
  // Documents and larger states make more than one batch.
  for (let i = 0; i < 30; i++) a.write(`page/${i}`, view => view.page.insert(0, `${i} `.repeat(45_000)), i % 2 ? 0 : 3)
  for (let i = 0; i < 300; i++) a.write(`many/${i}`, view => view.sum.add(i), 2)
  // A catch-up stream that broke off has left an actor with more than its shard's context covers.
  const actor = b.store.actor(1, y)
  a.store.joining.joinActor(
    1,
    'thing/z',
    fragmentOf(actor.state, { positions: [{ origin: 'c.1', seq: 9 }], extra: b.store.context(1).with('c.1', 5, 9) }),
    senderOf(b.store.context(1).with('c.1', 5, 9))
  )
  await a.save()
  await settle(world, writeMeta(a.ports.disk, { key: 'c2VjcmV0', incarnation: 'x', 'schema/Thing': '{"a":1}' }))
  await settle(world, claimDisk(a.ports.disk, facts))
  return { entries: await settle(world, a.ports.disk.range(everything)), replica: a }
}

const notes = ['disk', 'key', 'incarnation', 'schema/Thing']

/** What a disk says, without how. */
function told(reader: DiskReader, entries: readonly DiskEntry[]) {
  const records = entries.filter(({ key }) => key[0] === 0x73)
  return {
    notes: notes.map(name => readMeta(reader as Disk, name)),
    actors: records.map(({ key, value }) => {
      const name = Buffer.from(key.subarray(3)).toString()
      const { shard, digest, extra, index, stateBytes } = decodeActorRecord(value, name)
      return { name, shard, digest, extra: extra.encode(), index: [...eachPosition(index)], stateBytes }
    })
  }
}

async function faults(disk: DiskReader): Promise<string[]> {
  const scans = await Promise.all(shards.map(shard => scanShard(disk, shard, async () => {})))
  return scans.flatMap(scan => scan.faults.map(fault => `${scan.shard}: ${fault}`))
}

test('what format 2 held is held by format 3, and the look through it finds nothing wrong', async () => {
  const { entries, replica } = await written('as it was')
  const disk = new MemoryDisk(asFormat2(entries, facts))
  assert.notEqual((await faults(disk)).length, 0)
  await migrateDisk(disk, facts, silentLogger)
  const original = new MemoryDisk(entries)
  assert.deepEqual(told(disk, disk.all()), told(original, entries))
  assert.deepEqual(await faults(disk), [])
  assert.deepEqual(
    disk.all().map(({ key }) => key),
    entries.map(({ key }) => key)
  )
  assert.ok(disk.batches > 2 && disk.largestBatch < 2 * 1024 * 1024, `${disk.batches} batches, ${disk.largestBatch}`)
  // Nothing is claimed that was not seen.
  let gaps = 0
  for (const { key, value } of disk.all().filter(entry => entry.key[0] === 0x73)) {
    const record = decodeActorRecord(value, Buffer.from(key.subarray(3)).toString())
    const seen = replica.store.context(record.shard).union(record.extra)
    assert.ok(seen.covers(seenDots(record)))
    if (!record.gaps.isEmpty()) gaps++
  }
  assert.ok(gaps > 0, 'no record had a gap')
  // Once more changes nothing.
  const { batches } = disk
  await migrateDisk(disk, facts, silentLogger)
  assert.equal(disk.batches, batches)
})

test('a store opens what was migrated: the same states, contexts and hashes', async () => {
  const { entries, replica } = await written('opened')
  const world = new SimulatedWorld({ seed: 'opened later' })
  const { disk } = world.machine('m').boot({ clusterKey: new Uint8Array(32), facts })
  await settle(world, disk.open())
  await settle(world, disk.write(asFormat2(entries, facts).map(entry => ({ type: 'put', ...entry }))))
  await settle(world, migrateDisk(disk, facts, silentLogger))
  world.machine('m').kill()
  const opened = await Replica.boot(world, 'm', 'm.1')
  for (const shard of shards) {
    assert.ok(opened.store.isVerified(shard))
    assert.ok(opened.store.context(shard).equals(replica.store.context(shard)))
  }
  assert.deepEqual(opened.store.root(), replica.store.root())
  assert.deepEqual(opened.value(x, 1), replica.value(x, 1))
  assert.deepEqual(opened.value('page/3', 0), replica.value('page/3', 0))
  opened.write(x, view => view.tags.add('new'), 1)
  await opened.save()
  assert.deepEqual(await settle(world, opened.verify()), [])
})

test('a process that dies after any batch is followed by one that goes on, and ends with the same bytes', async () => {
  const { entries } = await written('killed')
  const old = asFormat2(entries, facts)
  const whole = new MemoryDisk(old)
  await migrateDisk(whole, facts, silentLogger)
  for (let lives = 1; lives < whole.batches; lives++) {
    const disk = new MemoryDisk(old)
    // Once after so many batches, and then after each one.
    for (disk.lastBatch = lives; disk.lastBatch < whole.batches; disk.lastBatch++) {
      await assert.rejects(migrateDisk(disk, facts, silentLogger), error => code(error) === 'SHOAL_DISK')
      assert.match(Buffer.from(disk.get(diskKey()) ?? []).toString(), /"format":2/, 'the format changes last')
    }
    await migrateDisk(disk, facts, silentLogger)
    assert.ok(same(bytesOf(disk), bytesOf(whole)), `after ${lives} batches`)
    assert.equal(disk.batches, whole.batches, 'no batch was written twice')
  }
})

const losses: [string, (old: DiskEntry[]) => DiskEntry[]][] = [
  ['a bit of a record', old => changed(old, stateKey(1, x), value => value.with(9, (value[9] ?? 0) ^ 4))],
  ['a record', old => old.filter(({ key }) => !same(key, stateKey(1, x)))],
  ['a bit of the record of its shard', old => changed(old, shardRecordKey(1), value => value.with(9, 77))],
  ['the record of its shard', old => old.filter(({ key }) => !same(key, shardRecordKey(1)))],
  [
    "a record in another's place",
    old =>
      changed(old, stateKey(1, y), () => old.find(({ key }) => same(key, stateKey(1, x)))?.value ?? new Uint8Array())
  ]
]

for (const [what, lose] of losses) {
  test(`what the old disk had lost is found after the migration: ${what}`, async () => {
    const { entries, replica } = await written('lost')
    const disk = new MemoryDisk(lose(asFormat2(entries, facts)))
    const errors: string[] = []
    const logger: Logger = { ...silentLogger, error: message => errors.push(message) }
    await migrateDisk(disk, facts, logger)
    const found = await faults(disk)
    assert.ok(found.length > 0 && found.every(fault => fault.startsWith('1: ')), found.join('; '))
    if (what === 'a bit of a record') assert.equal(errors.length, 1)
    const records = disk.all().filter(({ key }) => key[0] === 0x73 && key[2] === 1)
    for (const { key, value } of records) {
      const name = Buffer.from(key.subarray(3)).toString()
      let record: ReturnType<typeof decodeActorRecord>
      try {
        record = decodeActorRecord(value, name)
      } catch {
        assert.ok([x, y].includes(name))
        continue
      }
      // What still counts is its own, and says no more than was seen.
      const actor = replica.store.actor(1, name)
      assert.equal(record.digest, actor.digest)
      assert.ok(replica.store.context(1).union(actor.extra).covers(seenDots(record)))
    }
  })
}

test('a record that is older than its shard proves nothing by what the shard has seen since', async () => {
  const world = new SimulatedWorld({ seed: 'stale' })
  const b = await Replica.boot(world, 'b', 'b.1')
  for (const tag of ['one', 'two', 'three']) {
    b.write(x, view => view.tags.add(tag), 1)
    await b.save()
  }
  const a = await Replica.boot(world, 'a', 'a.1')
  const [one, two, three] = b.commits
  assert.ok(one && two && three)
  b.pushTo(a, one, three)
  await a.save()
  const stale = a.ports.disk.get(stateKey(1, x))
  assert.ok(stale)
  b.pushTo(a, two)
  await a.save()
  const entries = await settle(world, a.ports.disk.range(everything))
  const before = asFormat2([{ key: stateKey(1, x), value: stale }], facts)
  const disk = new MemoryDisk([...asFormat2(entries, facts), ...before])
  await migrateDisk(disk, facts, silentLogger)
  assert.ok((await faults(disk)).length > 0)
  const record = decodeActorRecord(disk.get(stateKey(1, x)) ?? new Uint8Array(), x)
  const [first, missing] = [one, two].map(({ updates }) => updates[0]?.seqs.next('b.1') ?? 0).map(next => next - 1)
  assert.ok(first && missing)
  assert.ok(a.store.context(1).has('b.1', missing))
  assert.ok(!seenDots(record).has('b.1', missing), 'it would be taken for removed')
})

test('an index entry that the old disk had lost is back, and one that it had too many is found', async () => {
  const { entries, replica } = await written('index')
  const [position] = eachPosition(replica.store.actor(1, x).index)
  assert.ok(position)
  const lost = indexKey(1, position.origin, position.seq)
  const stray = { key: indexKey(1, 'z.1', 7), value: utf8Of(y) }
  const old = asFormat2(entries, facts).filter(({ key }) => !same(key, lost))
  const disk = new MemoryDisk(old)
  await migrateDisk(disk, facts, silentLogger)
  assert.deepEqual(await faults(disk), [])
  const other = new MemoryDisk([...old, stray])
  await migrateDisk(other, facts, silentLogger)
  assert.deepEqual(await faults(other), ['1: its index is not that of its records'])
})

test('another format, another cluster, and a disk that does not say what it is are refused and not touched', async () => {
  const { entries } = await written('refused')
  const old = asFormat2(entries, facts)
  const disks: [string, string, RegExp, DiskEntry[]][] = [
    ['too old', 'SHOAL_BAD_CONFIGURATION', /format 1.*reads 2 and 3/, withNote(old, oldNote('{"format":1}'))],
    ["another cluster's", 'SHOAL_CLUSTER_MISMATCH', /"shards":8/, asFormat2(entries, { cluster: 'test', shards: 8 })],
    ['garbled', 'SHOAL_CORRUPT', /damaged or lost/, withNote(old, utf8Of('garbled'))],
    ['without a note', 'SHOAL_CORRUPT', /damaged or lost/, old.filter(({ key }) => !same(key, diskKey()))],
    ['without a number', 'SHOAL_CORRUPT', /does not say/, withNote(old, oldNote('{"format":"two"}'))],
    ['a new note of an old form', 'SHOAL_CORRUPT', /does not say/, withNote(old, oldNote('{"format":3}'))]
  ]
  for (const [what, expected, message, image] of disks) {
    const disk = new MemoryDisk(image)
    await assert.rejects(migrateDisk(disk, facts, silentLogger), error => {
      assert.equal(code(error), expected, what)
      assert.match(String(error), message)
      return true
    })
    assert.equal(disk.batches, 0)
  }
  const newer = new MemoryDisk(entries)
  await writeMeta(newer, { disk: JSON.stringify({ format: 4, cluster: 'test', shards: 4 }) })
  await assert.rejects(
    migrateDisk(newer, facts, silentLogger),
    error => code(error) === 'SHOAL_BAD_CONFIGURATION' && /format 4.*reads 2 and 3.*newer/.test(String(error))
  )
  assert.equal(newer.batches, 1)
})

test('a note of today that is damaged is mended as before, and a half-migrated disk without one is refused', async () => {
  const { entries } = await written('notes')
  const both = metaKeys('disk')
  const damaged = entries.map(entry =>
    both.some(key => same(key, entry.key)) ? { ...entry, value: utf8Of('?') } : entry
  )
  const disk = new MemoryDisk(damaged)
  await migrateDisk(disk, facts, silentLogger)
  assert.equal(disk.batches, 0)
  await migrateDisk(new MemoryDisk(), facts, silentLogger)
  const half = new MemoryDisk(asFormat2(entries, facts))
  half.lastBatch = 1
  await assert.rejects(migrateDisk(half, facts, silentLogger))
  const rest = new MemoryDisk(half.all().filter(({ key }) => !same(key, diskKey())))
  await assert.rejects(migrateDisk(rest, facts, silentLogger), error => code(error) === 'SHOAL_CORRUPT')
})

test('a node starts on a directory of format 2, with its name and its data', { timeout: 300_000 }, async () => {
  const data = await mkdtemp(join(tmpdir(), 'shoal-migration-'))
  const options = { clusterKey: newClusterKey(), shards: 4, actors: [Counter], data, listen: ['/ip4/127.0.0.1/tcp/0'] }
  try {
    const first = await createNode({ ...options, shardKey: 'name' })
    for (let i = 0; i < 20; i++) await first.actor(Counter, `${i}`).add(i)
    const { id } = first
    await first.stop()
    const disk = new LevelDisk(join(data, 'store'))
    await disk.open()
    const entries = await disk.range(everything)
    await disk.write(entries.map(({ key }) => ({ type: 'del', key })))
    const old = asFormat2(entries, { cluster: 'shoal', shards: 4 })
    await disk.write(old.map(entry => ({ type: 'put', ...entry })))
    await disk.close()
    await assert.rejects(repair({ data }), error => code(error) === 'SHOAL_BAD_CONFIGURATION')
    const told: string[] = []
    const second = await createNode({ ...options, logger: { ...silentLogger, info: message => told.push(message) } })
    try {
      assert.equal(second.id, id)
      for (let i = 0; i < 20; i++) assert.equal(await second.actor(Counter, `${i}`).value(), i)
    } finally {
      await second.stop()
    }
    assert.equal(told.filter(message => message.includes('format 3')).length, 2)
    assert.equal(await repair({ data }), 0)
  } finally {
    await rm(data, { recursive: true })
  }
})

function bytesOf(disk: MemoryDisk): Uint8Array {
  return Buffer.concat(disk.all().flatMap(({ key, value }) => [key, value]))
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}

function changed(entries: DiskEntry[], key: Uint8Array, change: (value: Uint8Array) => Uint8Array): DiskEntry[] {
  return entries.map(entry => (same(entry.key, key) ? { key, value: change(entry.value) } : entry))
}

function withNote(entries: DiskEntry[], value: Uint8Array): DiskEntry[] {
  return changed(entries, diskKey(), () => value)
}
