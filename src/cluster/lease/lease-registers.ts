/**
 * What is in the registers of a lease store: one for the session of each node, and one for each lease shard, which changes only with
 * ownership. Both are JSON text, read totally: whatever is in a register that is none of these is an error that stays.
 */
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { type Register, storeSpoilt } from '../../ports/lease-store.ts'
import type { PeerId } from '../../ports/network.ts'
import { utf8Of } from '../utf8.ts'

/** A node says at every beat that it lives. Once it is over it stays so. */
export interface SessionRecord {
  /** An incarnation of the node, and a count. */
  readonly session: string
  readonly beat: number
  /** How long it outlives a beat, in milliseconds: nobody may take over sooner, whatever its own lease is. */
  readonly leaseMs: number
  readonly isOver: boolean
}

export interface ReplicaSet {
  readonly epoch: number
  readonly set: readonly PeerId[]
}

/** Who has claimed the shard last, with which replicas; and the last epoch that was opened, of whose replicas a majority has everything. */
export interface OwnershipRecord extends ReplicaSet {
  readonly node: PeerId
  /** Of the owner; empty where it has let go. */
  readonly session: string
  readonly opened: ReplicaSet
}

const text = new TextDecoder('utf-8', { fatal: true })
const maxSet = 15
const maxTextLength = 256

export function sessionKey(node: PeerId): string {
  return `${sessionPrefix}${bytesToHex(utf8Of(node))}`
}

export const sessionPrefix = 'session/'
/** Says which store it is: store-identity.ts. */
export const identityKey = 'identity'
export const ownershipPrefix = 'shard/'

export function ownershipKey(shard: number): string {
  return `${ownershipPrefix}${shard}`
}

/** Whether nodes of this cluster have a register of that name. */
export function isRegisterKey(key: string, shards: number, isMember: (node: PeerId) => boolean): boolean {
  if (key.startsWith(ownershipPrefix)) {
    const shard = Number(key.slice(ownershipPrefix.length))
    return Number.isInteger(shard) && shard >= 0 && shard < shards && key === ownershipKey(shard)
  }
  if (!key.startsWith(sessionPrefix)) return key === identityKey
  const node = nodeOf(key.slice(sessionPrefix.length))
  return node !== undefined && key === sessionKey(node) && isMember(node)
}

function nodeOf(hex: string): PeerId | undefined {
  try {
    return text.decode(hexToBytes(hex))
  } catch {
    return undefined
  }
}

export function encodeRegister(record: SessionRecord | OwnershipRecord): Uint8Array {
  return utf8Of(JSON.stringify(record))
}

export function sessionFrom(register: Register): SessionRecord {
  const value = jsonOf(register)
  const { session, beat, leaseMs, isOver } = value
  if (!isText(session) || !isCount(beat) || !isCount(leaseMs) || typeof isOver !== 'boolean') throw spoilt(register)
  return { session, beat, leaseMs, isOver }
}

export function ownershipFrom(register: Register): OwnershipRecord {
  const { epoch, set, node, session, opened } = jsonOf(register)
  if (!isCount(epoch) || !isSet(set) || !isText(node) || typeof session !== 'string') throw spoilt(register)
  if (typeof opened !== 'object' || opened === null || !('epoch' in opened) || !('set' in opened))
    throw spoilt(register)
  if (!isCount(opened.epoch) || !isSet(opened.set) || opened.epoch > epoch) throw spoilt(register)
  if (session.length > maxTextLength || (opened.epoch > 0 && opened.set.length === 0)) throw spoilt(register)
  return { epoch, set, node, session, opened: { epoch: opened.epoch, set: opened.set } }
}

function jsonOf(register: Register): Partial<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text.decode(register.value))
    if (typeof value === 'object' && value !== null) return { ...value }
  } catch {
    // Told below.
  }
  throw spoilt(register)
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= maxTextLength
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0
}

function isSet(value: unknown): value is PeerId[] {
  return Array.isArray(value) && value.length <= maxSet && value.every(isText) && new Set(value).size === value.length
}

function spoilt({ key }: Register) {
  return storeSpoilt(`register ${key}`, 'holds what no node of Shoal writes')
}
