/** How libp2p is set up: which parts, with which limits, and why. */
import { type PrivateKey, serviceCapabilities } from '@libp2p/interface'
import { mdns } from '@libp2p/mdns'
import { tcp } from '@libp2p/tcp'
import { tls } from '@libp2p/tls'
import { yamux } from '@libp2p/yamux'
import type { Libp2pOptions } from 'libp2p'
import type { PeerId } from '../../ports/network.ts'
import type { Doorkeeper } from './doorkeeper.ts'
import type { Gossip } from './gossip.ts'
import type { CompleteOptions } from './options.ts'
import { quietLogger } from './quiet-logger.ts'
import { maxWindowBytes } from './record-stream.ts'

export type Components = Parameters<NonNullable<Libp2pOptions['transports']>[number]>[0]

/** Most addresses of one peer that a multicast answer may bring. */
const maxFoundAddresses = 16

export interface Libp2pParts {
  readonly options: CompleteOptions
  readonly key: PrivateKey
  readonly doorkeeper: Doorkeeper
  readonly gossip: Gossip
  /** libp2p's components, of which the transport manager and the address manager are used directly. */
  created(components: Components): void
  /** mDNS saw this peer, perhaps this node itself. */
  found(peer: PeerId, addresses: readonly string[]): void
}

export function libp2pOptions(parts: Libp2pParts): Libp2pOptions<Record<string, unknown>> {
  const { doorkeeper, gossip, key, options } = parts
  return {
    start: false,
    privateKey: key,
    logger: quietLogger,
    addresses: { listen: [...options.listen], announce: [...options.announce] },
    transports: [
      components => {
        parts.created(components)
        // Idle connections are kept alive and watched by `LinkWatch`.
        return tcp({ inboundSocketInactivityTimeout: 0, outboundSocketInactivityTimeout: 0, backlog: 512 })(components)
      }
    ],
    connectionEncrypters: [components => doorkeeper.guard(tls()(components))],
    streamMuxers: [
      yamux({
        maxInboundStreams: 32,
        maxOutboundStreams: 32,
        streamOptions: { maxStreamWindowSize: maxWindowBytes }
      })
    ],
    connectionManager: {
      maxConnections: options.maxConnections,
      inboundConnectionThreshold: options.maxInboundPerHostPerSecond,
      maxIncomingPendingConnections: options.maxPendingInbound,
      inboundUpgradeTimeout: 2 * options.handshakeDeadlineMs,
      // gossipsub opens its streams one peer after the other: one that hangs must not hold up the others for long.
      outboundStreamProtocolNegotiationTimeout: 1_500,
      inboundStreamProtocolNegotiationTimeout: 5_000,
      // Redialling is the cluster's task.
      reconnectRetries: 0
    },
    connectionMonitor: { enabled: false },
    ...(options.mdns ? { peerDiscovery: [(components: Components) => discovery(parts, components)] } : {}),
    services: {
      gossip: gossip.create,
      // gossipsub asks for identify. The handshake and `Gossip.linked` stand in for it.
      identity: () => ({ [serviceCapabilities]: ['@libp2p/identify'] })
    }
  }
}

function discovery({ found, options }: Libp2pParts, components: Components): ReturnType<ReturnType<typeof mdns>> {
  const name = Buffer.from(options.admission.facts.cluster).toString('hex').slice(0, 48)
  const service = mdns({ serviceTag: `shoal-${name}._tcp.local`, interval: options.mdnsIntervalMs })(components)
  service.addEventListener('peer', event => {
    const peer = event.detail.id.toString()
    const addresses = event.detail.multiaddrs.slice(0, maxFoundAddresses).map(String)
    const named = addresses.map(address => (address.includes('/p2p/') ? address : `${address}/p2p/${peer}`))
    if (named.length > 0) found(peer, named)
  })
  return service
}
