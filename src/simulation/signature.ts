/**
 * A signature that anybody can make, and nobody makes for others but by calling this: what a hostile node of a test says under another's
 * name is unsigned unless the test wants it otherwise.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { concatBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import type { PeerId } from '../ports/network.ts'

export function simulatedSignature(id: PeerId, bytes: Uint8Array): Uint8Array {
  const hash = sha256(concatBytes(utf8ToBytes(`${id}\0`), bytes))
  return concatBytes(hash, hash)
}

export function isSimulatedSignature(id: PeerId, bytes: Uint8Array, signature: Uint8Array): boolean {
  const expected = simulatedSignature(id, bytes)
  return signature.length === expected.length && signature.every((byte, at) => byte === expected[at])
}
