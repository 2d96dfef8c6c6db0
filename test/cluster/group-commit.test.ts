/** One batch at a time, and none while somebody needs the disk to stand still. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GroupCommit } from '../../src/cluster/group-commit.ts'
import type { Disk } from '../../src/ports/disk.ts'
import { noMetrics } from '../../src/ports/metrics.ts'
import { SimulatedWorld } from '../../src/simulation/world.ts'

const admission = { clusterKey: new Uint8Array(32), facts: { cluster: 'test', shards: 4, protocol: 1 } }

/** Writes that end when the test says so; each carries the number of the changes before it. */
function commits() {
  const world = new SimulatedWorld({ seed: 'commits' })
  const { clock } = world.machine('a').boot(admission)
  const writes: { readonly key: number | undefined; end(): void }[] = []
  const saved: number[] = []
  let changes = 0
  let unsaved = false
  const disk = {
    write: (batch: readonly { key: Uint8Array }[]) =>
      new Promise<void>(end => writes.push({ key: batch[0]?.key[0], end }))
  } as unknown as Disk
  const source = {
    hasChanges: () => unsaved,
    collect: () => {
      unsaved = false
      const carried = changes
      const batch = [{ type: 'del' as const, key: Uint8Array.of(carried) }]
      return { batch, written: () => saved.push(carried) }
    },
    failed: (error: Error) => assert.fail(error)
  }
  const commit = new GroupCommit({ disk, clock, metrics: noMetrics, source })
  const change = () => {
    changes++
    unsaved = true
    commit.changed()
  }
  const pass = () => world.time.run({ untilMs: world.time.nowMs + 1 })
  return { commit, change, writes, saved, pass }
}

test('a pause begins when the batch under way is on disk, and lets none begin', async () => {
  const { commit, change, writes, saved, pass } = commits()
  change()
  await pass()
  assert.equal(writes.length, 1)
  const resumes: (() => void)[] = []
  void commit.pause().then(end => resumes.push(end))
  change()
  await pass()
  assert.equal(resumes.length, 0, 'the disk does not stand still yet')
  writes[0]?.end()
  await pass()
  assert.equal(resumes.length, 1)
  assert.deepEqual([saved, writes.length], [[1], 1])
  change()
  await pass()
  assert.equal(writes.length, 1)
  const durable = commit.durable()
  resumes[0]?.()
  await pass()
  assert.equal(writes[1]?.key, 3, 'all that was changed meanwhile is one batch')
  writes[1]?.end()
  await durable
})

test('the store closes when who has the disk for himself is done with it', async () => {
  const { commit, pass } = commits()
  const resume = await commit.pause()
  let isClosed = false
  void commit.close().then(() => {
    isClosed = true
  })
  await pass()
  assert.ok(!isClosed)
  resume()
  await pass()
  assert.ok(isClosed)
})

test('who asks for a pause during another one waits for its end', async () => {
  const { commit, change, writes, pass } = commits()
  const first = await commit.pause()
  const seconds: (() => void)[] = []
  void commit.pause().then(end => seconds.push(end))
  change()
  await pass()
  assert.equal(seconds.length, 0)
  first()
  await pass()
  assert.equal(seconds.length, 1)
  assert.equal(writes.length, 0, 'nothing came between')
  first()
  await pass()
  assert.equal(writes.length, 0, 'an end that is called twice ends no pause of others')
  seconds[0]?.()
  await pass()
  assert.equal(writes.length, 1)
})
