/** What the membership of a node needs of the rest of it: who the node is, how it speaks to its peers, and what it keeps on disk. */
import type { shoal } from '#proto/generated/peer.js'
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import type { Metrics } from '../ports/metrics.ts'
import type { PeerId } from '../ports/network.ts'
import type { Random } from '../ports/random.ts'
import type { MemberRecord, RememberedMember } from './member-record.ts'

export interface MembershipDeps {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly metrics: Metrics
  readonly self: {
    readonly id: PeerId
    readonly name: string
    readonly region: string
    readonly zone: string
    readonly incarnation: string
    /** Of its record. */
    readonly kinds?: string
    readonly weight?: number
    /** May be empty before the network has started. Noticed and announced when they change. */
    addresses(): readonly string[]
  }
  /** Queues a control record for this peer. `false`: there is no link or no room. */
  send(peer: PeerId, control: shoal.peer.IControl): boolean
  isLinked(peer: PeerId): boolean
  /** With this node's key. */
  sign(bytes: Uint8Array): Uint8Array
  isSignedBy(id: PeerId, bytes: Uint8Array, signature: Uint8Array): boolean
  /** What `remember` was given last, by an earlier life of this node. */
  readonly remembered: readonly RememberedMember[]
  /** All members but this one, to be kept on disk. Called at most once per `rememberIntervalMs`, and when stopping. */
  remember(records: RememberedMember[]): void
  /** Another process runs under our id, and is the younger. */
  impostor?(record: MemberRecord): void
  /** This node was forgotten for a while: others went on without counting on it. */
  forgotten?(): void
  /** The link with this peer should end. */
  unlink?(peer: PeerId, why: 'clock' | 'deaf'): void
}
