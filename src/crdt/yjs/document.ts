/**
 * Yjs as an engine of documents. Updates are in Yjs's first encoding, snapshots in its second, in which overwritten values
 * collapse.
 *
 * Source: Nicolaescu et al., "Near real-time peer-to-peer shared editing on extensible data types" (YATA), 2016.
 */
import {
  applyUpdate,
  applyUpdateV2,
  Doc,
  encodeStateAsUpdate,
  encodeStateAsUpdateV2,
  getState,
  mergeUpdates,
  type Transaction,
  UpdateEncoderV1
} from 'yjs'
import { ShoalError } from '../../ports/errors.ts'
import type { DocumentContent, DocumentEngine, Edited, EnginePart } from '../document/engine.ts'
import { findContentFault } from './update.ts'

/** Outside of edits. A document that receives updates of its own client id takes a random one, so it has none of its own. */
const noClient = 0

/** Nobody listens to these documents, and to call nobody seven times is an eighth of the time of an edit. */
class QuietDoc extends Doc {
  override emit(): void {}
}

/** A Yjs document whose content is under one root. */
export class YjsDocument<Root> {
  readonly doc: Doc
  readonly root: Root
  /** Something in it may be a character of two code units. */
  mayHavePairs = false

  constructor(openRoot: (doc: Doc) => Root) {
    this.doc = new QuietDoc({ guid: 'shoal' })
    this.doc.clientID = noClient
    this.root = openRoot(this.doc)
  }
}

export function yjsEngine<Root>(
  content: DocumentContent,
  openRoot: (doc: Doc) => Root,
  findFault: (doc: YjsDocument<Root>) => string | undefined = () => undefined
): DocumentEngine<YjsDocument<Root>> {
  return {
    name: 'yjs',
    content,
    create: () => new YjsDocument(openRoot),
    apply(document, parts) {
      for (const part of parts) {
        apply(document.doc, part)
        document.mayHavePairs ||= hasLongCharacter(part.bytes)
      }
      resume(document.doc)
      return document
    },
    edit,
    snapshot: ({ doc }) => encodeStateAsUpdateV2(doc),
    mergeUpdates: mergeAll,
    // An update begins with the number of clients that inserted something; what was removed comes after them.
    removesOnly: update => update[0] === 0,
    isWaiting: ({ doc }) => doc.store.pendingStructs !== null || doc.store.pendingDs !== null,
    findFault: document => findContentFault(content, encodeStateAsUpdate(document.doc)) ?? findFault(document)
  }
}

function apply(doc: Doc, { kind, bytes }: EnginePart): void {
  try {
    if (kind === 'update') applyUpdate(doc, bytes)
    else applyUpdateV2(doc, bytes)
  } catch (cause) {
    throw new ShoalError('SHOAL_MALFORMED', 'a document update that Yjs refuses', { cause })
  }
}

/**
 * Yjs (13.6.33) notes of what waits only some of what it waits for, and looks again when that comes. So two updates can wait for ever,
 * one for the other and that one for nothing any more. Here it looks again, as long as something more goes in.
 */
function resume(doc: Doc): void {
  const { store } = doc
  for (let before = -1, clocks = sumOfClocks(doc); clocks > before; clocks = sumOfClocks(doc)) {
    const pending = store.pendingStructs
    if (pending === null) return
    before = clocks
    store.pendingStructs = null
    apply(doc, { kind: 'snapshot', bytes: pending.update })
  }
}

/** Grows with whatever goes in. */
function sumOfClocks({ store }: Doc): number {
  let sum = 0
  for (const client of store.clients.keys()) sum += getState(store, client)
  return sum
}

/** Four bytes in UTF-8 are two UTF-16 code units. What looks like one may be something else. */
function hasLongCharacter(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length - 3; at++) {
    if ((bytes[at] ?? 0) < 0xf0) continue
    if (isContinued(bytes[at + 1]) && isContinued(bytes[at + 2]) && isContinued(bytes[at + 3])) return true
  }
  return false
}

function isContinued(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x80 && byte < 0xc0
}

function edit<D extends YjsDocument<unknown>>(document: D, client: number, change: (document: D) => D): Edited<D> {
  const { doc } = document
  let done: Transaction | undefined
  doc.clientID = client
  try {
    doc.transact(transaction => {
      done = transaction
      change(document)
    })
  } finally {
    doc.clientID = noClient
  }
  return { doc: document, update: done === undefined ? undefined : updateOf(done, client) }
}

/** Used again and again: a new one would cost as much as the writing. */
const encoder = new UpdateEncoderV1()
const maxSpareBytes = 16 * 1024

/**
 * What a finished transaction of this client changed, as Yjs itself would tell its listeners. To ask for it here takes half the
 * time of listening.
 */
function updateOf({ doc, beforeState, afterState, deleteSet }: Transaction, client: number): Uint8Array | undefined {
  const clock = beforeState.get(client) ?? 0
  const hasInserted = (afterState.get(client) ?? 0) > clock
  if (!hasInserted && deleteSet.clients.size === 0) return undefined
  const rest = encoder.restEncoder
  rest.cpos = 0
  rest.bufs.length = 0
  if (rest.cbuf.length > maxSpareBytes) rest.cbuf = new Uint8Array(maxSpareBytes)
  if (hasInserted) {
    const structs = doc.store.clients.get(client) ?? []
    let first = structs.length - 1
    while (first > 0 && (structs[first]?.id.clock ?? 0) > clock) first--
    writeNumber(1)
    writeNumber(structs.length - first)
    writeNumber(client)
    writeNumber(clock)
    for (let i = first; i < structs.length; i++) {
      const struct = structs[i]
      struct?.write(encoder, i === first ? clock - struct.id.clock : 0)
    }
  } else {
    writeNumber(0)
  }
  writeNumber(deleteSet.clients.size)
  const owners = [...deleteSet.clients]
  if (owners.length > 1) owners.sort(([a], [b]) => b - a)
  for (const [owner, items] of owners) {
    writeNumber(owner)
    writeNumber(items.length)
    for (const { clock: from, len } of items) {
      writeNumber(from)
      writeNumber(len)
    }
  }
  return encoder.toUint8Array()
}

function writeNumber(value: number): void {
  encoder.writeLen(value)
}

/** How many updates Yjs merges at a time: for more at once it takes longer than in proportion. */
const mergeStep = 32

function mergeAll(updates: readonly Uint8Array[]): Uint8Array {
  let rest = [...updates]
  while (rest.length > 1) {
    const merged: Uint8Array[] = []
    for (let i = 0; i < rest.length; i += mergeStep) merged.push(mergeUpdates(rest.slice(i, i + mergeStep)))
    rest = merged
  }
  return rest[0] ?? new Uint8Array(0)
}
