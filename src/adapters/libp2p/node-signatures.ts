/** Signatures with nodes' keys, which their ids contain. Ed25519: 0.04 ms to sign, 0.13 ms to check. */
import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import type { PrivateKey } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import type { PeerId } from '../../ports/network.ts'

const keyBytes = 32
/** Nodes whose keys are kept ready; those that were added first make room. */
const maxKeys = 2048

export function privateKeyObject(key: PrivateKey): KeyObject {
  const part = (from: number) => Buffer.from(key.raw.subarray(from, from + keyBytes)).toString('base64url')
  return createPrivateKey({ key: { kty: 'OKP', crv: 'Ed25519', d: part(0), x: part(keyBytes) }, format: 'jwk' })
}

/** Throws where the bytes are no key. */
export function publicKeyObject(raw: Uint8Array): KeyObject {
  const x = Buffer.from(raw).toString('base64url')
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
}

export class NodeSignatures {
  readonly #privateKey: KeyObject
  readonly #keys = new Map<PeerId, KeyObject>()

  /** `key` is an Ed25519 key. */
  constructor(key: PrivateKey) {
    this.#privateKey = privateKeyObject(key)
  }

  sign(bytes: Uint8Array): Uint8Array {
    return new Uint8Array(sign(null, bytes, this.#privateKey))
  }

  isSignedBy(peer: PeerId, bytes: Uint8Array, signature: Uint8Array): boolean {
    const key = this.#keyOf(peer)
    return key !== undefined && verify(null, bytes, key, signature)
  }

  #keyOf(peer: PeerId): KeyObject | undefined {
    const known = this.#keys.get(peer)
    if (known !== undefined) return known
    try {
      const { type, publicKey } = peerIdFromString(peer)
      if (type !== 'Ed25519' || publicKey === undefined) return undefined
      const key = publicKeyObject(publicKey.raw)
      this.#keys.set(peer, key)
      const [oldest] = this.#keys.keys()
      if (oldest !== undefined && this.#keys.size > maxKeys) this.#keys.delete(oldest)
      return key
    } catch {
      return undefined
    }
  }
}
