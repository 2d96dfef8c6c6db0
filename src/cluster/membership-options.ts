/** Settings of membership, made complete and checked once. */
import { ShoalError } from '../ports/errors.ts'

export interface MembershipOptions {
  /** Time between two probes of a healthy node, in milliseconds. @default 300 */
  probeIntervalMs?: number
  /** How long a direct probe waits for its answer, in milliseconds. @default 200 */
  probeTimeoutMs?: number
  /** How long probes through other members wait beyond that, in milliseconds. @default 300 */
  indirectTimeoutMs?: number
  /** How many members are asked to probe one that does not answer. @default 3 */
  indirectProbes?: number
  /** How long a suspected member may refute when others agree with the accusation, in milliseconds. @default 900 */
  suspicionTimeoutMs?: number
  /** The same when nobody agrees, in milliseconds. @default 1800 */
  suspicionTimeoutMaxMs?: number
  /** How long a linked member may answer hearsay of its death before it is believed, in milliseconds. @default 300 */
  contestMs?: number
  /** Resolution of all these times, in milliseconds. @default 50 */
  tickMs?: number
  /** A tick that is late by more than this counts as a stall of this node, in milliseconds. @default 100 */
  stallMs?: number
  /** How many peers are told at once when something changes. @default 4 */
  gossipFanout?: number
  /** Each piece of news is told to this times log2 of the number of members. @default 3 */
  spreadFactor?: number
  /** Bytes of news in one message, estimated. @default 4096 */
  newsBytesMax?: number
  /** Time between two exchanges of the whole table with a random peer, in milliseconds. @default 5000 */
  syncIntervalMs?: number
  /** Time between two pings of a linked peer that is held for dead, in milliseconds. @default 1000 */
  deadProbeIntervalMs?: number
  /**
   * A peer whose wall clock is off by more than this is refused, unless it agrees with more members than we do, in milliseconds.
   * @default 60000
   */
  maxClockOffsetMs?: number
  /** Members in the table, this node included; strangers beyond it are refused. @default 1024 */
  membersMax?: number
  /** Members that left and are still remembered. @default 512 */
  leftMax?: number
  /** How long those are remembered, in milliseconds. @default 86400000 */
  leftRetentionMs?: number
  /** Shortest time between two notes to the disk, in milliseconds. @default 1000 */
  rememberIntervalMs?: number
}

const defaults: Required<MembershipOptions> = {
  probeIntervalMs: 300,
  probeTimeoutMs: 200,
  indirectTimeoutMs: 300,
  indirectProbes: 3,
  suspicionTimeoutMs: 900,
  suspicionTimeoutMaxMs: 1800,
  contestMs: 300,
  tickMs: 50,
  stallMs: 100,
  gossipFanout: 4,
  spreadFactor: 3,
  newsBytesMax: 4096,
  syncIntervalMs: 5000,
  deadProbeIntervalMs: 1000,
  maxClockOffsetMs: 60_000,
  membersMax: 1024,
  leftMax: 512,
  leftRetentionMs: 24 * 60 * 60 * 1000,
  rememberIntervalMs: 1000
}

export function completeMembershipOptions(options: MembershipOptions): Readonly<Required<MembershipOptions>> {
  const complete = { ...defaults, ...options }
  for (const [name, value] of Object.entries(complete)) {
    if (!Number.isFinite(value) || value <= 0) {
      throw new ShoalError('SHOAL_BAD_ARGUMENT', `membership option ${name} must be a positive number, got ${value}`)
    }
  }
  if (complete.suspicionTimeoutMaxMs < complete.suspicionTimeoutMs) {
    throw new ShoalError('SHOAL_BAD_ARGUMENT', 'suspicionTimeoutMaxMs is less than suspicionTimeoutMs')
  }
  return Object.freeze(complete)
}
