/**
 * A structural check of saved Automerge documents, before Automerge loads one.
 *
 * Automerge needs memory for every operation number up to the largest that the document names, and passes silently over chunks that
 * it cannot read. So checksums are compared here, deflated columns are inflated within a limit, and their runs are counted. The
 * heads are read, for whoever loads the document to see that it got there.
 *
 * Source: the Automerge binary format specification, https://automerge.org/automerge-binary-format-spec/.
 */
import { bytesToHex } from '@noble/hashes/utils.js'
import { changeChunk, chunksOf, documentChunk, findUpdateFault, maxDocumentOps } from './change.ts'
import { countDeltas, countNumbers, Fault, faultOf, Scanner } from './columns.ts'

/** The most that one column may be when it is inflated, in bytes. */
export const maxColumnBytes = 64 * 1024 * 1024

/** Inflates raw DEFLATE data. Throws where it is none, or would be more than `maxBytes`. */
export type Inflate = (deflated: Uint8Array, maxBytes: number) => Uint8Array

/** A saved document in parts: what is loaded as one, the changes that wait, and the heads (hexadecimal) it must reach. */
export interface Saved {
  readonly document: Uint8Array | undefined
  readonly waiting: readonly Uint8Array[]
  readonly heads: readonly string[]
}

/** Answers the saved document's parts, or what is wrong with it. */
export function readSnapshot(bytes: Uint8Array, inflate: Inflate): Saved | string {
  let document: Uint8Array | undefined
  let heads: readonly string[] = []
  const waiting: Uint8Array[] = []
  const fault = faultOf(() => {
    for (const chunk of chunksOf(bytes)) {
      if (chunk.kind === documentChunk && document === undefined && waiting.length === 0) {
        heads = checkDocument(chunk.content, inflate)
        document = chunk.bytes
      } else if (chunk.kind === changeChunk) {
        const fault = findUpdateFault(chunk.bytes)
        if (fault !== undefined) throw new Fault(fault)
        waiting.push(chunk.bytes)
      } else {
        throw new Fault(`a chunk of kind ${chunk.kind}`)
      }
    }
  })
  return fault ?? { document, waiting, heads }
}

const deflated = 8

const changeActor = 0x01
const changeSeq = 0x03
const changeMaxOp = 0x13
const opCounter = 0x23
const opAction = 0x42
const successors = 0x80
const successorCounter = 0x83

function checkDocument(content: Scanner, inflate: Inflate): string[] {
  for (let left = content.count(2); left > 0; left--) content.skip(content.unsigned())
  const heads: string[] = []
  for (let left = content.count(32); left > 0; left--) {
    const start = content.skip(32)
    heads.push(bytesToHex(content.bytes.subarray(start, start + 32)))
  }
  const changeLengths = readLengths(content)
  const opLengths = readLengths(content)
  const changeColumns = readColumns(content, changeLengths, inflate)
  const opColumns = readColumns(content, opLengths, inflate)
  const changes = changeColumns(changeActor, column => countNumbers(column, maxDocumentOps, maxDocumentOps).entries)
  changeColumns(changeSeq, column => countDeltas(column, changes, maxDocumentOps))
  changeColumns(changeMaxOp, column => countDeltas(column, changes, maxDocumentOps))
  const ops = opColumns(opAction, column => countNumbers(column, maxDocumentOps, 16).entries)
  opColumns(opCounter, column => countDeltas(column, ops, maxDocumentOps))
  const sum = opColumns(successors, column => countNumbers(column, ops, maxDocumentOps).sum)
  if (sum > maxDocumentOps) throw new Fault(`more than ${maxDocumentOps} operations`)
  opColumns(successorCounter, column => countDeltas(column, sum, maxDocumentOps))
  return heads
}

function readLengths(content: Scanner): [number, number][] {
  const lengths: [number, number][] = []
  let before = -1
  for (let left = content.count(2); left > 0; left--) {
    const column = content.unsigned()
    const plain = column & ~deflated
    if (plain <= before) throw new Fault('columns out of order')
    before = plain
    lengths.push([column, content.unsigned()])
  }
  return lengths
}

type CountColumn = (specification: number, count: (column: Scanner) => number) => number

function readColumns(content: Scanner, lengths: readonly [number, number][], inflate: Inflate): CountColumn {
  const columns = new Map<number, Scanner>()
  let left = maxColumnBytes
  for (const [column, length] of lengths) {
    const plain = column & ~deflated
    const part = content.part(length)
    if (plain === column) {
      columns.set(column, part)
      continue
    }
    const bytes = inflateColumn(part, inflate, left)
    left -= bytes.length
    columns.set(plain, new Scanner(bytes))
  }
  return (specification, count) => {
    const column = columns.get(specification)
    return column === undefined ? 0 : count(column)
  }
}

function inflateColumn(part: Scanner, inflate: Inflate, maxBytes: number): Uint8Array {
  try {
    return inflate(part.bytes.subarray(part.offset, part.end), maxBytes)
  } catch {
    throw new Fault('a column that cannot be inflated')
  }
}
