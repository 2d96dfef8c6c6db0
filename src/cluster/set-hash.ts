/**
 * The set-hash of a shard: the XOR of its actors' digests, kept up to date one actor at a time. Replicas that hold the same
 * actors in the same states have the same one.
 *
 * Source: Clarke et al., "Incremental multiset hash functions and their application to memory integrity checking", 2003 (here of
 * a set among members that trust each other, so that XOR is enough).
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { type ActorState, identityOf, isEmptyState } from '../crdt/index.ts'
import { digestBytes } from './storage-layout.ts'

const utf8 = new TextEncoder()

/** An actor without state has no part in the hash. */
const noDigest = new Uint8Array(digestBytes)

export function digestOf(actor: string, state: ActorState): Uint8Array {
  if (isEmptyState(state)) return noDigest
  return sha256
    .create()
    .update(utf8.encode(actor))
    .update(new Uint8Array(1))
    .update(identityOf(state))
    .digest()
    .subarray(0, digestBytes)
}

/** Takes an actor's old digest out of the hash and puts the new one in. */
export function replaceDigest(setHash: Uint8Array, old: Uint8Array, digest: Uint8Array): void {
  for (let i = 0; i < setHash.length; i++) setHash[i] = (setHash[i] ?? 0) ^ (old[i] ?? 0) ^ (digest[i] ?? 0)
}
