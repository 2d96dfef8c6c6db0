/** `shoal backup`: the file has its name only when every byte is in it, and is nobody else's to read. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { LevelDisk } from '../../src/adapters/level/disk.ts'
import { backup } from '../../src/cli/backup.ts'
import { backupOf } from '../../src/cluster/backup.ts'
import { temporaryDirectory } from './shoal-process.ts'

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

const options = { node: 'node-1', takenAtMs: 1_700_000_000_000, withIdentity: true }

/** With two megabytes. */
async function openDisk(t: TestContext, directory: string): Promise<LevelDisk> {
  const disk = new LevelDisk(join(directory, 'disk'))
  await disk.open()
  t.after(() => disk.close())
  for (let n = 0; n < 20; n++)
    await disk.write([{ type: 'put', key: Buffer.from(`s${n}`), value: new Uint8Array(100_000).fill(n) }])
  await disk.write([{ type: 'put', key: Buffer.from('s'), value: new Uint8Array(0) }])
  return disk
}

/** The door of a node with this disk. */
async function openDoor(t: TestContext, disk: LevelDisk): Promise<URL> {
  const server = createServer((_, response) => {
    pipeline(backupOf(disk, options), response).catch(() => {})
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const address = server.address()
  assert.ok(address !== null && typeof address === 'object')
  return new URL(`http://127.0.0.1:${address.port}`)
}

test('a disk that takes only a part of the last write fails the backup, and leaves no file', async t => {
  const directory = await temporaryDirectory(t)
  const disk = await openDisk(t, directory)
  let bytes = 0
  for await (const chunk of backupOf(disk, options)) bytes += chunk.length
  // Files may have so many KiB; the hash at the end of a backup is longer than what is too much.
  const maxKiB = Math.ceil(bytes / 1024)
  const tooMuch = maxKiB * 1024 - bytes + 20
  await disk.write([{ type: 'put', key: Buffer.from('s'), value: new Uint8Array(tooMuch) }])
  const http = await openDoor(t, disk)
  const to = join(directory, 'to')
  await mkdir(to)
  const command = 'ulimit -f "$1" && shift && exec "$@"'
  const args = ['--conditions=shoal-source', main, 'backup', '--http', http.href, '--out', join(to, 'backup')]
  const run = promisify(execFile)('bash', ['-c', command, 'bash', `${maxKiB}`, process.execPath, ...args])
  await assert.rejects(run, { code: 1, stderr: /EFBIG/ })
  assert.deepEqual(await readdir(to), [])
})

test('a file that lies where the backup is made does not become the backup', async t => {
  const directory = await temporaryDirectory(t)
  const http = await openDoor(t, await openDisk(t, directory))
  const out = join(directory, 'backup')
  await writeFile(`${out}.partial`, 'everybody reads this', { mode: 0o644 })
  await backup({ http, out, withIdentity: true })
  assert.equal((await stat(out)).mode & 0o777, 0o600)
  assert.ok((await readFile(out)).length > 2_000_000)
})
