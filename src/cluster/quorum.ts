/**
 * Which members are enough to have written something, or to have been asked for it.
 *
 * Two majorities of one replica set have a member in common: so what a majority has on disk, a majority that is asked later will
 * tell (Gifford, "Weighted voting for replicated data", 1979). The set is asked for anew each time, because it changes.
 */
import type { PeerId } from '../ports/network.ts'

export type QuorumLevel = 'majority' | 'all'

export interface QuorumCount {
  readonly enough: boolean
  /** Members that are still to be asked. */
  readonly missing: readonly PeerId[]
  /** How many of them it takes, at least; 0 where it is enough. */
  readonly lacking: number
  /** Members of the set, and how many of them have it. */
  readonly members: number
  readonly having: number
}

/** What these members, and perhaps this node, amount to. */
export type Quorum = (having: ReadonlySet<PeerId>) => QuorumCount

/** `sets`: in each of them there must be enough; the first is the one that is counted. `isMissing`: it is still to be asked. */
export function countQuorum(
  sets: readonly (readonly PeerId[])[],
  has: (member: PeerId) => boolean,
  level: QuorumLevel,
  isMissing: (member: PeerId) => boolean = member => !has(member)
): QuorumCount {
  const [members = []] = sets
  const missing = members.filter(isMissing)
  let lacking = 0
  for (const set of sets) {
    const needed = level === 'all' ? set.length : Math.floor(set.length / 2) + 1
    if (set.length > 0) lacking = Math.max(lacking, needed - set.filter(has).length)
  }
  return {
    enough: lacking === 0,
    missing,
    lacking,
    members: members.length,
    having: members.filter(has).length
  }
}
