/** What a node's part in the cluster is given: the outside world, its options, and whom it tells. */
import type { Clock } from '../ports/clock.ts'
import type { Disk } from '../ports/disk.ts'
import type { ShoalError } from '../ports/errors.ts'
import type { LeaseStore } from '../ports/lease-store.ts'
import type { Logger } from '../ports/logger.ts'
import type { Metrics } from '../ports/metrics.ts'
import type { ClusterFacts, Network, PeerId } from '../ports/network.ts'
import type { Random } from '../ports/random.ts'
import type { SessionOptions } from './lease/sessions.ts'
import type { VoterName } from './lease/voters-names.ts'
import type { MembershipOptions } from './membership-options.ts'
import type { OwnershipOptions } from './ownership.ts'
import type { RebalanceOptions } from './rebalance.ts'
import type { ReplicationOptions } from './replication.ts'
import type { Commit, Damage, ShardStoreOptions } from './shard-store.ts'
import type { VerificationOptions } from './verification.ts'
import type { Calls } from './wire.ts'

/** The outside world of a node. */
export interface Ports {
  readonly clock: Clock
  readonly random: Random
  readonly disk: Disk
  readonly network: Network
  readonly logger: Logger
  readonly metrics: Metrics
}

/** The lease store that the cluster keeps itself. */
export interface VotersChoice {
  readonly voters: readonly VoterName[]
}

export interface LeaseOptions extends SessionOptions {
  readonly store: LeaseStore | VotersChoice
  /** Nodes that store a lease shard. @default 3 */
  readonly replicas?: number
}

export interface ClusterOptions {
  readonly facts: ClusterFacts
  /** The key that actors are hashed to shards with. @default the cluster's name */
  readonly shardKey?: string
  readonly name: string
  readonly region: string
  /** What fails together within the region. @default the region */
  readonly zone?: string
  /** Its part in owning shards beside the others', in steps of 0.01. @default 1 */
  readonly weight?: number
  /** Addresses of other nodes. Tried for ever. */
  readonly bootstrap: readonly string[]
  /** Others may turn up without being named (mDNS): do not own anything before looking for them. */
  readonly mayDiscover?: boolean
  readonly membership?: MembershipOptions
  readonly replication?: ReplicationOptions
  readonly ownership?: OwnershipOptions
  readonly store?: ShardStoreOptions
  readonly verification?: VerificationOptions
  readonly rebalance?: RebalanceOptions
  /** Numbers of replicas that the kinds of this node have; 0 where every node has one. @default the cluster's */
  readonly replicaCounts?: Iterable<number>
  /** Where the ownership of lease shards is written down. @default there are no lease shards */
  readonly lease?: LeaseOptions
  /** A hash of what this node's program says of its kinds, for its row in the member table. */
  readonly kinds?: string
}

/** What the floor above is told. */
export interface ClusterEvents {
  calls(peer: PeerId, message: Calls): void
  linked(peer: PeerId): void
  unlinked(peer: PeerId): void
  /** Placement changed: who is present, or who owns what. `onlySaid`: only what is said of members, that are where they were. */
  viewChanged(onlySaid?: boolean): void
  /** What this node has of the shard is in doubt, or no more here. */
  abandoned(shard: number): void
  committed(commit: Commit): void
  failed(error: ShoalError): void
  /** A shard on this disk proved damaged; what is intact of it stays, and the others fill it again. */
  damaged(damage: Damage): void
  refused(peer: PeerId | undefined, reason: string): void
  drain(shards: ReadonlySet<number>): Promise<void>
  /** This node is about to say farewell: what others can take over only once it has let go is let go. */
  leaving?(): Promise<void>
  /** No command runs here any more; the last that is here has not been given to the others yet. */
  sealed?(): Promise<void>
  /** The others know that this node leaves. Answers whether they need nothing any more that is on its disk. */
  left?(): Promise<boolean>
}
