/** Files that are not as they were written, under records that all fit together: the disk is asked, and what it says is said. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Verification } from '../../src/cluster/verification.ts'
import type { FileDamage } from '../../src/ports/disk.ts'
import { silentLogger } from '../../src/ports/logger.ts'
import { noMetrics } from '../../src/ports/metrics.ts'
import { SimulatedWorld } from '../../src/simulation/world.ts'
import { Replica } from './support/replica.ts'

const scrubIntervalMs = 60_000

type Check = (pace: () => Promise<void>) => Promise<FileDamage | undefined>

async function verifying(seed: string, check: Check) {
  const world = new SimulatedWorld({ seed })
  const replica = await Replica.boot(world, 'a', 'a.1')
  replica.write('thing/x', view => view.tags.add('tea'))
  await replica.save()
  const said: unknown[] = []
  const doubted: number[] = []
  const bent: string[] = []
  const verification = new Verification(
    {
      store: replica.store,
      disk: { check },
      clock: replica.ports.clock,
      logger: { ...silentLogger, error: (_, fields) => said.push(fields) },
      metrics: noMetrics,
      events: {
        hasOthers: () => true,
        hasForgottenOthers: () => false,
        verified() {},
        abandon: shard => doubted.push(shard),
        damaged: damage => assert.fail(damage.faults.join()),
        bent: about => bent.push(about),
        lost: () => assert.fail('nothing is lost')
      }
    },
    { scrubIntervalMs }
  )
  // As after a start on this disk.
  replica.store.suspect(0)
  verification.start()
  const pass = (ms: number) => world.time.run({ untilMs: world.time.nowMs + ms })
  return { replica, verification, said, doubted, bent, pass }
}

test('damage that a look at the files finds is said once, and has everything looked through again', async () => {
  let looks = 0
  const { replica, verification, said, doubted, bent, pass } = await verifying('files', async pace => {
    await pace()
    looks++
    return { about: '000005.ldb: a block fails its checksum', isBent: true }
  })
  await pass(scrubIntervalMs / 10)
  assert.equal(looks, 1, 'one look after the shards of a start')
  assert.deepEqual(said, [{ damage: '000005.ldb: a block fails its checksum' }])
  assert.deepEqual(doubted, [0, 1, 2, 3])
  assert.equal(replica.store.trust.unverifiedCount, 0, 'what the records prove is believed')
  assert.deepEqual(replica.failures, [], 'the incarnation goes on')
  await pass(2 * scrubIntervalMs)
  assert.equal(looks, 3, 'and one in each round of the scrub')
  assert.equal(said.length, 1)
  assert.equal(bent.length, 3, 'who votes on this disk is told each time')
  verification.stop()
})

test('a file that cannot be read just now is said, and bends nothing', async () => {
  const about = '000005.ldb: EMFILE: too many open files'
  const { verification, said, bent, pass } = await verifying('unread', async () => ({ about, isBent: false }))
  await pass(scrubIntervalMs / 10)
  assert.deepEqual([said, bent], [[{ damage: about }], []])
  verification.stop()
})

test('a look at the files ends with the node', async () => {
  let isEnded = false
  const { replica, verification, said, pass } = await verifying('stop', async pace => {
    try {
      for (;;) {
        await pace()
        await new Promise<void>(resolve => replica.ports.clock.after(100, resolve))
      }
    } finally {
      isEnded = true
    }
  })
  await pass(1000)
  assert.ok(!isEnded)
  verification.stop()
  await pass(1000)
  assert.ok(isEnded)
  assert.deepEqual([said, replica.failures], [[], []])
})

test('files that cannot be looked at end the incarnation, as what cannot be read does', async () => {
  const { replica, verification, pass } = await verifying('unreadable', () => Promise.reject(new Error('EIO')))
  await pass(1000)
  assert.deepEqual(replica.failures, ['SHOAL_DISK'])
  verification.stop()
})

test('who waits for a shard to be looked through hears when the node stops, and whoever asks then', async () => {
  const { replica, verification } = await verifying('stopping', async () => undefined)
  const waiting = assert.rejects(replica.store.verified([0, 1]), { code: 'SHOAL_STOPPED' })
  verification.stop()
  await waiting
  await assert.rejects(replica.store.verified([0]), { code: 'SHOAL_STOPPED' })
})
