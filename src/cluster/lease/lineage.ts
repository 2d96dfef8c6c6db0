/**
 * Where a replica of a lease shard stands: which prefix of the log is below its state.
 *
 * A stamp numbers an entry: the epoch of the owner that wrote it, and its place among that epoch's entries, from 1. A lineage has, of each
 * epoch whose entries make up the prefix, how many of them; the last is the position. Of two lineages that share an epoch the parts before
 * it are equal, because one owner settled them. What all of this must hold to is in test/models/epochs.model.ts.
 */
export interface Stamp {
  readonly epoch: number
  readonly n: number
}

/** Epochs rise. Empty: nothing was ever here. */
export type Lineage = readonly Stamp[]

/** Older epochs are dropped: whoever stands below them fetches everything. */
export const maxLineage = 64

/** Of the wire and of what is claimed. */
export const maxEpoch = 2 ** 40

/** Claims that a replica may have missed: of an epoch further above what it knows it asks the lease store. */
export const maxEpochLeap = 1024

export const origin: Stamp = { epoch: 0, n: 0 }

export function positionOf(lineage: Lineage): Stamp {
  return lineage.at(-1) ?? origin
}

/** Some owner has written something that is below. */
export function hasEntries(lineage: Lineage): boolean {
  return lineage.some(({ n }) => n > 0)
}

/** Negative where `a` comes first. */
export function compareStamps(a: Stamp, b: Stamp): number {
  return a.epoch - b.epoch || a.n - b.n
}

export function areEqual(a: Stamp, b: Stamp): boolean {
  return a.epoch === b.epoch && a.n === b.n
}

/** The entry is one of the prefix. Of an epoch that the lineage does not name any more nobody can tell: then it is held for another's. */
export function isOn(lineage: Lineage, { epoch, n }: Stamp): boolean {
  return lineage.some(cut => cut.epoch === epoch && n <= cut.n)
}

/** Up to where both have the same prefix. */
export function commonOf(a: Lineage, b: Lineage): Stamp {
  for (const mine of a.toReversed()) {
    const theirs = b.find(cut => cut.epoch === mine.epoch)
    if (theirs !== undefined) return { epoch: mine.epoch, n: Math.min(mine.n, theirs.n) }
  }
  return origin
}

/** The lineage of the part that ends at this stamp of it. */
export function cutTo(lineage: Lineage, { epoch, n }: Stamp): Lineage {
  return lineage.flatMap(cut => (cut.epoch < epoch ? [cut] : cut.epoch === epoch ? [{ epoch, n }] : []))
}

/** With so many entries of the last epoch. */
export function advanced(lineage: Lineage, { epoch, n }: Stamp): Lineage {
  return [...lineage.slice(0, -1), { epoch, n }]
}

/**
 * With an epoch that begins. One without entries names the prefix that the one before it does, so tries to open are dropped; but not the
 * epoch that was opened last, below which no replica of its majority may go: what its cut has excluded would come back.
 */
export function extended(lineage: Lineage, { epoch, n }: Stamp, opened: number): Lineage {
  const before = lineage.filter(cut => cut.epoch < epoch && (cut.n > 0 || cut.epoch === opened))
  return [...before, { epoch, n }].slice(-maxLineage)
}

/** What a lineage must be, wherever it comes from. */
export function isLineage(lineage: Lineage): boolean {
  return (
    lineage.length <= maxLineage &&
    lineage.every(({ epoch, n }, at) => {
      const before = lineage[at - 1]?.epoch ?? 0
      return Number.isSafeInteger(epoch) && Number.isSafeInteger(n) && epoch > before && n >= 0
    })
  )
}
