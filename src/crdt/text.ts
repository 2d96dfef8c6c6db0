/**
 * Collaborative text: a Yjs document as a value. The only file that knows Yjs.
 *
 * A state is an update that holds everything, or an older state and one update more. It never changes from outside. The
 * document that Yjs works on is a cache, shared along a chain of states: it moves forward with the newest state, and a state
 * that it has passed gets a document of its own, so a rolled back change leaves no trace. Updates that came before what they
 * depend on wait inside the state. Joining ignores contexts; two replicas that saw the same updates have equal identities,
 * though Yjs may write them in different bytes.
 *
 * Source: Nicolaescu et al., "Near real-time peer-to-peer shared editing on extensible data types" (YATA), 2016.
 */
import { applyUpdate, createDeleteSetFromStructStore, Doc, decodeUpdateV2, encodeStateAsUpdate, Skip } from 'yjs'
import { ShoalError } from '../ports/errors.ts'
import type { Sink } from './codec.ts'
import { add, noSpans, type Spans, subtract } from './spans.ts'
import { readUpdate, rootName } from './text-update.ts'
import type { Change, Draw, Type } from './type.ts'

/** The longest text that one insertion brings, in UTF-16 code units. */
export const maxInsertLength = 1024 * 1024

/** How many updates a state may be ahead of the last one that was written out. */
const maxChain = 256

/** A document, and the state it shows. */
interface Materialised {
  doc: Doc
  at: TextState
}

/** Not a static field: the initialiser that TypeScript 7.0.2 emits for one in this class uses the class before it exists. */
let empty: TextState | undefined

export class TextState {
  static get empty(): TextState {
    empty ??= new TextState({ update: new Uint8Array(0) })
    return empty
  }

  #whole: Uint8Array | undefined
  #before: TextState | undefined
  readonly #update: Uint8Array
  readonly #chain: number
  #cache: Materialised | undefined

  /** With `cache`, a document that shows the state already. Without `before`, the update is the whole state. */
  private constructor(made: { update: Uint8Array; before?: TextState; cache?: Materialised }) {
    this.#update = made.update
    this.#before = made.before
    this.#whole = made.before === undefined ? made.update : undefined
    this.#chain = made.before === undefined ? 0 : made.before.#chain + 1
    this.#cache = made.cache
    if (made.cache !== undefined) made.cache.at = this
    if (this.#chain % maxChain === maxChain - 1) this.encode()
  }

  /** The update must have passed the structural check. */
  static of(update: Uint8Array): TextState {
    return update.length === 0 ? TextState.empty : new TextState({ update })
  }

  isEmpty(): boolean {
    return this === TextState.empty
  }

  /** One update that brings an empty document to this state. */
  encode(): Uint8Array {
    if (this.#whole === undefined) {
      this.#whole = encodeStateAsUpdate(this.doc())
      this.#before = undefined
    }
    return this.#whole
  }

  /** The document that shows this state. Only for reading, and only until the next call to any state of the chain. */
  doc(): Doc {
    const cache = this.#cache
    if (cache?.at === this) return cache.doc
    const updates: Uint8Array[] = []
    let state: TextState = this
    while (state !== cache?.at && state.#whole === undefined && state.#before !== undefined) {
      updates.push(state.#update)
      state = state.#before
    }
    // An older or another branch of the chain gets a document of its own; whoever uses the other one keeps it.
    const mine = cache !== undefined && state === cache.at ? cache : { doc: newDoc(), at: this }
    if (mine !== cache && state.#whole !== undefined && !state.isEmpty()) apply(mine.doc, state.#whole)
    for (const update of updates.reverse()) apply(mine.doc, update)
    mine.at = this
    this.#cache = mine
    return mine.doc
  }

  toString(): string {
    return this.isEmpty() ? '' : this.doc().getText(rootName).toString()
  }

  get length(): number {
    return this.isEmpty() ? 0 : this.doc().getText(rootName).length
  }

  /** Answers this very state where the update brings nothing new. */
  with(update: Uint8Array): TextState {
    const doc = this.doc()
    const before = pendingOf(doc)
    let isNews = false
    const notice = (): void => {
      isNews = true
    }
    doc.on('update', notice)
    try {
      apply(doc, update)
    } catch (error) {
      this.#cache = undefined
      throw error
    } finally {
      doc.off('update', notice)
    }
    const after = pendingOf(doc)
    if (!isNews && before.every((bytes, i) => areSameBytes(bytes, after[i]))) return this
    return this.#next(update)
  }

  /** Edits as client `clientId`. Answers the new state and the update that leads to it. */
  edit(clientId: number, change: (doc: Doc) => void): { state: TextState; update: Uint8Array } {
    const doc = this.doc()
    const updates: Uint8Array[] = []
    const notice = (update: Uint8Array): void => {
      updates.push(update)
    }
    doc.on('update', notice)
    // Set for the edit alone: a document that receives updates of its own client id takes a random one.
    doc.clientID = clientId
    try {
      doc.transact(() => change(doc))
    } catch (error) {
      this.#cache = undefined
      throw error
    } finally {
      doc.clientID = noClient
      doc.off('update', notice)
    }
    const [update] = updates
    if (update === undefined) throw new Error('an edit without effect')
    return { state: this.#next(update), update }
  }

  #next(update: Uint8Array): TextState {
    const cache = this.#cache
    const made = cache === undefined ? { update, before: this } : { update, before: this, cache }
    return this.isEmpty() ? TextState.#first(made.cache, update) : new TextState(made)
  }

  /** The empty state belongs to everybody, so it gives its document away. */
  static #first(cache: Materialised | undefined, update: Uint8Array): TextState {
    TextState.empty.#cache = undefined
    return new TextState(cache === undefined ? { update } : { update, cache })
  }
}

const noClient = 0

function newDoc(): Doc {
  const doc = new Doc({ guid: rootName })
  doc.clientID = noClient
  doc.getText(rootName)
  return doc
}

function apply(doc: Doc, update: Uint8Array): void {
  try {
    applyUpdate(doc, update)
  } catch (cause) {
    throw new ShoalError('SHOAL_MALFORMED', 'a text update that Yjs refuses', { cause })
  }
}

function pendingOf(doc: Doc): [Uint8Array | undefined, Uint8Array | undefined] {
  return [doc.store.pendingStructs?.update, doc.store.pendingDs ?? undefined]
}

function areSameBytes(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  if (a === undefined || b === undefined) return a === b
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}

function badArgument(what: string): ShoalError {
  return new ShoalError('SHOAL_BAD_ARGUMENT', what)
}

function checkPosition(text: string, at: number): void {
  if (!Number.isSafeInteger(at) || at < 0 || at > text.length) {
    throw badArgument(`position ${at} is not in a text of ${text.length} characters`)
  }
  const next = text.charCodeAt(at)
  const before = text.charCodeAt(at - 1)
  if (next >= 0xdc00 && next <= 0xdfff && before >= 0xd800 && before <= 0xdbff) {
    throw badArgument(`position ${at} is in the middle of a character`)
  }
}

function checkClientId(clientId: number): void {
  if (!Number.isSafeInteger(clientId) || clientId < 1) throw badArgument(`not a client id: ${clientId}`)
}

/** Positions are in UTF-16 code units. Throws `SHOAL_BAD_ARGUMENT` where they are out of range or inside a character. */
export function insertText(
  state: TextState,
  draw: Draw,
  clientId: () => number,
  at: number,
  inserted: string
): Change<TextState> | undefined {
  if (typeof inserted !== 'string' || !inserted.isWellFormed()) throw badArgument('inserted text must be well-formed')
  if (inserted.length > maxInsertLength) throw badArgument(`an insertion of more than ${maxInsertLength} characters`)
  checkPosition(state.toString(), at)
  if (inserted === '') return undefined
  return edit(state, draw, clientId, doc => doc.getText(rootName).insert(at, inserted))
}

export function removeText(
  state: TextState,
  draw: Draw,
  clientId: () => number,
  at: number,
  length: number
): Change<TextState> | undefined {
  if (!Number.isSafeInteger(length) || length < 0) throw badArgument(`not a length: ${length}`)
  const text = state.toString()
  checkPosition(text, at)
  checkPosition(text, at + length)
  if (length === 0) return undefined
  return edit(state, draw, clientId, doc => doc.getText(rootName).delete(at, length))
}

function edit(state: TextState, draw: Draw, clientId: () => number, change: (doc: Doc) => void): Change<TextState> {
  const client = clientId()
  checkClientId(client)
  draw()
  const edited = state.edit(client, change)
  return { state: edited.state, fragment: TextState.of(edited.update), removed: [] }
}

type SpansByClient = Map<number, Spans>

function addSpan(spans: SpansByClient, client: number, clock: number, length: number): void {
  spans.set(client, add(spans.get(client) ?? noSpans, clock, clock + length - 1))
}

function writeSpans(sink: Sink, spans: SpansByClient): void {
  const clients = [...spans.keys()].sort((a, b) => a - b)
  sink.varint(clients.length)
  for (const client of clients) {
    const list = spans.get(client) ?? noSpans
    sink.varint(client)
    sink.varint(list.length)
    for (const bound of list) sink.varint(bound)
  }
}

/** The text, which of its characters were ever written, which were deleted, and what still waits for what it depends on. */
function writeIdentity(state: TextState, sink: Sink): void {
  const { store } = state.doc()
  const written: SpansByClient = new Map()
  const deleted: SpansByClient = new Map()
  const waiting: SpansByClient = new Map()
  for (const [client, structs] of store.clients) {
    const last = structs[structs.length - 1]
    if (last !== undefined) addSpan(written, client, 0, last.id.clock + last.length)
  }
  for (const [client, items] of createDeleteSetFromStructStore(store).clients) {
    for (const { clock, len } of items) addSpan(deleted, client, clock, len)
  }
  if (store.pendingDs !== null) {
    for (const [client, items] of decodeUpdateV2(store.pendingDs).ds.clients) {
      for (const { clock, len } of items) addSpan(deleted, client, clock, len)
    }
  }
  for (const struct of store.pendingStructs === null ? [] : decodeUpdateV2(store.pendingStructs.update).structs) {
    if (!(struct instanceof Skip)) addSpan(waiting, struct.id.client, struct.id.clock, struct.length)
  }
  for (const [client, spans] of waiting) {
    const rest = subtract(spans, written.get(client) ?? noSpans)
    if (rest.length > 0) waiting.set(client, rest)
    else waiting.delete(client)
  }
  sink.text(state.toString())
  writeSpans(sink, written)
  writeSpans(sink, deleted)
  writeSpans(sink, waiting)
}

export const textType: Type<TextState> = {
  tag: 10,
  name: 'text',
  empty: TextState.empty,
  isEmpty: state => state.isEmpty(),
  isVisible: state => !state.isEmpty(),
  join(a, b) {
    if (a === b || b.isEmpty()) return a
    return a.isEmpty() ? b : a.with(b.encode())
  },
  news: (a, b, sides) => (textType.join(a, b, sides) === a ? TextState.empty : b),
  diff: state => state,
  eachDot() {},
  cleared: () => TextState.empty,
  write: (state, sink) => sink.bytes(state.encode()),
  read(reader, depth) {
    if (depth > 1) throw reader.malformed('a document inside a map')
    return TextState.of(readUpdate(reader))
  },
  writeIdentity
}
