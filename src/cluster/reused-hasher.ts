/**
 * SHA-256 of names and small states, one by one and a hundred thousand times over: with one hasher that is set back each time, since
 * to make a new one costs as much as to hash a block.
 */
import { sha256 } from '@noble/hashes/sha2.js'

const digestBytes = 32

const initial = sha256.create()
const hasher = sha256.create()
/** The hasher asks for the memory under what it fills: a small array of its own would get some outside the heap, each time. */
const digest = new Uint8Array(digestBytes)

export function sha256Of(message: Uint8Array): Uint8Array {
  initial._cloneInto(hasher).update(message).digestInto(digest)
  return digest.slice()
}
