/**
 * The documents of leased actors are merged in the sandbox when an owner has read them from its disk, before anybody here opens them.
 *
 * Promised as of replicated actors (vetting.ts): no handler, query, read or watch opens a part that neither this process made nor the sandbox
 * merged, and an actor that cannot be vetted answers `SHOAL_UNREADABLE`; its record stays as it is, and the others of its shard notice
 * nothing. What the owner writes from then on is its own, so each of its actors is vetted once while it is in memory.
 *
 * The sandbox gets each document whole, and never onto one that it has open: that could be of an owner whose last entries a cut has
 * excluded, and what was merged onto those would show them.
 */
import type { DocumentParts } from '../../crdt/document/documents-of-state.ts'
import type { Clock } from '../../ports/clock.ts'
import type { DocumentSandbox } from '../../ports/sandbox.ts'
import type { Vetting } from '../running/vetting.ts'
import type { LeaseForm } from './lease-form.ts'
import type { Holding, LeasedActor } from './lease-holding.ts'

export interface LeasedDocumentsParts {
  readonly sandbox: DocumentSandbox
  /** Of this node: what it cannot open, and what it has merged, is counted together. */
  readonly vetting: Pick<Vetting, 'unreadable' | 'figures'>
  readonly clock: Clock
}

/** An actor that this node holds. */
export interface OpenedActor {
  readonly holding: Holding
  readonly name: string
  readonly actor: LeasedActor
  readonly form: LeaseForm
}

export class LeasedDocuments {
  readonly #parts: LeasedDocumentsParts
  readonly #underWay = new WeakMap<LeasedActor, Promise<void>>()

  constructor(parts: LeasedDocumentsParts) {
    this.#parts = parts
  }

  /**
   * Resolves when the actor, as it is in memory then, may be opened; `undefined`: it may, now. Rejects with `SHOAL_UNREADABLE`,
   * `SHOAL_OVERLOADED`, `SHOAL_UNAVAILABLE` or `SHOAL_STOPPED`.
   */
  open(opened: OpenedActor): Promise<void> | undefined {
    const { actor, form } = opened
    if (!isUnvetted(form, actor.record.held)) return undefined
    let vetting = this.#underWay.get(actor)
    if (vetting === undefined) {
      actor.pins++
      vetting = this.#vet(opened).finally(() => {
        actor.pins--
        this.#underWay.delete(actor)
      })
      this.#underWay.set(actor, vetting)
    }
    return vetting
  }

  async #vet({ holding, name, actor, form }: OpenedActor): Promise<void> {
    const { sandbox, clock, vetting } = this.#parts
    const { unreadable, figures } = vetting
    const documents = form.unvetted?.(actor.record.held) ?? []
    const bytes = documents.reduce((sum, document) => sum + sizeOf(document), 0)
    const suspicion = unreadable.suspicion(name, bytes)
    if (suspicion !== undefined) throw suspicion
    const startMs = clock.elapsed()
    for (const { engine, content, field, trusted, untrusted } of documents) {
      const parts = [...trusted, ...untrusted]
      const document = `${name}\0${field}\0${holding.lease.epoch}`
      const answer = await sandbox.merge({ engine, content, document, parts, wantsSnapshot: true })
      if (answer.outcome === 'failed') {
        void holding.lease.fenced.then(() => unreadable.forget(name))
        throw unreadable.failed(name, engine, answer, { bytes, tookMs: clock.elapsed() - startMs })
      }
      if (answer.outcome === 'forgotten' || answer.snapshot === undefined)
        throw new Error('the sandbox did not merge the document that it was given')
      figures.vetted.add()
      // Entries for the outbox alone may have come meanwhile.
      const { record } = actor
      actor.record = { ...record, held: form.vetted?.(record.held, field, parts, answer.snapshot) }
    }
    unreadable.remove(name)
    figures.seconds.observe((clock.elapsed() - startMs) / 1000)
  }
}

/** Whether it must be vetted before it is opened. */
export function isUnvetted(form: LeaseForm, held: unknown): boolean {
  return (form.unvetted?.(held).length ?? 0) > 0
}

function sizeOf({ untrusted }: DocumentParts): number {
  let bytes = 0
  for (const part of untrusted) bytes += part.bytes.length
  return bytes
}
