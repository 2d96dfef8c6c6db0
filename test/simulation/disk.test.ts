/** What a simulated disk does that a real one does only on a bad day. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { DiskWrite } from '../../src/ports/disk.ts'
import { isShoalError } from '../../src/ports/errors.ts'
import { SimulatedDisk } from '../../src/simulation/disk.ts'
import { DiskImage } from '../../src/simulation/disk-image.ts'
import { SimulatedProcess } from '../../src/simulation/process.ts'
import { SeededRandom } from '../../src/simulation/random.ts'
import { settled } from '../../src/simulation/settle.ts'
import { entriesBetween, orderOf, type StoreRoot, withEntry, withoutKey } from '../../src/simulation/sorted-store.ts'
import { SimulatedTime } from '../../src/simulation/time.ts'
import { bytes, del, put } from '../ports/disk-conformance.ts'

interface Opened {
  readonly process: SimulatedProcess
  readonly disk: SimulatedDisk
}

async function open(time: SimulatedTime, image: DiskImage): Promise<Opened> {
  const process = new SimulatedProcess('one', time)
  const disk = new SimulatedDisk(process, image)
  await settled(time, disk.open())
  return { process, disk }
}

function numberAt(disk: SimulatedDisk, key: string): number {
  return Number(Buffer.from(disk.get(bytes(key)) ?? bytes('-1')).toString())
}

test('a crash keeps every resolved batch, and every other whole or not at all, in both ways over many seeds', async () => {
  const seen = { lost: 0, kept: 0 }
  for (let seed = 0; seed < 200; seed++) {
    const time = new SimulatedTime()
    const image = new DiskImage(new SeededRandom(seed))
    const { process, disk } = await open(time, image)
    let resolved = -1
    const writeOn = async () => {
      for (let round = 0; ; round++) {
        await disk.write([put('a', `${round}`), put('z', `${round}`)])
        resolved = round
      }
    }
    void writeOn()
    await time.run({ untilMs: time.nowMs + new SeededRandom(seed).between(1, 20) })
    process.kill()
    await time.run({ untilMs: time.nowMs + 100 })
    const reopened = await open(time, image)
    const found = numberAt(reopened.disk, 'a')
    assert.equal(numberAt(reopened.disk, 'z'), found, `seed ${seed}`)
    assert.ok(found === resolved || found === resolved + 1, `seed ${seed}: ${found} after ${resolved}`)
    if (found === resolved) seen.lost++
    else seen.kept++
  }
  assert.ok(seen.lost > 20 && seen.kept > 20, JSON.stringify(seen))
})

test('a reader may see a batch that a crash then takes away', async () => {
  let count = 0
  for (let seed = 0; seed < 200; seed++) {
    const time = new SimulatedTime()
    const image = new DiskImage(new SeededRandom(seed))
    const { process, disk } = await open(time, image)
    void disk.write([put('a', '1')])
    await time.run({ condition: () => disk.get(bytes('a')) !== undefined, untilMs: time.nowMs + 10 })
    process.kill()
    const reopened = await open(time, image)
    if (reopened.disk.get(bytes('a')) === undefined) count++
  }
  assert.ok(count > 20, `${count} of 200`)
})

test('a batch may come to be seen between two reads of one turn', async () => {
  let count = 0
  for (let seed = 0; seed < 200; seed++) {
    const time = new SimulatedTime()
    const { disk } = await open(time, new DiskImage(new SeededRandom(seed)))
    void disk.write([put('a', '1')])
    const looks = Array.from({ length: 20 }, () => numberAt(disk, 'a'))
    if (new Set(looks).size > 1) count++
  }
  assert.ok(count > 20, `${count} of 200`)
})

test('batches that are written at once may land in either order', async () => {
  const winners = new Set<number>()
  for (let seed = 0; seed < 50; seed++) {
    const time = new SimulatedTime()
    const { disk } = await open(time, new DiskImage(new SeededRandom(seed)))
    await settled(time, Promise.all([1, 2].map(value => disk.write([put('a', `${value}`)]))))
    winners.add(numberAt(disk, 'a'))
  }
  assert.deepEqual([...winners].sort(), [1, 2])
})

test('a full disk fails every write with SHOAL_DISK, may have taken it all the same, and recovers', async () => {
  const taken = new Set<boolean>()
  for (let seed = 0; seed < 50; seed++) {
    const time = new SimulatedTime()
    const image = new DiskImage(new SeededRandom(seed))
    const { disk } = await open(time, image)
    image.conditions.isFull = true
    await assert.rejects(
      settled(time, disk.write([put('a', '1')])),
      error => isShoalError(error) && error.code === 'SHOAL_DISK'
    )
    taken.add(disk.get(bytes('a')) !== undefined)
    image.conditions.isFull = false
    await settled(time, disk.write([put('a', '2')]))
    assert.equal(numberAt(disk, 'a'), 2)
  }
  assert.equal(taken.size, 2)
})

test('a kill unlocks the disk, even while it is being closed', async () => {
  const time = new SimulatedTime()
  const image = new DiskImage(new SeededRandom(1))
  const { process, disk } = await open(time, image)
  void disk.write([put('a', '1')])
  void disk.close()
  process.kill()
  const next = await open(time, image)
  await settled(time, next.disk.close())
})

test('a backup put back is the disk as it was, and damage loses or changes one entry', async () => {
  const time = new SimulatedTime()
  const image = new DiskImage(new SeededRandom(1))
  const all = async () => {
    const { disk } = await open(time, image)
    const entries = await settled(time, disk.range({ gte: bytes(''), lt: bytes('~'), limit: 100 }))
    await settled(time, disk.close())
    return entries.map(({ key, value }) => `${Buffer.from(key)}=${Buffer.from(value)}`)
  }
  const first = await open(time, image)
  await settled(time, first.disk.write([put('a', '1'), put('b', '1')]))
  const backup = image.backup()
  await settled(time, first.disk.write([put('a', '2'), del('b')]))
  await settled(time, first.disk.close())
  assert.deepEqual(await all(), ['a=2'])
  image.restore(backup)
  assert.deepEqual(await all(), ['a=1', 'b=1'])
  assert.equal(image.damage('lose').length, 1)
  const left = await all()
  assert.equal(left.length, 1)
  assert.equal(image.damage('flip').length, 1)
  assert.notDeepEqual(await all(), left)
  image.restore(undefined)
  assert.deepEqual(await all(), [])
})

test('a lost batch in the middle of the log leaves the others, and what is not synced comes on top of them', async () => {
  const time = new SimulatedTime()
  for (let seed = 1; seed <= 20; seed++) {
    const image = new DiskImage(new SeededRandom(seed))
    const { disk } = await open(time, image)
    for (const key of ['a', 'b', 'c', 'd']) await settled(time, disk.write([put(key, '1'), put('last', key)]))
    const [lost] = image.damage('lose a batch')
    assert.ok(lost !== undefined && !['d', 'last'].includes(Buffer.from(lost).toString()), `seed ${seed}`)
    assert.equal(disk.get(lost), undefined)
    assert.equal(Buffer.from(disk.get(bytes('last')) ?? []).toString(), 'd')
    const there = ['a', 'b', 'c', 'd'].filter(key => disk.get(bytes(key)) !== undefined)
    assert.equal(there.length, 3)
    await settled(time, disk.write([put('e', '1')]))
    assert.equal(numberAt(disk, 'e'), 1)
  }
})

test('the sorted store is a map in order, and its old versions do not change', () => {
  const key = fc.uint8Array({ maxLength: 3 })
  const write = fc.oneof(
    fc.record({ type: fc.constant<'put'>('put'), key, value: fc.uint8Array({ maxLength: 2 }) }),
    fc.record({ type: fc.constant<'del'>('del'), key })
  )
  const contents = (root: StoreRoot) =>
    entriesBetween(root, '', '\u0100', 10_000).map(entry => [orderOf(entry.key), entry.value])
  fc.assert(
    fc.property(fc.array(write, { maxLength: 100 }), (writes: DiskWrite[]) => {
      const model = new Map<string, Uint8Array>()
      const versions: [StoreRoot, unknown][] = []
      let root: StoreRoot
      for (const write of writes) {
        if (write.type === 'put') {
          root = withEntry(root, write)
          model.set(orderOf(write.key), write.value)
        } else {
          root = withoutKey(root, write.key)
          model.delete(orderOf(write.key))
        }
        const expected = [...model].sort(([a], [b]) => (a < b ? -1 : 1))
        assert.deepEqual(contents(root), expected)
        versions.push([root, expected])
      }
      for (const [version, expected] of versions) assert.deepEqual(contents(version), expected)
    })
  )
})

test('a record of an actor vanishes, or is as it was before, under whoever has the disk open; nothing else does', async () => {
  const time = new SimulatedTime()
  for (let seed = 1; seed <= 20; seed++) {
    const image = new DiskImage(new SeededRandom(seed))
    const { disk } = await open(time, image)
    await settled(time, disk.write([put('s1', '1'), put('v', '1'), put('s2', '1')]))
    assert.deepEqual(image.damage('revert an actor'), [], 'nothing has changed yet')
    await settled(time, disk.write([put('s1', '2'), put('v', '2')]))
    const [reverted] = image.damage('revert an actor')
    assert.equal(Buffer.from(reverted ?? []).toString(), 's1')
    assert.equal(numberAt(disk, 's1'), 1)
    assert.equal(numberAt(disk, 'v'), 2)
    const [lost] = image.damage('lose an actor')
    assert.ok(lost !== undefined && ['s1', 's2'].includes(Buffer.from(lost).toString()))
    assert.equal(disk.get(lost), undefined)
  }
})

test('an entry of the index vanishes under whoever has the disk open; nothing else does', async () => {
  const time = new SimulatedTime()
  for (let seed = 1; seed <= 20; seed++) {
    const image = new DiskImage(new SeededRandom(seed))
    const { disk } = await open(time, image)
    await settled(time, disk.write([put('s1', '1'), put('v', '1'), put('j', '1')]))
    assert.deepEqual(image.damage('lose an index entry'), [], 'there is none yet')
    await settled(time, disk.write([put('i1', '1'), put('i2', '1')]))
    const [lost] = image.damage('lose an index entry')
    assert.ok(lost !== undefined && ['i1', 'i2'].includes(Buffer.from(lost).toString()))
    assert.equal(disk.get(lost), undefined)
    assert.equal([...'12'].filter(end => disk.get(Buffer.from(`i${end}`)) !== undefined).length, 1)
  }
})
