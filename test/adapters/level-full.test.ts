/** What a full disk leaves of a store, and what it takes to go on. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { copyFile, mkdtemp, readdir, readFile, rm, statfs, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { LevelDisk } from '../../src/adapters/level/disk.ts'
import { removeLeftovers } from '../../src/adapters/level/leftovers.ts'
import { probeDirectory } from '../../src/adapters/level/probe.ts'
import { roomIn } from '../../src/adapters/level/room.ts'
import { fill, makeRoom, mountSmallDisk, unmount } from '../processes/support/small-disks.ts'

const keyOf = (number: number) => new TextEncoder().encode(`key${String(number).padStart(6, '0')}`)
const newValue = () => crypto.getRandomValues(new Uint8Array(9000))
const everything = { gte: Uint8Array.of(0), lt: Uint8Array.of(0xff) }

async function directoryFor(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'shoal-full-'))
  t.after(async () => {
    unmount(directory)
    await rm(directory, { recursive: true, force: true })
  })
  return directory
}

const tablesIn = async (directory: string) => (await readdir(directory)).filter(name => name.endsWith('.ldb'))

test('of a closed store, the tables that its manifest does not name are taken away, and nothing that a start would miss', async t => {
  const directory = await directoryFor(t)
  const disk = new LevelDisk(directory, { writeBufferBytes: 65_536 })
  await disk.open()
  const values = Array.from({ length: 300 }, newValue)
  for (const [number, value] of values.entries()) await disk.write([{ type: 'put', key: keyOf(number), value }])
  await disk.compact(everything)
  await disk.close()
  const tables = await tablesIn(directory)
  assert.ok(tables.length > 1)
  assert.equal(removeLeftovers(directory), 0)
  await copyFile(join(directory, tables[0] ?? ''), join(directory, '900000.ldb'))
  assert.equal(removeLeftovers(directory), 1)
  await writeFile(join(directory, '900001.ldb'), 'half')
  assert.equal(removeLeftovers(directory), 1)
  assert.deepEqual(await tablesIn(directory), tables)
  const again = new LevelDisk(directory)
  await again.open()
  for (const [number, value] of values.entries())
    assert.ok(Buffer.from(value).equals(again.get(keyOf(number)) ?? new Uint8Array()))
  await again.close()
})

test('of a store whose manifest is not in order to its last bit nothing is taken away', async t => {
  const directory = await directoryFor(t)
  const disk = new LevelDisk(directory)
  await disk.open()
  await disk.write([{ type: 'put', key: keyOf(1), value: newValue() }])
  await disk.compact(everything)
  await disk.close()
  const [table = ''] = await tablesIn(directory)
  await copyFile(join(directory, table), join(directory, '900000.ldb'))
  const manifest = join(directory, (await readFile(join(directory, 'CURRENT'), 'utf8')).trim())
  const bytes = await readFile(manifest)
  for (let bit = 0; bit < 8 * bytes.length; bit++) {
    const bent = Buffer.from(bytes)
    bent[bit >> 3] = (bent[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    await writeFile(manifest, bent)
    assert.equal(removeLeftovers(directory), 0, `bit ${bit}`)
  }
  for (const rest of [Buffer.alloc(1), Buffer.alloc(32 * 1024), bytes.subarray(0, 20)]) {
    await writeFile(manifest, Buffer.concat([bytes, rest]))
    assert.equal(removeLeftovers(directory), 0, `${rest.length} bytes more`)
  }
  await writeFile(manifest, bytes.subarray(0, -1))
  assert.equal(removeLeftovers(directory), 0, 'a byte less')
  await writeFile(manifest, bytes)
  assert.equal(removeLeftovers(directory), 1)
})

test('a store on a disk that filled up leaves no half compaction behind, and the disk is not taken for well before it has room', async t => {
  const directory = await directoryFor(t)
  if (!mountSmallDisk(directory, 24)) {
    t.skip('no small file system can be mounted here (needs root and mount on Linux)')
    return
  }
  const store = join(directory, 'store')
  let disk = new LevelDisk(store)
  await disk.open()
  for (let number = 0; number < 900; number++)
    await disk.write([{ type: 'put', key: keyOf(number), value: newValue() }])
  await disk.compact(everything)
  await disk.close()
  const before = await tablesIn(store)

  // Room for the log and half of a compaction.
  disk = new LevelDisk(store)
  await disk.open()
  const written = new Map<number, Uint8Array>()
  await assert.rejects(async () => {
    for (let number = 0; ; number = (number + 7) % 900) {
      const value = newValue()
      await disk.write([{ type: 'put', key: keyOf(number), value }])
      written.set(number, value)
    }
  }, /No space left/)
  assert.equal(await disk.hasRoomToCompact(), false)
  await writeFile(join(store, '900000.ldb'), '')
  await disk.close()
  assert.ok(!(await tablesIn(store)).includes('900000.ldb'))
  assert.equal(removeLeftovers(store), 0, 'what a compaction had begun went as the store was closed')
  t.diagnostic(`tables before ${before.length}, after ${(await tablesIn(store)).length}`)
  await fill(directory)
  await assert.rejects(probeDirectory(store), { code: 'SHOAL_DISK' })
  makeRoom(directory)
  const { freeBytes, neededBytes } = await roomIn(store)
  t.diagnostic(`free ${freeBytes}, needed ${neededBytes}`)
  if (freeBytes < neededBytes) await assert.rejects(probeDirectory(store), /may need/)
  execFileSync('mount', ['-o', 'remount,size=64m', directory])
  await probeDirectory(store)
  const again = new LevelDisk(store)
  await again.open()
  assert.equal(again.damage, undefined)
  for (const [number, value] of [...written].slice(-100))
    assert.ok(Buffer.from(value).equals(again.get(keyOf(number)) ?? new Uint8Array()))
  await again.compact(everything)
  await again.close()
})

test('a file system that tells no sizes is not taken for a full one', async t => {
  const { blocks } = await statfs('/proc').catch(() => ({ blocks: 1 }))
  if (blocks !== 0) return t.skip('there is none here')
  const { freeBytes, neededBytes } = await roomIn('/proc')
  assert.ok(freeBytes > neededBytes)
})
