/**
 * Proof that a node has the cluster key: an HMAC over its role, both peer ids and both nonces. TLS has proven the ids before, so
 * that a proof is good for this connection only, and cannot be relayed.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { differingFact } from '../../ports/differing-fact.ts'
import type { ClusterFacts, PeerId } from '../../ports/network.ts'

export interface Parties {
  readonly dialer: PeerId
  readonly acceptor: PeerId
  readonly dialerNonce: Uint8Array
  readonly acceptorNonce: Uint8Array
}

export function prove(clusterKey: Uint8Array, role: 'dialer' | 'acceptor', parties: Parties): Uint8Array {
  return createHmac('sha256', clusterKey)
    .update(`shoal admission 1\n${role}\n${parties.dialer}\n${parties.acceptor}\n`)
    .update(parties.dialerNonce)
    .update(parties.acceptorNonce)
    .digest()
}

export function isProof(mac: Uint8Array, expected: Uint8Array): boolean {
  return mac.length === expected.length && timingSafeEqual(mac, expected)
}

/** The first fact in which two nodes differ, in words; undefined where they agree. */
export function differenceOf(own: ClusterFacts, peers: ClusterFacts): string | undefined {
  const difference = differingFact(own, peers)
  if (difference === undefined) return undefined
  const { fact, here, there } = difference
  return `the fact "${fact}" differs: ${JSON.stringify(here)} here, ${JSON.stringify(there)} at the peer`
}
