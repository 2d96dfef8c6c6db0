/** The structural checks of Automerge's changes and saved documents. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deflateRawSync } from 'node:zlib'
import { sha256 } from '@noble/hashes/sha2.js'
import fc from 'fast-check'
import { inflateRaw, loadAutomerge } from '../../src/automerge-module.ts'
import { findUpdateFault, maxDocumentOps, maxEditOps } from '../../src/crdt/automerge/change.ts'
import { checkUtf8, faultOf } from '../../src/crdt/automerge/columns.ts'
import { automergeJsonContent, automergeListContent, automergeTextContent } from '../../src/crdt/automerge/content.ts'
import { automergeEngine } from '../../src/crdt/automerge/engine.ts'
import { AutomergeHost, type OpenDocument } from '../../src/crdt/automerge/host.ts'
import { readSnapshot } from '../../src/crdt/automerge/snapshot.ts'
import type { EnginePart } from '../../src/crdt/document/engine.ts'
import type { Json } from '../../src/crdt/json-value.ts'
import { isShoalError } from '../../src/ports/errors.ts'
import { holds } from './support/profile.ts'

const host = new AutomergeHost(loadAutomerge)
const engine = automergeEngine('json', host, inflateRaw)
const text = automergeTextContent(host)
const list = automergeListContent(host)
const json = automergeJsonContent(host)

const value: Json = { a: [1, -5, 2.5, 1e300, 'ü𝄞', null, true, {}], b: { c: { d: 'x' } }, '': [[], false] }

/** A document that has seen every kind of edit, and the updates that they made. */
function everyEdit(): { updates: Uint8Array[]; snapshot: Uint8Array } {
  const doc = engine.create()
  const updates: Uint8Array[] = []
  const edits: ((doc: OpenDocument) => OpenDocument)[] = [
    it => json.set(it, ['k'], value),
    it => json.set(it, ['k', 'a', 2], 7),
    it => json.set(it, ['k', 'b'], 'b'),
    it => json.insert(it, ['k', 'a'], 1, ['i', { j: [1e300] }]),
    it => json.remove(it, ['k', 'a', 0]),
    it => json.remove(it, ['k', '']),
    it => text.insert(it, 0, 'hello 𝄞 wörld'.repeat(30)),
    it => text.remove(it, 2, 200),
    it => list.insert(it, 0, [1, 'two', value]),
    it => list.remove(it, 1, 2)
  ]
  for (const [i, edit] of edits.entries()) {
    const { update } = engine.edit(doc, 5 + (i % 2), edit)
    assert.ok(update)
    updates.push(update)
  }
  return { updates, snapshot: engine.snapshot(doc) }
}

const { updates, snapshot } = everyEdit()

/** A number in LEB128. */
function leb(number: number): number[] {
  return number < 0x80 ? [number] : [(number % 0x80) | 0x80, ...leb(Math.floor(number / 0x80))]
}

function chunk(kind: number, content: readonly number[]): Uint8Array {
  const hashed = Uint8Array.from([kind, ...leb(content.length), ...content])
  return Uint8Array.from([0x85, 0x6f, 0x4a, 0x83, ...sha256(hashed).subarray(0, 4), ...hashed])
}

interface Parts {
  deps?: readonly number[]
  actor?: readonly number[]
  seq?: number
  startOp?: number
  time?: number
  message?: readonly number[]
  others?: readonly number[]
  columns?: readonly [specification: number, bytes: readonly number[]][]
  rest?: readonly number[]
}

const oneDependency = [1, ...Array.from({ length: 32 }, (_, i) => i)]
/** Sets key k of the root to 1. */
const oneSet: readonly [number, readonly number[]][] = [
  [0x15, [0x7f, 1, 107]],
  [0x34, [1]],
  [0x42, [0x7f, 1]],
  [0x56, [0x7f, 0x14]],
  [0x57, [1]],
  [0x70, [0x7f, 0]]
]

function change(parts: Parts = {}): Uint8Array {
  const columns = parts.columns ?? oneSet
  return chunk(1, [
    ...(parts.deps ?? oneDependency),
    ...(parts.actor ?? [1, 7]),
    ...leb(parts.seq ?? 1),
    ...leb(parts.startOp ?? 4),
    parts.time ?? 0,
    ...(parts.message ?? [0]),
    ...(parts.others ?? [0]),
    columns.length,
    ...columns.flatMap(([specification, bytes]) => [...leb(specification), ...leb(bytes.length)]),
    ...columns.flatMap(([, bytes]) => bytes),
    ...(parts.rest ?? [])
  ])
}

/** `oneSet` with some columns instead, in their place. */
function columnsWith(...changed: readonly [number, readonly number[]][]): Parts {
  const all = new Map<number, readonly number[]>([...oneSet, ...changed])
  return { columns: [...all].sort(([a], [b]) => a - b) }
}

test('what the engine writes passes', () => {
  for (const update of updates) assert.equal(findUpdateFault(update), undefined)
  assert.equal(findUpdateFault(engine.mergeUpdates(updates)), undefined)
  assert.equal(findUpdateFault(change()), undefined)
  const saved = readSnapshot(snapshot, inflateRaw)
  assert.ok(typeof saved === 'object', String(saved))
  assert.equal(saved.heads.length, 1)
})

test('an update is changes of JSON, each after another, and nothing else', () => {
  const good = change()
  const flipped = good.slice()
  flipped[20] = (flipped[20] ?? 0) ^ 1
  const faulty: [string, Uint8Array][] = [
    ['its end missing', new Uint8Array(0)],
    ['no chunk of Automerge', Uint8Array.from([1, 2, 3, 4])],
    ['its end missing', good.subarray(0, good.length - 1)],
    ['its end missing', Uint8Array.from([...good, 0x85])],
    ['a wrong checksum', flipped],
    ['a chunk of kind 0', chunk(0, [0, 0, 0, 0])],
    ['a chunk of kind 2', chunk(2, [...deflateRawSync(good.subarray(10))])],
    ['a chunk of kind 3', chunk(3, [0])],
    ['a change that begins a document of its own', change({ deps: [0] })],
    ['more entries than bytes', change({ deps: leb(2 ** 40) })],
    ['an actor of 0 bytes', change({ actor: [0] })],
    ['an actor of 33 bytes', change({ actor: [33, ...Array.from({ length: 33 }, () => 1)] })],
    ['a change without a number', change({ seq: 0 })],
    ['a change without a number', change({ startOp: 0 })],
    ['a time or a message', change({ time: 1 })],
    ['a time or a message', change({ message: [1, 97] })],
    ['surplus bytes', change({ rest: [0] })],
    ['columns out of order', change({ columns: oneSet.toReversed() })],
    ['a deflated column', change(columnsWith([0x1d, []]))],
    ['column 148', change(columnsWith([0x94, [1]]))],
    ['a change without operations', change({ columns: [] })],
    ['a number out of range', change(columnsWith([0x42, [0x7f, 4]]))],
    ['a number out of range', change(columnsWith([0x01, [0x7f, 1]]))],
    ['a number out of range', change(columnsWith([0x02, [0x7f, 5]]))],
    ['an operation that refers to a later one', change(columnsWith([0x13, [0x7f, 5]]))],
    ['an operation that refers to a later one', change(columnsWith([0x13, [0x7f, 0x7f]]))],
    ['columns of different lengths', change(columnsWith([0x42, [2, 1]], [0x34, [1]]))],
    ['a column of more than 1 entries', change(columnsWith([0x34, [2]]))],
    ['columns of different lengths', change(columnsWith([0x70, [0x7f, 1]]))],
    ['text that is not UTF-8', change(columnsWith([0x15, [0x7f, 1, 0xff]]))],
    ['text that is not UTF-8', change(columnsWith([0x56, [0x7f, 0x16]], [0x57, [0xff]]))],
    ['a value of kind 7', change(columnsWith([0x56, [0x7f, 0x17]]))],
    ['a value of kind 5 in 1 bytes', change(columnsWith([0x56, [0x7f, 0x15]]))],
    ['a value of kind 4 in 0 bytes', change(columnsWith([0x56, [0x7f, 4]], [0x57, []]))],
    ['a value of kind 2 in 1 bytes', change(columnsWith([0x56, [0x7f, 0x12]]))],
    ['surplus bytes', change(columnsWith([0x57, [1, 1]]))],
    ['its end missing', change(columnsWith([0x57, []]))],
    ['surplus bytes', change(columnsWith([0x56, [0x7f, 0x24]], [0x57, [1, 1]]))],
    ['an empty run', change(columnsWith([0x42, [0, 0]]))]
  ]
  for (const [fault, bytes] of faulty) assert.equal(findUpdateFault(bytes), fault, Buffer.from(bytes).toString('hex'))
})

test('a short change cannot stand for more operations than an edit makes', () => {
  const run = (ops: number): Parts => ({
    columns: [
      [0x34, leb(ops)],
      [0x42, [...slebOf(ops), 3]],
      [0x70, [...slebOf(ops), 0]]
    ]
  })
  assert.equal(findUpdateFault(change(run(maxEditOps))), undefined)
  assert.equal(findUpdateFault(change(run(maxEditOps + 1))), `a column of more than ${maxEditOps} entries`)
  assert.equal(findUpdateFault(change({ startOp: maxDocumentOps })), `an operation beyond ${maxDocumentOps}`)
  const many = engine.mergeUpdates(
    Array.from({ length: 1 + maxDocumentOps / maxEditOps }, () => change(run(maxEditOps)))
  )
  assert.equal(findUpdateFault(many), `more than ${maxDocumentOps} operations`)
})

/** Signed LEB128 of a number that is not negative. */
function slebOf(number: number): number[] {
  return number < 0x40 ? [number] : [(number % 0x80) | 0x80, ...slebOf(Math.floor(number / 0x80))]
}

/** Some bytes of a chunk's content changed, and the checksum mended. */
function damage(bytes: Uint8Array, flips: readonly (readonly [number, number])[]): Uint8Array {
  const damaged = bytes.slice()
  for (const [at, byte] of flips) damaged[8 + (at % (bytes.length - 8))] = byte
  damaged.set(sha256(damaged.subarray(8)).subarray(0, 4), 4)
  return damaged
}

const anyFlips = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 3 })

test('what passes the check is merged or refused, and never ends Automerge', () => {
  let passed = 0
  const property = fc.property(fc.nat(), anyFlips, fc.boolean(), (which, flips, isSnapshot) => {
    const source = isSnapshot ? snapshot : updates[which % updates.length]
    assert.ok(source)
    const bytes = damage(source, flips)
    if (!isSnapshot && findUpdateFault(bytes) !== undefined) return
    passed++
    const doc = engine.create()
    const rest = updates.slice(0, which % updates.length).map((bytes): EnginePart => ({ kind: 'update', bytes }))
    try {
      engine.apply(doc, [{ kind: isSnapshot ? 'snapshot' : 'update', bytes }, ...rest])
      if (engine.findFault(doc) === undefined) assert.equal(typeof json.read(doc, []), 'object')
      assert.equal(typeof text.read(doc), 'string')
      assert.ok(Array.isArray(list.read(doc)))
      const again = engine.apply(engine.create(), [{ kind: 'snapshot', bytes: engine.snapshot(doc) }])
      assert.equal(text.read(again), text.read(doc))
    } catch (error) {
      assert.ok(isShoalError(error) && error.code === 'SHOAL_MALFORMED', String(error))
    }
    engine.close?.(doc)
    assert.equal(host.generation, 0)
  })
  holds(1500, property)
  assert.ok(passed > 0)
})

test('each truncation of an update and of a snapshot is refused', () => {
  for (const update of updates) {
    for (let length = 0; length < update.length; length++) {
      assert.notEqual(findUpdateFault(update.subarray(0, length)), undefined)
    }
  }
  for (let length = 0; length < snapshot.length; length++) {
    assert.equal(typeof readSnapshot(snapshot.subarray(0, length), inflateRaw), 'string')
  }
})

test('a snapshot whose columns inflate to more than they may is refused before Automerge sees it', () => {
  const bomb = [...deflateRawSync(new Uint8Array(100 * 1024 * 1024))]
  const column = (specification: number, bytes: readonly number[]): number[] => [
    ...[0, 0, 1, ...leb(specification), ...leb(bytes.length), 0],
    ...bytes
  ]
  assert.equal(readSnapshot(chunk(0, column(0x4a, bomb)), inflateRaw), 'a column that cannot be inflated')
  const farOp = [0x7f, ...slebOf(maxDocumentOps)]
  const content = [0, 0, 2, 0x01, 2, 0x13, farOp.length, 0, 0x7f, 0, ...farOp]
  assert.equal(readSnapshot(chunk(0, content), inflateRaw), 'an operation that refers to a later one')
})

test('text is checked as a strict decoder does', () => {
  const strict = new TextDecoder('utf-8', { fatal: true })
  const isText = (bytes: Uint8Array): boolean => {
    try {
      strict.decode(bytes)
      return true
    } catch {
      return false
    }
  }
  const interesting = fc.constantFrom(0, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc1, 0xc2, 0xdf, 0xe0, 0xed)
  const byte = fc.oneof(interesting, fc.constantFrom(0xef, 0xf0, 0xf4, 0xf5, 0xff), fc.nat(255))
  const property = fc.property(fc.array(byte, { maxLength: 6 }), bytes => {
    const array = Uint8Array.from(bytes)
    const fault = faultOf(() => checkUtf8(array, 0, array.length))
    assert.equal(fault === undefined, isText(array), bytes.join(' '))
  })
  holds(3000, property)
})
