/**
 * A signature that anybody can make, and nobody makes for others but by calling this: what a hostile node of a test says under another's
 * name is unsigned unless the test wants it otherwise. It shows a change as well as any; it is not meant to resist anybody, and so need
 * not cost what a real one does.
 */
import type { PeerId } from '../ports/network.ts'

const signatureBytes = 64

/** Two lanes of FNV-1a with different factors, drawn out to the length of a real one. */
export function simulatedSignature(id: PeerId, bytes: Uint8Array): Uint8Array {
  let a = 0x811c9dc5
  let b = 0x9e3779b9
  for (let at = 0; at <= id.length; at++) {
    // The code that stands for the end is none of a character's.
    const code = at === id.length ? 0x1_0000 : id.charCodeAt(at)
    a = Math.imul(a ^ code, 0x01000193)
    b = Math.imul(b ^ code, 0x85ebca6b)
  }
  for (let at = 0; at < bytes.length; at++) {
    a = Math.imul(a ^ (bytes[at] as number), 0x01000193)
    b = Math.imul(b ^ (bytes[at] as number), 0x85ebca6b) ^ (b >>> 15)
  }
  const signature = new Uint8Array(signatureBytes)
  const words = new DataView(signature.buffer)
  for (let at = 0; at < signatureBytes; at += 4) {
    a = mix((a + b + at) | 0)
    b = mix(b ^ a)
    words.setUint32(at, a >>> 0)
  }
  return signature
}

export function isSimulatedSignature(id: PeerId, bytes: Uint8Array, signature: Uint8Array): boolean {
  const expected = simulatedSignature(id, bytes)
  return signature.length === expected.length && signature.every((byte, at) => byte === expected[at])
}

/** The finalizer of MurmurHash3. */
function mix(value: number): number {
  let hash = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}
