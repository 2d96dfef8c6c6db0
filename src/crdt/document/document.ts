/**
 * Documents: text, lists and JSON that an engine (Yjs, Automerge) merges.
 *
 * A document is a grow-only set of updates, kept as parts. It joins by union and without contexts; a part whose updates are all
 * in other parts goes. The engine is only asked to show the content and to edit it, so that nodes can store, repair and forward
 * documents that they cannot open. A document is the same as another where it has the same updates.
 *
 * A state never changes from outside. Folding turns its parts into one snapshot, which changes its bytes and nothing else.
 */
import { ShoalError } from '../../ports/errors.ts'
import type { Sink } from '../codec.ts'
import type { Change, Draw } from '../type.ts'
import { Coverage } from './coverage.ts'
import { type DocumentContent, type EngineName, type EnginePart, engineOf } from './engine.ts'
import { folded, foldedIfPossible, isHeavy, maxMergedParts, mergeAdjacent } from './folding.ts'
import { DocumentLog } from './log.ts'
import { DocumentPart } from './part.ts'

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
    const isAtEnd = this.#isAtEnd()
    // What others have put there since, or what was rolled back, is not this state's: not even for numbering.
    const log = isAtEnd ? before : new DocumentLog(this.parts.slice())
    const client = before.clientOf(author.origin, () => clientIdOf(author))
    let part: DocumentPart
    try {
      const { doc, update } = engine.edit(before.opened, client, change)
      before.opened = doc
      if (update === undefined) return undefined
      const number = log.nextNumber(author.origin)
      // Nothing may fail from here on: a dot that was drawn is in the delta.
      part = DocumentPart.ofEdit(draw(), number, update)
    } catch (error) {
      before.close()
      throw error
    }
    if (!isAtEnd) before.relative = log.adopt(before, this.#length)
    log.pushEdit(part)
    log.applied++
    // The empty state is everybody's, and must not hold on to one document.
    if (this.isEmpty()) this.#log = new DocumentLog([])
    const after = isHeavy(log) ? foldedIfPossible(engine, log, this.isTrusted) : log
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
    if (opened !== undefined && shown <= this.#length) return log.adopt(this.#log, applied)
    log.relative = opened === undefined ? this.#log.relative : this.#log
    return log
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
    const isMergeable = this.#isFresh && this.#length > 1 && this.#length <= maxMergedParts
    const parts = isMergeable ? this.#mergedParts() : this.parts
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

function concatenated(parts: readonly DocumentPart[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { byteLength }) => sum + byteLength, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part.bytes, at)
    at += part.byteLength
  }
  return bytes
}
