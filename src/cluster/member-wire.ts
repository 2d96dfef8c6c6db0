/**
 * Membership's messages between the wire and the node, with a limit on everything that a peer can fill.
 *
 * What is past a limit or outside a range is `SHOAL_MALFORMED`, and nothing of that message is used.
 */
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import type { shoal } from '#proto/generated/peer.js'
import { ShoalError } from '../ports/errors.ts'
import type { PeerId } from '../ports/network.ts'
import { isIncarnation } from './identity.ts'
import { type MemberRecord, memberStatuses, type RememberedMember } from './member-record.ts'

export const memberLimits = {
  idCharacters: 128,
  nameCharacters: 128,
  regionCharacters: 64,
  addresses: 16,
  addressCharacters: 256,
  /** Of all addresses of a member: a whole table has to fit into one record. */
  allAddressesCharacters: 1536,
  weightHundredths: 10_000,
  tableHashBytes: 8,
  viewNameBytes: 8,
  signatureBytes: 64,
  /** Members in one Hello; a larger table takes several. */
  helloMembers: 512,
  /** Members that ride along with one probe. */
  newsMembers: 64
} as const

const idPattern = /^[A-Za-z0-9_-]+$/
const kindsHash = /^[0-9a-f]{16}$/
const controlCharacter = /\p{Cc}/u
const refutationMax = 0xffff_ffff

export interface ProbeMessage {
  readonly number: number
  readonly news: readonly MemberRecord[]
}

export interface TimedMessage extends ProbeMessage {
  /** What the sender's clock said; 0 where it does not say. */
  readonly wallMs: number
}

export interface PingRequestMessage extends ProbeMessage {
  readonly target: PeerId
}

/** What this node holds of a member already. */
export type Held = (id: PeerId) => MemberRecord | undefined

/** In a large cluster nearly all that is told is known: where every word of it is, it has been looked at, and is that very record. */
function memberOrHeld(message: shoal.peer.IMember, held: Held | undefined): MemberRecord {
  const known = held?.(message.id ?? '')
  return known !== undefined && saysNothingElse(message, known) ? known : memberFrom(message)
}

export function memberFrom(message: shoal.peer.IMember): MemberRecord {
  const status = memberStatuses[message.status ?? 0]
  if (status === undefined) throw malformed('status is out of range')
  const refutation = message.refutation ?? 0
  if (!Number.isInteger(refutation) || refutation < 0 || refutation > refutationMax)
    throw malformed('refutation is out of range')
  const incarnation = message.incarnation ?? ''
  if (!isIncarnation(incarnation)) throw malformed('incarnation has a wrong form')
  const region = textFrom(message.region, 'region', memberLimits.regionCharacters)
  return {
    id: peerIdFrom(message.id),
    name: textFrom(message.name, 'name', memberLimits.nameCharacters),
    region,
    zone: textFrom(message.zone, 'zone', memberLimits.regionCharacters) || region,
    incarnation,
    refutation,
    status,
    addresses: addressesFrom(message.addresses),
    ...kindsFrom(message.kinds),
    ...weightFrom(message.weight),
    ...signatureFrom(message.signature)
  }
}

/** A signature is looked at where something is new. */
function saysNothingElse(message: shoal.peer.IMember, known: MemberRecord): boolean {
  if (message.incarnation !== known.incarnation || message.refutation !== known.refutation) return false
  if (memberStatuses[message.status ?? 0] !== known.status || message.name !== known.name) return false
  if (message.region !== known.region || (message.zone || known.region) !== known.zone) return false
  if ((message.kinds || undefined) !== known.kinds || (message.weight ?? 100) !== hundredths(known)) return false
  const { addresses = [] } = message
  return addresses?.length === known.addresses.length && addresses.every((each, at) => each === known.addresses[at])
}

function hundredths({ weight = 1 }: MemberRecord): number {
  return Math.round(weight * 100)
}

function signatureFrom(signature: Uint8Array | null | undefined): { signature?: Uint8Array } {
  if (signature == null || signature.length === 0) return {}
  if (signature.length !== memberLimits.signatureBytes) throw malformed('a signature has a wrong length')
  return { signature: Uint8Array.from(signature) }
}

function kindsFrom(kinds: string | null | undefined): { kinds?: string } {
  if (kinds == null || kinds === '') return {}
  if (!kindsHash.test(kinds)) throw malformed('the hash of its kinds has a wrong form')
  return { kinds }
}

function weightFrom(hundredths: number | null | undefined): { weight?: number } {
  if (hundredths == null || hundredths === 100) return {}
  if (!Number.isInteger(hundredths) || hundredths < 0 || hundredths > memberLimits.weightHundredths)
    throw malformed('its weight is out of range')
  return { weight: hundredths / 100 }
}

/** As the wire can say it. */
export function isWeight(weight: number): boolean {
  return weight >= 0 && weight * 100 <= memberLimits.weightHundredths && Math.round(weight * 100) / 100 === weight
}

export function memberTo(record: MemberRecord): shoal.peer.IMember {
  return {
    id: record.id,
    name: record.name,
    region: record.region,
    // Left out where it says no more than the region.
    ...(record.zone === record.region ? {} : { zone: record.zone }),
    incarnation: record.incarnation,
    refutation: record.refutation,
    status: memberStatuses.indexOf(record.status),
    addresses: [...record.addresses],
    ...(record.kinds === undefined ? {} : { kinds: record.kinds }),
    ...(record.weight === undefined ? {} : { weight: hundredths(record) }),
    ...(record.signature === undefined ? {} : { signature: record.signature })
  }
}

/** As a node keeps it on its disk: a member of the wire, so that one reader checks both, and since when it has been known to have left. */
export function rememberedTo(member: RememberedMember): object {
  const { signature, leftAtMs } = member
  return {
    ...memberTo(member),
    ...(signature === undefined ? {} : { signature: bytesToHex(signature) }),
    ...(leftAtMs === undefined ? {} : { leftAtMs })
  }
}

export function rememberedFrom(
  item: Omit<shoal.peer.IMember, 'signature'> & { signature?: unknown; leftAtMs?: unknown }
): RememberedMember {
  const { leftAtMs, signature, ...message } = item
  const isHex = typeof signature === 'string' && /^[0-9a-f]{128}$/.test(signature)
  const record = memberFrom(isHex ? { ...message, signature: hexToBytes(signature) } : message)
  return typeof leftAtMs === 'number' && Number.isSafeInteger(leftAtMs) ? { ...record, leftAtMs } : record
}

/** For lists of members in any message: Hello, replies to calls, catch-up. */
export function membersFrom(list: shoal.peer.IMember[] | null | undefined, limit: number, held?: Held): MemberRecord[] {
  const members = list ?? []
  if (members.length > limit) throw malformed(`${members.length} members in one message, more than ${limit}`)
  return members.map(member => memberOrHeld(member, held))
}

export function helloFrom(message: shoal.peer.IHello, held?: Held): MemberRecord[] {
  return membersFrom(message.members, memberLimits.helloMembers, held)
}

/** A hash of a whole table, where the greeting or the claim has one. */
export function tableHashFrom(message: Pick<shoal.peer.IHello, 'table'>): Uint8Array | undefined {
  const { table } = message
  if (table == null || table.length === 0) return undefined
  if (table.length !== memberLimits.tableHashBytes) throw malformed('the hash of a table has a wrong length')
  return Uint8Array.from(table)
}

/** A view's name, as `viewHash` writes it; empty where none was said. */
export function viewFrom(name: Uint8Array | null | undefined): string {
  if (name == null || name.length === 0) return ''
  if (name.length !== memberLimits.viewNameBytes) throw malformed('the name of a view has a wrong length')
  return bytesToHex(name)
}

/** The incarnation of another process under the receiver's id, where the greeting tells of one. */
export function twinFrom(message: shoal.peer.IHello): string | undefined {
  return incarnationFrom(message.twin)
}

/** The incarnation of the sender, where it ends because a later one runs under its id. */
export function outlivedFrom(message: shoal.peer.IHello): string | undefined {
  return incarnationFrom(message.outlived)
}

function incarnationFrom(text: string | null | undefined): string | undefined {
  if (text == null || text === '') return undefined
  if (!isIncarnation(text)) throw malformed('incarnation has a wrong form')
  return text
}

export function pingFrom(message: shoal.peer.IPing, held?: Held): TimedMessage {
  return timedFrom(message, held)
}

export function ackFrom(message: shoal.peer.IAck, held?: Held): TimedMessage {
  return timedFrom(message, held)
}

function timedFrom(message: shoal.peer.IPing | shoal.peer.IAck, held: Held | undefined): TimedMessage {
  const wallMs = message.wallMs ?? 0
  if (!Number.isSafeInteger(wallMs) || wallMs < 0) throw malformed('a time is out of range')
  return { number: message.number ?? 0, news: membersFrom(message.news, memberLimits.newsMembers, held), wallMs }
}

export function pingRequestFrom(message: shoal.peer.IPingRequest, held?: Held): PingRequestMessage {
  return {
    number: message.number ?? 0,
    target: peerIdFrom(message.target),
    news: membersFrom(message.news, memberLimits.newsMembers, held)
  }
}

export function peerIdFrom(text: string | null | undefined): PeerId {
  if (!text || text.length > memberLimits.idCharacters || !idPattern.test(text)) throw malformed('id has a wrong form')
  return text
}

function textFrom(text: string | null | undefined, field: string, limit: number): string {
  const value = text ?? ''
  if (value.length > limit) throw malformed(`${field} is longer than ${limit} characters`)
  if (controlCharacter.test(value)) throw malformed(`${field} contains control characters`)
  return value
}

function addressesFrom(list: readonly string[] | null | undefined): readonly string[] {
  const addresses = list ?? []
  if (addresses.length > memberLimits.addresses) throw malformed(`more than ${memberLimits.addresses} addresses`)
  const characters = addresses.reduce((sum, { length }) => sum + length, 0)
  if (characters > memberLimits.allAddressesCharacters) throw malformed('too many characters of addresses')
  for (const address of addresses) {
    const isShort = address.length <= memberLimits.addressCharacters
    if (!isShort || !address.startsWith('/') || controlCharacter.test(address))
      throw malformed('an address has a wrong form')
  }
  return [...addresses]
}

/** As many of a node's own addresses, the first ones, as others take. */
export function fittingAddresses(addresses: readonly string[]): readonly string[] {
  let characters = 0
  const short = addresses.filter(({ length }) => length <= memberLimits.addressCharacters)
  return short.slice(0, memberLimits.addresses).filter(({ length }) => {
    characters += length
    return characters <= memberLimits.allAddressesCharacters
  })
}

function malformed(what: string): ShoalError {
  return new ShoalError('SHOAL_MALFORMED', `a peer sent a membership message that this node does not accept: ${what}`)
}
