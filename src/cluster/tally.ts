/**
 * The tally of a shard's actor records: how many there are, and the sum of their checksums. It is kept with the shard's context in the
 * same batch, so that what a disk has lost, kept of old, or brought back shows when all are counted again.
 *
 * The set-hash cannot tell that: it is over what replicas have in common, and an actor without a state has no part in it.
 */
export interface Tally {
  readonly count: number
  /** Modulo 2^32. */
  readonly sum: number
}

export const noTally: Tally = { count: 0, sum: 0 }

export const tallyBytes = 12

/** With one record more, or one less. */
export function tallyWith({ count, sum }: Tally, checksum: number): Tally {
  return { count: count + 1, sum: (sum + checksum) % 2 ** 32 }
}

export function tallyWithout({ count, sum }: Tally, checksum: number): Tally {
  return { count: count - 1, sum: (sum - checksum + 2 ** 32) % 2 ** 32 }
}

export function isSameTally(a: Tally, b: Tally): boolean {
  return a.count === b.count && a.sum === b.sum
}

export function writeTally({ count, sum }: Tally): Uint8Array {
  const bytes = new Uint8Array(tallyBytes)
  const view = new DataView(bytes.buffer)
  view.setBigUint64(0, BigInt(count))
  view.setUint32(8, sum)
  return bytes
}

export function readTally(bytes: Uint8Array): Tally {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return { count: Number(view.getBigUint64(0)), sum: view.getUint32(8) }
}
