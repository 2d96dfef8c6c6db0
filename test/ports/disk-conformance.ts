/** What every `Disk` promises, as claims. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { after, type Disk, type DiskEntry, type DiskReader, type DiskWrite } from '../../src/ports/disk.ts'
import { isShoalError } from '../../src/ports/errors.ts'

export interface DiskWorld {
  /** Another handle on the same store, not opened yet, as another process would have it. */
  handle(): Disk
  /** The outcome of a promise that needs the world's time to pass. */
  settle<Result>(promise: Promise<Result>): Promise<Result>
  dispose(): Promise<void>
}

interface Scene {
  readonly world: DiskWorld
  open(): Promise<Disk>
  write(disk: Disk, batch: DiskWrite[]): Promise<void>
  all(reader: DiskReader, limit?: number): Promise<string[]>
}

export function diskConformance(name: string, makeWorld: () => Promise<DiskWorld>): void {
  function claim(text: string, check: (scene: Scene) => Promise<void>): void {
    test(text, { timeout: 300_000 }, async () => {
      const world = await makeWorld()
      const opened: Disk[] = []
      const scene: Scene = {
        world,
        async open() {
          const disk = world.handle()
          await world.settle(disk.open())
          opened.push(disk)
          return disk
        },
        write: (disk, batch) => world.settle(disk.write(batch)),
        async all(reader, limit = 1_000) {
          const entries = await world.settle(reader.range({ gte: bytes(''), lt: Uint8Array.of(255), limit }))
          return entries.map(shown)
        }
      }
      try {
        await check(scene)
      } finally {
        for (const disk of opened) await world.settle(disk.close())
        await world.dispose()
      }
    })
  }

  describe(`disk: ${name}`, () => {
    valueClaims(claim)
    rangeClaims(claim)
    lifeClaims(claim)
  })
}

type Claim = (text: string, check: (scene: Scene) => Promise<void>) => void

function valueClaims(claim: Claim): void {
  claim('what was written is read, what was not is undefined', async ({ open, write }) => {
    const disk = await open()
    await write(disk, [put('a', 'one')])
    assert.equal(text(disk.get(bytes('a'))), 'one')
    assert.equal(disk.get(bytes('b')), undefined)
  })

  claim(
    'keys and values are any bytes: empty, zero, 255, and a value of a megabyte',
    async ({ open, write, world }) => {
      const disk = await open()
      const keys = [[], [0], [0, 0], [0, 255], [97], [254, 255]].map(key => Uint8Array.from(key))
      const values = [0, 1, 255, 256, 65_536, 1_048_576].map((length, seed) => new Uint8Array(length).fill(seed))
      await write(
        disk,
        keys.map((key, index) => ({ type: 'put', key, value: values[index] ?? bytes('') }))
      )
      keys.forEach((key, index) => {
        assert.equal(Buffer.compare(disk.get(key) ?? bytes('missing'), values[index] ?? bytes('')), 0)
      })
      const entries = await world.settle(disk.range({ gte: bytes(''), lt: Uint8Array.of(255), limit: 100 }))
      assert.deepEqual(
        entries.map(entry => [...entry.key]),
        keys.map(key => [...key])
      )
    }
  )

  claim('of writes to one key in a batch the last one counts', async ({ open, write, all }) => {
    const disk = await open()
    await write(disk, [put('a', '1'), put('a', '2'), put('b', '1'), del('b'), del('c'), put('c', '3')])
    assert.deepEqual(await all(disk), ['a=2', 'c=3'])
  })

  claim('deleting takes away, also what is not there', async ({ open, write, all }) => {
    const disk = await open()
    await write(disk, [put('a', '1'), put('b', '2')])
    await write(disk, [del('a'), del('never there')])
    assert.deepEqual(await all(disk), ['b=2'])
  })

  claim('an empty batch is harmless', async ({ open, write, all }) => {
    const disk = await open()
    await write(disk, [])
    assert.deepEqual(await all(disk), [])
  })

  claim('a batch is taken as it is when write is called', async ({ open, world, all }) => {
    const disk = await open()
    const [key, value] = [bytes('key'), bytes('value')]
    const batch: DiskWrite[] = [{ type: 'put', key, value }]
    const written = disk.write(batch)
    key.fill(0)
    value.fill(0)
    batch.length = 0
    await world.settle(written)
    assert.deepEqual(await all(disk), ['key=value'])
  })

  claim('while batches are written, a snapshot or a range never sees half of one', async ({ open, world }) => {
    const disk = await open()
    const names = ['a', 'm', 'z']
    const writing = (async () => {
      for (let round = 0; round < 50; round++) await disk.write(names.map(name => put(name, `${round}`)))
    })()
    const reading = (async () => {
      for (let look = 0; look < 50; look++) {
        const snapshot = disk.snapshot()
        const values = names.map(name => text(snapshot.get(bytes(name))))
        await snapshot.close()
        assert.equal(new Set(values).size, 1, values.join())
        const entries = await disk.range({ gte: bytes('a'), lt: bytes('~'), limit: 10 })
        assert.ok(new Set(entries.map(entry => text(entry.value))).size <= 1)
      }
    })()
    await world.settle(Promise.all([writing, reading]))
  })
}

function rangeClaims(claim: Claim): void {
  claim(
    'a range takes its lower bound in and leaves its upper bound out, in order of bytes',
    async ({ open, write, world }) => {
      const disk = await open()
      const keys = [[1], [1, 0], [1, 255], [2], [10], [128], [255, 1]]
      await write(
        disk,
        keys.toReversed().map(key => ({ type: 'put', key: Uint8Array.from(key), value: bytes('') }))
      )
      const range = async (gte: number[], lt: number[], limit = 100) => {
        const bounds = { gte: Uint8Array.from(gte), lt: Uint8Array.from(lt), limit }
        return (await world.settle(disk.range(bounds))).map(entry => [...entry.key])
      }
      assert.deepEqual(await range([], [255, 255]), keys)
      assert.deepEqual(await range([1, 0], [10]), [[1, 0], [1, 255], [2]])
      assert.deepEqual(await range([3], [10]), [])
      assert.deepEqual(await range([10], [10]), [])
      assert.deepEqual(await range([10], [1]), [])
      assert.deepEqual(await range([1], [128], 2), [[1], [1, 0]])
    }
  )

  claim('a range is read to its end page by page, each entry once', async ({ open, write, world }) => {
    const disk = await open()
    const names = Array.from({ length: 2_500 }, (_, index) => `key ${String(index).padStart(5, '0')}`)
    await write(
      disk,
      names.map(name => put(name, name))
    )
    for (const limit of [7, 1_000, 2_500, 5_000]) {
      const seen: string[] = []
      let gte = bytes('')
      for (;;) {
        const page = await world.settle(disk.range({ gte, lt: bytes('z'), limit }))
        seen.push(...page.map(entry => text(entry.key)))
        const last = page.at(-1)
        assert.ok(page.length <= limit)
        if (last === undefined || page.length < limit) break
        gte = after(last.key)
      }
      assert.deepEqual(seen, names)
    }
  })

  claim('a range of values that are larger than any read-ahead comes whole', async ({ open, write, world }) => {
    const disk = await open()
    const value = new Uint8Array(700_000).fill(3)
    for (const name of ['a', 'b', 'c', 'd']) await write(disk, [{ type: 'put', key: bytes(name), value }])
    const entries = await world.settle(disk.range({ gte: bytes('a'), lt: bytes('z'), limit: 10 }))
    assert.deepEqual(
      entries.map(entry => entry.value.length),
      [700_000, 700_000, 700_000, 700_000]
    )
  })

  claim('a snapshot stays as it was, by key and by range, until it is closed', async ({ open, write, all, world }) => {
    const disk = await open()
    await write(disk, [put('a', '1'), put('b', '1')])
    const first = disk.snapshot()
    await write(disk, [put('a', '2'), del('b'), put('c', '2')])
    const second = disk.snapshot()
    await write(disk, [del('a')])
    assert.deepEqual(await all(first), ['a=1', 'b=1'])
    assert.deepEqual(await all(second), ['a=2', 'c=2'])
    assert.deepEqual(await all(disk), ['c=2'])
    assert.equal(text(first.get(bytes('b'))), '1')
    assert.equal(second.get(bytes('b')), undefined)
    for (const snapshot of [first, second]) await world.settle(snapshot.close())
  })
}

function lifeClaims(claim: Claim): void {
  claim('the store outlives its handle', async ({ open, write, all, world }) => {
    const disk = await open()
    await write(disk, [put('a', '1')])
    await world.settle(disk.close())
    assert.deepEqual(await all(await open()), ['a=1'])
  })

  claim('a second handle is refused with SHOAL_DISK_LOCKED until the first is closed', async ({ open, world }) => {
    const disk = await open()
    const second = world.handle()
    await assert.rejects(world.settle(second.open()), error => hasCode(error, 'SHOAL_DISK_LOCKED'))
    await world.settle(disk.close())
    await world.settle(second.open())
    await world.settle(second.close())
  })

  claim('close waits for writes under way, and may come twice', async ({ open, all, world }) => {
    const disk = await open()
    let isWritten = false
    const written = disk.write([put('a', '1')]).then(() => {
      isWritten = true
    })
    const closed = disk.close()
    await world.settle(closed)
    await world.settle(written)
    assert.ok(isWritten)
    await world.settle(disk.close())
    assert.deepEqual(await all(await open()), ['a=1'])
  })

  claim('a handle that is not open, or closed, throws SHOAL_DISK', async ({ open, world }) => {
    const closed = await open()
    await world.settle(closed.close())
    for (const disk of [world.handle(), closed]) {
      assert.throws(
        () => disk.get(bytes('a')),
        error => hasCode(error, 'SHOAL_DISK')
      )
      assert.throws(
        () => disk.snapshot(),
        error => hasCode(error, 'SHOAL_DISK')
      )
      await assert.rejects(world.settle(disk.write([put('a', '1')])), error => hasCode(error, 'SHOAL_DISK'))
      const bounds = { gte: bytes('a'), lt: bytes('b') }
      await assert.rejects(world.settle(disk.compact(bounds)), error => hasCode(error, 'SHOAL_DISK'))
      const range = disk.range({ ...bounds, limit: 1 })
      await assert.rejects(world.settle(range), error => hasCode(error, 'SHOAL_DISK'))
    }
  })

  claim('compacting changes nothing that is read, and writes go on meanwhile', async ({ world, open, write, all }) => {
    const disk = await open()
    await write(disk, [put('a', '1'), put('b', '2'), put('c', '3')])
    await write(disk, [del('b')])
    const compaction = disk.compact({ gte: bytes('a'), lt: bytes('z') })
    await write(disk, [put('d', '4')])
    await world.settle(compaction)
    assert.deepEqual(await all(disk), ['a=1', 'c=3', 'd=4'])
  })

  claim('opening twice, also at once, is one opening', async ({ world }) => {
    const disk = world.handle()
    await world.settle(Promise.all([disk.open(), disk.open()]))
    await world.settle(disk.open())
    await world.settle(disk.close())
  })
}

export function put(key: string, value: string): DiskWrite {
  return { type: 'put', key: bytes(key), value: bytes(value) }
}

export function del(key: string): DiskWrite {
  return { type: 'del', key: bytes(key) }
}

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

function text(value: Uint8Array | undefined): string {
  return value === undefined ? 'undefined' : new TextDecoder().decode(value)
}

function shown(entry: DiskEntry): string {
  return `${text(entry.key)}=${text(entry.value)}`
}

function hasCode(error: unknown, code: string): boolean {
  return isShoalError(error) && error.code === code
}
