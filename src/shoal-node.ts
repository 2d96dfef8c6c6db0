/** A running node, as programs and doors see it. `createNode` (node.ts) makes one. */
import type { ActorMode, AnyDefinition } from './actors/definitions/definition.ts'
import type { ActorOf, CallOptions } from './actors/definitions/reference.ts'
import type { SetAsideRecord } from './actors/leased/set-aside.ts'
import type { Overlap } from './actors/requests/overlap-telling.ts'

export interface MemberView {
  readonly id: string
  readonly name: string
  readonly region: string
  /** What fails together within the region; the region's name, where nobody said. */
  readonly zone: string
  /** Its part in owning exclusive actors, beside the others'; 0 of a node that has started and is not ready to own yet. */
  readonly weight: number
  readonly status: 'alive' | 'suspect' | 'dead' | 'left' | 'forgotten'
  readonly incarnation: string
  readonly addresses: readonly string[]
}

export interface MembersView {
  readonly self: string
  /** Grows with each change of the list; orders the views of this node, not of others. */
  readonly view: number
  readonly members: readonly MemberView[]
}

export interface ActorView {
  readonly kind: string
  readonly id: string
  readonly mode: ActorMode
  readonly shard: number
  /** The ring's owner in this node's view; `null` for a replicated kind, which has none. */
  readonly owner: string | null
  /**
   * The nodes that store it, in this node's view. Of a lease kind: where this node owns the actor, those of its epoch, of which a majority
   * must be there; elsewhere those that the owner would choose now.
   */
  readonly replicas: readonly string[]
  /** Its durable state as plain data: of this node's replica, or where it has none, of the nearest node's that has one. */
  readonly state: unknown
}

export interface NodeEvents {
  /** The member list changed. */
  members: MembersView
  /** A peer was refused, or refused us: another key, another configuration. */
  refused: { readonly peer: string | undefined; readonly reason: string }
  /**
   * Members declare a kind otherwise than this node: `fact` is its mode, its replication, or the type of a field or of the state. Both
   * go on, and each finds its own only: give one of the two another name. Told once for each, and again for other members.
   */
  differ: {
    readonly kind: string
    readonly fact: string
    readonly here: string
    readonly there: string
    readonly members: readonly string[]
  }
  /**
   * Two owners of an exclusive actor of mode `merge` have run commands of it, neither having seen any of the other's, as both sides of a cut
   * do; their effects are merged. Told by the node that serves the actor; see docs/exclusive-actors.md.
   */
  overlap: Overlap
  /**
   * The disk refuses writes. Nothing unsynced was acknowledged; calls are answered with `SHOAL_DISK`, and the others take over,
   * until the disk takes writes again.
   */
  diskFailed: { readonly error: unknown }
  /** The node goes on, under a new incarnation, with what its disk holds. */
  diskRecovered: { readonly incarnation: string; readonly outageMs: number }
  /**
   * A shard on this node's disk proved damaged: bytes that are not what was written, or are not there. What is intact stays, and
   * the other members fill it again. `unreadable` names the first few of the actors whose records cannot be read.
   */
  damaged: { readonly shard: number; readonly faults: readonly string[]; readonly unreadable: readonly string[] }
  /** This node cannot go on, and no waiting mends it: the process should end. */
  failed: { readonly error: unknown }
}

export interface LeaveOutcome {
  /**
   * Others have said that they have on their disks all that this node had, and no lease shard needs its disk any more. Where not (nobody
   * was there, or not in time; or it is a voter of the lease store, whose vote is on no other disk), keep its data directory: started with that, the node gives them the rest.
   */
  readonly handedOver: boolean
}

export interface ShoalNode extends AsyncDisposable {
  /** The libp2p peer id. */
  readonly id: string
  readonly name: string
  readonly region: string
  readonly zone: string
  readonly incarnation: string
  readonly shards: number
  /** Where peers can reach this node, each with `/p2p/`. */
  addresses(): readonly string[]
  definitions(): readonly AnyDefinition[]
  members(): MembersView
  /** Peers with a link now. */
  links(): readonly string[]
  /** Owner of each shard in this node's view, by shard. */
  ring(): readonly string[]
  owner(definition: AnyDefinition, id: string): string | null
  readonly actor: ActorOf

  /** Hash over all that this node has on disk, in hex: equal on two nodes if their replicas are equal. */
  digest(): string

  // The same by name, for doors. All throw SHOAL_UNKNOWN_KIND, SHOAL_UNKNOWN_COMMAND, SHOAL_BAD_ARGUMENT (id, argument).
  /** `argument` is what the method's schema takes, before parsing. Answers plain data, `undefined` for none. */
  call(kind: string, id: string, method: string, argument: unknown, options?: CallOptions): Promise<unknown>
  describe(kind: string, id: string): Promise<ActorView>
  /** The present state, then each durable change, on every node. End it with `return()`. Its reader is told what goes wrong. */
  watch(kind: string, id: string): AsyncIterableIterator<unknown>
  /** The same, each state as JSON: what many readers are sent is rendered once. */
  watchText(kind: string, id: string): AsyncIterableIterator<string>

  /**
   * All that this node has on its disk, as of now, in the format of docs/protocol.md ("Backups"), for `shoal restore`. The node's
   * private key is in it only with `withIdentity`. End it with `return()`: while it lasts, the disk keeps what it replaces.
   */
  backup(options?: { readonly withIdentity?: boolean }): AsyncIterableIterator<Uint8Array>

  /**
   * What later owners of leased actors have excluded of what this node's disk had: nothing of it was acknowledged. At most 1,024 of each
   * shard are kept, for ever. End it with `return()`.
   */
  setAside(): AsyncIterableIterator<SetAsideRecord>

  /** `undefined` when the node can serve, else why it cannot. */
  unready(): string | undefined
  on<E extends keyof NodeEvents>(event: E, listener: (event: NodeEvents[E]) => void): () => void
  /** Refuses and closes all links with these peers, and only these. For drills. */
  refuse(peers: readonly string[]): void
  /**
   * Declares, for all nodes, that a dead member will not come back: it no longer counts in any majority. What only its disk had is
   * lost to the others unless it does come back, which makes it a member again. Throws `SHOAL_NOT_FOUND`, and `SHOAL_BAD_ARGUMENT`
   * where the member is present.
   */
  forget(id: string): void
  /** Hands over what it owns, waits until the others have all its writes (bounded), tells them that it left, and stops. */
  leave(): Promise<LeaveOutcome>
  /** Stops at once, cleanly, without leaving: the others see it die. Harmless when called twice. */
  stop(): Promise<void>
}
