/**
 * Bytes that are soon dropped again, cut from a common piece of memory: an array with memory of its own costs several times as much
 * to make. What is kept for long must be copied, since it would keep the whole piece.
 */
const pieceBytes = 64 * 1024
/** Longer ones are rare, and would waste the rest of a piece. */
const maxCutBytes = 4 * 1024

let piece = new Uint8Array(pieceBytes)
let used = 0

/** So many zeros. */
export function shortLivedBytes(length: number): Uint8Array {
  if (length > maxCutBytes) return new Uint8Array(length)
  if (used + length > pieceBytes) {
    piece = new Uint8Array(pieceBytes)
    used = 0
  }
  used += length
  return piece.subarray(used - length, used)
}
