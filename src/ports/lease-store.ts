/**
 * Registers that all nodes of a cluster share, under compare-and-set: who owns what is written down here, and nothing else.
 *
 * A store keeps no time and knows no lease: whoever takes over has watched a register stay as it is for long enough on its own
 * clock (Gray and Cheriton, "Leases", 1989, with the waiting done by the claimant). So a store needs no clock, and all stores
 * promise the same. Each register is linearizable (Herlihy and Wing, 1990). There is one per shard, for good, and one per node,
 * which is removed when the node has not been heard of for long.
 */
import { ShoalError } from './errors.ts'

/** Names one value that a register has had. Compared for equality only; never the name of another value of that register. */
export type RegisterVersion = string

export interface Register {
  readonly key: string
  /** The caller may keep the bytes but not change them. */
  readonly value: Uint8Array
  readonly version: RegisterVersion
}

/** What became of a write. `conflict`: the register had another version than expected; this write has not taken place and will not. */
export type WriteOutcome = { readonly version: RegisterVersion } | 'conflict'

/**
 * Every call ends by `deadlineMs`, a moment on `Clock.elapsed()`, or throws. `SHOAL_LEASE_STORE`, retryable: the store did not
 * answer, answered with an error, or has too many calls in flight. Not retryable: somebody else has put something into the
 * register that Shoal cannot have written, or there are more registers than may be listed. `SHOAL_STOPPED`: closed. A key or value
 * that may not be is a `TypeError`.
 */
export interface LeaseStore {
  /** The register as it was at some moment of this call, or `undefined` where it was never written, or removed. */
  read(key: string, deadlineMs: number): Promise<Register | undefined>
  /**
   * All registers whose key begins with `prefix`, in no order, each as it was at some moment of this call. Not a snapshot: those moments
   * may differ. More than `maxListedRegisters` are an error; or, with `atMost`, no more than so many are told, whichever.
   */
  list(prefix: string, deadlineMs: number, atMost?: number): Promise<readonly Register[]>
  /**
   * Writes the value where the register has the version `expected`, or, with `undefined`, where there is none. When it
   * throws, the write may have taken place, or may yet for as long as the register has that version: read again, and write again on
   * what was read. A write that took place is on stable storage of the store, and has moved the version, whatever the value.
   */
  write(
    key: string,
    value: Uint8Array,
    expected: RegisterVersion | undefined,
    deadlineMs: number
  ): Promise<WriteOutcome>
  /**
   * Removes the register where it has that version: it is then as one that was never written. Resolves when it does not have that version
   * any more, for whatever reason. When it throws it may have been removed, or may be yet for as long as it has that version.
   */
  remove(key: string, version: RegisterVersion, deadlineMs: number): Promise<void>
  /** Ends at once; calls in flight throw `SHOAL_STOPPED`. Harmless when called twice. */
  close(): Promise<void>
}

export const maxRegisterBytes = 4096
export const maxRegisterKeyLength = 200
export const maxListedRegisters = 20_000

const segment = '[a-z0-9](?:[a-z0-9-]*[a-z0-9])?'
const wholeKey = new RegExp(`^${segment}(?:/${segment})*$`)

/** Segments of `a-z`, `0-9` and `-`, joined by `/`; a segment neither begins nor ends with `-`. */
export function checkRegisterKey(key: string): void {
  if (typeof key !== 'string' || key.length > maxRegisterKeyLength || !wholeKey.test(key))
    throw new TypeError(`a register's key is segments of a-z, 0-9 and -, joined by /, not ${shown(key)}`)
}

/** The beginning of a key that ends with `/`, or the empty string. */
export function checkRegisterPrefix(prefix: string): void {
  if (prefix === '') return
  if (typeof prefix !== 'string' || !prefix.endsWith('/'))
    throw new TypeError(`a prefix of registers ends with /, unlike ${shown(prefix)}`)
  checkRegisterKey(prefix.slice(0, -1))
}

export function checkRegisterValue(value: Uint8Array): void {
  if (!(value instanceof Uint8Array) || value.length > maxRegisterBytes)
    throw new TypeError(`a register's value is at most ${maxRegisterBytes} bytes`)
}

export function storeFailed(what: string, why: string, cause?: unknown): ShoalError {
  return new ShoalError('SHOAL_LEASE_STORE', `${what}: ${why}`, {
    retryable: true,
    ...(cause === undefined ? {} : { cause })
  })
}

/** Of a register that Shoal cannot have written so, or that there are too many of: trying again does not help. */
export function storeSpoilt(what: string, why: string): ShoalError {
  return new ShoalError('SHOAL_LEASE_STORE', `${what}: ${why}`)
}

function shown(key: unknown): string {
  return JSON.stringify(String(key).slice(0, maxRegisterKeyLength))
}
