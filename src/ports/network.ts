/**
 * Links between the nodes of one closed cluster: records to one peer, and a publication to all.
 *
 * A peer is linked once or not at all; both sides agree which connection it is. A link exists only after both sides have proven
 * the cluster key and equal `ClusterFacts`. Nothing here is durable, and a link may end at any moment.
 */

/** A node's name: the text form of its libp2p peer id. */
export type PeerId = string

/**
 * `control` for small and urgent records, `calls` for requests and replies, `push` for fresh updates, `bulk` for repair. Each is one
 * long-lived stream.
 */
export type Channel = 'control' | 'calls' | 'push' | 'bulk'

/** What must be equal on all nodes of a cluster. A peer that differs is refused, and both sides are told which fact it was. */
export interface ClusterFacts {
  readonly cluster: string
  readonly shards: number
  /** A hash of the key that actors are hashed to shards with; none: that is the cluster's name. */
  readonly placement?: string
  /** Replicas of an actor whose kind says nothing else, 1 to 15; 0: one on every node. @default 0 */
  readonly replicas?: number
  /** The same of each kind that the node knows: equal where both know it. Their text has at most `maxKindsBytes`. @default none */
  readonly kinds?: Readonly<Record<string, number>>
  /** Which lease store, and of voters which; equal where both have one. @default none */
  readonly leases?: string
  readonly protocol: number
}

export interface Admission {
  /** 32 secret bytes that every node of the cluster has. */
  readonly clusterKey: Uint8Array
  readonly facts: ClusterFacts
}

/** Called by a network from its own turn of the event loop, never from inside a call to it. */
export interface NetworkEvents {
  /** A link is up: `send` reaches this peer. */
  linked(peer: PeerId): void
  /** The link is gone. Every `linked` is followed by one `unlinked` before the next `linked` of that peer. */
  unlinked(peer: PeerId): void
  /** A record arrived. In the order of its sending among the records of that peer, channel and link; at most once. */
  record(peer: PeerId, channel: Channel, bytes: Uint8Array): void
  /** A publication arrived that `writer` has made: that is proven. Publications may be lost, late, doubled and out of order. */
  published(bytes: Uint8Array, writer: PeerId): void
  /** Addresses at which a node of this cluster may be found (mDNS). Dial them to know. */
  discovered(addresses: readonly string[]): void
  /**
   * Whether a peer whose wall clock is so far ahead of this node's may be linked; asked in the handshake. A `no` is
   * `SHOAL_CLOCK_OFFSET` on both sides. Without it any may.
   */
  admitsClock?(peer: PeerId, offsetMs: number): boolean
  /** Whether publications of this writer are delivered and passed on, though no link tells of it. Without it they are. */
  admitsWriter?(writer: PeerId): boolean
  /** A peer tried to link, or was dialled, and was refused: by key, by facts, by its clock, or by `refuse`. */
  refused(peer: PeerId | undefined, reason: string): void
}

export interface Network {
  /** This node's own name. Known before `start`. */
  readonly self: PeerId
  start(events: NetworkEvents): Promise<void>
  /** Ends all links. No event follows. Harmless when called twice. */
  stop(): Promise<void>
  /** Where peers can dial this node, each with `/p2p/` and its id. Known after `start`, when port 0 has become a port. */
  addresses(): readonly string[]
  /**
   * Links with whoever answers at one of the addresses, and names the peer. Where a link exists already, that is the answer.
   * Throws `SHOAL_DIAL_FAILED` (nobody there), `SHOAL_CLUSTER_KEY`, `SHOAL_CLUSTER_MISMATCH` (refused, on either side),
   * `SHOAL_PEER_REFUSED` (by `refuse`, on either side), `SHOAL_CLOCK_OFFSET` (by `admitsClock`, on either side).
   */
  dial(addresses: readonly string[]): Promise<PeerId>
  /** Ends the link with this peer, if there is one. */
  unlink(peer: PeerId): void
  /** The peers with a link. */
  links(): readonly PeerId[]
  /**
   * Queues a record. Everything queued for one peer and channel in one turn of the event loop leaves in one write. `false`:
   * there is no link, or its queue is at its limit; the record did not and will not leave. A record of more than
   * `maxRecordBytes` is a `SHOAL_LIMIT` error.
   */
  send(peer: PeerId, channel: Channel, record: Uint8Array): boolean
  /** Bytes queued for this peer and channel and not yet given to the operating system. */
  queuedBytes(peer: PeerId, channel: Channel): number
  /**
   * Stops delivering what peers send on this channel, or goes on. What is held back waits in the peers' queues, which have limits;
   * some that was on its way may still be delivered.
   */
  hold(channel: Channel, isHeld: boolean): void
  /** Publishes to all nodes, best effort. Answers the number of links it left by, 0 when nobody is there. */
  publish(bytes: Uint8Array): number
  /** This node's signature, made with the key that its links are made with: 64 bytes. Of a text that nothing else signs. */
  sign(bytes: Uint8Array): Uint8Array
  /** Whether this is the signature of that node. */
  isSignedBy(peer: PeerId, bytes: Uint8Array, signature: Uint8Array): boolean
  /** From now on refuses links with exactly these peers, and ends those that exist. For tests and drills. */
  refuse(peers: ReadonlySet<PeerId>): void
}

/** Of the kinds in the facts of a node, as JSON: they are read before the peer has proven anything. */
export const maxKindsBytes = 32 * 1024

/** Largest record and publication, in bytes. */
export const maxRecordBytes = 4 * 1024 * 1024
