/** Documents as sets of updates, whatever is in them: parts, folding, and which parts are trusted. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Coverage } from '../../src/crdt/document/coverage.ts'
import type { DocumentState } from '../../src/crdt/document/document.ts'
import {
  documentBacklog,
  documentsOf,
  unvettedDocuments,
  withVetted
} from '../../src/crdt/document/documents-of-state.ts'
import { mergeParts, registerEngine } from '../../src/crdt/document/engine.ts'
import { DocumentPart } from '../../src/crdt/document/part.ts'
import { isDocumentType } from '../../src/crdt/document/type.ts'
import {
  type ActorState,
  CausalContext,
  type Delta,
  decodeDelta,
  decodeState,
  diffState,
  emptyState,
  encodeDelta,
  encodeState,
  identityOf,
  joinDeltas,
  joinStates,
  openView,
  plainValue,
  pnCounter,
  Transaction,
  text
} from '../../src/crdt/index.ts'
import { yjsTextEngine } from '../../src/crdt/yjs/text.ts'
import { textType } from '../../src/crdt/yjs/types.ts'
import { findUpdateFault } from '../../src/crdt/yjs/update.ts'
import { isShoalError } from '../../src/ports/errors.ts'
import { cpuTimed } from '../support/cpu-time.ts'
import { neverEndingUpdate } from './support/hostile.ts'
import { type Batch, Replica } from './support/replica.ts'
import { Desk } from './support/shop.ts'

const schema = { body: text() }
const entry = '\ns' + 'body'

function textOf(state: ActorState): string {
  return plainValue(schema, state).body
}

function documentOf(state: ActorState): DocumentState {
  return state.get(entry) as DocumentState
}

/** A state of one text with these parts. */
function stateOf(...parts: DocumentPart[]): ActorState {
  const document = parts.map(part => partState(part)).reduce((a, b) => textType.join(a, b, sides))
  return emptyState.set(entry, document)
}

const nothing = CausalContext.empty
const sides = { left: nothing, right: nothing, rightIsNews: false }

function partState(part: DocumentPart): DocumentState {
  const empty = textType.empty
  return empty.join(Object.getPrototypeOf(empty).constructor.of(empty.kind, [part]))
}

function type(desk: Desk<typeof schema>, words: readonly string[]): Batch[] {
  const batches: Batch[] = []
  for (const word of words) {
    const batch = desk.replica.run(0, schema, ({ body }) => body.insert(body.length, word))
    if (batch !== undefined) batches.push(batch)
  }
  return batches
}

test('a replica that lags gets the updates that it lacks, and not the document', () => {
  const desk = new Desk(schema)
  const late = new Replica(7, 1)
  for (const batch of type(desk, ['a rather long beginning', ' and'])) late.receive(batch)
  const known = desk.replica.context
  type(desk, [' so', ' on'])
  const { fragment, held } = diffState(desk.state, known)
  assert.equal(documentOf(fragment).partCount, 2)
  assert.ok(held.isEmpty())
  const joined = joinStates(late.actor(0).state, late.context, fragment, desk.replica.context)
  assert.equal(textOf(joined), 'a rather long beginning and so on')
  assert.deepEqual(identityOf(joined), identityOf(desk.state))
  assert.equal(diffState(desk.state, desk.replica.context).fragment, emptyState)
})

test('several edits in one transaction, or in deltas that wait together, are one update on the wire', () => {
  const desk = new Desk(schema)
  const batch = desk.replica.run(0, schema, ({ body }) => {
    for (const letter of 'letters, one by one') body.insert(body.length, letter)
    body.remove(0, 3)
  })
  assert.ok(batch)
  const sent = decodeDelta(batch.bytes)
  assert.equal(documentOf(sent.state).partCount, 1)
  assert.equal(textOf(sent.state), 'ters, one by one')
  const replica = desk.replica
  const deltas: Delta[] = []
  for (const letter of 'more') {
    const transaction = replica.begin(0)
    openView(schema, transaction).body.insert(0, letter)
    assert.ok(transaction.delta)
    deltas.push(transaction.delta)
    replica.actor(0).state = transaction.state
    replica.context = replica.context.union(transaction.delta.context)
  }
  const group = encodeDelta(deltas.reduce(joinDeltas))
  assert.equal(documentOf(decodeDelta(group).state).partCount, 1)
  const other = joinStates(sent.state, sent.context, decodeDelta(group).state, decodeDelta(group).context)
  assert.equal(textOf(other), `eromters, one by one`)
  assert.deepEqual(identityOf(other), identityOf(desk.state))
})

test('what is known in pieces is not kept twice when it comes merged, and the other way round', () => {
  const desk = new Desk(schema)
  const transaction = desk.replica.begin(0)
  const { body } = openView(schema, transaction)
  for (const letter of 'abc') body.insert(0, letter)
  assert.ok(transaction.delta)
  const merged = decodeDelta(encodeDelta(transaction.delta))
  const pieces = documentOf(transaction.state).parts
  assert.equal(pieces.length, 3)
  const whole = documentOf(merged.state)
  assert.equal(whole.partCount, 1)
  const fromPieces = stateOf(...pieces)
  assert.equal(
    documentOf(fromPieces).join(whole),
    documentOf(fromPieces),
    'the merged update brings nothing to its pieces'
  )
  assert.equal(whole.join(documentOf(fromPieces)), whole, 'the pieces bring nothing to the merged update')
  const [, second] = pieces
  assert.ok(second)
  const some = documentOf(stateOf(second))
  assert.equal(some.join(whole).partCount, 1, 'the merged update replaces a piece')
  assert.deepEqual(identityOf(emptyState.set(entry, some.join(whole))), identityOf(fromPieces))
})

test('a handler that waits while others write edits what it saw, and both are in the join', () => {
  const desk = new Desk(schema)
  const other = new Desk(schema, 1)
  type(desk, ['base'])
  other.replica.catchUp(desk.replica)
  const [foreign] = type(other, [' foreign'])
  assert.ok(foreign)
  const actor = desk.replica.actor(0)
  actor.state = decodeState(encodeState(actor.state))
  assert.equal(textOf(actor.state), 'base')
  const transaction = desk.replica.begin(0)
  desk.replica.receive(foreign)
  openView(schema, transaction).body.insert(0, 'own ')
  assert.ok(transaction.delta)
  const { state, context } = transaction.delta
  const joined = joinStates(actor.state, desk.replica.covers(0), state, context)
  const opened = documentOf(transaction.state).open()
  assert.equal(textOf(joined), 'own base foreign')
  assert.equal(documentOf(joined).open(), opened, 'the document goes on with the join: it is not opened anew')
  assert.equal(textOf(transaction.state), 'own base')
  assert.equal(textOf(actor.state), 'base foreign')
})

test('so does one that edits before and after', () => {
  const desk = new Desk(schema)
  const other = new Desk(schema, 1)
  type(desk, ['base'])
  other.replica.catchUp(desk.replica)
  const [foreign] = type(other, [' foreign'])
  assert.ok(foreign)
  const actor = desk.replica.actor(0)
  const transaction = desk.replica.begin(0)
  openView(schema, transaction).body.insert(0, 'own ')
  desk.replica.receive(foreign)
  openView(schema, transaction).body.insert(0, 'my ')
  assert.ok(transaction.delta)
  const { state, context } = transaction.delta
  const joined = joinStates(actor.state, desk.replica.covers(0), state, context)
  const opened = documentOf(transaction.state).open()
  assert.equal(textOf(joined), 'my own base foreign')
  assert.equal(documentOf(joined).open(), opened)
  assert.equal(textOf(actor.state), 'base foreign')
  assert.equal(textOf(transaction.state), 'my own base')
})

test('thousands of edits are folded into a snapshot, which changes nothing but the bytes', () => {
  const desk = new Desk(schema)
  const follower = new Replica(5, 1)
  const states: ActorState[] = []
  let expected = ''
  for (let i = 0; i < 3000; i++) {
    const letter = String.fromCharCode(97 + (i % 26))
    const at = (i * 7919) % (expected.length + 1)
    const batch = desk.replica.run(0, schema, ({ body }) => body.insert(at, letter))
    assert.ok(batch)
    if (i % 3 === 0) follower.receive(batch)
    expected = expected.slice(0, at) + letter + expected.slice(at)
    states.push(desk.state)
  }
  assert.equal(textOf(desk.state), expected)
  const counts = states.map(state => documentOf(state).partCount)
  assert.ok(Math.max(...counts) <= 2100, `at most ${Math.max(...counts)} parts`)
  assert.ok(
    counts.some((count, i) => count < (counts[i - 1] ?? 0)),
    'it was folded'
  )
  assert.equal(textOf(states[1500] ?? emptyState).length, 1501, 'older states are what they were')
  follower.catchUp(desk.replica)
  assert.deepEqual(identityOf(follower.actor(0).state), identityOf(desk.state))
  assert.equal(textOf(follower.actor(0).state), expected)
  const again = decodeState(encodeState(desk.state))
  assert.deepEqual(identityOf(again), identityOf(desk.state))
  assert.equal(textOf(again), expected)
})

test('who only reads folds too', () => {
  const desk = new Desk(schema)
  const reader = new Replica(5, 1)
  for (let i = 0; i < 2500; i++) {
    const [batch] = type(desk, ['x'])
    assert.ok(batch)
    reader.receive(batch)
  }
  assert.equal(documentBacklog(reader.actor(0).state), 2499)
  const identity = identityOf(reader.actor(0).state)
  assert.equal(textOf(reader.actor(0).state).length, 2500)
  assert.equal(documentBacklog(reader.actor(0).state), 0)
  assert.deepEqual(identityOf(reader.actor(0).state), identity)
})

test('what waits for what it depends on is not lost by folding here, nor by a sandbox that folds', () => {
  const desk = new Desk(schema)
  const batches = type(
    desk,
    Array.from({ length: 1400 }, () => 'x')
  )
  const [first, second, ...rest] = batches
  assert.ok(first && second)
  const late = new Replica(5, 1)
  for (const batch of [first, ...rest]) late.receive(batch)
  assert.equal(textOf(late.actor(0).state), 'x')
  assert.ok(documentBacklog(late.actor(0).state) > 1000, 'not folded')
  const [document] = documentsOf(late.actor(0).state)
  assert.ok(document)
  const snapshot = mergeParts(yjsTextEngine, document.untrusted)
  const folded = withVetted(late.actor(0).state, document.field, document.untrusted, snapshot)
  assert.equal(documentBacklog(folded), 0)
  assert.deepEqual(identityOf(folded), identityOf(late.actor(0).state))
  assert.equal(textOf(folded), 'x')
  late.actor(0).state = folded
  late.receive(second)
  assert.equal(textOf(late.actor(0).state).length, 1400)
  assert.deepEqual(identityOf(late.actor(0).state), identityOf(desk.state))
})

test('own edits are trusted; what was decoded is not, until a check says so', () => {
  const mixed = { body: text(), count: pnCounter() }
  const desk = new Desk(mixed)
  desk.do(({ count }) => count.add(1))
  assert.equal(unvettedDocuments(desk.state).length, 0)
  desk.do(({ body }) => body.insert(0, 'mine'))
  assert.equal(unvettedDocuments(desk.state).length, 0)
  const other = new Desk(mixed, 1)
  other.replica.catchUp(desk.replica)
  const batch = other.replica.run(0, mixed, ({ body }) => body.insert(4, ' and yours'))
  assert.ok(batch)
  desk.replica.receive(batch)
  const [unvetted] = unvettedDocuments(desk.state)
  assert.ok(unvetted)
  assert.deepEqual(
    [unvetted.field, unvetted.engine, unvetted.content, unvetted.trusted.length, unvetted.untrusted.length],
    [entry, 'yjs', 'text', 1, 1]
  )
  const identity = identityOf(desk.state)
  const all = [...unvetted.trusted, ...unvetted.untrusted]
  const replaced = withVetted(desk.state, entry, all, mergeParts(yjsTextEngine, all))
  const asTheyAre = withVetted(desk.state, entry, unvetted.untrusted)
  for (const vetted of [replaced, asTheyAre]) {
    assert.equal(unvettedDocuments(vetted).length, 0)
    assert.deepEqual(identityOf(vetted), identity)
    assert.equal(plainValue(mixed, vetted).body, 'mine and yours')
    assert.equal(plainValue(mixed, vetted).count, 1)
  }
  assert.equal(documentBacklog(replaced), 0)
  assert.equal(unvettedDocuments(decodeState(encodeState(replaced))).length, 1, 'what was stored is a stranger again')
  assert.equal(withVetted(replaced, entry, unvetted.untrusted), replaced, 'parts that are gone do not matter')
})

test('a snapshot is never trusted as it is', () => {
  const desk = new Desk(schema)
  type(desk, ['a', 'b'])
  const [document] = documentsOf(desk.state)
  assert.ok(document)
  const folded = withVetted(desk.state, entry, document.trusted, mergeParts(yjsTextEngine, document.trusted))
  const [foreign] = unvettedDocuments(decodeState(encodeState(folded)))
  assert.ok(foreign)
  assert.throws(() => withVetted(folded, entry, foreign.untrusted), RangeError)
})

test('the update that hangs Yjs is refused as an update, and as a snapshot it is carried without being opened', () => {
  assert.equal(neverEndingUpdate.length, 27)
  assert.equal(typeof findUpdateFault('text', neverEndingUpdate), 'string')
  const extent = { origin: 'stranger', from: 1, to: 1, oldest: 4, newest: 4 }
  const asUpdate = stateOf(DocumentPart.of('update', [extent], false, neverEndingUpdate))
  assert.throws(
    () => decodeState(encodeState(asUpdate)),
    error => isShoalError(error) && error.code === 'SHOAL_MALFORMED'
  )
  const poisoned = decodeState(encodeState(stateOf(DocumentPart.of('snapshot', [extent], false, neverEndingUpdate))))
  const desk = new Desk(schema)
  type(desk, ['hello'])
  const joined = joinStates(
    desk.state,
    desk.replica.context,
    poisoned,
    CausalContext.of([{ origin: 'stranger', seq: 4 }])
  )
  assert.equal(unvettedDocuments(joined)[0]?.untrusted.length, 1)
  assert.deepEqual(identityOf(decodeState(encodeState(joined))), identityOf(joined))
  assert.equal(documentOf(diffState(joined, desk.replica.context).fragment).partCount, 1)
  assert.equal(textOf(desk.state), 'hello', 'the state before it can still be read')
})

test('where a stranger used up all numbers of an origin, its next edit is refused and not lost', () => {
  const desk = new Desk(schema)
  const { origin } = desk.replica
  const last = { origin, from: Number.MAX_SAFE_INTEGER, to: Number.MAX_SAFE_INTEGER, oldest: 1, newest: 1 }
  const [update] = documentOf(
    type(new Desk(schema, 1), ['x']).map(({ bytes }) => decodeDelta(bytes))[0]?.state ?? emptyState
  ).parts
  assert.ok(update)
  desk.replica.actor(0).state = decodeState(
    encodeState(stateOf(DocumentPart.of('update', [last], false, update.bytes)))
  )
  const { state } = desk
  assert.throws(
    () => desk.do(({ body }) => body.insert(0, 'mine')),
    error => isShoalError(error) && error.code === 'SHOAL_LIMIT'
  )
  assert.equal(textOf(state), 'x')
  const { transaction, drawn } = counted(desk)
  assert.throws(() => openView(schema, transaction).body.insert(0, 'mine'))
  assert.deepEqual(drawn, [], 'no seq is lost to it')
})

/** A transaction that tells which seqs it drew, and gives out no more than `most`. */
function counted(desk: Desk<typeof schema>, most = Number.POSITIVE_INFINITY) {
  const { context, origin } = desk.replica
  const drawn: number[] = []
  const nextDot = () => {
    if (drawn.length >= most) throw new Error('no more seqs')
    const seq = context.next(origin) + drawn.length
    drawn.push(seq)
    return { origin, seq }
  }
  const transaction = new Transaction({
    state: desk.state,
    covers: context,
    origin,
    nextDot,
    now: () => 0,
    clientId: () => 7
  })
  return { transaction, drawn }
}

test('an edit stands, with its seq, where the document cannot be folded after it', () => {
  const desk = new Desk(schema)
  const { transaction, drawn } = counted(desk)
  const view = openView(schema, transaction)
  registerEngine({
    ...yjsTextEngine,
    snapshot() {
      throw new Error('no memory')
    }
  })
  try {
    view.body.insert(0, 'x'.repeat(40_000))
    view.body.insert(0, 'y'.repeat(40_000))
  } finally {
    registerEngine(yjsTextEngine)
  }
  assert.deepEqual(drawn, [1, 2])
  const { delta, state } = transaction
  assert.deepEqual(delta?.context.intervals(desk.replica.origin), [1, 2])
  assert.equal(textOf(state), 'y'.repeat(40_000) + 'x'.repeat(40_000))
})

test('what was rolled back takes no number, also where a later edit of it failed', () => {
  const desk = new Desk(schema)
  desk.do(({ body }) => body.insert(0, 'a'))
  const { transaction } = counted(desk, 1)
  const view = openView(schema, transaction)
  view.body.insert(0, 'b')
  assert.throws(() => view.body.insert(0, 'c'), /no more seqs/)
  desk.do(({ body }) => body.insert(0, 'd'))
  assert.equal(textOf(desk.state), 'da')
  assert.deepEqual(
    documentOf(desk.state)
      .coverage.extents()
      .map(({ from, to }) => [from, to]),
    [[1, 2]]
  )
})

test('parts that come in any order are counted in time that their number explains', async t => {
  const count = 300_000
  const bytes = Uint8Array.of(0, 0)
  const parts = Array.from({ length: count }, (_, i) =>
    DocumentPart.ofEdit({ origin: 'o', seq: i + 1 }, 2 * i + 1, bytes)
  )
  const extentsOf = (row: readonly DocumentPart[]) => cpuTimed(() => Coverage.of(row).extents())
  const shuffled = parts.toSorted((a, b) => ((a.from * 7919) % count) - ((b.from * 7919) % count))
  const [up, mixed] = [await extentsOf(parts), await extentsOf(shuffled)]
  assert.equal(up.value.length, count)
  assert.deepEqual(mixed.value, up.value)
  const both = `${Math.round(mixed.cpuMs)} ms of processor in any order, ${Math.round(up.cpuMs)} ms upwards`
  t.diagnostic(both)
  // One inserted after the other, they took minutes.
  assert.ok(mixed.cpuMs < 20 * up.cpuMs + 2000, both)
})

test('the table knows which types are documents', () => {
  assert.equal(isDocumentType(text().type), true)
  assert.equal(isDocumentType(pnCounter().type), false)
})
