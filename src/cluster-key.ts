/**
 * The text form of a cluster's key: `shoal-key-1:` and 32 bytes in base64url. Whoever has the key can join the cluster and read
 * and write everything in it. The prefix says what the line is, and tells a truncated or foreign line from a key.
 */
import { randomBytes } from 'node:crypto'
import { ShoalError } from './ports/errors.ts'

const prefix = 'shoal-key-1:'
const keyBytes = 32

/** A new key, drawn from the system's chance. */
export function newClusterKey(): string {
  return prefix + randomBytes(keyBytes).toString('base64url')
}

/** The 32 bytes of a key in text form; white space around it is allowed. Throws `SHOAL_BAD_CONFIGURATION`. */
export function parseClusterKey(text: string): Uint8Array {
  const line = text.trim()
  if (!line.startsWith(prefix)) {
    throw new ShoalError(
      'SHOAL_BAD_CONFIGURATION',
      `no cluster key: its one line starts with ${prefix}; "shoal keygen" prints a new one`
    )
  }
  const encoded = line.slice(prefix.length)
  const key = Buffer.from(encoded, 'base64url')
  // Comparing with the canonical form finds what Buffer.from passes over: other characters, and a second line.
  if (key.length !== keyBytes || key.toString('base64url') !== encoded) {
    throw new ShoalError(
      'SHOAL_BAD_CONFIGURATION',
      `a damaged cluster key: after ${prefix} come 43 characters of base64url, nothing else`
    )
  }
  return new Uint8Array(key)
}
