/**
 * delta-crdts over the same libp2p, as its README says: each delta is published, and a peer that links gets the whole state. No
 * storage, and nothing repairs a publication that was lost: the naive baseline.
 */
import { createHash } from 'node:crypto'
import type { OpenDatabase } from './database.ts'
import { type Stream, startPeer } from './libp2p-peer.ts'
import { load } from './packages.ts'

interface Instance {
  apply(delta: unknown): void
  state(): unknown
  value(): Record<string, Set<number> | undefined>
  applySub(key: string, type: 'mvreg', mutator: 'write', value: number): unknown
}

interface Codec {
  encode(value: unknown): { slice(): Uint8Array }
  decode(bytes: Uint8Array): unknown
}

const topic = 'entries'
const protocol = '/entries/state'

export const openDeltaCrdts: OpenDatabase = async ({ others }) => {
  const crdts = await load<{ default(type: string): (replica: string) => Instance }>('delta-crdts')
  const { default: codec } = await load<{ default: Codec }>('delta-crdts-msgpack-codec')
  const peer = await startPeer()
  const { pubsub } = peer.libp2p.services
  const entries = crdts.default('ormap')(peer.address)
  const watches: (() => void)[] = []
  const apply = (bytes: Uint8Array) => {
    entries.apply(codec.decode(bytes))
    for (const look of watches) look()
  }
  const receive = async (stream: Stream) => {
    const chunks: Uint8Array[] = []
    for await (const chunk of stream) chunks.push(chunk instanceof Uint8Array ? chunk : chunk.subarray())
    apply(Buffer.concat(chunks))
  }
  await peer.libp2p.handle(protocol, stream => void receive(stream))
  peer.libp2p.addEventListener('peer:identify', ({ detail }) => void sendState(detail.peerId))
  const sendState = async (to: unknown) => {
    const stream = await peer.libp2p.dialProtocol(to, protocol)
    if (!stream.send(codec.encode(entries.state()).slice())) await stream.onDrain()
    await stream.close()
  }
  pubsub.subscribe(topic)
  pubsub.addEventListener('message', ({ detail }) => {
    if (detail.topic === topic) apply(detail.data)
  })
  await peer.dial(others)
  const read = (key: string): number | undefined => {
    const values = entries.value()[key]
    return values === undefined || values.size === 0 ? undefined : Math.max(...values)
  }
  return {
    address: peer.address,
    map: topic,
    cut: () => peer.hangUp(),
    mend: () => peer.dial(others),
    async put(key, value) {
      const delta = entries.applySub(key, 'mvreg', 'write', value)
      await pubsub.publish(topic, codec.encode(delta).slice())
      for (const look of watches) look()
    },
    async get(key) {
      return read(key)
    },
    watch(key, seen) {
      watches.push(() => {
        const value = read(key)
        if (value !== undefined) seen(value)
      })
    },
    async digest() {
      const value = entries.value()
      const pairs = Object.keys(value)
        .sort()
        .map(key => [key, [...(value[key] ?? [])].sort()])
      return createHash('sha256').update(JSON.stringify(pairs)).digest('hex')
    }
  }
}
