/** A node's identity: an Ed25519 key in libp2p's encoding, and the peer id that follows from it. */
import { generateKeyPairSync } from 'node:crypto'
import { privateKeyFromProtobuf, privateKeyFromRaw, privateKeyToProtobuf } from '@libp2p/crypto/keys'
import type { PrivateKey } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { ShoalError } from '../../ports/errors.ts'
import type { PeerId } from '../../ports/network.ts'

/** A new private key, encoded. Keep it secret: who has it is this node. */
export function generateNodeKey(): Uint8Array {
  const { d, x } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })
  const seed = Buffer.from(d ?? '', 'base64url')
  const publicKey = Buffer.from(x ?? '', 'base64url')
  return privateKeyToProtobuf(privateKeyFromRaw(Buffer.concat([seed, publicKey])))
}

export function decodeNodeKey(encoded: Uint8Array): PrivateKey {
  let key: PrivateKey
  try {
    key = privateKeyFromProtobuf(encoded)
  } catch (cause) {
    throw new ShoalError('SHOAL_BAD_CONFIGURATION', 'the node key cannot be decoded', { cause })
  }
  if (key.type !== 'Ed25519') {
    throw new ShoalError('SHOAL_BAD_CONFIGURATION', `the node key is of type ${key.type}, not Ed25519`)
  }
  return key
}

export function idOfKey(key: PrivateKey): PeerId {
  return peerIdFromPrivateKey(key).toString()
}
