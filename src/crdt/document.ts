/**
 * Documents: text, lists and JSON that an engine (Yjs, Automerge) merges.
 *
 * A document is a grow-only set of updates, kept as parts. It joins by union and without contexts; a part whose updates are all
 * in other parts goes. The engine is only asked to show the content and to edit it, so that nodes can store, repair and forward
 * documents that they cannot open. A document is the same as another where it has the same updates.
 *
 * A state never changes from outside. Folding turns its parts into one snapshot, which changes its bytes and nothing else.
 */
import { ShoalError } from '../ports/errors.ts'
import type { Reader, Sink } from './codec.ts'
import { Coverage } from './document-coverage.ts'
import {
  type DocumentContent,
  type DocumentEngine,
  type EngineName,
  type EnginePart,
  engineOf
} from './document-engine.ts'
import { DocumentLog } from './document-log.ts'
import {
  DocumentPart,
  maxPartBytes,
  minPartBytes,
  minSnapshotBytes,
  type PartHeader,
  readHeader
} from './document-part.ts'
import type { Covers } from './dot.ts'
import type { Change, Draw, Type } from './type.ts'

/** What tells one document type from another. */
export interface DocumentKind {
  readonly tag: number
  readonly name: string
  readonly engine: EngineName
  readonly content: DocumentContent
  /**
   * What is wrong with the bytes of an update, if anything. Total, of linear time, and depends on the bytes alone, so that all
   * nodes agree. It needs no engine.
   */
  readonly checkUpdate: (update: Uint8Array) => string | undefined
}

/** Loose parts are folded where their bytes are more than this and more than this many times the snapshot's. */
const minFoldBytes = 64 * 1024
const foldRatio = 1
/** And where there are more of them than this, and than the snapshot has of so many bytes. */
const minFoldParts = 1024
const snapshotBytesPerPart = 8

/** Updates are merged on their way out up to so many bytes. */
const maxMergedBytes = 1024 * 1024

export class DocumentState {
  readonly kind: DocumentKind
  #log: DocumentLog
  #length: number
  #isTrusted: boolean
  /** What edits made that have not left this process: adjacent updates may be merged when they are written. */
  readonly #isFresh: boolean

  constructor(kind: DocumentKind, log: DocumentLog, isTrusted: boolean, isFresh = false) {
    this.kind = kind
    this.#log = log
    this.#length = log.parts.length
    this.#isTrusted = isTrusted
    this.#isFresh = isFresh
  }

  static of(kind: DocumentKind, parts: DocumentPart[]): DocumentState {
    return new DocumentState(kind, new DocumentLog(parts), false)
  }

  isEmpty(): boolean {
    return this.#length === 0
  }

  get parts(): readonly DocumentPart[] {
    const { parts } = this.#log
    return parts.length === this.#length ? parts : parts.slice(0, this.#length)
  }

  /** All parts are this process's own, or were checked by it. */
  get isTrusted(): boolean {
    this.#isTrusted ||= this.parts.every(part => part.isTrusted)
    return this.#isTrusted
  }

  get partCount(): number {
    return this.#length
  }

  get coverage(): Coverage {
    return this.#isAtEnd() ? this.#log.coverage : Coverage.of(this.parts)
  }

  #isAtEnd(): boolean {
    return this.#log.parts.length === this.#length
  }

  /**
   * The document that shows this state. Only for reading, and only until the next call to any state of the chain. Throws
   * `SHOAL_MALFORMED` where the engine refuses a part, `SHOAL_BAD_CONFIGURATION` where there is no engine.
   */
  open(): unknown {
    const engine = engineOf(this.kind.engine, this.kind.content)
    // Whoever has moved the document on keeps it; this state gets one of its own.
    if (this.isEmpty() || this.#log.applied > this.#length) this.#log = new DocumentLog(this.parts.slice())
    const doc = this.#log.open(engine, this.#length)
    if (this.#isAtEnd() && isHeavy(this.#log)) {
      this.#log = folded(engine, this.#log, this.isTrusted)
      this.#length = this.#log.parts.length
    }
    return this.#log.opened ?? doc
  }

  /**
   * Edits as the origin, whose client id for this document is always the same. `change` gets the opened document and answers the
   * one to use from now on. `undefined` where it changed nothing.
   */
  edit(
    author: { readonly origin: string; clientId(): number },
    draw: Draw,
    change: (doc: unknown) => unknown
  ): Change<DocumentState> | undefined {
    const engine = engineOf(this.kind.engine, this.kind.content)
    this.open()
    const before = this.#log
    const client = before.clientOf(author.origin, () => clientIdOf(author))
    let part: DocumentPart
    try {
      const { doc, update } = engine.edit(before.opened, client, change)
      before.opened = doc
      if (update === undefined) return undefined
      const dot = draw()
      part = DocumentPart.ofEdit(dot, before.nextNumber(dot.origin), update)
    } catch (error) {
      before.close()
      throw error
    }
    const log = this.#isAtEnd() ? before : new DocumentLog(this.parts.slice()).adopt(before, this.#length)
    log.pushEdit(part)
    log.applied++
    // The empty state is everybody's, and must not hold on to one document.
    if (this.isEmpty()) this.#log = new DocumentLog([])
    const after = isHeavy(log) ? folded(engine, log, this.isTrusted) : log
    return {
      state: new DocumentState(this.kind, after, this.isTrusted),
      fragment: new DocumentState(this.kind, new DocumentLog([part]), true, true),
      removed: noDots
    }
  }

  /** Answers this very state where the other brings nothing new, and the other where it has all of this. */
  join(other: DocumentState): DocumentState {
    if (this === other || other.isEmpty()) return this
    if (this.isEmpty()) return other
    const news = this.newsOf(other)
    if (news.length === 0) return this
    const isTrusted = this.isTrusted && news.every(part => part.isTrusted)
    const isFresh = this.#isFresh && other.#isFresh
    const { coverage } = this
    if (!news.some(part => coverage.touchesPart(part))) return this.#with(news, isTrusted, isFresh)
    const theirs = Coverage.of(news)
    const kept = this.parts.filter(part => !theirs.hasPart(part))
    if (kept.length === 0 && news.length === other.#length) return other
    const applied = this.parts.slice(0, this.#log.applied).filter(part => !theirs.hasPart(part)).length
    return new DocumentState(this.kind, this.#replaced([...kept, ...news], applied), isTrusted, isFresh)
  }

  /** The other's parts that have updates which this lacks. */
  newsOf(other: DocumentState): DocumentPart[] {
    const { coverage } = this
    return other.parts.filter(part => !coverage.hasPart(part))
  }

  #with(news: readonly DocumentPart[], isTrusted: boolean, isFresh: boolean): DocumentState {
    // A transaction that is joined into the state it began with finds its own parts there.
    const isThere = news.every((part, i) => this.#log.parts[this.#length + i] === part)
    if (isThere && this.#log.parts.length === this.#length + news.length) {
      return new DocumentState(this.kind, this.#log, isTrusted, isFresh)
    }
    const log = this.#isAtEnd() ? this.#log : this.#replaced(this.parts.slice(), this.#log.applied)
    for (const part of news) log.push(part)
    return new DocumentState(this.kind, log, isTrusted, isFresh)
  }

  /**
   * A log of other parts that say at least as much. The document goes with it where it shows no more than this state does; it
   * shows the first `applied` of the other parts.
   */
  #replaced(parts: DocumentPart[], applied: number): DocumentLog {
    const log = new DocumentLog(parts)
    const { opened, applied: shown } = this.#log
    return opened !== undefined && shown <= this.#length ? log.adopt(this.#log, applied) : log
  }

  /** A state with some of the parts, which may be all. */
  only(parts: DocumentPart[]): DocumentState {
    return parts.length === this.#length ? this : DocumentState.of(this.kind, parts)
  }

  /** The same updates, where `parts` became one. Of them, those that are not here any more do not matter. */
  withFolded(parts: readonly EnginePart[], whole: DocumentPart): DocumentState {
    const given = new Set<EnginePart>(parts)
    const kept = this.parts.filter(part => !given.has(part))
    if (kept.length === this.#length) return this
    // What the document shows already stays in front, so that only the rest is applied to it.
    const applied = this.parts.slice(0, this.#log.applied).filter(part => !given.has(part)).length
    return new DocumentState(this.kind, this.#replaced([...kept, whole], applied), false)
  }

  write(sink: Sink): void {
    const parts = this.#isFresh && this.#length > 1 ? this.#mergedParts() : this.parts
    sink.varint(parts.length)
    for (const [i, part] of parts.entries()) {
      part.writeHeader(sink)
      if (i < parts.length - 1) sink.varint(part.byteLength)
    }
    const [only] = parts
    sink.bytes(only !== undefined && parts.length === 1 ? only.bytes : concatenated(parts))
  }

  #merged: readonly DocumentPart[] | undefined

  #mergedParts(): readonly DocumentPart[] {
    this.#merged ??= mergeAdjacent(engineOf(this.kind.engine, this.kind.content), this.parts)
    return this.#merged
  }

  /** Equal on replicas that have the same updates. */
  writeIdentity(sink: Sink): void {
    const extents = this.coverage.extents()
    sink.varint(extents.length)
    for (const { origin, from, to } of extents) {
      sink.origin(origin)
      sink.varint(from)
      sink.varint(to - from)
    }
  }
}

const noDots: readonly never[] = Object.freeze([])

function clientIdOf(author: { clientId(): number }): number {
  const client = author.clientId()
  if (Number.isSafeInteger(client) && client >= 1) return client
  throw new ShoalError('SHOAL_BAD_ARGUMENT', `not a client id: ${client}`)
}

function isHeavy(log: DocumentLog): boolean {
  const { looseBytes, snapshotBytes } = log
  return (
    looseBytes > Math.max(minFoldBytes, foldRatio * snapshotBytes) ||
    log.parts.length > Math.max(minFoldParts, snapshotBytes / snapshotBytesPerPart)
  )
}

/** The log as one snapshot, with the opened document. The log itself where something in it waits for what it depends on. */
function folded(engine: DocumentEngine, log: DocumentLog, isTrusted: boolean): DocumentLog {
  if (log.parts.length < 2 || log.isTooLargeToFold || engine.isWaiting(log.opened)) return log
  const bytes = engine.snapshot(log.opened)
  log.isTooLargeToFold = bytes.length > maxPartBytes
  if (log.isTooLargeToFold) return log
  return new DocumentLog([DocumentPart.of('snapshot', log.coverage.extents(), isTrusted, bytes)]).adopt(log, 1)
}

/** Runs of one origin's updates become one update each. */
function mergeAdjacent(engine: DocumentEngine, parts: readonly DocumentPart[]): DocumentPart[] {
  const merged: DocumentPart[] = []
  let run: DocumentPart[] = []
  let runBytes = 0
  const end = (): void => {
    const [first] = run
    if (first === undefined) return
    merged.push(run.length === 1 ? first : mergeRun(engine, run))
    run = []
    runBytes = 0
  }
  for (const part of parts) {
    const last = run[run.length - 1]
    const goesOn =
      last !== undefined && isRun(last) && isRun(part) && last.origin === part.origin && last.to + 1 === part.from
    if (!goesOn || runBytes + part.byteLength > maxMergedBytes) end()
    run.push(part)
    runBytes += part.byteLength
  }
  end()
  return merged
}

function isRun({ kind, more }: DocumentPart): boolean {
  return kind === 'update' && more.length === 0
}

function mergeRun(engine: DocumentEngine, run: readonly DocumentPart[]): DocumentPart {
  const coverage = Coverage.of(run)
  const bytes = engine.mergeUpdates(run.map(part => part.bytes))
  return DocumentPart.of('update', coverage.extents(), true, bytes)
}

function concatenated(parts: readonly DocumentPart[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { byteLength }) => sum + byteLength, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part.bytes, at)
    at += part.byteLength
  }
  return bytes
}

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
