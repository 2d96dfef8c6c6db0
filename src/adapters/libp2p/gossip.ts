/**
 * Publications over gossipsub, on one topic of the cluster.
 *
 * gossipsub learns of peers from `Link`s, in order and at once, and not from libp2p's identify and peer store: their notices of a
 * quick disconnect and reconnect can swap places, which leaves a peer connected and deaf for ever.
 */
import { randomBytes } from 'node:crypto'
import { type GossipSub, type GossipSubComponents, gossipsub, StrictNoSign } from '@libp2p/gossipsub'
import type { Connection, StreamHandler, StreamHandlerOptions, Topology } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { maxRecordBytes, type PeerId } from '../../ports/network.ts'

export interface GossipOptions {
  readonly cluster: string
  readonly meshHeartbeatMs: number
  /** The connection is that of a link which exists. */
  isLinked(connection: Connection): boolean
  published(bytes: Uint8Array): void
  publishFailed(error: unknown): void
}

/** Who published (random per start), and a count: so equal publications of two nodes differ, and no hash is needed. */
const labelBytes = 16

/** Peers that a publication goes to at once; in a larger cluster they pass it on. */
const meshDegree = 8

export class Gossip {
  readonly #options: GossipOptions
  readonly #topic: string
  readonly #label = randomBytes(labelBytes)
  #count = 0n
  #gossipsub: (GossipSub & GossipInternals) | undefined
  #topology: Topology | undefined

  constructor(options: GossipOptions) {
    this.#options = options
    this.#topic = `/shoal/${options.cluster}/1`
  }

  /** The factory that libp2p calls. */
  readonly create = (components: GossipSubComponents): GossipSub => {
    const router = gossipsub({
      globalSignaturePolicy: StrictNoSign,
      msgIdFn: message => message.data.subarray(0, labelBytes),
      msgIdToStrFn: id => Buffer.from(id).toString('base64'),
      fallbackToFloodsub: false,
      floodPublish: false,
      batchPublish: true,
      doPX: false,
      tagMeshPeers: false,
      allowPublishToZeroTopicPeers: true,
      ignoreDuplicatePublishError: true,
      allowedTopics: [this.#topic],
      D: meshDegree,
      heartbeatInterval: this.#options.meshHeartbeatMs,
      seenTTL: 60_000,
      // An answer to IWANT holds several publications.
      maxInboundDataLength: 4 * maxRecordBytes,
      maxOutboundBufferSize: 4 * maxRecordBytes,
      decodeRpcLimits: {
        maxSubscriptions: 16,
        maxMessages: 5_000,
        maxIhaveMessageIDs: 5_000,
        maxIwantMessageIDs: 5_000,
        maxIdontwantMessageIDs: 5_000,
        maxControlMessages: 5_000,
        maxPeerInfos: 16
      },
      // All peers have proven the cluster key: nobody is marked down, for an address shared or anything else.
      scoreParams: { IPColocationFactorWeight: 0, behaviourPenaltyWeight: 0 },
      maxInboundStreams: 4
    })({ ...pick(components), registrar: this.#registrarFor(components.registrar) }) as GossipSub & GossipInternals
    router.addEventListener('gossipsub:message', ({ detail: { msg } }) => {
      if (msg.topic === this.#topic && msg.data.length >= labelBytes) {
        this.#options.published(new Uint8Array(msg.data.subarray(labelBytes)))
      }
    })
    this.#gossipsub = router
    return router
  }

  /** After libp2p has started. */
  start(): void {
    this.#gossipsub?.subscribe(this.#topic)
  }

  linked(peer: PeerId, connection: Connection): void {
    this.#topology?.onConnect?.(peerIdFromString(peer), connection)
  }

  unlinked(peer: PeerId): void {
    this.#topology?.onDisconnect?.(peerIdFromString(peer))
  }

  /** Publications neither reach this peer nor come from it, though it is linked. */
  isDeaf(peer: PeerId): boolean {
    const router = this.#gossipsub
    if (router === undefined) return true
    return !this.#reaches(router).has(peer) || !router.streamsInbound.has(peer)
  }

  /** Best effort, at once. Answers the number of links that it leaves by. */
  publish(bytes: Uint8Array): number {
    const router = this.#gossipsub
    if (router === undefined) return 0
    const reached = this.#reaches(router).size
    const message = Buffer.allocUnsafe(labelBytes + bytes.length)
    message.set(this.#label)
    message.writeBigUInt64BE(this.#count++, labelBytes - 8)
    message.set(bytes, labelBytes)
    router.publish(this.#topic, message).catch(this.#options.publishFailed)
    const mesh = router.mesh.get(this.#topic)?.size ?? 0
    return Math.min(reached, Math.max(meshDegree, mesh))
  }

  #reaches(router: GossipSub & GossipInternals): Set<PeerId> {
    const peers = router.getSubscribers(this.#topic).map(String)
    return new Set(peers.filter(peer => router.streamsOutbound.has(peer)))
  }

  /** What gossipsub uses of a registrar: streams of links only, and a topology that `linked` and `unlinked` drive. */
  #registrarFor(registrar: GossipSubComponents['registrar']): GossipSubComponents['registrar'] {
    const own = {
      handle: (protocol: string, handler: StreamHandler, options?: StreamHandlerOptions) =>
        registrar.handle(
          protocol,
          (stream, connection) => {
            if (this.#options.isLinked(connection)) return handler(stream, connection)
            stream.abort(new Error('the link is gone'))
          },
          options
        ),
      unhandle: (protocol: string) => registrar.unhandle(protocol),
      register: async (protocol: string, topology: Topology) => {
        this.#topology = topology
        return protocol
      },
      unregister: () => {
        this.#topology = undefined
      }
    }
    return own as unknown as GossipSubComponents['registrar']
  }
}

/** Public fields of the class that its exported interface leaves out. */
interface GossipInternals {
  readonly mesh: ReadonlyMap<string, ReadonlySet<string>>
  readonly streamsOutbound: ReadonlyMap<string, unknown>
  readonly streamsInbound: ReadonlyMap<string, unknown>
}

/** libp2p's components are a proxy that a spread would not see through. */
function pick(components: GossipSubComponents): GossipSubComponents {
  const { privateKey, peerId, peerStore, registrar, connectionManager, logger } = components
  return { privateKey, peerId, peerStore, registrar, connectionManager, logger }
}
