/** Backups: whole, as of one moment, and never believed when a byte of them is another. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { LevelDisk } from '../../src/adapters/level/disk.ts'
import { backupOf, isIdentity, readBackup } from '../../src/cluster/backup.ts'
import { writeMeta } from '../../src/cluster/meta.ts'
import type { DiskEntry } from '../../src/ports/disk.ts'
import { isShoalError } from '../../src/ports/errors.ts'

const options = { node: 'node-1', takenAtMs: 1_700_000_000_000, withIdentity: false }

async function openDisk(t: TestContext): Promise<LevelDisk> {
  const directory = await mkdtemp(join(tmpdir(), 'shoal-backup-'))
  const disk = new LevelDisk(directory)
  await disk.open()
  t.after(async () => {
    await disk.close()
    await rm(directory, { recursive: true })
  })
  return disk
}

async function bytesOf(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = []
  for await (const chunk of chunks) all.push(chunk)
  return Buffer.concat(all)
}

/** In pieces of `size` bytes. */
async function* cut(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function read(bytes: Uint8Array, size = 1000): Promise<DiskEntry[]> {
  const entries: DiskEntry[] = []
  await readBackup(cut(bytes, size), {
    start() {},
    entries(portion) {
      entries.push(...portion)
    }
  })
  return entries
}

/** Values by their hash: a difference between megabytes takes minutes to print. */
function shortened(entries: readonly DiskEntry[]): string[] {
  return entries.map(({ key, value }) => `${Buffer.from(key)} ${createHash('sha256').update(value).digest('hex')}`)
}

const put = (key: string, value: Uint8Array) => ({ type: 'put' as const, key: Buffer.from(key), value })

test('what was on the disk is in the backup, in order, whatever the sizes', { timeout: 300_000 }, async t => {
  const disk = await openDisk(t)
  await disk.write(Array.from({ length: 5000 }, (_, n) => put(`s${n}`, Buffer.from(`value ${n}`))))
  for (let n = 0; n < 6; n++) await disk.write([put(`t${n}`, new Uint8Array(700_000).fill(n))])
  const expected = await disk.range({ gte: Uint8Array.of(0), lt: Uint8Array.of(0xff), limit: 1e6 })
  const chunks: number[] = []
  const bytes = await bytesOf(
    (async function* () {
      for await (const chunk of backupOf(disk, options)) {
        chunks.push(chunk.length)
        yield chunk
      }
    })()
  )
  assert.ok(Math.max(...chunks) < 16 * 700_000 + 1024, `${chunks}`)
  for (const size of [61, 4096, bytes.length]) assert.deepEqual(shortened(await read(bytes, size)), shortened(expected))
})

test('a backup is of one moment, whatever is written while it is read', async t => {
  const disk = await openDisk(t)
  const both = (n: number) => [put('a', Buffer.from(`${n}`)), put('z', Buffer.from(`${n}`))]
  await disk.write([...both(1), ...Array.from({ length: 3000 }, (_, n) => put(`m${n}`, Buffer.alloc(1000)))])
  const chunks: Uint8Array[] = []
  let n = 1
  for await (const chunk of backupOf(disk, options)) {
    chunks.push(chunk)
    await disk.write(both(++n))
  }
  assert.ok(n > 4)
  const entries = new Map((await read(Buffer.concat(chunks))).map(({ key, value }) => [`${key}`, value]))
  assert.equal(entries.size, 3002)
  const [a, z] = [entries.get(`${Buffer.from('a')}`), entries.get(`${Buffer.from('z')}`)]
  assert.deepEqual(a, z)
})

test('the private key of a node is in its backup only where that was asked for', async t => {
  const disk = await openDisk(t)
  await writeMeta(disk, { key: 'secret', incarnation: '1', members: '[]' })
  const without = await bytesOf(backupOf(disk, options))
  assert.ok(!without.includes('secret'))
  // Notes are kept twice.
  assert.equal((await read(without)).length, 2)
  const entries = await read(await bytesOf(backupOf(disk, { ...options, withIdentity: true })))
  assert.deepEqual(
    entries.map(({ key }) => isIdentity(key)),
    [true, true, false, true, true, false]
  )
})

test('the id with which a disk votes is in no backup, because what is restored has forgotten promises', async t => {
  const disk = await openDisk(t)
  await writeMeta(disk, { key: 'secret', voter: 'my-vote' })
  for (const withIdentity of [false, true])
    assert.ok(!(await bytesOf(backupOf(disk, { ...options, withIdentity }))).includes('my-vote'))
})

test('a backup that is cut short, longer, or has one bit flipped is refused', { timeout: 300_000 }, async t => {
  const disk = await openDisk(t)
  await disk.write([put('one', Buffer.from('1')), put('two', Buffer.from('22')), put('three', Buffer.from(''))])
  const bytes = await bytesOf(backupOf(disk, options))
  const isRefused = (damaged: Uint8Array) =>
    assert.rejects(read(damaged), error => isShoalError(error) && error.code === 'SHOAL_CORRUPT')
  for (let length = 0; length < bytes.length; length++) await isRefused(bytes.subarray(0, length))
  await isRefused(Buffer.concat([bytes, Uint8Array.of(0)]))
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = Uint8Array.from(bytes)
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    await isRefused(flipped)
  }
})

test('bytes that are no backup are refused, and nothing large is made of them', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), fc.boolean(), async (noise, hasMagic) => {
      const bytes = hasMagic ? Buffer.concat([Buffer.from('SHOALBAK'), noise]) : noise
      await assert.rejects(read(bytes), error => isShoalError(error) && error.code === 'SHOAL_CORRUPT')
    })
  )
})
