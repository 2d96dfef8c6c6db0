/** Automerge as a function from a set of parts to content. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { inflateRaw, loadAutomerge } from '../../src/automerge-module.ts'
import { findUpdateFault } from '../../src/crdt/automerge/change.ts'
import { automergeJsonContent, automergeListContent, automergeTextContent } from '../../src/crdt/automerge/content.ts'
import { automergeEngine } from '../../src/crdt/automerge/engine.ts'
import { AutomergeHost, type OpenDocument } from '../../src/crdt/automerge/host.ts'
import { type EnginePart, mergeParts } from '../../src/crdt/document/engine.ts'
import { canonicalJson, type Json } from '../../src/crdt/json-value.ts'
import { isShoalError } from '../../src/ports/errors.ts'
import { pickOf } from './support/kinds.ts'
import { holds } from './support/profile.ts'

const host = new AutomergeHost(loadAutomerge)
const engine = automergeEngine('json', host, inflateRaw)
const text = automergeTextContent(host)
const list = automergeListContent(host)
const json = automergeJsonContent(host)

interface Content {
  readonly text: string
  readonly list: Json
  readonly json: Json
  readonly heads: readonly string[]
}

function contentOf(doc: OpenDocument): Content {
  const heads = host.use(doc, handle => handle.getHeads()).toSorted()
  return { text: text.read(doc), list: list.read(doc), json: json.read(doc, []), heads }
}

function update(bytes: Uint8Array): EnginePart {
  return { kind: 'update', bytes }
}

function snapshotOf(doc: OpenDocument): EnginePart {
  return { kind: 'snapshot', bytes: engine.snapshot(doc) }
}

function open(...parts: EnginePart[]): OpenDocument {
  return engine.apply(engine.create(), parts)
}

function edit(doc: OpenDocument, client: number, change: (doc: OpenDocument) => OpenDocument): EnginePart {
  const edited = engine.edit(doc, client, change)
  assert.ok(edited.update)
  assert.equal(findUpdateFault(edited.update), undefined)
  return update(edited.update)
}

const anyJson = fc.jsonValue({ maxDepth: 4, noUnicodeString: false, stringUnit: 'grapheme' }) as fc.Arbitrary<Json>
const anyEdit = fc.record({ who: fc.nat(2), kind: fc.nat(7), at: fc.nat(), length: fc.nat(3), value: anyJson })
const keys = ['a', 'b', '__proto__', '~__proto__', '', 'a/b']

function applyEdit(
  doc: OpenDocument,
  { kind, at, length, value }: typeof anyEdit extends fc.Arbitrary<infer E> ? E : never
) {
  const inText = at % (text.length(doc) + 1)
  const inList = at % (list.length(doc) + 1)
  const key = pickOf(keys, at)
  const inArray = json.placeOf(doc, [key])
  switch (kind) {
    case 0:
      return text.remove(doc, inText, Math.min(length, text.length(doc) - inText))
    case 1:
      return list.insert(doc, inList, [value, length])
    case 2:
      return list.remove(doc, inList, Math.min(length, list.length(doc) - inList))
    case 3:
      return json.set(doc, [key], value)
    case 4:
      return json.placeOf(doc, [key]) === undefined ? doc : json.remove(doc, [key])
    case 5:
      return inArray?.kind === 'array' ? json.insert(doc, [key], at % (inArray.size + 1), [value]) : doc
    case 6:
      return inArray?.kind === 'object' ? json.set(doc, [key, pickOf(keys, length)], value) : doc
    default:
      return text.insert(doc, inText, 'abcdef'.slice(length))
  }
}

test('any order, duplication and grouping of parts gives the same heads and content', () => {
  const property = fc.property(
    fc.array(anyEdit, { minLength: 1, maxLength: 25, size: 'max' }),
    fc.infiniteStream(fc.nat()),
    (edits, order) => {
      const docs = [0, 1, 2].map(() => engine.create())
      const parts: EnginePart[] = []
      for (const it of edits) {
        const doc = pickOf(docs, it.who)
        const made = engine.edit(doc, 100 + it.who, before => applyEdit(before, it)).update
        if (made === undefined) continue
        assert.equal(findUpdateFault(made), undefined)
        parts.push(update(made))
        const [pick = 0] = order.take(1)
        if (pick % 3 === 0) engine.apply(pickOf(docs, pick), [pickOf(parts, pick)])
      }
      if (parts.length === 0) return
      const whole = contentOf(open(...parts))
      for (let round = 0; round < 3; round++) {
        let doc = engine.create()
        const left = [...parts, pickOf(parts, round)]
        while (left.length > 0) {
          const [pick = 0, size = 0, fold = 0] = order.take(3)
          const some = Array.from({ length: 1 + (size % 3) }, () => left.splice(pick % left.length, 1)[0])
          const group = some.filter(part => part !== undefined)
          const grouped = fold % 2 === 0 ? group : [update(engine.mergeUpdates(group.map(({ bytes }) => bytes)))]
          doc = engine.apply(doc, grouped)
          // Folded and opened again, also while something waits.
          if (fold % 5 === 0) doc = open(snapshotOf(doc))
          if (fold % 7 === 0) doc = engine.apply(engine.create(), [snapshotOf(doc), ...grouped])
        }
        assert.deepEqual(contentOf(doc), whole)
        assert.equal(engine.isWaiting(doc), false)
      }
      for (const doc of docs) assert.deepEqual(contentOf(engine.apply(doc, parts)), whole)
    }
  )
  holds(40, property)
})

test('replicas that create a document at once share it', () => {
  const one = engine.create()
  const other = engine.create()
  const parts = [
    edit(one, 1, doc => text.insert(doc, 0, 'one ')),
    edit(other, 2, doc => text.insert(doc, 0, 'other ')),
    edit(one, 1, doc => list.insert(doc, 0, ['one'])),
    edit(other, 2, doc => list.insert(doc, 0, ['other'])),
    edit(one, 1, doc => json.set(doc, ['one'], 1)),
    edit(other, 2, doc => json.set(doc, ['other'], 2))
  ]
  const both = contentOf(open(...parts))
  assert.match(both.text, /^(one other |other one )$/)
  assert.deepEqual([...(both.list as string[])].sort(), ['one', 'other'])
  assert.deepEqual(both.json, { one: 1, other: 2 })
})

test('what waits for what it depends on survives folding, and comes in when that has come', () => {
  const author = engine.create()
  const parts = Array.from('abcde', letter => edit(author, 3, doc => text.insert(doc, text.length(doc), letter)))
  const late = open(pickOf(parts, 4), pickOf(parts, 2))
  assert.equal(text.read(late), '')
  assert.equal(engine.isWaiting(late), true)
  const folded = open(snapshotOf(late), pickOf(parts, 0))
  assert.equal(text.read(folded), 'a')
  assert.equal(engine.isWaiting(folded), true)
  const again = open(pickOf(parts, 3), snapshotOf(folded))
  const whole = engine.apply(again, [pickOf(parts, 1)])
  assert.equal(text.read(whole), 'abcde')
  assert.equal(engine.isWaiting(whole), false)
})

test('snapshots that each hold something of their own are brought together', () => {
  const common = engine.create()
  const base = edit(common, 1, doc => text.insert(doc, 0, 'base '))
  const left = open(base)
  const right = open(base)
  edit(left, 2, doc => text.insert(doc, 0, 'left '))
  edit(right, 3, doc => text.insert(doc, 0, 'right '))
  const one = contentOf(open(snapshotOf(left), snapshotOf(right)))
  const two = contentOf(open(snapshotOf(right), snapshotOf(left)))
  assert.deepEqual(one, two)
  assert.match(one.text, /^(left right|right left) base $/)
  const merged: EnginePart = { kind: 'snapshot', bytes: mergeParts(engine, [snapshotOf(left), snapshotOf(right)]) }
  assert.deepEqual(contentOf(open(merged)), one)
})

test('a value reads as it was written', () => {
  const property = fc.property(anyJson, value => {
    const expected = JSON.parse(canonicalJson(value)) as Json
    const doc = engine.create()
    edit(doc, 1, it => json.set(it, ['k'], value))
    assert.deepEqual(json.read(doc, ['k']), expected)
    edit(doc, 1, it => list.insert(it, 0, [value, value]))
    assert.deepEqual(list.read(doc), [expected, expected])
    assert.deepEqual(list.get(doc, 1), expected)
    const again = open(snapshotOf(doc))
    assert.deepEqual(json.read(again, []), { k: expected })
    engine.close?.(doc)
    engine.close?.(again)
  })
  holds(300, property)
  const numbers = [0, -0, 1, -1, 2 ** 53, -(2 ** 53), 2 ** 60, 2 ** 63, 2 ** 64, -(2 ** 64), 1e308, 5e-324, 0.1]
  const doc = engine.create()
  for (const number of numbers) {
    edit(doc, 1, it => json.set(it, ['k'], number))
    assert.equal(json.read(doc, ['k']), number + 0)
    edit(doc, 1, it => json.set(it, ['k'], [{ number }, number]))
    assert.deepEqual(json.read(doc, ['k']), [{ number: number + 0 }, number + 0])
  }
})

test('no key is special', () => {
  const doc = engine.create()
  const names = ['__proto__', '~__proto__', '~~__proto__', 'constructor', 'toString', '', '/', 'a/b', '\0', 'ü𝄞']
  for (const name of names) edit(doc, 1, it => json.set(it, [name], { [name === '__proto__' ? 'p' : name]: name }))
  for (const name of names) {
    const inner = name === '__proto__' ? 'p' : name
    assert.equal(json.read(doc, [name, inner]), name)
    assert.deepEqual(json.placeOf(doc, [name]), { kind: 'object', size: 1 })
  }
  assert.deepEqual(Object.keys(json.read(doc, []) as object).sort(), names.toSorted())
  assert.equal(json.placeOf(doc, ['nothing']), undefined)
  assert.equal(json.placeOf(doc, ['', '', 'deeper']), undefined)
})

test('an edit that fails leaves its parts as they were', () => {
  const doc = engine.create()
  const first = edit(doc, 1, it => text.insert(it, 0, 'kept'))
  assert.throws(
    () =>
      engine.edit(doc, 1, it => {
        text.insert(it, 0, 'dropped')
        throw new Error('no')
      }),
    /no/
  )
  assert.equal(host.isOpen(doc), false)
  assert.equal(text.read(open(first)), 'kept')
  const edited = engine.edit(open(first), 1, it => it)
  assert.equal(edited.update, undefined, 'nothing was changed')
})

test('a client that never wrote may follow another in one document', () => {
  const doc = engine.create()
  const parts = [1, 2, 1, 2 ** 53 - 1].map(client => edit(doc, client, it => text.insert(it, 0, `${client} `)))
  assert.equal(text.read(open(...parts.toReversed())), text.read(doc))
})

test('foreign content is found', () => {
  const doc = engine.create()
  const nested = (depth: number): Json => (depth === 0 ? 1 : [nested(depth - 1)])
  edit(doc, 1, it => json.set(it, ['k'], nested(63)))
  assert.equal(engine.findFault(doc), undefined)
  edit(doc, 1, it => json.set(it, ['k'], nested(64)))
  assert.match(engine.findFault(doc) ?? '', /nested too deep/)
  const withDate = engine.create()
  edit(withDate, 1, it => json.set(it, ['k'], 1))
  host.use(withDate, handle => handle.put('/json', 'when', new Date(0), 'timestamp'))
  assert.match(engine.findFault(withDate) ?? '', /not JSON/)
  assert.deepEqual(json.read(withDate, []), { k: 1, when: null })
  const replaced = engine.create()
  edit(replaced, 1, it => json.set(it, ['k'], 1))
  host.use(replaced, handle => {
    handle.put('/', 'json', 1, 'int')
    handle.commit(undefined, 0)
  })
  const snapshot = snapshotOf(replaced)
  assert.throws(() => open(snapshot), /an Automerge document with another json/)
})

test('a snapshot that does not hold what its heads say is refused', () => {
  const doc = engine.create()
  edit(doc, 1, it => text.insert(it, 0, 'x'))
  const { bytes } = snapshotOf(doc)
  for (const damaged of [bytes.subarray(0, bytes.length - 1), Uint8Array.from([...bytes, 0]), new Uint8Array(0)]) {
    assert.throws(
      () => open({ kind: 'snapshot', bytes: damaged }),
      error => isShoalError(error) && error.code === 'SHOAL_MALFORMED'
    )
  }
})
