/** What only a real store can show: locks between processes, a killed writer, and paths that cannot be. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { cp, mkdtemp, open, readdir, readFile, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { LevelDisk } from '../../src/adapters/level/disk.ts'
import { lookAtLog } from '../../src/adapters/level/log.ts'
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

test('a store that another process has open is refused, with its path in the message', { timeout: 300_000 }, () =>
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
  { timeout: 300_000 },
  () =>
    inDirectory(async directory => {
      for (const more of [3, 20, 57]) {
        const child = startWriter(directory)
        const ended = once(child, 'exit')
        const written = await readRounds(child, round => round >= more)
        await ended
        const disk = new LevelDisk(directory)
        await disk.open()
        assert.equal(disk.damage, undefined, 'a kill is no damage')
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

const everything = { gte: Uint8Array.of(0), lt: Uint8Array.of(0xff), limit: 1e6 }

/** A store with tables, and the names of its files. */
async function storeWithTables(directory: string): Promise<string[]> {
  const disk = new LevelDisk(directory, { writeBufferBytes: 64 * 1024 })
  await disk.open()
  for (let n = 0; n < 200; n++) {
    await disk.write([{ type: 'put', key: Buffer.from(`key ${n}`), value: randomBytes(1000) }])
  }
  await disk.close()
  return readdir(directory)
}

for (const [what, pattern] of [
  ['CURRENT', /^CURRENT$/],
  ['its manifest', /^MANIFEST-/],
  ['a table', /\.ldb$/]
] as const) {
  test(`a store without ${what} opens with what is left, and says so`, () =>
    inDirectory(async directory => {
      const name = (await storeWithTables(directory)).find(file => pattern.test(file))
      assert.ok(name !== undefined)
      await rm(join(directory, name))
      const disk = new LevelDisk(directory)
      await disk.open()
      assert.ok(disk.damage !== undefined)
      const left = (await disk.range(everything)).length
      assert.ok(what === 'a table' ? left > 0 && left < 200 : left === 200, `${left}`)
      await disk.close()
      const again = new LevelDisk(directory)
      await again.open()
      assert.equal(again.damage, disk.damage)
      assert.equal(again.unsettledDamage, disk.damage, 'until somebody has acted upon it')
      await again.settleDamage()
      assert.equal(again.unsettledDamage, undefined)
      await again.close()
      await again.open()
      assert.equal(again.unsettledDamage, undefined, 'once')
      await again.close()
    }))
}

test('a store without its log says so', () =>
  inDirectory(async directory => {
    for (const name of await storeWithTables(directory)) if (name.endsWith('.log')) await rm(join(directory, name))
    const disk = new LevelDisk(directory)
    await disk.open()
    assert.match(disk.damage ?? '', /log/)
    await disk.close()
  }))

/** Overwrites so many bytes from there on, or from there before the end. */
async function zero(path: string, from: number, count: number): Promise<void> {
  const bytes = await readFile(path)
  await writeFile(path, bytes.fill(0, from < 0 ? bytes.length + from : from, from < 0 ? bytes.length : from + count))
}

test('a table of another size than it should have is found when the store is opened', () =>
  inDirectory(async directory => {
    const name = (await storeWithTables(directory)).find(file => file.endsWith('.ldb'))
    assert.ok(name !== undefined)
    await truncate(join(directory, name), 100)
    const disk = new LevelDisk(directory)
    await disk.open()
    assert.match(disk.damage ?? '', /not the table that belongs there/)
    await disk.close()
  }))

/** Every key that a scan shows, a get finds too, with the same value. */
async function agrees(disk: LevelDisk): Promise<number> {
  const entries = await disk.range(everything)
  for (const { key, value } of entries) assert.ok(Buffer.compare(disk.get(key) ?? Buffer.alloc(0), value) === 0)
  return entries.length
}

test('a damaged filter hides no key', () =>
  inDirectory(async directory => {
    for (const name of await storeWithTables(directory)) {
      if (!name.endsWith('.ldb')) continue
      const path = join(directory, name)
      // It stands between the blocks of data and the index: some hundred bytes before the end, here all of them zeros.
      const { size } = await stat(path)
      await zero(path, size - 330, 60)
      const hourAgo = new Date(Date.now() - 3_600_000)
      await utimes(path, hourAgo, hourAgo)
    }
    const disk = new LevelDisk(directory)
    await disk.open()
    assert.ok(disk.damage !== undefined)
    assert.ok((await agrees(disk)) > 0)
    await disk.close()
  }))

test('after a repair every read finds the newest value', () =>
  inDirectory(async directory => {
    const disk = new LevelDisk(directory, { writeBufferBytes: 64 * 1024 })
    await disk.open()
    for (let n = 0; n < 600; n++) {
      const value = Buffer.concat([Buffer.from(`${n} `), randomBytes(500)])
      await disk.write([{ type: 'put', key: Buffer.from(`key ${n % 7}`), value }])
    }
    await disk.close()
    await rm(join(directory, 'CURRENT'))
    const again = new LevelDisk(directory)
    await again.open()
    assert.equal(await agrees(again), 7)
    for (let n = 593; n < 600; n++) {
      assert.ok(
        Buffer.from(again.get(Buffer.from(`key ${n % 7}`)) ?? [])
          .toString()
          .startsWith(`${n} `)
      )
    }
    await again.close()
  }))

test('a store that ended its process soon after the start has its tables read before it is opened', () =>
  inDirectory(async directory => {
    const name = (await storeWithTables(directory)).find(file => file.endsWith('.ldb'))
    assert.ok(name !== undefined)
    const path = join(directory, name)
    await zero(path, 2000, 1)
    const hourAgo = new Date(Date.now() - 3_600_000)
    await utimes(path, hourAgo, hourAgo)
    await writeFile(join(directory, 'STARTING'), '')
    const disk = new LevelDisk(directory)
    await disk.open()
    assert.match(disk.damage ?? '', /1 of \d+ blocks/)
    const left = await agrees(disk)
    assert.ok(left > 180 && left < 200, `${left}: a block is lost, and no more`)
    await disk.close()
    assert.ok((await readdir(join(directory, 'lost'))).includes(name))
  }))

test('a bent byte that reads show as if nothing were wrong is found by a look at the files, and is gone at the next start', () =>
  inDirectory(async directory => {
    const name = (await storeWithTables(directory)).find(file => file.endsWith('.ldb'))
    assert.ok(name !== undefined)
    const hourAgo = new Date(Date.now() - 3_600_000)
    const sound = new LevelDisk(directory)
    await sound.open()
    assert.equal(await sound.check(async () => {}), undefined)
    await sound.close()
    const path = join(directory, name)
    await zero(path, 2000, 1)
    await utimes(path, hourAgo, hourAgo)
    const disk = new LevelDisk(directory)
    await disk.open()
    assert.equal(await agrees(disk), 200, 'all reads agree')
    const found = await disk.check(async () => {})
    assert.match(found?.about ?? '', new RegExp(`${name}: a block fails its checksum`))
    assert.equal(found?.isBent, true)
    const stopped = new Error('stopped')
    let breaths = 0
    await disk.check(async () => {
      breaths++
    })
    if (breaths > 0)
      await assert.rejects(
        disk.check(() => Promise.reject(stopped)),
        stopped
      )
    await disk.close()
    const again = new LevelDisk(directory)
    await again.open()
    assert.match(again.damage ?? '', /1 of \d+ blocks/)
    const left = await agrees(again)
    assert.ok(left > 180 && left < 200, `${left}`)
    assert.equal(await again.check(async () => {}), undefined)
    await again.close()
  }))

test('a look at tables whose index is bent gives up the table, not the store', () =>
  inDirectory(async directory => {
    const name = (await storeWithTables(directory)).find(file => file.endsWith('.ldb'))
    assert.ok(name !== undefined)
    const path = join(directory, name)
    const { size } = await stat(path)
    // Within the last block before the footer and its trailer.
    await zero(path, size - 48 - 5 - 20, 4)
    const hourAgo = new Date(Date.now() - 3_600_000)
    await utimes(path, hourAgo, hourAgo)
    const disk = new LevelDisk(directory)
    await disk.open()
    const found = await disk.check(async () => {})
    assert.ok(found?.about.startsWith(name) && found.isBent, found?.about)
    await disk.close()
    const again = new LevelDisk(directory)
    await again.open()
    assert.match(again.damage ?? '', /put aside/)
    const left = await agrees(again)
    assert.ok(left > 0 && left < 200, `${left}`)
    await again.close()
  }))

/** A store of which everything is in the log, in batches of a kilobyte, as a process leaves it that is killed. */
async function storeWithLog(directory: string): Promise<string> {
  const working = join(directory, 'working')
  const disk = new LevelDisk(working)
  await disk.open()
  for (let n = 0; n < 100; n++) {
    await disk.write([{ type: 'put', key: Buffer.from(`key ${n}`), value: randomBytes(1000) }])
  }
  // Closing leaves the log, too, but that is for LevelDB to say.
  await cp(working, join(directory, 'killed'), { recursive: true })
  await disk.close()
  const [name] = (await readdir(join(directory, 'killed'))).filter(file => file.endsWith('.log'))
  assert.ok(name !== undefined)
  return join(directory, 'killed', name)
}

for (const [what, from, count, isTold] of [
  ['nothing', 0, 0, false],
  ['a byte in its midst', 50_000, 1, true],
  ['a page in its midst', 45_056, 4096, true],
  ['the first page', 0, 4096, true],
  ['a byte of the last batch', -100, 1, false],
  ['the last page', -2000, 2000, false]
] as const) {
  test(`a log that lost ${what} ${isTold ? 'is told of' : 'is as a kill may leave it'}`, () =>
    inDirectory(async directory => {
      const path = await storeWithLog(directory)
      const { size } = await stat(path)
      await zero(path, from < 0 ? size + from : from, count)
      const disk = new LevelDisk(join(directory, 'killed'))
      await disk.open()
      assert.equal(disk.damage, isTold ? `${basename(path)} has lost a batch in its midst` : undefined)
      const left = await agrees(disk)
      assert.ok(count === 0 ? left === 100 : left < 100, `${left}`)
      await disk.close()
      assert.equal(disk.unsettledDamage, disk.damage)
      await disk.settleDamage()
      const again = new LevelDisk(join(directory, 'killed'))
      await again.open()
      assert.equal(again.damage, undefined, 'once')
      await again.close()
    }))
}

/** As a process leaves it that is killed while one log becomes a table and another one is written: the second has the newest. */
async function storeWithTwoLogs(directory: string): Promise<[string, string]> {
  const disk = new LevelDisk(join(directory, 'working'))
  await disk.open()
  const batch = Array.from({ length: 20 }, (_, n) => ({ type: 'del' as const, key: Buffer.from(`key ${n}`) }))
  await disk.write(batch)
  await disk.write(batch.map(({ key }) => ({ type: 'put' as const, key, value: randomBytes(100) })))
  const killed = join(directory, 'killed')
  await cp(join(directory, 'working'), killed, { recursive: true })
  await disk.close()
  const [name = ''] = (await readdir(killed)).filter(file => file.endsWith('.log'))
  const bytes = await readFile(join(killed, name))
  const next = `${String(Number.parseInt(name, 10) + 1).padStart(6, '0')}.log`
  const end = 7 + bytes.readUInt16LE(4)
  await writeFile(join(killed, name), bytes.subarray(0, end))
  await writeFile(join(killed, next), bytes.subarray(end))
  return [join(killed, name), join(killed, next)]
}

for (const isSwapped of [false, true])
  test(`two logs ${isSwapped ? 'that changed places are told of, and' : 'in their places are no damage:'} what is newest is found`, () =>
    inDirectory(async directory => {
      const [older, newer] = await storeWithTwoLogs(directory)
      if (isSwapped) {
        const bytes = await readFile(older)
        await writeFile(older, await readFile(newer))
        await writeFile(newer, bytes)
      }
      const disk = new LevelDisk(join(directory, 'killed'))
      await disk.open()
      const told = `${basename(newer)} is not the log that belongs there`
      assert.equal(disk.damage, isSwapped ? told : undefined)
      assert.equal(await agrees(disk), 20)
      await disk.close()
    }))

test('a batch of many blocks of which the first did not reach the disk is no loss', () =>
  inDirectory(async directory => {
    const disk = new LevelDisk(directory)
    await disk.open()
    await disk.write([{ type: 'put', key: Buffer.from('small'), value: randomBytes(100) }])
    await disk.write([{ type: 'put', key: Buffer.from('large'), value: randomBytes(200_000) }])
    const [name] = (await readdir(directory)).filter(file => file.endsWith('.log'))
    assert.ok(name !== undefined)
    const path = join(directory, name)
    assert.equal((await lookAtLog(path)).hasHole, false)
    await zero(path, 1000, 1000)
    assert.equal((await lookAtLog(path)).hasHole, false)
    await disk.close()
  }))

test('a table that cannot be read fails its reader, and is mended when the store is opened again', () =>
  inDirectory(async directory => {
    const name = (await storeWithTables(directory)).find(file => file.endsWith('.ldb'))
    assert.ok(name !== undefined)
    await zero(join(directory, name), -48, 48)
    const disk = new LevelDisk(directory)
    await disk.open()
    assert.equal(disk.damage, undefined)
    await assert.rejects(disk.range(everything), error => isShoalError(error) && error.code === 'SHOAL_DISK')
    await disk.close()
    const again = new LevelDisk(directory)
    await again.open()
    assert.ok(again.damage !== undefined)
    const left = (await again.range(everything)).length
    assert.ok(left > 0 && left < 200, `${left}`)
    await again.close()
  }))

test('a directory that the disk makes is closed to others', () =>
  inDirectory(async directory => {
    const path = join(directory, 'a', 'store')
    const disk = new LevelDisk(path)
    await disk.open()
    await disk.close()
    assert.equal((await stat(path)).mode & 0o777, 0o700)
  }))

test('compacting gives the space of deleted keys back, and close waits for it', { timeout: 300_000 }, () =>
  inDirectory(async directory => {
    const disk = new LevelDisk(directory)
    await disk.open()
    const key = (i: number) => Buffer.from(`k${String(i).padStart(6, '0')}`)
    const all = Array.from({ length: 8000 }, (_, i) => i)
    await disk.write(all.map(i => ({ type: 'put', key: key(i), value: randomBytes(1000) })))
    // What is written and deleted within one table of LevelDB stays until that table is merged with another.
    await disk.close()
    await disk.open()
    await disk.write(all.slice(1).map(i => ({ type: 'del', key: key(i) })))
    const bytes = async () => {
      const names = await readdir(directory)
      const sizes = await Promise.all(names.map(name => stat(join(directory, name)).then(({ size }) => size)))
      return sizes.reduce((sum, size) => sum + size, 0)
    }
    assert.ok((await bytes()) > 1_000_000)
    const compacted = disk.compact({ gte: Buffer.from('k'), lt: Buffer.from('l') })
    await disk.close()
    await compacted
    await disk.open()
    assert.equal(disk.get(key(0))?.length, 1000)
    assert.equal(disk.get(key(1)), undefined)
    assert.ok((await bytes()) < 500_000, `${await bytes()} bytes are left`)
    await disk.close()
  })
)

for (const code of ['EPERM', 'EIO'])
  test(`a damaged store on a system that answers ${code} to a flush of a directory ${code === 'EIO' ? 'does not open' : 'opens'}`, t =>
    inDirectory(async directory => {
      await storeWithTables(directory)
      await rm(join(directory, 'CURRENT'))
      const handle = await open(directory)
      const handles = Object.getPrototypeOf(handle) as typeof handle
      await handle.close()
      const sync = handles.sync
      t.mock.method(handles, 'sync', async function (this: typeof handle) {
        if ((await this.stat()).isDirectory()) throw Object.assign(new Error(code), { code })
        return sync.call(this)
      })
      const disk = new LevelDisk(directory)
      if (code === 'EIO') return assert.rejects(disk.open())
      await disk.open()
      assert.ok(disk.unsettledDamage !== undefined)
      await disk.close()
    }))
