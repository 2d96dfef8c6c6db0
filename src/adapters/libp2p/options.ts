/** What a libp2p network can be told, and the one function that makes it complete. */
import type { Clock } from '../../ports/clock.ts'
import type { Logger } from '../../ports/logger.ts'
import type { Metrics } from '../../ports/metrics.ts'
import { type Admission, maxKindsBytes } from '../../ports/network.ts'

export interface Libp2pNetworkOptions {
  /** The node's Ed25519 private key in libp2p's encoding (`generateNodeKey`). */
  privateKey: Uint8Array
  /** Multiaddrs to listen on, such as `/ip4/0.0.0.0/tcp/4001`. Port 0 takes a free port. None: the node only dials. */
  listen: readonly string[]
  admission: Admission
  clock: Clock
  logger: Logger
  metrics: Metrics
  /** Multiaddrs to tell to others instead of those listened on (NAT, containers). @default none */
  announce?: readonly string[]
  /** Announce this node, and look for others, by multicast DNS. @default false */
  mdns?: boolean
  /** Time from one mDNS question to the next, in milliseconds. @default 10000 */
  mdnsIntervalMs?: number
  /** Longest time of one `dial`, all its addresses together, in milliseconds. @default 5000 */
  dialDeadlineMs?: number
  /** Longest time of an admission handshake, and of opening a link's streams after it, in milliseconds. @default 5000 */
  handshakeDeadlineMs?: number
  /** Most bytes queued for one peer and channel; `send` says no beyond it. @default 16777216 */
  maxQueuedBytes?: number
  /** Most connections. Beyond it inbound ones are turned away. @default 1000 */
  maxConnections?: number
  /** Most inbound connections per second from one host. @default 200 */
  maxInboundPerHostPerSecond?: number
  /** Most inbound connections that are not admitted yet. @default 128 */
  maxPendingInbound?: number
  /** A link over which nothing at all arrives for so long is ended, in milliseconds of this node being awake. @default 30000 */
  silenceLimitMs?: number
  /** A linked peer that publications do not reach for so long is unlinked, to be dialled again; in milliseconds. @default 1500 */
  deafLimitMs?: number
  /** Heartbeat of the publication mesh, in milliseconds. @default 1000 */
  meshHeartbeatMs?: number
}

export type CompleteOptions = Readonly<Required<Libp2pNetworkOptions>>

export function completeOptions(options: Libp2pNetworkOptions): CompleteOptions {
  const { clusterKey, facts } = options.admission
  if (clusterKey.length !== 32) throw new TypeError(`a cluster key has 32 bytes, this one has ${clusterKey.length}`)
  if (facts.cluster === '' || Buffer.byteLength(facts.cluster) > maxClusterNameBytes) {
    throw new TypeError(`a cluster's name has 1 to ${maxClusterNameBytes} bytes`)
  }
  for (const [name, value] of Object.entries({ shards: facts.shards, protocol: facts.protocol })) {
    if (!Number.isSafeInteger(value) || value < 0) throw new TypeError(`${name} is a whole number, not ${value}`)
  }
  if (Buffer.byteLength(JSON.stringify(facts.kinds ?? {})) > maxKindsBytes)
    throw new TypeError(`the kinds of a node have at most ${maxKindsBytes} bytes`)
  return {
    announce: [],
    mdns: false,
    mdnsIntervalMs: 10_000,
    dialDeadlineMs: 5_000,
    handshakeDeadlineMs: 5_000,
    maxQueuedBytes: 16 * 1024 * 1024,
    maxConnections: 1_000,
    maxInboundPerHostPerSecond: 200,
    maxPendingInbound: 128,
    silenceLimitMs: 30_000,
    deafLimitMs: 1_500,
    meshHeartbeatMs: 1_000,
    ...options
  }
}

/** So that facts fit into one frame of the handshake. */
export const maxClusterNameBytes = 256
