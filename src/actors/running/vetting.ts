/**
 * What strangers wrote into an actor's documents is merged in the sandbox before anybody here opens the actor.
 *
 * Promised: no handler, query, read or watch opens a part that neither this process made nor the sandbox merged; an actor that
 * cannot be vetted answers `SHOAL_UNREADABLE` here and goes on being stored, forwarded and repaired; the other actors notice
 * nothing. An update into a document that is open here costs this thread that update, not the document.
 */
import type { LocalWriting } from '../../cluster/local-writing.ts'
import type { Actor } from '../../cluster/shard-store.ts'
import { Coverage } from '../../crdt/document/coverage.ts'
import { type DocumentParts, unvettedDocuments, withVetted } from '../../crdt/document/documents-of-state.ts'
import type { EnginePart } from '../../crdt/document/engine.ts'
import { DocumentPart } from '../../crdt/document/part.ts'
import type { ActorState } from '../../crdt/index.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Logger } from '../../ports/logger.ts'
import type { Metrics } from '../../ports/metrics.ts'
import type { DocumentSandbox, SandboxAnswer, SandboxJob } from '../../ports/sandbox.ts'
import { UnreadableActors } from './unreadable-actors.ts'

/** Documents whose state in the sandbox is remembered. */
const maxHeld = 1024
/** A snapshot in place of so many parts is worth a write. */
const worthSavingParts = 16

/** How often what came meanwhile is vetted too, before a state that lacks it is opened. */
const maxRounds = 4

/** What the sandbox has open of a document. */
interface Held {
  readonly mark: number
  readonly coverage: Coverage
}

/** Who works in the background, until somebody waits for it. */
interface Urgency {
  isBackground: boolean
}

interface UnderWay {
  readonly urgency: Urgency
  readonly current: Promise<ActorState>
  /** For who asked after `current` had begun: it may lack what they must see. */
  next: Promise<ActorState> | undefined
}

export class Vetting {
  readonly unreadable: UnreadableActors
  readonly figures
  readonly #sandbox: DocumentSandbox
  readonly #store: Pick<LocalWriting, 'reform'>
  readonly #clock: Clock
  readonly #underWay = new Map<string, UnderWay>()
  readonly #held = new Map<string, Held>()

  constructor(parts: {
    sandbox: DocumentSandbox
    store: Pick<LocalWriting, 'reform'>
    clock: Clock
    logger: Logger
    metrics: Metrics
  }) {
    const { metrics } = parts
    this.#sandbox = parts.sandbox
    this.#store = parts.store
    this.#clock = parts.clock
    this.unreadable = new UnreadableActors(parts)
    this.figures = {
      vetted: metrics.counter('shoal_documents_vetted_total', 'Documents with parts of others that the sandbox merged'),
      seconds: metrics.histogram(
        'shoal_document_vetting_seconds',
        'Time that the documents of one actor took in the sandbox'
      )
    }
  }

  /**
   * A state of the actor that may be opened: no older than this call, and with all that this node wrote before it. `undefined`:
   * the present one may, at once. Rejects with `SHOAL_UNREADABLE`, `SHOAL_OVERLOADED`, `SHOAL_UNAVAILABLE` or `SHOAL_STOPPED`.
   */
  open(actor: Actor, options: { isBackground?: boolean } = {}): Promise<ActorState> | undefined {
    const documents = unvettedDocuments(actor.state)
    if (documents.length === 0) {
      this.unreadable.remove(actor.name)
      return undefined
    }
    const { isBackground = false } = options
    const underWay = this.#underWay.get(actor.name)
    if (underWay === undefined) return this.#begin(actor, documents, { isBackground })
    if (!isBackground) this.#hurry(actor.name, underWay.urgency, documents)
    underWay.next ??= this.#after(underWay.current, actor)
    return underWay.next
  }

  #hurry(name: string, urgency: Urgency, documents: readonly DocumentParts[]): void {
    if (!urgency.isBackground) return
    urgency.isBackground = false
    for (const { engine, field } of documents) this.#sandbox.hurry(engine, documentKey(name, field))
  }

  async #after(current: Promise<unknown>, actor: Actor): Promise<ActorState> {
    actor.pins++
    try {
      await settled(current)
      return await (this.open(actor) ?? actor.state)
    } finally {
      actor.pins--
    }
  }

  #begin(actor: Actor, documents: readonly DocumentParts[], urgency: Urgency): Promise<ActorState> {
    const [first] = documents
    const suspicion = this.unreadable.suspicion(actor.name, first === undefined ? 0 : sizeOf(first))
    if (suspicion !== undefined) return Promise.reject(suspicion)
    actor.pins++
    const current = this.#vet(actor, documents, urgency).finally(() => {
      actor.pins--
      this.#underWay.delete(actor.name)
    })
    this.#underWay.set(actor.name, { urgency, current, next: undefined })
    return current
  }

  /** Documents that are written to all the time are followed for some rounds; then the state of the last one must do. */
  async #vet(actor: Actor, documents: readonly DocumentParts[], urgency: Urgency): Promise<ActorState> {
    const startMs = this.#clock.elapsed()
    let { state } = actor
    let unvetted = documents
    for (let round = 0; unvetted.length > 0 && round < maxRounds; round++) {
      state = actor.state
      for (const document of unvetted) state = await this.#vetDocument(actor, state, document, urgency)
      unvetted = unvettedDocuments(actor.state)
    }
    this.unreadable.remove(actor.name)
    this.figures.seconds.observe((this.#clock.elapsed() - startMs) / 1000)
    return unvetted.length === 0 ? actor.state : state
  }

  /** Answers `state` with the document vetted; and so is the actor's own, which may have gone on since. */
  async #vetDocument(actor: Actor, state: ActorState, document: DocumentParts, urgency: Urgency): Promise<ActorState> {
    const parts = [...document.trusted, ...document.untrusted]
    const startMs = this.#clock.elapsed()
    const answer = await this.#merge(actor.name, document, parts, urgency)
    if (answer.outcome === 'forgotten') throw new Error('a document was forgotten that the sandbox did not have')
    if (answer.outcome === 'failed') {
      const attempt = { bytes: sizeOf(document), tookMs: this.#clock.elapsed() - startMs }
      throw this.unreadable.failed(actor.name, document.engine, answer, attempt)
    }
    this.figures.vetted.add()
    const { snapshot } = answer
    const replaced = snapshot === undefined ? document.untrusted : parts
    const before = actor.state
    // The opened document goes with the first state that is made: that must be the actor's.
    const after = withVetted(before, document.field, replaced, snapshot)
    this.#store.reform(actor, after, snapshot !== undefined && parts.length >= worthSavingParts)
    return before === state ? after : withVetted(state, document.field, replaced, snapshot)
  }

  /** Sends what the sandbox lacks of the document, or all of it where the sandbox has it open no more. */
  async #merge(
    name: string,
    document: DocumentParts,
    parts: readonly EnginePart[],
    urgency: Urgency
  ): Promise<SandboxAnswer> {
    const wantsSnapshot = urgency.isBackground || isFoldable(document)
    const key = documentKey(name, document.field)
    const held = this.#held.get(key)
    this.#held.delete(key)
    const job = { engine: document.engine, content: document.content, document: key, wantsSnapshot }
    if (held !== undefined) {
      const missing = parts.filter(part => !(part instanceof DocumentPart && held.coverage.hasPart(part)))
      const answer = await this.#send({ ...job, ...urgency, onto: held.mark, parts: missing }, held.coverage)
      if (answer.outcome !== 'forgotten') return answer
    }
    return this.#send({ ...job, ...urgency, parts }, new Coverage())
  }

  /** `coverage` is what the sandbox has open of the document. */
  async #send(job: SandboxJob, coverage: Coverage): Promise<SandboxAnswer> {
    const answer = await this.#sandbox.merge(job)
    if (answer.outcome === 'merged') {
      coverage.addParts(job.parts.filter(part => part instanceof DocumentPart))
      this.#held.set(job.document, { mark: answer.mark, coverage })
      for (const oldest of this.#held.keys()) {
        if (this.#held.size <= maxHeld) break
        this.#held.delete(oldest)
      }
    }
    return answer
  }
}

/** Names the document in the sandbox. */
function documentKey(actor: string, field: string): string {
  return `${actor}\0${field}`
}

/** A snapshot is trusted only when it was written anew; and what nobody has open here is cheaper to open as one part. */
function isFoldable({ trusted, untrusted }: DocumentParts): boolean {
  return untrusted.some(part => part.kind === 'snapshot') || (trusted.length === 0 && untrusted.length > 1)
}

function sizeOf({ untrusted }: DocumentParts): number {
  let bytes = 0
  for (const part of untrusted) bytes += part.bytes.length
  return bytes
}

function settled(promise: Promise<unknown>): Promise<void> {
  return promise.then(
    () => {},
    () => {}
  )
}
