/**
 * One connection per pair: which of the connections that two nodes make with each other stays.
 *
 * Plain data about one peer, and one function per step of the handshake (dialer's proof, acceptor's `accept`, dialer's `commit`).
 * Both sides reach the same answer whatever the order in which their connections deliver; `test/adapters/libp2p-pair.test.ts`
 * walks through all orders. The ideas: the dial of the lower id wins a race; the higher waits for the outcome of a dial that it
 * has accepted before it goes on with its own; and a dial that is carried through tells its acceptor that an older link is stale.
 */
export interface Pair {
  /** This node's id is lower than the peer's. */
  readonly isLower: boolean
  /** Orders what this node knew when: raised by every `accept` that it sends and every `commit` that it sends. */
  clock: number
  /** The link, from the moment of `commit` on. */
  link: Attempt | undefined
  /** Own dials whose far side is known to be this peer. */
  outgoing: number[]
  /** Dials of the peer that were accepted and wait for their `commit`. */
  incoming: Attempt[]
}

export interface Attempt {
  /** The connection's number at this node. */
  readonly id: number
  readonly stamp: number
}

export function newPair(isLower: boolean): Pair {
  return { isLower, clock: 0, link: undefined, outgoing: [], incoming: [] }
}

/** The dialer knows with whom it speaks. `duplicate`: there is a link, the dial has its answer. */
export function beginDial(pair: Pair, id: number): 'go' | 'duplicate' {
  if (pair.link !== undefined) return 'duplicate'
  pair.outgoing.push(id)
  return 'go'
}

/** The acceptor has the dialer's proof. */
export function judgeProof(pair: Pair, id: number): 'accept' | 'duplicate' {
  if (pair.isLower && pair.link === undefined && pair.outgoing.length > 0) return 'duplicate'
  pair.clock++
  pair.incoming.push({ id, stamp: pair.clock })
  return 'accept'
}

/** The dialer has the acceptor's `accept`. `wait`: ask again when the pair has changed. */
export function judgeAccept(pair: Pair, id: number): 'commit' | 'duplicate' | 'wait' {
  if (pair.link === undefined && !pair.isLower && pair.incoming.length > 0) return 'wait'
  pair.outgoing = pair.outgoing.filter(other => other !== id)
  if (pair.link !== undefined) return 'duplicate'
  pair.clock++
  pair.link = { id, stamp: pair.clock }
  return 'commit'
}

/** The acceptor has the dialer's `commit`. `take` replaces the link that there was; `drop` keeps it. */
export function judgeCommit(pair: Pair, id: number): 'take' | 'drop' {
  const attempt = pair.incoming.find(other => other.id === id)
  pair.incoming = pair.incoming.filter(other => other.id !== id)
  // A link younger than our `accept` was made by a dial that crossed this one: the peer, too, knows it as the one that stays.
  if (attempt === undefined || (pair.link !== undefined && pair.link.stamp > attempt.stamp)) return 'drop'
  pair.link = attempt
  return 'take'
}

/** This connection is no more, whatever it was. */
export function forget(pair: Pair, id: number): void {
  pair.outgoing = pair.outgoing.filter(other => other !== id)
  pair.incoming = pair.incoming.filter(other => other.id !== id)
  if (pair.link?.id === id) pair.link = undefined
}

export function isIdle(pair: Pair): boolean {
  return pair.link === undefined && pair.outgoing.length === 0 && pair.incoming.length === 0
}
