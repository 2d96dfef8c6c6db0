/** Documents as data types: how they join, travel and are read. */
import type { Reader } from '../codec.ts'
import type { Covers } from '../dot.ts'
import type { Type } from '../type.ts'
import { type DocumentKind, DocumentState } from './document.ts'
import { DocumentLog } from './log.ts'
import { DocumentPart, maxPartBytes, minPartBytes, minSnapshotBytes, type PartHeader, readHeader } from './part.ts'

function readParts(kind: DocumentKind, reader: Reader): DocumentPart[] {
  const headers: { header: PartHeader; length: number }[] = []
  for (let left = reader.count(minPartBytes); left > 0; left--) {
    const header = readHeader(reader)
    const length = left === 1 ? 0 : reader.varint()
    headers.push({ header, length })
  }
  if (headers.length === 0) throw reader.malformed('a document without parts')
  const payload = reader.bytes(headers.length * maxPartBytes)
  let start = 0
  return headers.map(({ header, length }, i) => {
    const end = i === headers.length - 1 ? payload.length : start + length
    const fewest = header.kind === 'snapshot' ? minSnapshotBytes : 1
    if (end - start < fewest || end > payload.length || end - start > maxPartBytes) {
      throw reader.malformed(`a ${header.kind} of ${end - start} bytes`)
    }
    const part = new DocumentPart(header.kind, header.first, header.more, false, payload, start, end)
    start = end
    const fault = header.kind === 'update' ? kind.checkUpdate(part.bytes) : undefined
    if (fault !== undefined) throw reader.malformed(`a ${kind.name} update with ${fault}`)
    return part
  })
}

/** The data type of a kind of documents. */
export function documentType(kind: DocumentKind): Type<DocumentState> {
  const empty = new DocumentState(kind, new DocumentLog([]), true)
  const only = (state: DocumentState, parts: DocumentPart[]): DocumentState =>
    parts.length === 0 ? empty : state.only(parts)
  return {
    tag: kind.tag,
    name: kind.name,
    empty,
    isEmpty: state => state.isEmpty(),
    isVisible: state => !state.isEmpty(),
    join: (a, b) => a.join(b),
    news: (a, b) => only(b, a.newsOf(b)),
    diff: (state: DocumentState, known: Covers) =>
      only(
        state,
        state.parts.filter(part => !part.isKnownTo(known))
      ),
    eachDot() {},
    eachMark(state, visit) {
      for (const part of state.parts) for (const { origin, newest } of part.extents) visit(origin, newest)
    },
    cleared: () => empty,
    write: (state, sink) => state.write(sink),
    read(reader, depth) {
      if (depth > 1) throw reader.malformed('a document inside a map')
      return DocumentState.of(kind, readParts(kind, reader))
    },
    writeIdentity: (state, sink) => state.writeIdentity(sink)
  }
}

export function isDocumentType(type: Type<unknown>): boolean {
  return type.empty instanceof DocumentState
}
