/**
 * Client ids of documents: 53 bits of a hash of who writes and what, never 0.
 *
 * A Yjs client's clock must never run twice. An origin is used by one life of one process only, so an id made of it and of the
 * document's name is nobody else's, before or after.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import type { Origin } from '../dot.ts'

const utf8 = new TextEncoder()

export function clientIdOf(origin: Origin, document: string): number {
  const hash = sha256(utf8.encode(`${origin}\0${document}`))
  const view = new DataView(hash.buffer, hash.byteOffset)
  return (view.getUint32(0) & 0x1fffff) * 2 ** 32 + view.getUint32(4) || 1
}
