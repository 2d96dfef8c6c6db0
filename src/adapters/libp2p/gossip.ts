/**
 * Publications over gossipsub, on one topic of the cluster.
 *
 * gossipsub learns of peers from `Link`s, in order and at once, and not from libp2p's identify and peer store: their notices of a
 * quick disconnect and reconnect can swap places, which leaves a peer connected and deaf for ever.
 */
import {
  type GossipSub,
  type GossipSubComponents,
  gossipsub,
  StrictNoSign,
  TopicValidatorResult
} from '@libp2p/gossipsub'
import type { Connection, PrivateKey, StreamHandler, StreamHandlerOptions, Topology } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { maxRecordBytes, type PeerId } from '../../ports/network.ts'
import { SignedPublications } from './signed-publication.ts'

export interface GossipOptions {
  readonly cluster: string
  readonly meshHeartbeatMs: number
  readonly key: PrivateKey
  /** Wall clock, in milliseconds. */
  readonly startMs: number
  /** The connection is that of a link which exists. */
  isLinked(connection: Connection): boolean
  /** Whether what this writer has signed is passed on. */
  isAdmitted(writer: PeerId): boolean
  /** `writer` has signed it. */
  published(bytes: Uint8Array, writer: PeerId): void
  /** This peer has passed on what nobody has signed so: a sound node does not. */
  forged(peer: PeerId): void
  publishFailed(error: unknown): void
}

/** Peers that a publication goes to at once; in a larger cluster they pass it on. */
const meshDegree = 8

export class Gossip {
  readonly #options: GossipOptions
  readonly #topic: string
  readonly #signed: SignedPublications
  #gossipsub: (GossipSub & GossipInternals) | undefined
  #topology: Topology | undefined

  constructor(options: GossipOptions) {
    this.#options = options
    this.#topic = `/shoal/${options.cluster}/1`
    this.#signed = new SignedPublications(this.#topic, options.key, options.startMs * 1000)
  }

  /** The factory that libp2p calls. */
  readonly create = (components: GossipSubComponents): GossipSub => {
    const router = gossipsub({
      globalSignaturePolicy: StrictNoSign,
      // Signed by us, once for each, and checked after those that come twice are sorted out.
      msgIdFn: message => SignedPublications.idOf(message.data),
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
    router.topicValidators.set(this.#topic, (from, { data }) => {
      // Anybody can make a key up, and nobody answers for what it signs.
      const writer = this.#signed.writerOf(data)
      if (writer !== '' && !this.#options.isAdmitted(writer)) return TopicValidatorResult.Ignore
      if (this.#signed.verified(data) !== undefined) return TopicValidatorResult.Accept
      this.#options.forged(from.toString())
      return TopicValidatorResult.Reject
    })
    router.addEventListener('gossipsub:message', ({ detail: { msg } }) => {
      if (msg.topic === this.#topic)
        this.#options.published(SignedPublications.contentsOf(msg.data), this.#signed.writerOf(msg.data))
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
    router.publish(this.#topic, this.#signed.signed(bytes)).catch(this.#options.publishFailed)
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
