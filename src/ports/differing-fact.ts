/** In what two nodes differ that should be of one cluster. */
import type { ClusterFacts } from './network.ts'

export interface DifferingFact {
  readonly fact: string
  readonly here: string | number
  readonly there: string | number
}

/** The first one; undefined where they agree. Of kinds it takes those that both know: a newer program may know more; and so with the lease store. */
export function differingFact(own: ClusterFacts, peers: ClusterFacts): DifferingFact | undefined {
  for (const fact of ['protocol', 'cluster', 'shards', 'placement', 'replicas'] as const) {
    const none = fact === 'placement' ? 'by name' : 0
    const [here, there] = [own[fact] ?? none, peers[fact] ?? none]
    if (here !== there) return { fact, here, there }
  }
  if (own.leases !== undefined && peers.leases !== undefined && own.leases !== peers.leases)
    return { fact: 'leases', here: own.leases, there: peers.leases }
  const known = new Map(Object.entries(peers.kinds ?? {}))
  for (const [kind, replicas] of Object.entries(own.kinds ?? {})) {
    const there = known.get(kind)
    if (there === undefined || there === replicas) continue
    return { fact: `replication of the kind ${kind}`, here: inWords(replicas), there: inWords(there) }
  }
  return undefined
}

function inWords(replicas: number): number | 'all' {
  return replicas === 0 ? 'all' : replicas
}
