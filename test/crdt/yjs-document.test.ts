/** Yjs as an engine does what Yjs alone does with the same edits. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  applyUpdate,
  Doc,
  encodeStateAsUpdate,
  encodeStateAsUpdateV2,
  encodeStateVector,
  type Text,
  Array as YArray,
  Map as YMap
} from 'yjs'
import type { DocumentEngine } from '../../src/crdt/document/engine.ts'
import type { YjsDocument } from '../../src/crdt/yjs/document.ts'
import { yjsJsonEngine } from '../../src/crdt/yjs/json.ts'
import { yjsListEngine } from '../../src/crdt/yjs/list.ts'
import { yjsText, yjsTextEngine } from '../../src/crdt/yjs/text.ts'
import { findContentFault, findUpdateFault } from '../../src/crdt/yjs/update.ts'
import { scale } from './support/history.ts'

interface Edit {
  readonly client: number
  readonly at: number
  readonly length: number
  readonly what: number
}

const anyEdits: fc.Arbitrary<Edit[]> = fc.array(
  fc.record({ client: fc.integer({ min: 1, max: 3 }), at: fc.nat(60), length: fc.nat(6), what: fc.nat(9) }),
  { maxLength: 60, size: 'max' }
)

const words = ['a', 'bcd', '𝄞', 'ü', 'x𝄞y', 'hello ']

/** Whole characters only: Yjs alone would break the others. */
function place(text: string, at: number): number {
  return [...text].slice(0, at % ([...text].length + 1)).join('').length
}

const changes = {
  text(root: Text, { at, length, what }: Edit): void {
    const text = root.toString()
    const from = place(text, at)
    if (what < 6) root.insert(from, words[what] ?? '')
    else root.delete(from, [...text.slice(from)].slice(0, length).join('').length)
  },
  list(root: YArray<unknown>, { at, length, what }: Edit): void {
    const from = at % (root.length + 1)
    if (what < 6) root.insert(from, [what, words[what], null].slice(0, 1 + (length % 3)))
    else root.delete(from, Math.min(length, root.length - from))
  },
  json(root: YMap<unknown>, { at, length, what }: Edit): void {
    const key = `key${at % 3}`
    const child = root.get(key)
    if (child instanceof YArray && what < 5) child.insert(0, [what, new YMap([['deep', new YArray()]])])
    else if (child instanceof YMap && what < 5) child.set(`in${length}`, words[what])
    else if (what === 5) root.delete(key)
    else root.set(key, what < 8 ? YArray.from(['a', length]) : new YMap([['x', what]]))
  }
}

function plain(root: unknown): unknown {
  return (root as { toJSON(): unknown }).toJSON()
}

/** What is deleted, Yjs joins with its neighbours when they come together, and not always when they are made one after the other. */
function allOf(doc: Doc): Uint8Array {
  const again = new Doc()
  applyUpdate(again, encodeStateAsUpdate(doc))
  return encodeStateAsUpdate(again)
}

function compare<Root>(
  engine: DocumentEngine<YjsDocument<Root>>,
  rootOf: (doc: Doc) => Root,
  change: (root: Root, edit: Edit) => void
): void {
  const property = fc.property(anyEdits, edits => {
    const document = engine.create()
    const alone = new Doc()
    const root = rootOf(alone)
    const follower = engine.create()
    const updates: Uint8Array[] = []
    let told: Uint8Array | undefined
    alone.on('update', update => {
      told = update
    })
    for (const edit of edits) {
      told = undefined
      alone.clientID = edit.client
      alone.transact(() => change(root, edit))
      const { update } = engine.edit(document, edit.client, doc => {
        change(doc.root, edit)
        return doc
      })
      assert.deepEqual(update, told)
      if (update === undefined) continue
      assert.equal(findUpdateFault(engine.content, update), undefined)
      updates.push(update)
      engine.apply(follower, [{ kind: 'update', bytes: update }])
    }
    assert.deepEqual(allOf(document.doc), allOf(alone))
    assert.deepEqual(allOf(follower.doc), allOf(alone))
    assert.equal(findContentFault(engine.content, encodeStateAsUpdate(alone)), undefined)
    assert.equal(engine.findFault(document), undefined)
    const merged = engine.create()
    if (updates.length > 0) engine.apply(merged, [{ kind: 'update', bytes: engine.mergeUpdates(updates) }])
    assert.deepEqual(encodeStateVector(merged.doc), encodeStateVector(alone))
    assert.deepEqual(plain(rootOf(merged.doc)), plain(root))
  })
  fc.assert(property, { numRuns: 60 * scale })
}

test('edits of a text give the updates that Yjs gives', () => {
  compare(yjsTextEngine, doc => doc.getText('text'), changes.text)
})

test('edits of a list give the updates that Yjs gives', () => {
  compare<YArray<unknown>>(yjsListEngine as never, doc => doc.getArray('list'), changes.list)
})

test('edits of JSON give the updates that Yjs gives', () => {
  compare(yjsJsonEngine, doc => doc.getMap('json'), changes.json)
})

test('the halves of a character are found wherever it came from', () => {
  const property = fc.property(anyEdits, fc.boolean(), (edits, isRemote) => {
    const author = yjsTextEngine.create()
    let document = author
    const updates: Uint8Array[] = []
    for (const edit of edits) {
      const { update } = yjsTextEngine.edit(author, edit.client, doc => {
        const text = doc.root.toString()
        const from = place(text, edit.at)
        if (edit.what < 6) return yjsText.insert(doc, from, words[edit.what] ?? '')
        return yjsText.remove(doc, from, [...text.slice(from)].slice(0, edit.length).join('').length)
      })
      if (update !== undefined) updates.push(update)
      if (isRemote)
        document = yjsTextEngine.apply(
          yjsTextEngine.create(),
          updates.map(bytes => ({ kind: 'update', bytes }))
        )
      const text = document.root.toString()
      for (let at = 1; at < text.length; at++) {
        const isSplit = /[\ud800-\udbff]/.test(text.charAt(at - 1))
        assert.equal(yjsText.splitsCharacter(document, at), isSplit, `${at} in ${text}`)
      }
    }
    const snapshot = { kind: 'snapshot' as const, bytes: yjsTextEngine.snapshot(author) }
    const opened = yjsTextEngine.apply(yjsTextEngine.create(), [snapshot])
    const pair = opened.root.toString().search(/[\ud800-\udbff]/)
    if (pair >= 0) assert.ok(yjsText.splitsCharacter(opened, pair + 1))
  })
  fc.assert(property, { numRuns: 30 * scale })
})

test('a document with another root, another content, a sub-document or too deep nesting has a fault', () => {
  const fault = (content: 'text' | 'list' | 'json', make: (doc: Doc) => void): string | undefined => {
    const doc = new Doc()
    make(doc)
    const engine = { text: yjsTextEngine, list: yjsListEngine, json: yjsJsonEngine }[content] as DocumentEngine
    const opened = engine.apply(engine.create(), [{ kind: 'snapshot', bytes: encodeStateAsUpdateV2(doc) }])
    return engine.findFault(opened)
  }
  assert.equal(
    fault('text', doc => doc.getText('text').insert(0, 'fine')),
    undefined
  )
  assert.equal(
    fault('text', doc => doc.getText('other').insert(0, 'x')),
    'another root'
  )
  assert.equal(
    fault('text', doc => doc.getText('text').insert(0, 'x', { bold: true })),
    'content of kind 6'
  )
  assert.equal(
    fault('text', doc => doc.getText('text').insertEmbed(0, { image: 1 })),
    'content of kind 5'
  )
  assert.equal(
    fault('list', doc => doc.getArray('list').insert(0, [new YMap()])),
    'content of kind 7'
  )
  assert.equal(
    fault('list', doc => doc.getArray('list').insert(0, [{ a: 1 }])),
    'a value of kind 118'
  )
  assert.equal(
    fault('list', doc => doc.getArray('list').insert(0, [['{"b":1,"a":2}']])),
    'JSON that is not in its canonical form'
  )
  assert.equal(
    fault('list', doc => doc.getArray('list').insert(0, [['1']])),
    'a JSON text of a scalar'
  )
  assert.equal(
    fault('list', doc => doc.getArray('list').insert(0, [['{']])),
    'a text that is not JSON'
  )
  assert.equal(
    fault('json', doc => doc.getMap('json').set('a', undefined)),
    'a value of kind 127'
  )
  assert.equal(
    fault('json', doc => doc.getMap('json').set('a', new Doc())),
    'content of kind 9'
  )
  assert.equal(
    fault('json', doc => doc.getMap('json').set('a', Uint8Array.of(1))),
    'content of kind 3'
  )
  assert.equal(
    fault('json', doc => doc.getMap('json').set('a', { b: 1 })),
    'a value of kind 118'
  )
  assert.equal(
    fault('json', doc => doc.getMap('json').set('k'.repeat(4097), 1)),
    'a key that is too long'
  )
  assert.equal(
    fault('json', doc => doc.getMap('json').set('a', Number.POSITIVE_INFINITY)),
    'a number without value'
  )
  const nested = (levels: number) => (doc: Doc) => {
    let node: YMap<unknown> = doc.getMap('json')
    for (let i = 1; i < levels; i++) {
      const child = new YMap<unknown>()
      node.set('a', child)
      node = child
    }
  }
  assert.equal(fault('json', nested(64)), undefined)
  assert.equal(fault('json', nested(65)), 'more than 64 levels')
  assert.equal(fault('json', nested(300)), 'more than 64 levels')
})

test('an update that arrives again, or of which a part is known, changes nothing', () => {
  const a = new Doc()
  const updates: Uint8Array[] = []
  a.on('update', update => updates.push(update))
  for (const letter of 'hello') a.getText('text').insert(0, letter)
  const document = yjsTextEngine.create()
  for (const bytes of [...updates, ...updates]) yjsTextEngine.apply(document, [{ kind: 'update', bytes }])
  applyUpdate(document.doc, encodeStateAsUpdate(a))
  assert.equal(document.root.toString(), 'olleh')
  assert.equal(yjsTextEngine.isWaiting(document), false)
})
