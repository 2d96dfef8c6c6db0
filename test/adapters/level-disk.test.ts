/** What only a real store can show: locks between processes, a killed writer, and paths that cannot be. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { LevelDisk } from '../../src/adapters/level/disk.ts'
import { isShoalError } from '../../src/ports/errors.ts'

/** Writes batch after batch and says so after each. */
const writer = `
import { LevelDisk } from ${JSON.stringify(new URL('../../src/adapters/level/disk.ts', import.meta.url).href)}
const disk = new LevelDisk(process.argv[1])
await disk.open()
for (let round = 1; ; round++) {
  const value = Buffer.from(String(round))
  await disk.write(['first', 'last'].map(key => ({ type: 'put', key: Buffer.from(key), value })))
  process.stdout.write(round + '\\n')
}
`

async function inDirectory(use: (directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'shoal-level-'))
  try {
    await use(directory)
  } finally {
    await rm(directory, { recursive: true })
  }
}

function startWriter(directory: string): ChildProcess {
  const args = [
    ...process.execArgv.filter(arg => !arg.startsWith('--test')),
    '--input-type=module',
    '-e',
    writer,
    directory
  ]
  return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
}

async function readRounds(child: ChildProcess, enough: (round: number) => boolean): Promise<number> {
  assert.ok(child.stdout)
  let last = 0
  for await (const line of createInterface({ input: child.stdout })) {
    last = Number(line)
    if (enough(last)) child.kill('SIGKILL')
  }
  return last
}

test('a store that another process has open is refused, with its path in the message', { timeout: 60_000 }, () =>
  inDirectory(async directory => {
    const child = startWriter(directory)
    const ended = once(child, 'exit')
    assert.ok(child.stdout)
    await once(child.stdout, 'data')
    const refused = (error: unknown) =>
      isShoalError(error) && error.code === 'SHOAL_DISK_LOCKED' && error.message.includes(directory) && error.retryable
    await assert.rejects(new LevelDisk(directory).open(), refused)
    child.kill('SIGKILL')
    await ended
    const disk = new LevelDisk(directory)
    await disk.open()
    await disk.close()
  })
)

test(
  'a writer that is killed loses no batch that it had called written, and leaves no half of one',
  { timeout: 60_000 },
  () =>
    inDirectory(async directory => {
      for (const more of [3, 20, 57]) {
        const child = startWriter(directory)
        const ended = once(child, 'exit')
        const written = await readRounds(child, round => round >= more)
        await ended
        const disk = new LevelDisk(directory)
        await disk.open()
        const [first, last] = ['first', 'last'].map(key => Number(Buffer.from(disk.get(Buffer.from(key)) ?? [])))
        await disk.close()
        assert.equal(first, last)
        assert.ok(first !== undefined && first >= written, `${first} of ${written}`)
      }
    })
)

test('a path where no directory can be is SHOAL_DISK, with the path and the reason', () =>
  inDirectory(async directory => {
    const file = join(directory, 'file')
    await writeFile(file, '')
    const path = join(file, 'store')
    await assert.rejects(
      new LevelDisk(path).open(),
      error =>
        isShoalError(error) &&
        error.code === 'SHOAL_DISK' &&
        error.message.includes(path) &&
        /ENOTDIR/.test(error.message)
    )
  }))

test('an open that failed can be tried again', () =>
  inDirectory(async directory => {
    const path = join(directory, 'store')
    const first = new LevelDisk(path)
    await first.open()
    const second = new LevelDisk(path)
    await assert.rejects(second.open())
    await first.close()
    await second.open()
    await second.close()
  }))

test('a directory that the disk makes is closed to others', () =>
  inDirectory(async directory => {
    const path = join(directory, 'a', 'store')
    const disk = new LevelDisk(path)
    await disk.open()
    await disk.close()
    assert.equal((await stat(path)).mode & 0o777, 0o700)
  }))
