/**
 * How other voters take the registers over: most of the old ones write down what they have accepted and never vote again, and each of the
 * new ones begins with the newest of that.
 *
 * What was chosen has been accepted by a majority, so any other majority has it, or what was made of it, under its highest ballot; and
 * nothing is chosen any more when a majority has given up. All new voters must begin with the same votes, or a read of some of them could
 * show what a read of others passes over: so the ids of their disks begin with a hash of these votes, and a list has one beginning.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { ShoalError } from '../../ports/errors.ts'
import { checkRegisterKey, maxRegisterBytes } from '../../ports/lease-store.ts'
import { corrupt } from '../sealed-record.ts'
import { utf8Of } from '../utf8.ts'
import { type Accepted, compareBallots, isRemoval, maxCounter } from './voters-messages.ts'
import {
  faultOfVoters,
  isVoterId,
  listText,
  originLength,
  type VoterName,
  voterFrom,
  voterText
} from './voters-names.ts'

/** All votes of a voter that votes no more. */
export interface GivenVotes {
  readonly list: readonly VoterName[]
  readonly voter: VoterName
  /** By key; `undefined` where this vote is damaged. */
  readonly votes: ReadonlyMap<string, Accepted | undefined>
}

export interface TakenVotes {
  /** What the ids of disks that begin with these votes begin with. */
  readonly origin: string
  readonly votes: ReadonlyMap<string, Accepted>
}

const format = 1
type Row =
  | readonly [key: string]
  | readonly [key: string, counter: number, proposer: string, version: string, hex: string]

export function encodeVotes({ list, voter, votes }: GivenVotes): Uint8Array {
  const rows = [...votes].map(([key, accepted]) => rowOf(key, accepted))
  const body = [format, listText(list), voterText(voter), rows]
  return utf8Of(JSON.stringify([hashOf(body), ...body]))
}

/** Throws `SHOAL_CORRUPT` where the file is not as it was written. */
export function decodeVotes(bytes: Uint8Array): GivenVotes {
  const what = 'a file of votes'
  let parsed: unknown
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw corrupt(what)
  }
  if (!Array.isArray(parsed)) throw corrupt(what)
  const [hash, ...body]: unknown[] = parsed
  const [version, listed, named, rows] = body
  if (hash !== hashOf(body) || version !== format || !Array.isArray(rows)) throw corrupt(what)
  const list = String(listed)
    .split(',')
    .flatMap(name => voterFrom(name) ?? [])
  const voter = list.find(it => voterText(it) === named)
  if (voter === undefined || faultOfVoters(list) !== undefined || listText(list) !== listed) throw corrupt(what)
  return { list, voter, votes: new Map(rows.map(row => voteFrom(row, what))) }
}

/** Throws `SHOAL_BAD_CONFIGURATION` where these are not of most voters of one list, `SHOAL_CORRUPT` where too many have lost a vote. */
export function merged(files: readonly GivenVotes[]): TakenVotes {
  const bad = (why: string) => new ShoalError('SHOAL_BAD_CONFIGURATION', `votes: ${why}`)
  const [first] = files
  if (first === undefined) throw bad('there are no files')
  const { list } = first
  const majority = (list.length >> 1) + 1
  if (files.some(file => listText(file.list) !== listText(list))) throw bad('they are of voters of different lists')
  const voters = new Set(files.map(({ voter }) => voterText(voter)))
  if (voters.size < majority) throw bad(`they are of ${voters.size} of ${list.length} voters, and it takes ${majority}`)
  if (voters.size < files.length) throw bad('two are of the same voter')
  const votes = new Map<string, Accepted>()
  for (const key of [...new Set(files.flatMap(file => [...file.votes.keys()]))].sort()) {
    const intact = files.filter(file => !file.votes.has(key) || file.votes.get(key) !== undefined)
    if (intact.length < majority) throw corrupt(`too many votes on ${key}`)
    let newest: Accepted | undefined
    for (const file of intact) {
      const accepted = file.votes.get(key)
      if (accepted !== undefined && (newest === undefined || compareBallots(accepted.ballot, newest.ballot) > 0))
        newest = accepted
    }
    // Nothing of before reaches the new voters: what was removed may be forgotten.
    if (newest !== undefined && !isRemoval(newest)) votes.set(key, newest)
  }
  const rows = [...votes].map(([key, accepted]) => rowOf(key, accepted))
  return { origin: hashOf([listText(list), rows]).slice(0, originLength), votes }
}

function rowOf(key: string, accepted: Accepted | undefined): Row {
  if (accepted === undefined) return [key]
  const { ballot, version, value } = accepted
  return [key, ballot.counter, ballot.proposer, version, bytesToHex(value)]
}

function voteFrom(row: unknown, what: string): [string, Accepted | undefined] {
  if (!Array.isArray(row)) throw corrupt(what)
  const [key, counter, proposer, version, hex]: unknown[] = row
  try {
    checkRegisterKey(String(key))
    if (row.length === 1) return [String(key), undefined]
    const value = hexToBytes(String(hex))
    const isBallot = Number.isSafeInteger(counter) && Number(counter) >= 1 && Number(counter) <= maxCounter
    if (isBallot && isVoterId(String(proposer)) && isVoterId(String(version)) && value.length <= maxRegisterBytes) {
      const ballot = { counter: Number(counter), proposer: String(proposer) }
      return [String(key), { ballot, version: String(version), value }]
    }
  } catch {
    // Told below.
  }
  throw corrupt(what)
}

function hashOf(body: unknown): string {
  return bytesToHex(sha256(utf8Of(JSON.stringify(body))))
}
