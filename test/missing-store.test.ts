/** A volume that goes away and leaves an empty mount point: no node goes on with nothing under the name of one that had something. */
import assert from 'node:assert/strict'
import { mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { LevelDisk } from '../src/adapters/level/disk.ts'
import { createNodeOn } from '../src/node.ts'
import type { DiskWrite } from '../src/ports/disk.ts'
import { ShoalError } from '../src/ports/errors.ts'
import { actors } from './support/shop.ts'

const trouble = { fails: false }
const broken = () => new ShoalError('SHOAL_DISK', 'EIO', { retryable: true })

class FailingDisk extends LevelDisk {
  override async write(batch: readonly DiskWrite[]): Promise<void> {
    if (trouble.fails) throw broken()
    await super.write(batch)
  }
}

test('a node whose store is not there after a disk failure waits for it', { timeout: 300_000 }, async t => {
  const data = await mkdtemp(join(tmpdir(), 'shoal-missing-'))
  const tries: string[] = []
  const store = join(data, 'store')
  const make = () => {
    tries.push(store)
    return new FailingDisk(store)
  }
  let beforeTry = async () => {}
  const probe = async () => {
    if (trouble.fails) throw broken()
    await beforeTry()
  }
  const node = await createNodeOn({ data, clusterKey: new Uint8Array(32), actors, shards: 32 }, { make, probe })
  t.after(async () => {
    await node.stop()
    await rm(data, { recursive: true, force: true })
  })
  await node.call('counter', 'c', 'add', 1)
  trouble.fails = true
  await assert.rejects(node.call('counter', 'c', 'add', 1), { code: 'SHOAL_DISK' })
  await rename(store, join(data, 'away'))
  const before = tries.length
  trouble.fails = false
  await until(() => tries.length >= before + 2 || node.unready() === undefined)
  assert.notEqual(node.unready(), undefined)
  await assert.rejects(node.call('counter', 'c', 'value', undefined), { code: 'SHOAL_DISK' })
  // Between two tries: under one, the files of both would be mixed.
  let isBack = false
  beforeTry = async () => {
    if (isBack) return
    isBack = true
    await rename(store, join(data, 'mount point'))
    await rename(join(data, 'away'), store)
  }
  await until(() => node.unready() === undefined)
  assert.ok(Number(await node.call('counter', 'c', 'value', undefined)) >= 1)
})

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(resolve => setTimeout(resolve, 20))
}
