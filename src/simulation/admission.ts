/** Who may link with whom: equal cluster keys and facts, and nobody that is refused. Both sides get the same reason for a no. */
import { differingFact } from '../ports/differing-fact.ts'
import { ShoalError } from '../ports/errors.ts'
import type { Admission } from '../ports/network.ts'

export function refusalOf(mine: Admission, theirs: Admission, isRefused: boolean): ShoalError | undefined {
  if (!isEqual(mine.clusterKey, theirs.clusterKey)) {
    return new ShoalError('SHOAL_CLUSTER_KEY', 'the cluster keys of these two nodes differ')
  }
  const difference = differingFact(mine.facts, theirs.facts)
  if (difference !== undefined) {
    const { fact, here, there } = difference
    const message = `${fact} differs: "${here}" on the one side, "${there}" on the other`
    return new ShoalError('SHOAL_CLUSTER_MISMATCH', message)
  }
  if (isRefused)
    return new ShoalError('SHOAL_PEER_REFUSED', 'one of these two nodes refuses the other', { retryable: true })
  return undefined
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index])
}

export function dialFailed(message: string): ShoalError {
  return new ShoalError('SHOAL_DIAL_FAILED', message, { retryable: true })
}

export function stopped(): ShoalError {
  return new ShoalError('SHOAL_STOPPED', 'this network is not running')
}
