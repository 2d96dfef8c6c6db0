/** A libp2p node as OrbitDB's docs and its quick start make it: TCP, Noise, Yamux, identify, gossipsub. */
import { load } from './packages.ts'

export interface PubSub {
  subscribe(topic: string): void
  publish(topic: string, bytes: Uint8Array): Promise<unknown>
  addEventListener(event: 'message', listener: (event: { detail: { topic: string; data: Uint8Array } }) => void): void
}

export interface Stream extends AsyncIterable<Uint8Array | { subarray(): Uint8Array }> {
  send(bytes: Uint8Array): boolean
  onDrain(): Promise<void>
  close(): Promise<void>
}

export interface Libp2p {
  readonly services: { readonly pubsub: PubSub }
  getMultiaddrs(): { toString(): string }[]
  getPeers(): unknown[]
  dial(address: unknown): Promise<unknown>
  dialProtocol(peer: unknown, protocol: string): Promise<Stream>
  hangUp(peer: unknown): Promise<void>
  handle(protocol: string, handler: (stream: Stream) => void): Promise<void>
  addEventListener(event: 'peer:identify', listener: (event: { detail: { peerId: unknown } }) => void): void
}

type Factory = (options?: unknown) => unknown

export interface Peer {
  readonly libp2p: Libp2p
  readonly address: string
  dial(addresses: readonly string[]): Promise<void>
  hangUp(): Promise<void>
}

export async function startPeer(): Promise<Peer> {
  const { createLibp2p } = await load<{ createLibp2p(options: unknown): Promise<Libp2p> }>('libp2p')
  const { multiaddr } = await load<{ multiaddr(text: string): unknown }>('@multiformats/multiaddr')
  const part = async (name: string, factory: string) => {
    const module = await load<Record<string, Factory>>(name)
    const make = module[factory]
    if (make === undefined) throw new Error(`${name} has no ${factory}`)
    return make
  }
  const gossipsub = await part('@libp2p/gossipsub', 'gossipsub')
  let isCut = false
  const libp2p = await createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [(await part('@libp2p/tcp', 'tcp'))()],
    connectionEncrypters: [(await part('@chainsafe/libp2p-noise', 'noise'))()],
    streamMuxers: [(await part('@chainsafe/libp2p-yamux', 'yamux'))()],
    connectionGater: { denyInboundConnection: () => isCut, denyDialMultiaddr: () => isCut },
    services: {
      identify: (await part('@libp2p/identify', 'identify'))(),
      // All processes share one address, for which its scoring would punish them.
      pubsub: gossipsub({ allowPublishToZeroTopicPeers: true, scoreParams: { IPColocationFactorWeight: 0 } })
    }
  })
  return {
    libp2p,
    address: String(libp2p.getMultiaddrs()[0]),
    async dial(addresses) {
      isCut = false
      for (const address of addresses) await libp2p.dial(multiaddr(address))
    },
    async hangUp() {
      isCut = true
      for (const peer of libp2p.getPeers()) await libp2p.hangUp(peer)
    }
  }
}
