/**
 * Which lease store a disk belongs to: whoever finds a store without an id gives it one, and every node notes it on its disk before it
 * claims or promises anything.
 *
 * A store that was emptied, or is another one, knows nothing of what the disks have: a first epoch over it would be as valid as the old
 * owner's, with none of its entries. So a node with a note has nothing to do with a store that has no id, or another.
 */
import type { Clock } from '../../ports/clock.ts'
import type { Disk } from '../../ports/disk.ts'
import type { ShoalError } from '../../ports/errors.ts'
import { type LeaseStore, storeSpoilt } from '../../ports/lease-store.ts'
import type { Logger } from '../../ports/logger.ts'
import { readMeta, writeMeta } from '../meta.ts'
import { metaKeys } from '../storage-layout.ts'
import { utf8Of } from '../utf8.ts'
import { identityKey } from './lease-registers.ts'
import { voterNote } from './voters-disk.ts'

export interface StoreIdentityParts {
  readonly store: LeaseStore
  readonly disk: Disk
  readonly clock: Clock
  readonly logger: Logger
  /** Nobody else has it: what a store without an id is called from now on. */
  readonly newId: string
  /** Of a call to the store. */
  deadline(): number
}

const note = 'leaseStore'
const acceptedNote = 'acceptedLeaseLoss'
/** A store that is not the one of this disk is not asked again for so long: it may be somebody else's. */
const wrongForMs = 10_000
const text = new TextDecoder('utf-8', { fatal: true })

export class StoreIdentity {
  readonly #parts: StoreIdentityParts
  #isTold = false
  #wrong: { readonly error: ShoalError; readonly untilMs: number } | undefined

  constructor(parts: StoreIdentityParts) {
    this.#parts = parts
  }

  /** An operator has said that what the disks have must do where the store knows of nothing. */
  get isLossAccepted(): boolean {
    return readMeta(this.#parts.disk, acceptedNote) !== undefined
  }

  /** Throws `SHOAL_LEASE_STORE`, not retryable, where it is not the store of this disk; and as the store does. */
  async check(): Promise<void> {
    const { disk, clock } = this.#parts
    if (this.#wrong !== undefined && clock.elapsed() < this.#wrong.untilMs) throw this.#wrong.error
    const noted = readMeta(disk, note)
    const id = await this.#read(noted === undefined)
    if (noted === id) return
    if (noted === undefined) return writeMeta(disk, { [note]: id ?? '' })
    const why = `this disk belongs to the lease store ${noted}, and this one is ${id ?? 'empty'}`
    const error = storeSpoilt(`register ${identityKey}`, why)
    if (!this.#isTold)
      this.#parts.logger.error(
        'it is another lease store, or it was emptied: no actor of a lease kind is served here. Give the node its own store, or accept the loss: docs/operations.md',
        { err: error }
      )
    this.#isTold = true
    this.#wrong = { error, untilMs: clock.elapsed() + wrongForMs }
    throw error
  }

  async #read(mayWrite: boolean): Promise<string | undefined> {
    const { store, newId, deadline } = this.#parts
    const found = await store.read(identityKey, deadline())
    if (found !== undefined) return idFrom(found.value)
    if (!mayWrite) return undefined
    const outcome = await store.write(identityKey, utf8Of(JSON.stringify({ store: newId })), undefined, deadline())
    return outcome === 'conflict' ? this.#read(false) : newId
  }
}

/**
 * The node takes the store that it finds at its next start for its own. Where it was a voter it is none of those that it was: what is left of a
 * store that was given up must not come back as part of another.
 */
export async function forgetStore(disk: Disk): Promise<void> {
  const keys = [...metaKeys(note), ...metaKeys(voterNote)].filter(key => disk.get(key) !== undefined)
  if (keys.length > 0) await disk.write(keys.map(key => ({ type: 'del', key })))
  await writeMeta(disk, { [acceptedNote]: 'yes' })
}

function idFrom(value: Uint8Array): string {
  let id: unknown
  try {
    const record: unknown = JSON.parse(text.decode(value))
    if (typeof record === 'object' && record !== null && 'store' in record) id = record.store
  } catch {
    // Told below.
  }
  if (typeof id !== 'string' || id.length === 0 || id.length > 256)
    throw storeSpoilt(`register ${identityKey}`, 'holds what no node of Shoal writes')
  return id
}
