/**
 * The set-hash of a shard: the XOR of its actors' digests, kept up to date one actor at a time. Replicas that hold the same
 * actors in the same states have the same one.
 *
 * Source: Clarke et al., "Incremental multiset hash functions and their application to memory integrity checking", 2003 (here of
 * a set among members that trust each other, so that XOR is enough).
 */

import { type ActorState, identityOf, isEmptyState } from '../crdt/index.ts'
import { hasOwnIdentity } from '../crdt/types.ts'
import { sha256Of } from './reused-hasher.ts'
import { shortLivedBytes } from './short-lived-bytes.ts'
import { utf8Of } from './utf8.ts'

export const digestBytes = 16

/** `digestBytes` bytes, each as a character: as a string they take half the memory that a typed array's object takes alone. */
export type Digest = string

/** An actor without state has no part in the hash. */
export const noDigest: Digest = ''

/** `encoded` is the state's encoding, where it is at hand: without documents it is the identity, too. */
export function digestOf(actor: string, state: ActorState, encoded?: Uint8Array): Digest {
  if (isEmptyState(state)) return noDigest
  const identity = encoded === undefined || hasOwnIdentity(state) ? identityOf(state) : encoded
  const name = utf8Of(actor)
  // In one piece: hashing several costs twice as much. A zero byte is between them.
  const bytes = shortLivedBytes(name.length + 1 + identity.length)
  bytes.set(name)
  bytes.set(identity, name.length + 1)
  return digestFrom(sha256Of(bytes))
}

export function digestFrom(bytes: Uint8Array): Digest {
  if (bytes.length === 0) return noDigest
  // Written out: to spread the bytes costs ten times as much.
  const at = (i: number) => bytes[i] ?? 0
  const first = String.fromCharCode(at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7))
  return first + String.fromCharCode(at(8), at(9), at(10), at(11), at(12), at(13), at(14), at(15))
}

export function bytesOfDigest(digest: Digest): Uint8Array {
  const bytes = new Uint8Array(digest.length)
  for (let i = 0; i < bytes.length; i++) bytes[i] = digest.charCodeAt(i)
  return bytes
}

/** Takes an actor's old digest out of the hash and puts the new one in. */
export function replaceDigest(setHash: Uint8Array, old: Digest, digest: Digest): void {
  for (let i = 0; i < setHash.length; i++) {
    const byte = setHash[i] ?? 0
    setHash[i] = byte ^ (old === noDigest ? 0 : old.charCodeAt(i)) ^ (digest === noDigest ? 0 : digest.charCodeAt(i))
  }
}
