/**
 * Who votes: three or five nodes, each with the id of the disk that it votes with, written `PEER/DISK`.
 *
 * A list has an id, by which an asker and a voter see that they go by the same one: two lists of which each has a majority of its own would be
 * two stores.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import { ShoalError } from '../../ports/errors.ts'
import type { PeerId } from '../../ports/network.ts'
import { utf8Of } from '../utf8.ts'

/** One of the fixed members that vote: a node, and the id of the disk that it votes with. */
export interface VoterName {
  readonly peer: PeerId
  /** `VotersDisk.id` of that node, 24 hex digits. */
  readonly disk: string
}

const idPattern = /^[0-9a-f]{24}$/
const namePattern = /^([^\s/,]{1,128})\/([0-9a-f]{24})$/
const listPattern = /^[0-9a-f]{16}$/
const listIdBytes = 8
/** The beginning of a disk's id tells with which votes it began: votes-file.ts. */
export const originLength = 12
/** Of a disk that began with none. */
export const noOrigin = '0'.repeat(originLength)

/** Of a voter's disk. */
export function isVoterId(text: string): boolean {
  return idPattern.test(text)
}

export function isListId(text: string): boolean {
  return listPattern.test(text)
}

export function voterText({ peer, disk }: VoterName): string {
  return `${peer}/${disk}`
}

/** `undefined` where it is not `PEER/DISK`. */
export function voterFrom(text: string): VoterName | undefined {
  const [, peer, disk] = namePattern.exec(text) ?? []
  return peer === undefined || disk === undefined ? undefined : { peer, disk }
}

/** The names, in whatever order they were given. */
export function listText(voters: readonly VoterName[]): string {
  return voters.map(voterText).sort().join(',')
}

export function listIdOf(voters: readonly VoterName[]): string {
  return bytesToHex(sha256(utf8Of(listText(voters))).subarray(0, listIdBytes))
}

/** What is wrong with a list, or `undefined`. */
export function faultOfVoters(voters: readonly VoterName[]): string | undefined {
  if (voters.length !== 3 && voters.length !== 5) return `there are three or five, not ${voters.length}`
  if (voters.some(({ disk }) => !isVoterId(disk))) return 'the id of a disk is 24 hex digits'
  for (const name of ['peer', 'disk'] as const)
    if (new Set(voters.map(voter => voter[name])).size < voters.length) return `two have the same ${name}`
  if (new Set(voters.map(({ disk }) => disk.slice(0, originLength))).size > 1)
    return 'their disks did not begin with the same votes ("shoal voter --import")'
  return undefined
}

/** Throws `SHOAL_BAD_CONFIGURATION`. */
export function checkVoters(voters: readonly VoterName[]): void {
  const fault = faultOfVoters(voters)
  if (fault !== undefined) throw new ShoalError('SHOAL_BAD_CONFIGURATION', `voters of the lease store: ${fault}`)
}
