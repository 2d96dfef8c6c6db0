/**
 * How a voter's disk has what it knows of a register: key and value, byte by byte, and ballots as text.
 */
import { isShoalError } from '../../ports/errors.ts'
import { checkRegisterKey, maxRegisterBytes } from '../../ports/lease-store.ts'
import { checkOf, corrupt, sealed, unsealed } from '../sealed-record.ts'
import type { KeyRange } from '../storage-layout.ts'
import { utf8Of } from '../utf8.ts'
import { type Accepted, type Ballot, maxCounter } from './voters-messages.ts'
import { isVoterId } from './voters-names.ts'

/** What a voter knows of one register. */
export interface Vote {
  readonly promised: Ballot
  readonly accepted: Accepted | undefined
}

/** `l v`: beside what lease-layout.ts has below `l`. */
const space = [0x6c, 0x76] as const
const partCount = 4
const text = new TextDecoder('utf-8', { fatal: true })
export const everyVote: KeyRange = {
  gte: Uint8Array.of(space[0], space[1]),
  lt: Uint8Array.of(space[0], space[1] + 1)
}

/** `undefined` where it is damaged. */
export function voteOf(key: string, bytes: Uint8Array): Vote | undefined {
  try {
    return decodeVote(key, bytes)
  } catch (error) {
    if (isShoalError(error)) return undefined
    throw error
  }
}

export function diskKey(key: string): Uint8Array {
  const name = utf8Of(key)
  const bytes = new Uint8Array(space.length + name.length)
  bytes.set(space)
  bytes.set(name, space.length)
  return bytes
}

export function keyFrom(bytes: Uint8Array): string {
  return text.decode(bytes.subarray(space.length))
}

/** Whether a register can have that name; where not, a key on the disk has changed by itself, and nobody knows whose vote it was. */
export function isVoteKey(bytes: Uint8Array): boolean {
  try {
    checkRegisterKey(keyFrom(bytes))
    return true
  } catch {
    return false
  }
}

export function encodeVote(key: string, { promised, accepted }: Vote): Uint8Array {
  const parts = [utf8Of(ballotText(promised))]
  if (accepted !== undefined) parts.push(utf8Of(ballotText(accepted.ballot)), utf8Of(accepted.version), accepted.value)
  while (parts.length < partCount) parts.push(new Uint8Array(0))
  return sealed(checkOf(`voter/${key}`), parts)
}

export function decodeVote(key: string, bytes: Uint8Array): Vote {
  const what = `vote on ${key}`
  const parts = unsealed(checkOf(`voter/${key}`), bytes, partCount, what)
  const [promised = '', ballot = '', version = ''] = parts.slice(0, 3).map(it => text.decode(it))
  const value = Uint8Array.from(parts[3] ?? [])
  if (value.length > maxRegisterBytes) throw corrupt(what)
  const accepted = ballot === '' ? undefined : { ballot: ballotFrom(ballot.split(' '), what), version, value }
  return { promised: ballotFrom(promised.split(' '), what), accepted }
}

export function isCeiling(written: string): boolean {
  return /^\d{1,16}$/.test(written) && Number.isSafeInteger(Number(written))
}

export function ballotText({ counter, proposer }: Ballot): string {
  return `${counter} ${proposer}`
}

export function ballotFrom([counter = '', proposer = '']: readonly string[], what: string): Ballot {
  if (!isVoterId(proposer) || !(Number(counter) >= 1 && Number(counter) <= maxCounter)) throw corrupt(what)
  return { counter: Number(counter), proposer }
}
