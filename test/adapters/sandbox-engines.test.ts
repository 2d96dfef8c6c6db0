/** The real engines in the real threads, and what strangers may do to them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WorkerSandbox } from '../../src/adapters/sandbox/worker-sandbox.ts'
import { inflateRaw, loadAutomerge } from '../../src/automerge-module.ts'
import { maxEditedOps } from '../../src/crdt/automerge/change.ts'
import { automergeTextContent } from '../../src/crdt/automerge/content.ts'
import { automergeEngine } from '../../src/crdt/automerge/engine.ts'
import { AutomergeHost } from '../../src/crdt/automerge/host.ts'
import { yjsJson, yjsJsonEngine } from '../../src/crdt/yjs/json.ts'
import { yjsText, yjsTextEngine } from '../../src/crdt/yjs/text.ts'
import { silentLogger } from '../../src/ports/logger.ts'
import { noMetrics } from '../../src/ports/metrics.ts'
import type { SandboxAnswer, SandboxLimits, SandboxPart } from '../../src/ports/sandbox.ts'
import { neverEndingUpdate } from '../crdt/support/hostile.ts'

const url = (path: string) => new URL(`../../src/${path}`, import.meta.url).href
const engines = new Map([
  ['yjs', [url('crdt/yjs/fields.ts'), url('crdt/document/engine.ts')]],
  ['automerge', [url('automerge.ts'), url('crdt/document/engine.ts')]]
])

function sandbox(limits: SandboxLimits = {}) {
  const made = new WorkerSandbox({ engines, logger: silentLogger, metrics: noMetrics }, limits)
  const merge = (parts: readonly SandboxPart[], content = 'text', engine = 'yjs') =>
    made.merge({ engine, content, document: 'd', parts, wantsSnapshot: true })
  return { merge, [Symbol.asyncDispose]: () => made.close() }
}

function snapshotOf(answer: SandboxAnswer): Uint8Array {
  assert.ok(answer.outcome === 'merged' && answer.snapshot !== undefined, JSON.stringify(answer))
  return answer.snapshot
}

function failureOf(answer: SandboxAnswer): string {
  return answer.outcome === 'failed' ? answer.failure : answer.outcome
}

const engine = yjsTextEngine

/** A text that one client writes. */
class Author {
  readonly updates: SandboxPart[] = []
  #doc = engine.create()
  readonly #client: number

  constructor(client: number, ...seen: readonly SandboxPart[]) {
    this.#client = client
    this.#doc = engine.apply(this.#doc, seen)
  }

  insert(at: number, text: string): this {
    const { doc, update } = engine.edit(this.#doc, this.#client, doc => yjsText.insert(doc, at, text))
    assert.ok(update !== undefined)
    this.#doc = doc
    this.updates.push({ kind: 'update', bytes: update })
    return this
  }

  snapshot(): SandboxPart {
    return { kind: 'snapshot', bytes: engine.snapshot(this.#doc) }
  }
}

const honest = new Author(9).insert(0, 'honest').snapshot()

function textOf(bytes: Uint8Array): string {
  return yjsText.read(engine.apply(engine.create(), [{ kind: 'snapshot', bytes }]))
}

test('updates and snapshots of Yjs become one snapshot with all that is in them', async () => {
  await using made = sandbox()
  const first = new Author(1).insert(0, 'hello').snapshot()
  const [second] = new Author(2, first).insert(5, ' world').updates
  assert.ok(second !== undefined)
  assert.equal(textOf(snapshotOf(await made.merge([second, first]))), 'hello world')
})

test('what waits for what it depends on is in the snapshot too', async () => {
  await using made = sandbox()
  const [first, second] = new Author(1).insert(0, 'first').insert(5, ' second').updates
  assert.ok(first !== undefined && second !== undefined)
  const bytes = snapshotOf(await made.merge([second]))
  assert.equal(textOf(snapshotOf(await made.merge([{ kind: 'snapshot', bytes }, first]))), 'first second')
})

test('the 27 bytes over which Yjs hangs cost nobody else anything', async () => {
  await using made = sandbox({ mergeDeadlineMs: 500 })
  assert.equal(neverEndingUpdate.length, 27)
  const [hostile, after] = await Promise.all([
    made.merge([{ kind: 'snapshot', bytes: neverEndingUpdate }]),
    made.merge([honest])
  ])
  assert.ok(['deadline', 'refused'].includes(failureOf(hostile)), failureOf(hostile))
  snapshotOf(after)
})

test('the longest life of an Automerge text is merged within the default deadline', async () => {
  await using made = sandbox()
  const host = new AutomergeHost(loadAutomerge)
  const automerge = automergeEngine('text', host, inflateRaw)
  const content = automergeTextContent(host)
  let doc = automerge.create()
  const words = ['a', 'long', 'text', 'that', 'is', 'not', 'the', 'same', 'all', 'over', 'again']
  const write = (length: number): void => {
    let text = ''
    for (let i = length; text.length < length; i = (i * 48271) % 2147483647) text += `${words[i % words.length]} `
    doc = automerge.edit(doc, 1, opened => content.insert(opened, 0, text.slice(0, length))).doc
  }
  // Three operations are the document's beginning.
  for (const length of [maxEditedOps / 2, maxEditedOps / 2 - 8]) write(length)
  const bytes = automerge.snapshot(doc)
  assert.throws(() => write(16), { code: 'SHOAL_LIMIT' })
  snapshotOf(await made.merge([{ kind: 'snapshot', bytes }], 'text', 'automerge'))
})

for (const [what, length] of [
  ['no characters', 0],
  ['one character', 1]
] as const) {
  test(`27 bytes that say four thousand million items of ${what} are ended by time or by memory`, async () => {
    await using made = sandbox({ mergeDeadlineMs: 500 })
    const bytes = Uint8Array.from(neverEndingUpdate)
    bytes[13] = 0x40 + length
    // The number of items: just few enough that Yjs makes a list for them.
    bytes[24] = 0x0f
    assert.ok(['deadline', 'memory'].includes(failureOf(await made.merge([{ kind: 'snapshot', bytes }]))))
    snapshotOf(await made.merge([honest]))
  })
}

test('what is no document of the field’s kind is refused', async () => {
  await using made = sandbox()
  const { doc } = yjsJsonEngine.edit(yjsJsonEngine.create(), 1, doc => yjsJson.set(doc, ['key'], 'value'))
  const bytes = yjsJsonEngine.snapshot(doc)
  assert.equal(failureOf(await made.merge([{ kind: 'snapshot', bytes }])), 'refused')
  assert.equal(failureOf(await made.merge([{ kind: 'snapshot', bytes: Uint8Array.of(0, 255, 255) }])), 'refused')
})

test('ten megabytes of honest text are merged, and so are thirty thousand single characters', async () => {
  await using made = sandbox({ mergeDeadlineMs: 5000 })
  const long = new Author(1).insert(0, 'x'.repeat(10_000_000)).snapshot()
  assert.ok(snapshotOf(await made.merge([long])).length > 10_000_000)
  const prepended = new Author(1)
  for (let i = 0; i < 30_000; i++) prepended.insert(0, String.fromCharCode(97 + (i % 26)))
  assert.equal(textOf(snapshotOf(await made.merge([prepended.snapshot()]))).length, 30_000)
})

test('Automerge has a thread of its own, and what is no document of it is refused there', async () => {
  await using made = sandbox({ mergeDeadlineMs: 5000 })
  const garbage = { kind: 'snapshot', bytes: Uint8Array.from({ length: 100 }, (_, i) => i) } as const
  const [refused, merged] = await Promise.all([made.merge([garbage], 'text', 'automerge'), made.merge([honest])])
  assert.equal(failureOf(refused), 'refused')
  snapshotOf(merged)
  // An empty document is one.
  snapshotOf(await made.merge([], 'text', 'automerge'))
})

test('where Automerge takes too much memory its thread is replaced, and the next document has a new module', async () => {
  await using made = sandbox({ mergeDeadlineMs: 20_000, maxMergeMemoryBytes: 32 * 1024 * 1024 })
  const host = new AutomergeHost(loadAutomerge)
  const automerge = automergeEngine('text', host, inflateRaw)
  const content = automergeTextContent(host)
  let doc = automerge.create()
  const honest = { kind: 'snapshot', bytes: automerge.snapshot(doc) } as const
  const updates: SandboxPart[] = []
  for (let i = 0; i < 6; i++) {
    const edited = automerge.edit(doc, 7, it => content.insert(it, 0, 'abcdefghij'.repeat(5000)))
    assert.ok(edited.update !== undefined)
    updates.push({ kind: 'update', bytes: edited.update })
    doc = edited.doc
  }
  const answers = await Promise.all([updates, [honest]].map(parts => made.merge(parts, 'text', 'automerge')))
  assert.deepEqual(answers.map(failureOf), ['memory', 'merged'])
})
