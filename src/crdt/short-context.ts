/**
 * A causal context said shortly: of each node the last life in full, and of the lives before those a hash.
 *
 * Ended lives are nearly all of a context after many restarts, and nearly always equal on both sides. Whoever has equal intervals of
 * them makes the whole of it again; whoever has not knows that it cannot, and needs it in full. Nothing less will do:
 * test/models/closed-incarnations.model.ts.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { decodeWithOrigins, encodeWithOrigins, type Reader, type Sink } from './codec.ts'
import { CausalContext } from './context.ts'

export interface ShortContext {
  readonly last: CausalContext
  /** Of the ended lives; of no length where there are none. */
  readonly endedHash: Uint8Array
}

const hashBytes = 16
const noHash = new Uint8Array(0)
const hashes = new WeakMap<CausalContext, Uint8Array>()

/** Of a context that is hashed again and again: computed once for each object. */
export function endedHashOf(context: CausalContext): Uint8Array {
  return hashOf(context.ended())
}

function hashOf(ended: CausalContext): Uint8Array {
  if (ended.isEmpty()) return noHash
  const known = hashes.get(ended)
  if (known !== undefined) return known
  const hash = sha256(ended.encode()).slice(0, hashBytes)
  hashes.set(ended, hash)
  return hash
}

export function shortened(context: CausalContext): ShortContext {
  return { last: context.last(), endedHash: endedHashOf(context) }
}

/**
 * The whole, where `own` has equal intervals of the ended lives; `undefined` where it has not, or where it takes a hash of so many lives
 * for this alone, and that may not be made.
 */
export function expanded(
  { last, endedHash }: ShortContext,
  own: CausalContext,
  mayHash: (lives: number) => boolean = () => true
): CausalContext | undefined {
  if (endedHash.length === 0) return last
  let ended = own.endedBefore(last)
  // The hash of its own is known already, as a rule.
  if (ended.equals(own.ended())) ended = own.ended()
  else if (!mayHash(ended.origins().length)) return undefined
  return isSame(hashOf(ended), endedHash) ? last.union(ended) : undefined
}

/** Whether `own` is all it takes to expand this context, shortened. */
export function canExpand(context: CausalContext, own: CausalContext): boolean {
  return context.ended().isEmpty() || own.endedBefore(context.last()).equals(context.ended())
}

export function writeShort(sink: Sink, { last, endedHash }: ShortContext): void {
  last.write(sink)
  sink.bytes(endedHash)
}

/** Throws `SHOAL_MALFORMED`. */
export function readShort(reader: Reader): ShortContext {
  const last = CausalContext.read(reader)
  const endedHash = reader.bytes(hashBytes)
  if (endedHash.length !== 0 && endedHash.length !== hashBytes) throw reader.malformed('a hash of another length')
  if (!last.ended().isEmpty()) throw reader.malformed('two lives of a node among the last')
  return { last, endedHash }
}

export function encodeShort(short: ShortContext): Uint8Array {
  return encodeWithOrigins(sink => writeShort(sink, short))
}

/** Throws `SHOAL_MALFORMED`. */
export function decodeShort(bytes: Uint8Array): ShortContext {
  return decodeWithOrigins(bytes, readShort)
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}
