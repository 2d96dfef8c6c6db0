/**
 * A structural check of Automerge's changes, before Automerge sees them.
 *
 * It accepts what Shoal's Automerge documents write and nothing else: whole change chunks, not deflated, with JSON values, each
 * after something. It is total, takes linear time and no memory, and depends on the bytes alone, so that all nodes agree. Runs
 * are counted, so a short change cannot stand for more operations than `maxDocumentOps`. It does not bound the time that
 * Automerge needs for the merge.
 *
 * Source: the Automerge binary format specification, https://automerge.org/automerge-binary-format-spec/.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { checkUtf8, countBooleans, countDeltas, countNumbers, eachRun, Fault, faultOf, Scanner } from './columns.ts'

/**
 * How many operations are read of a document. Automerge needs about 80 bytes for each when it loads the document, also for numbers
 * that nothing used, so this is what bounds a hostile change.
 */
export const maxDocumentOps = 2 ** 23
/**
 * How many operations a document may have seen in its life to be edited: a character typed or removed is one. So many are merged
 * in half of the sandbox's default deadline. Replicas that edit at the same time may go beyond together.
 */
export const maxEditedOps = 2 ** 19
/** How many operations one edit may be: a quarter of a million characters are inserted in a second. */
export const maxEditOps = 2 ** 18
/** How many characters or items one edit may remove. Automerge needs some 15 to 30 µs for each. */
export const maxEditRemovals = 2 ** 16

const maxActorBytes = 32
const maxKeyBytes = 3 * 1024 * 1024

export const documentChunk = 0
export const changeChunk = 1
const magic = [0x85, 0x6f, 0x4a, 0x83]

/** A chunk: where it lies whole, and its content. */
export interface Chunk {
  readonly kind: number
  readonly bytes: Uint8Array
  readonly content: Scanner
}

/** The chunks in the bytes, their checksums compared. Throws `Fault`. */
export function* chunksOf(bytes: Uint8Array): Generator<Chunk> {
  const scanner = new Scanner(bytes)
  do {
    const start = scanner.offset
    if (magic.some(byte => scanner.byte() !== byte)) throw new Fault('no chunk of Automerge')
    const checksum = scanner.skip(4)
    const hashed = scanner.offset
    const kind = scanner.byte()
    const content = scanner.part(scanner.unsigned())
    const hash = sha256(bytes.subarray(hashed, scanner.offset))
    for (let i = 0; i < 4; i++) if (hash[i] !== bytes[checksum + i]) throw new Fault('a wrong checksum')
    yield { kind, bytes: bytes.subarray(start, scanner.offset), content }
  } while (!scanner.isAtEnd())
}

/** What is wrong with an update, if anything: it is one or more changes. */
export function findUpdateFault(bytes: Uint8Array): string | undefined {
  return faultOf(() => {
    let ops = 0
    for (const { kind, content } of chunksOf(bytes)) {
      if (kind !== changeChunk) throw new Fault(`a chunk of kind ${kind}`)
      ops += checkChange(content)
      if (ops > maxDocumentOps) throw new Fault(`more than ${maxDocumentOps} operations`)
    }
  })
}

/** Where the numbers of a change's operations begin. The change is this process's own. */
export function startOpOf(change: Uint8Array): number {
  const content = new Scanner(change, 9)
  content.unsigned()
  return readHead(content).startOp
}

/** Whether all that the changes do is to delete. They are this process's own. */
export function removesOnly(update: Uint8Array): boolean {
  let isOnly = true
  for (const { content } of chunksOf(update)) {
    readHead(content)
    content.signed()
    content.skip(content.unsigned())
    for (let left = content.count(2); left > 0; left--) readActor(content)
    const actions = readColumns(content).get(action) ?? nothing
    eachRun(
      actions,
      maxEditOps,
      from => from.unsigned(),
      (_, value) => {
        isOnly &&= value === lastAction
      }
    )
  }
  return isOnly
}

function readHead(content: Scanner): { dependencies: number; startOp: number } {
  const dependencies = content.count(32)
  content.skip(dependencies * 32)
  readActor(content)
  if (content.unsigned() === 0) throw new Fault('a change without a number')
  const startOp = content.unsigned()
  if (startOp === 0) throw new Fault('a change without a number')
  return { dependencies, startOp }
}

function readActor(content: Scanner): void {
  const length = content.unsigned()
  if (length === 0 || length > maxActorBytes) throw new Fault(`an actor of ${length} bytes`)
  content.skip(length)
}

/** Answers how many operations there are. */
function checkChange(content: Scanner): number {
  const { dependencies, startOp } = readHead(content)
  if (dependencies === 0) throw new Fault('a change that begins a document of its own')
  if (content.signed() !== 0 || content.unsigned() !== 0) throw new Fault('a time or a message')
  const others = content.count(2)
  for (let left = others; left > 0; left--) readActor(content)
  const columns = readColumns(content)
  if (!content.isAtEnd()) throw new Fault('surplus bytes')
  return checkOps(columns, startOp, others + 1)
}

const deflated = 8

/** Columns by their specification (id, kind and whether deflated), whose order is fixed. */
function readColumns(content: Scanner): Map<number, Scanner> {
  const lengths: [number, number][] = []
  let before = -1
  for (let left = content.count(2); left > 0; left--) {
    const column = content.unsigned()
    if (column <= before) throw new Fault('columns out of order')
    if (!changeColumns.has(column))
      throw new Fault((column & deflated) === 0 ? `column ${column}` : 'a deflated column')
    before = column
    lengths.push([column, content.unsigned()])
  }
  return new Map(lengths.map(([column, length]) => [column, content.part(length)]))
}

const objectActor = 0x01
const objectCounter = 0x02
const keyActor = 0x11
const keyCounter = 0x13
const keyText = 0x15
const insert = 0x34
const action = 0x42
const valueMeta = 0x56
const valueBytes = 0x57
const predecessors = 0x70
const predecessorActor = 0x71
const predecessorCounter = 0x73

const changeColumns: ReadonlySet<number> = new Set([
  ...[objectActor, objectCounter, keyActor, keyCounter, keyText, insert, action, valueMeta, valueBytes],
  ...[predecessors, predecessorActor, predecessorCounter]
])

/** Make an object, set, make an array, delete. Neither counters, marks and tables, nor texts other than the root's. */
const lastAction = 3

const nothing = new Scanner(new Uint8Array(0))

function checkOps(columns: ReadonlyMap<number, Scanner>, startOp: number, actors: number): number {
  const column = (specification: number): Scanner => columns.get(specification) ?? nothing
  const { entries: ops } = countNumbers(column(action), maxEditOps, lastAction + 1)
  if (ops === 0) throw new Fault('a change without operations')
  const limit = startOp + ops
  if (limit > maxDocumentOps) throw new Fault(`an operation beyond ${maxDocumentOps}`)
  const full = (entries: number): void => {
    if (entries !== 0 && entries !== ops) throw new Fault('columns of different lengths')
  }
  full(countNumbers(column(objectActor), ops, actors).entries)
  full(countNumbers(column(objectCounter), ops, limit).entries)
  full(countNumbers(column(keyActor), ops, actors).entries)
  full(countDeltas(column(keyCounter), ops, limit))
  full(
    eachRun(
      column(keyText),
      ops,
      from => from.text(maxKeyBytes),
      () => {}
    )
  )
  full(countBooleans(column(insert), ops))
  full(checkValues(column(valueMeta), column(valueBytes), ops))
  const { entries, sum } = countNumbers(column(predecessors), ops, maxEditOps)
  full(entries)
  if (sum > maxEditOps) throw new Fault('too many predecessors')
  const named = [
    countNumbers(column(predecessorActor), sum, actors).entries,
    countDeltas(column(predecessorCounter), sum, limit)
  ]
  if (named.some(count => count !== sum)) throw new Fault('columns of different lengths')
  return ops
}

const kindTrue = 2
const kindUnsigned = 3
const kindSigned = 4
const kindFloat = 5
const kindText = 6

/** Each value's kind and length are in one column, its bytes in another. */
function checkValues(meta: Scanner, bytes: Scanner, maxEntries: number): number {
  const entries = eachRun(
    meta,
    maxEntries,
    from => from.unsigned(),
    (values, value) => {
      if (value === undefined) return
      const kind = value % 16
      const length = Math.floor(value / 16)
      if (length > (bytes.end - bytes.offset) / values) throw new Fault('its end missing')
      checkKind(kind, length)
      if (length === 0) return
      for (let left = values; left > 0; left--) checkValue(kind, bytes.part(length))
    }
  )
  if (!bytes.isAtEnd()) throw new Fault('surplus bytes')
  return entries
}

function checkKind(kind: number, length: number): void {
  if (kind > kindText) throw new Fault(`a value of kind ${kind}`)
  const isRight =
    kind === kindText || (kind === kindFloat ? length === 8 : kind <= kindTrue ? length === 0 : length > 0)
  if (!isRight) throw new Fault(`a value of kind ${kind} in ${length} bytes`)
}

function checkValue(kind: number, value: Scanner): void {
  if (kind === kindText) checkUtf8(value.bytes, value.offset, value.end)
  else if (kind === kindUnsigned || kind === kindSigned) checkInteger(value)
}

/** LEB128 of at most 64 bits. Beyond 2^53 the nearest float is what a reader sees. */
function checkInteger(value: Scanner): void {
  if (value.end - value.offset > 10) throw new Fault('a number of too many bytes')
  while ((value.byte() & 0x80) !== 0);
  if (!value.isAtEnd()) throw new Fault('surplus bytes')
}
