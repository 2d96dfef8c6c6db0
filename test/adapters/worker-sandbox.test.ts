/** What only threads can do wrong: they run out of memory, end themselves, hold up the process. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { WorkerSandbox } from '../../src/adapters/sandbox/worker-sandbox.ts'
import { silentLogger } from '../../src/ports/logger.ts'
import type { Metrics } from '../../src/ports/metrics.ts'
import type { SandboxAnswer, SandboxLimits, SandboxPart } from '../../src/ports/sandbox.ts'
import { linesOf, part } from '../ports/toy-engine.ts'

const toy = [new URL('../ports/toy-engine.ts', import.meta.url).href]

class World implements AsyncDisposable {
  readonly sandbox: WorkerSandbox
  replaced = 0

  constructor(limits: SandboxLimits = {}, modules: readonly string[] = toy) {
    const nothing = { add() {}, set() {}, observe() {} }
    const metrics: Metrics = {
      counter: () => ({ add: () => this.replaced++ }),
      gauge: () => nothing,
      histogram: () => nothing
    }
    this.sandbox = new WorkerSandbox({ engines: new Map([['toy', modules]]), logger: silentLogger, metrics }, limits)
  }

  merge(parts: readonly SandboxPart[], document = 'd'): Promise<SandboxAnswer> {
    return this.sandbox.merge({ engine: 'toy', content: 'lines', document, parts, wantsSnapshot: true })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.sandbox.close()
  }
}

function failureOf(answer: SandboxAnswer): string {
  return answer.outcome === 'failed' ? answer.failure : answer.outcome
}

const maxMergeMemoryBytes = 128 * 1024 * 1024

for (const order of ['!heap', '!buffers']) {
  test(`a merge that takes all memory (${order.slice(1)}) is ended, and the next has a new thread`, async () => {
    await using world = new World({ maxMergeMemoryBytes, mergeDeadlineMs: 20_000 })
    const answers = await Promise.all([world.merge([part(order)]), world.merge([part('a')])])
    assert.deepEqual(answers.map(failureOf), ['memory', 'merged'])
    assert.equal(world.replaced, 1)
  })
}

test('whoever runs out of memory in a thread that others have filled is tried once more in its own', async () => {
  await using world = new World({ maxMergeMemoryBytes, mergeDeadlineMs: 20_000 })
  assert.equal(failureOf(await world.merge([part('a')])), 'merged')
  assert.equal(failureOf(await world.merge([part('!heap')])), 'memory')
  assert.equal(world.replaced, 2, 'the thread that was there, and the one of its own')
})

test('a thread that ends itself, or is killed, fails the merge it had and no other', async () => {
  await using world = new World()
  const answers = await Promise.all([world.merge([part('!exit')]), world.merge([part('a')]), world.merge([part('b')])])
  assert.deepEqual(answers.map(failureOf), ['refused', 'merged', 'merged'])
})

test('the process goes on while a thread hangs, also over a document of 10 MB', async () => {
  await using world = new World({ mergeDeadlineMs: 2000 })
  const big = part(...Array.from({ length: 100_000 }, (_, i) => `${i}`.padStart(100, '.')))
  assert.ok(big.bytes.length > 10_000_000)
  await world.merge([part('a')])
  const before = process.threadCpuUsage()
  const answers = await Promise.all([world.merge([big], 'big'), world.merge([big, part('!hang')])])
  const { user, system } = process.threadCpuUsage(before)
  assert.deepEqual(answers.map(failureOf), ['merged', 'deadline'])
  // Two copies of 10 MB, and some looks at the thread. Its own time would be two seconds and more.
  assert.ok(user + system < 500_000, `the main thread worked for ${(user + system) / 1000} ms`)
})

test('a process that stood still blames no merge for it', async () => {
  await using world = new World({ mergeDeadlineMs: 100 })
  await world.merge([part('a')])
  const answer = world.merge([part('a')])
  // From here the event loop comes to its timers before it comes to the thread's answer.
  await new Promise(resolve => setImmediate(resolve))
  const endMs = performance.now() + 500
  while (performance.now() < endMs);
  assert.equal(failureOf(await answer), 'merged')
})

test('an engine that cannot be loaded is unavailable, and says why', async () => {
  await using world = new World({}, [new URL('./no-such-engine.ts', import.meta.url).href])
  const answer = await world.merge([part('a')])
  assert.equal(failureOf(answer), 'unavailable')
  assert.match(answer.outcome === 'failed' ? answer.reason : '', /no-such-engine/)
})

test('a sandbox keeps no process alive', { timeout: 300_000 }, async () => {
  const program = `
    const { WorkerSandbox } = await import(${JSON.stringify(new URL('../../src/adapters/sandbox/worker-sandbox.ts', import.meta.url))})
    const nothing = { add() {}, set() {}, observe() {} }
    const logger = { error: console.error }
    const metrics = { counter: () => nothing, gauge: () => nothing, histogram: () => nothing }
    const sandbox = new WorkerSandbox({ engines: new Map([['toy', ${JSON.stringify(toy)}]]), logger, metrics })
    const parts = [{ kind: 'update', bytes: Uint8Array.of(97) }]
    const keep = setInterval(() => {}, 1000)
    const answer = await sandbox.merge({ engine: 'toy', content: 'lines', document: 'd', parts, wantsSnapshot: true })
    clearInterval(keep)
    console.log(answer.outcome)`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program])
  let printed = ''
  child.stdout.on('data', chunk => {
    printed += chunk
  })
  const [code] = await once(child, 'exit')
  assert.equal(code, 0)
  assert.equal(printed.trim(), 'merged')
})

test('limits that are no positive whole numbers are refused at the door', () => {
  for (const wrong of [0, -1, 1.5, Number.NaN])
    assert.throws(() => new World({ mergeDeadlineMs: wrong }), { name: 'TypeError', message: /mergeDeadlineMs/ })
})

test('the snapshot of a thread is whole', async () => {
  await using world = new World()
  const answer = await world.merge([part('b'), part('a')])
  assert.ok(answer.outcome === 'merged')
  assert.deepEqual(linesOf(answer.snapshot), ['a', 'b'])
})
