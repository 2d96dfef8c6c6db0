/**
 * A publication as it travels from node to node: who wrote it, signed with the key that its links are made with.
 *
 * Over a link everybody knows who speaks. A publication is passed on, so without this a member could publish under any name, and in
 * floods that nobody could be held to account for. Each node checks before it passes on: whoever brings one that is not sound is itself
 * at fault. Bytes: public key (32), signature (64), count of its writer (8), contents. The signature, Ed25519, is of SHA-256 over the
 * topic's name with a NUL, key, count, contents.
 */
import { createHash, type KeyObject, sign, verify } from 'node:crypto'
import { publicKeyFromRaw } from '@libp2p/crypto/keys'
import type { PrivateKey } from '@libp2p/interface'
import { peerIdFromPublicKey } from '@libp2p/peer-id'
import type { PeerId } from '../../ports/network.ts'
import { privateKeyObject, publicKeyObject } from './node-signatures.ts'

const keyBytes = 32
const signatureBytes = 64
const countBytes = 8
const headBytes = keyBytes + signatureBytes + countBytes
const idBytes = 20
/** Writers whose keys are kept ready; those that were added first make room. */
const maxWriters = 2048

export interface Publication {
  readonly writer: PeerId
  /** A view. */
  readonly contents: Uint8Array
}

interface Writer {
  readonly id: PeerId
  readonly key: KeyObject
}

export class SignedPublications {
  readonly #prefix: Buffer
  readonly #publicKey: Uint8Array
  readonly #privateKey: KeyObject
  readonly #writers = new Map<string, Writer>()
  #count = 0n

  /** `key` is an Ed25519 key. `startUs`: a number that grows from start to start, so that no count comes twice. */
  constructor(topic: string, key: PrivateKey, startUs: number) {
    this.#prefix = Buffer.from(`${topic}\0`)
    this.#publicKey = key.raw.slice(keyBytes)
    this.#privateKey = privateKeyObject(key)
    this.#count = BigInt(Math.max(0, Math.floor(startUs)))
  }

  get writers(): number {
    return this.#writers.size
  }

  /** This node's next publication. */
  signed(contents: Uint8Array): Uint8Array {
    const message = Buffer.allocUnsafe(headBytes + contents.length)
    message.set(this.#publicKey)
    message.writeBigUInt64BE(this.#count++, keyBytes + signatureBytes)
    message.set(contents, headBytes)
    message.set(sign(null, this.#digest(message), this.#privateKey), keyBytes)
    return message
  }

  /** `undefined` where it is not what its writer has signed. */
  verified(message: Uint8Array): Publication | undefined {
    if (message.length < headBytes) return undefined
    const writer = this.#writer(message.subarray(0, keyBytes))
    const signature = message.subarray(keyBytes, keyBytes + signatureBytes)
    if (writer === undefined || !verify(null, this.#digest(message), writer.key, signature)) return undefined
    return { writer: writer.id, contents: message.subarray(headBytes) }
  }

  /** Who signed it, of one that was verified; of others, who is said to have. Empty where that is nobody. */
  writerOf(message: Uint8Array): PeerId {
    return this.#writer(message.subarray(0, keyBytes))?.id ?? ''
  }

  /** A name that no other message has: one with a broken signature must not be taken for one that was seen. */
  static idOf(message: Uint8Array): Uint8Array {
    return createHash('sha256').update(message).digest().subarray(0, idBytes)
  }

  static contentsOf(message: Uint8Array): Uint8Array {
    return new Uint8Array(message.subarray(headBytes))
  }

  #digest(message: Uint8Array): Buffer {
    return createHash('sha256')
      .update(this.#prefix)
      .update(message.subarray(0, keyBytes))
      .update(message.subarray(keyBytes + signatureBytes))
      .digest()
  }

  #writer(publicKey: Uint8Array): Writer | undefined {
    const x = Buffer.from(publicKey).toString('base64url')
    const known = this.#writers.get(x)
    if (known !== undefined) return known
    try {
      const key = publicKeyObject(publicKey)
      const writer = { id: peerIdFromPublicKey(publicKeyFromRaw(Uint8Array.from(publicKey))).toString(), key }
      this.#writers.set(x, writer)
      const [oldest] = this.#writers.keys()
      if (oldest !== undefined && this.#writers.size > maxWriters) this.#writers.delete(oldest)
      return writer
    } catch {
      return undefined
    }
  }
}
