/**
 * The frames of the admission handshake, on the byte stream that TLS gives: 16 bits of length, one byte of type, a payload.
 * Decoding is total: a frame or a `SHOAL_MALFORMED`.
 */
import { ShoalError } from '../../ports/errors.ts'
import { type ClusterFacts, maxKindsBytes } from '../../ports/network.ts'
import { maxClusterNameBytes } from './options.ts'

export type HandshakeFrame =
  /** Dialer, first: who are you, here is my nonce. */
  | { readonly type: 'hello'; readonly nonce: Uint8Array }
  /** Acceptor: I have the key, and this is the time by my clock. */
  | { readonly type: 'challenge'; readonly nonce: Uint8Array; readonly mac: Uint8Array; readonly wallMs: number }
  /** Dialer: so have I, this is the time by mine, and these are my facts. */
  | { readonly type: 'proof'; readonly mac: Uint8Array; readonly wallMs: number; readonly facts: ClusterFacts }
  /** Acceptor: you may. */
  | { readonly type: 'accept' }
  /** Dialer, last: from here on this is our link. */
  | { readonly type: 'commit' }
  /** Either: there is or will be another connection of this pair. */
  | { readonly type: 'duplicate' }
  /** Either: no, because. `facts` are the refuser's, where they are the reason. */
  | { readonly type: 'refused'; readonly reason: Reason; readonly facts?: ClusterFacts }

export type Reason = 'key' | 'facts' | 'peer' | 'clock'

export const nonceBytes = 32
export const macBytes = 32
const wallBytes = 8
export const maxFrameBytes = 1024 + maxKindsBytes

const types = ['hello', 'challenge', 'proof', 'accept', 'commit', 'duplicate', 'refused'] as const
const reasons: readonly Reason[] = ['key', 'facts', 'peer', 'clock']

export function encodeFrame(frame: HandshakeFrame): Uint8Array {
  const payload = Buffer.concat(payloadOf(frame))
  const encoded = Buffer.alloc(3 + payload.length)
  encoded.writeUInt16BE(1 + payload.length)
  encoded[2] = types.indexOf(frame.type) + 1
  payload.copy(encoded, 3)
  return encoded
}

function payloadOf(frame: HandshakeFrame): Uint8Array[] {
  switch (frame.type) {
    case 'hello':
      return [frame.nonce]
    case 'challenge':
      return [frame.nonce, frame.mac, encodeWall(frame.wallMs)]
    case 'proof':
      return [frame.mac, encodeWall(frame.wallMs), encodeFacts(frame.facts)]
    case 'refused': {
      const reason = Uint8Array.of(reasons.indexOf(frame.reason) + 1)
      return frame.facts === undefined ? [reason] : [reason, encodeFacts(frame.facts)]
    }
    default:
      return []
  }
}

/** `body` is a frame without its length. */
export function decodeFrame(body: Uint8Array): HandshakeFrame {
  const type = types[(body[0] ?? 0) - 1]
  const payload = body.subarray(1)
  switch (type) {
    case 'hello':
      return { type, nonce: exactly(payload, nonceBytes) }
    case 'challenge': {
      const all = exactly(payload, nonceBytes + macBytes + wallBytes)
      const mac = all.subarray(nonceBytes, nonceBytes + macBytes)
      return { type, nonce: all.subarray(0, nonceBytes), mac, wallMs: decodeWall(all.subarray(nonceBytes + macBytes)) }
    }
    case 'proof': {
      if (payload.length < macBytes + wallBytes) break
      const wallMs = decodeWall(payload.subarray(macBytes, macBytes + wallBytes))
      return {
        type,
        mac: payload.subarray(0, macBytes),
        wallMs,
        facts: decodeFacts(payload.subarray(macBytes + wallBytes))
      }
    }
    case 'refused': {
      const reason = reasons[(payload[0] ?? 0) - 1]
      if (reason === undefined) break
      return payload.length > 1 ? { type, reason, facts: decodeFacts(payload.subarray(1)) } : { type, reason }
    }
    case 'accept':
    case 'commit':
    case 'duplicate':
      exactly(payload, 0)
      return { type }
  }
  throw malformed()
}

function exactly(payload: Uint8Array, length: number): Uint8Array {
  if (payload.length !== length) throw malformed()
  return payload
}

function encodeWall(wallMs: number): Uint8Array {
  const bytes = Buffer.alloc(wallBytes)
  bytes.writeDoubleBE(wallMs)
  return bytes
}

function decodeWall(bytes: Uint8Array): number {
  const wallMs = new DataView(bytes.buffer, bytes.byteOffset).getFloat64(0)
  if (!Number.isFinite(wallMs)) throw malformed()
  return wallMs
}

function encodeFacts({
  cluster,
  shards,
  placement,
  replicas = 0,
  kinds = {},
  leases,
  protocol
}: ClusterFacts): Uint8Array {
  return Buffer.from(JSON.stringify({ cluster, shards, placement, replicas, kinds, leases, protocol }))
}

function decodeFacts(bytes: Uint8Array): ClusterFacts {
  let facts: unknown
  try {
    facts = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw malformed()
  }
  const {
    cluster,
    shards,
    placement,
    replicas = 0,
    kinds = {},
    leases,
    protocol
  } = (facts ?? {}) as { [F in keyof ClusterFacts]?: unknown }
  if (typeof cluster !== 'string' || Buffer.byteLength(cluster) > maxClusterNameBytes) throw malformed()
  if (typeof shards !== 'number' || typeof replicas !== 'number' || typeof protocol !== 'number') throw malformed()
  if (placement !== undefined && (typeof placement !== 'string' || !/^[0-9a-f]{16}$/.test(placement))) throw malformed()
  if (leases !== undefined && (typeof leases !== 'string' || !/^[a-z]{1,32}( [0-9a-f]{16})?$/.test(leases)))
    throw malformed()
  const common = { cluster, shards, replicas, kinds: kindsFrom(kinds), protocol }
  return {
    ...common,
    ...(placement === undefined ? {} : { placement }),
    ...(leases === undefined ? {} : { leases })
  }
}

function kindsFrom(kinds: unknown): Readonly<Record<string, number>> {
  if (typeof kinds !== 'object' || kinds === null || Array.isArray(kinds)) throw malformed()
  if (!Object.values(kinds).every(replicas => typeof replicas === 'number')) throw malformed()
  return kinds as Record<string, number>
}

export function malformed(): ShoalError {
  return new ShoalError('SHOAL_MALFORMED', 'the peer broke the admission handshake')
}
