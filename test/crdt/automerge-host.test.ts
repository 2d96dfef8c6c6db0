/** The documents that Automerge has open, and the end of the memory that they share. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inflateRaw, loadAutomerge } from '../../src/automerge-module.ts'
import { automergeTextContent } from '../../src/crdt/automerge/content.ts'
import { automergeEngine } from '../../src/crdt/automerge/engine.ts'
import { AutomergeHost, type OpenDocument } from '../../src/crdt/automerge/host.ts'
import type { AutomergeModule, Handle } from '../../src/crdt/automerge/module.ts'
import type { DocumentEngine, EnginePart } from '../../src/crdt/document/engine.ts'
import type { TextContent } from '../../src/crdt/document/views.ts'
import { isShoalError } from '../../src/ports/errors.ts'
import { OpenDocuments } from '../../src/ports/sandbox-room.ts'
import { loadSmallAutomerge, webAssembly } from './support/small-automerge.ts'

/** A document as a field keeps it: its parts, and the opened document as long as it is open. */
class Kept {
  readonly parts: EnginePart[] = []
  readonly #engine: DocumentEngine<OpenDocument>
  readonly #content: TextContent<OpenDocument>
  #opened: OpenDocument | undefined

  constructor(engine: DocumentEngine<OpenDocument>, content: TextContent<OpenDocument>) {
    this.#engine = engine
    this.#content = content
  }

  open(): OpenDocument {
    if (this.#opened === undefined || this.#engine.isOpen?.(this.#opened) === false) {
      this.#opened = this.#engine.apply(this.#engine.create(), this.parts)
    }
    return this.#opened
  }

  insert(text: string): void {
    const { update } = this.#engine.edit(this.open(), 7, doc => this.#content.insert(doc, 0, text))
    assert.ok(update)
    this.parts.push({ kind: 'update', bytes: update })
  }

  read(): string {
    return this.#content.read(this.open())
  }
}

function textsOn(host: AutomergeHost): () => Kept {
  const engine = automergeEngine('text', host, inflateRaw)
  const content = automergeTextContent(host)
  return () => new Kept(engine, content)
}

function isUnavailable(error: unknown): boolean {
  return isShoalError(error) && error.code === 'SHOAL_UNAVAILABLE' && error.retryable
}

test('the document that was used longest ago is closed for a new one, and opens again', () => {
  const host = new AutomergeHost(loadAutomerge, { maxOpenDocuments: 3 })
  const make = textsOn(host)
  const kept = Array.from({ length: 5 }, make)
  for (const [i, document] of kept.entries()) document.insert(`text ${i}`)
  assert.equal(host.openDocuments, 3)
  for (const [i, document] of kept.entries()) assert.equal(document.read(), `text ${i}`)
  const [first, , , , last] = kept
  first?.insert('more ')
  last?.insert('more ')
  assert.equal(first?.read(), 'more text 0')
  assert.equal(host.openDocuments, 3)
  assert.equal(host.generation, 0)
})

test('large documents are fewer', () => {
  const host = new AutomergeHost(loadAutomerge, { maxOpenBytes: 100_000 })
  const make = textsOn(host)
  const kept = Array.from({ length: 4 }, make)
  for (const document of kept) {
    document.insert('x'.repeat(40_000))
    document.insert('y')
  }
  assert.equal(host.openDocuments, 2)
  const huge = make()
  huge.insert('z'.repeat(200_000))
  assert.equal(host.openDocuments, 1, 'but the one in use stays')
  for (const document of kept) assert.equal(document.read().length, 40_001)
})

test('a module that ran out of memory is replaced, and no document is lost', () => {
  const host = new AutomergeHost(() => loadSmallAutomerge(80))
  const make = textsOn(host)
  const kept = Array.from({ length: 3 }, make)
  for (const [i, document] of kept.entries()) document.insert(`text ${i}`)
  const greedy = make()
  let edits = 0
  assert.throws(() => {
    for (; edits < 10_000; edits++) greedy.insert('all work and no play '.repeat(500))
  }, isUnavailable)
  assert.equal(host.generation, 1)
  assert.equal(host.openDocuments, 0)
  for (const [i, document] of kept.entries()) {
    assert.equal(document.read(), `text ${i}`)
    document.insert('more ')
    assert.equal(document.read(), `more text ${i}`)
  }
  // The greedy one has what was acknowledged, whether it fits into a fresh memory or not.
  assert.equal(greedy.parts.length, edits)
  assert.equal(host.generation, 1)
})

/** Automerge that ends, as by a trap, at the call that `isLast` picks. */
function mortal(isLast: (call: string) => boolean): () => AutomergeModule {
  return () => {
    const real = loadAutomerge()
    let isDead = false
    const guarded = (handle: Handle): Handle =>
      new Proxy(handle, {
        get(target, name) {
          const member: unknown = Reflect.get(target, name)
          if (typeof member !== 'function') return member
          return (...args: unknown[]): unknown => {
            if (isDead) throw new Error('Module terminated')
            if (isLast(String(name))) {
              isDead = true
              throw new webAssembly.RuntimeError('unreachable')
            }
            const answer: unknown = member.apply(target, args)
            return name === 'fork' ? guarded(answer as Handle) : answer
          }
        }
      })
    return {
      scalarText: text => real.scalarText(text),
      create(actor) {
        if (isDead) throw new Error('Module terminated')
        return guarded(real.create(actor))
      }
    }
  }
}

const deadlyCalls: readonly (keyof Handle)[] = [
  ...(['applyChanges', 'fork', 'splice', 'pendingOps', 'commit', 'getLastLocalChange'] as const),
  ...(['text', 'save', 'free', 'loadIncremental', 'getChangeByHash'] as const)
]

for (const call of deadlyCalls) {
  test(`a module may end in any call: ${call}`, () => {
    let isArmed = false
    const host = new AutomergeHost(
      mortal(name => {
        const isNow = isArmed && name === call
        if (isNow) isArmed = false
        return isNow
      }),
      { maxOpenDocuments: 2 }
    )
    const engine = automergeEngine('text', host, inflateRaw)
    const content = automergeTextContent(host)
    const bystander = new Kept(engine, content)
    bystander.insert('bystander')
    const writer = new Kept(engine, content)
    writer.insert('kept')
    const snapshot = engine.snapshot(writer.open())
    writer.parts.splice(0, 1, { kind: 'snapshot', bytes: snapshot })
    isArmed = true
    const attempts = [
      () => writer.insert('more '),
      () => engine.snapshot(writer.open()),
      () => new Kept(engine, content).insert('another'),
      () => new Kept(engine, content).insert('another'),
      () => writer.read()
    ]
    for (const attempt of attempts) {
      try {
        attempt()
      } catch (error) {
        assert.ok(isUnavailable(error), String(error))
      }
    }
    assert.equal(isArmed, false, 'the call was made')
    assert.equal(host.generation, 1)
    assert.match(writer.read(), /^(more )?kept$/)
    assert.equal(bystander.read(), 'bystander')
    bystander.insert('a ')
    assert.equal(bystander.read(), 'a bystander')
    assert.equal(host.generation, 1)
  })
}

test('what Automerge refuses is malformed and ends nothing', () => {
  const host = new AutomergeHost(loadAutomerge)
  const engine = automergeEngine('text', host, inflateRaw)
  const content = automergeTextContent(host)
  const one = new Kept(engine, content)
  const other = new Kept(engine, content)
  one.insert('one')
  other.insert('other')
  // The same client wrote twice under the same number, as after a restored backup.
  const both = [...one.parts, ...other.parts]
  const doc = engine.create()
  assert.throws(
    () => engine.apply(doc, both),
    error => isShoalError(error) && error.code === 'SHOAL_MALFORMED'
  )
  assert.equal(host.isOpen(doc), false)
  assert.equal(one.read(), 'one')
  assert.equal(host.generation, 0)
})

test('a sandbox forgets the documents that Automerge closed', () => {
  const host = new AutomergeHost(loadAutomerge, { maxOpenDocuments: 2 })
  const engine = automergeEngine('text', host, inflateRaw)
  const author = new Kept(engine, automergeTextContent(host))
  for (const word of ['one ', 'two ']) author.insert(word)
  const [first, second] = author.parts
  assert.ok(first && second)
  const open = new OpenDocuments(() => engine as DocumentEngine, 1_000_000)
  const job = { content: 'text', onto: undefined, parts: [first], wantsSnapshot: false }
  for (let document = 0; document < 3; document++) {
    assert.equal(open.merge({ ...job, document: `d${document}` }, document).outcome, 'merged')
  }
  assert.equal(open.merge({ ...job, document: 'd0', onto: 0, parts: [second] }, 3).outcome, 'forgotten')
  assert.equal(open.merge({ ...job, document: 'd0', parts: [second, first] }, 4).outcome, 'merged')
  assert.equal(open.merge({ ...job, document: 'd2', onto: 2, parts: [second] }, 5).outcome, 'merged')
})
