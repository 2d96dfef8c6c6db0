/** What a node says of its disk on its way out: a judge hears it before it leaves. */
import { type LeaseMessage, leaseFrom } from '../../../src/cluster/lease/lease-messages.ts'
import { decodeCalls } from '../../../src/cluster/wire.ts'
import type { SimulatedNetwork } from '../../../src/simulation/network.ts'

/** With which every record about leases begins, and no other: most are calls and replies, and need not be read. */
const leaseTag = [0xa2, 0x01] as const

/** `said` is told of every promise and acceptance that this process is about to send. */
export function hearClaims(network: SimulatedNetwork, shards: number, said: (message: LeaseMessage) => void): void {
  const send = network.send.bind(network)
  network.send = (peer, channel, record) => {
    if (channel === 'calls' && record[0] === leaseTag[0] && record[1] === leaseTag[1]) {
      const { lease } = decodeCalls(record)
      if (lease?.sealed != null || lease?.accepted != null) said(leaseFrom(lease, shards))
    }
    return send(peer, channel, record)
  }
}
