/** A node whose disk fails says so, gives up what it owns, and goes on by itself once the disk takes writes again. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { LevelDisk } from '../src/adapters/level/disk.ts'
import { createNodeOn, type NodeOptions } from '../src/node.ts'
import type { DiskWrite } from '../src/ports/disk.ts'
import { isShoalError, ShoalError } from '../src/ports/errors.ts'
import type { ShoalNode } from '../src/shoal-node.ts'
import { until } from './processes/support/until.ts'
import { actors } from './support/shop.ts'

const clusterKey = new Uint8Array(32)

/** A LevelDB that refuses writes while it is told to, before or after they are on the disk, and for good once one failed. */
class FailingDisk extends LevelDisk {
  readonly #trouble: Trouble
  #hasFailed = false

  constructor(directory: string, trouble: Trouble) {
    super(directory)
    this.#trouble = trouble
  }

  override async open(): Promise<void> {
    if (this.#trouble.fails) throw new ShoalError('SHOAL_DISK', 'full')
    await super.open()
  }

  override async write(batch: readonly DiskWrite[]): Promise<void> {
    const fails = this.#trouble.fails || this.#hasFailed
    this.#hasFailed = fails
    if (!fails || this.#trouble.writesAllTheSame) await super.write(batch)
    if (fails) throw new ShoalError('SHOAL_DISK', 'No space left on device')
  }
}

interface Trouble {
  fails: boolean
  writesAllTheSame: boolean
}

async function nodeOn(t: TestContext, trouble: Trouble, options: Partial<NodeOptions> = {}): Promise<ShoalNode> {
  const data = await mkdtemp(join(tmpdir(), 'shoal-recovery-'))
  const node = await createNodeOn(
    { data, clusterKey, actors, shards: 32, ...options },
    {
      make: () => new FailingDisk(join(data, 'store'), trouble),
      probe: async () => {
        if (trouble.fails) throw new ShoalError('SHOAL_DISK', 'still full', { retryable: true })
      }
    }
  )
  t.after(async () => {
    await node.stop()
    await rm(data, { recursive: true })
  })
  return node
}

const isDiskError = (retryable: boolean) => (error: unknown) =>
  isShoalError(error) && error.code === 'SHOAL_DISK' && error.retryable === retryable

for (const writesAllTheSame of [false, true]) {
  const what = writesAllTheSame ? 'whose sync fails after the write' : 'that is full'
  test(`a disk ${what} is refused with SHOAL_DISK, and gone over by a fresh incarnation`, {
    timeout: 300_000
  }, async t => {
    const trouble = { fails: false, writesAllTheSame }
    const node = await nodeOn(t, trouble)
    const events: string[] = []
    node.on('diskFailed', () => events.push('diskFailed'))
    node.on('diskRecovered', ({ incarnation }) => events.push(`diskRecovered ${incarnation}`))
    node.on('failed', () => events.push('failed'))
    const [before, addresses] = [node.incarnation, node.addresses()]
    const seen: unknown[] = []
    const watch = node.watch('counter', 'c')
    const watching = (async () => {
      for await (const state of watch) seen.push(state)
    })()
    for (let i = 0; i < 5; i++) await node.call('counter', 'c', 'add', 1)
    await node.call('account', 'a', 'deposit', { amount: 7 })

    trouble.fails = true
    await assert.rejects(node.call('counter', 'c', 'add', 1), isDiskError(false), 'nobody knows what became of it')
    await assert.rejects(node.call('counter', 'c', 'add', 1), isDiskError(true), 'certainly without effect')
    await assert.rejects(node.call('account', 'a', 'deposit', { amount: 1 }), isDiskError(true))
    assert.match(node.unready() ?? '', /the disk has failed/)
    assert.deepEqual(events, ['diskFailed'])

    trouble.fails = false
    await until('the node serves again', 20_000, () => assert.equal(node.unready(), undefined))
    assert.notEqual(node.incarnation, before)
    assert.deepEqual(node.addresses(), addresses)
    assert.deepEqual(events, ['diskFailed', `diskRecovered ${node.incarnation}`])
    const expected = writesAllTheSame ? 6 : 5
    assert.equal(await node.call('counter', 'c', 'value', undefined), expected)
    assert.equal(await node.call('account', 'a', 'balance', undefined), 7)
    assert.equal(await node.call('counter', 'c', 'add', 1), expected + 1)
    await until('the watch goes on', 5_000, () => assert.equal(seen.at(-1), expected + 1))
    assert.ok(!seen.some((value, i) => i > 0 && Number(value) < Number(seen[i - 1])), `${seen} never goes back`)
    await watch.return?.()
    await watching
  })
}

test('the others take over what a node with a failed disk owned, and it takes part again when the disk is back', {
  timeout: 300_000
}, async t => {
  const trouble = { fails: false, writesAllTheSame: false }
  const first = await nodeOn(t, { fails: false, writesAllTheSame: false })
  const join = { join: [...first.addresses()] }
  const second = await nodeOn(t, { fails: false, writesAllTheSame: false }, join)
  const ill = await nodeOn(t, trouble, join)
  const nodes = [first, second, ill]
  await until('all see all', 20_000, () => {
    for (const node of nodes) {
      assert.equal(node.unready(), undefined)
      assert.equal(node.members().members.filter(({ status }) => status === 'alive').length, 3)
    }
  })
  const [Account] = actors.filter(({ kind }) => kind === 'account')
  assert.ok(Account !== undefined)
  const owned = Array.from({ length: 100 }, (_, n) => `a${n}`).find(id => ill.owner(Account, id) === ill.id)
  assert.ok(owned !== undefined)
  await first.call('account', owned, 'deposit', { amount: 5 })

  trouble.fails = true
  await assert.rejects(ill.call('counter', 'c', 'add', 1), isDiskError(false))
  const { elapsedMs } = await until('the others answer for it', 10_000, async () => {
    assert.equal(await second.call('account', owned, 'balance', undefined, { deadlineMs: 2_000 }), 5)
  })
  t.diagnostic(`taken over after ${Math.round(elapsedMs)} ms`)
  await first.call('account', owned, 'deposit', { amount: 6 })

  trouble.fails = false
  await until('all see all again', 20_000, () => {
    for (const node of nodes) {
      assert.equal(node.unready(), undefined)
      assert.equal(node.members().members.filter(({ status }) => status === 'alive').length, 3)
    }
  })
  assert.equal(await ill.call('account', owned, 'balance', undefined), 11)
  await until('all are equal', 10_000, () => assert.equal(new Set(nodes.map(node => node.digest())).size, 1))
})

test('a node that waits for its disk can be stopped, and its watches end', { timeout: 300_000 }, async t => {
  const trouble = { fails: false, writesAllTheSame: false }
  const node = await nodeOn(t, trouble)
  const watch = node.watch('counter', 'c')
  await watch.next()
  trouble.fails = true
  await assert.rejects(node.call('counter', 'c', 'add', 1))
  const waiting = watch.next()
  await node.stop()
  assert.deepEqual(await waiting, { done: true, value: undefined })
  await assert.rejects(
    node.call('counter', 'c', 'add', 1),
    error => isShoalError(error) && error.code === 'SHOAL_STOPPED'
  )
})
