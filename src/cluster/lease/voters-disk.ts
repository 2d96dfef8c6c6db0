/**
 * A voter's memory: per register what it has promised and accepted, and the id of this disk, drawn once.
 *
 *   l v | key      checksum, then promised, ballot, version, value: vote-record.ts says how
 *
 * Of registers that are gone it keeps one ballot for all, the floor, beside the id: the highest that it had promised for any of them. Whatever
 * was under way for one of them is below it, and is refused. Beside both is the ceiling, above every ballot that was ever promised here: what a
 * vote had promised that is damaged is not known, and is no higher.
 *
 * A voter is named by that id, not by its node: a node that comes back with an empty disk, an older one, or one that has lost something
 * draws a new one, and does not vote under the old name, under which it has promised what it does not know. Under one id it votes in
 * one list of voters, for good.
 */
import type { Disk, DiskWrite } from '../../ports/disk.ts'
import { ShoalError } from '../../ports/errors.ts'
import type { Random } from '../../ports/random.ts'
import { readMeta, writeMeta, writesOfNote } from '../meta.ts'
import { corrupt } from '../sealed-record.ts'
import { pagesOf } from '../shard-keys.ts'
import {
  ballotFrom,
  ballotText,
  decodeVote,
  diskKey,
  encodeVote,
  everyVote,
  isCeiling,
  isVoteKey,
  keyFrom,
  type Vote,
  voteOf
} from './vote-record.ts'
import {
  type Accepted,
  type Ballot,
  compareBallots,
  damaged,
  isDamaged,
  isRemoval,
  type Listed,
  maxCounter,
  noBallot,
  voterIdLength
} from './voters-messages.ts'
import { isVoterId, noOrigin, originLength, voterFrom } from './voters-names.ts'
import type { GivenVotes, TakenVotes } from './votes-file.ts'

/** Registers without a value that a voter has something of. */
export interface Leftovers {
  /** Of which it has accepted the removal. */
  readonly removed: readonly string[]
  /** For which it has promised a ballot, and has accepted nothing. */
  readonly promised: readonly { readonly key: string; readonly ballot: Ballot }[]
  /** Whose vote is damaged. */
  readonly damaged: readonly string[]
}

/** Of the note with the id, the ceiling, and where registers were forgotten the floor. */
export const voterNote = 'voter'
/** The id, a space, and the list that it votes in. */
const listNote = 'voters'
/** The id, where its votes were given away. */
const givenNote = 'votesGiven'

/** So many ballots further it is, so that it is seldom written. */
const ceilingStep = 4096
/** Registers looked at for one page of a list, and bytes that end it. */
const pageRegisters = 256
const pageBytes = 64 * 1024

export function randomId(random: Random): string {
  return Array.from(random.bytes(voterIdLength / 2), byte => byte.toString(16).padStart(2, '0')).join('')
}

function newVoterId(random: Random, origin: string): string {
  return origin + randomId(random).slice(originLength)
}

export class VotersDisk {
  readonly id: string
  readonly #disk: Disk
  #count: number
  #floor: Ballot
  #ceiling: number

  private constructor(disk: Disk, id: string, count: number, ceiling: number, floor = noBallot) {
    this.#disk = disk
    this.id = id
    this.#count = count
    this.#ceiling = ceiling
    this.#floor = floor
  }

  /** A disk with damage may lack votes, and so may one with a vote under a name that no register has: whatever it says, it is none of the voters that it was. */
  static async open(disk: Disk, random: Random): Promise<VotersDisk> {
    const [known = '', ceiling = '', ...floor] = readMeta(disk, voterNote)?.split(' ') ?? []
    let count = 0
    const damage = disk.settleDamage === undefined ? disk.damage : disk.unsettledDamage
    let isKept = isVoterId(known) && (ceiling === '' || isCeiling(ceiling)) && damage === undefined
    let highest = 0
    for await (const page of pagesOf(disk, everyVote)) {
      count += page.length
      // Where no register has such a name, a vote on one that has another is lost.
      isKept &&= page.every(({ key }) => isVoteKey(key))
      // A note of before there was a ceiling.
      for (const { key, value } of isKept && ceiling === '' ? page : [])
        highest = Math.max(highest, voteOf(keyFrom(key), value)?.promised.counter ?? maxCounter)
    }
    if (isKept) {
      const least = floor.length === 0 ? noBallot : ballotFrom(floor, voterNote)
      return new VotersDisk(disk, known, count, ceiling === '' ? highest : Number(ceiling), least)
    }
    const stale: DiskWrite[] = []
    for await (const page of pagesOf(disk, everyVote))
      stale.push(...page.map(({ key }) => ({ type: 'del', key }) as const))
    const id = newVoterId(random, noOrigin)
    await disk.write([...stale, ...writesOfNote(voterNote, `${id} 0`)])
    return new VotersDisk(disk, id, 0, 0)
  }

  /** It has given its votes away: under this id it does not vote any more. */
  get hasGivenUp(): boolean {
    return readMeta(this.#disk, givenNote) === this.id
  }

  /** Never votes again under its id, and answers all votes. Throws `SHOAL_BAD_CONFIGURATION` where it has voted in no list. */
  async give(): Promise<GivenVotes> {
    const noted = readMeta(this.#disk, listNote) ?? ''
    const list = noted
      .slice(this.id.length + 1)
      .split(',')
      .flatMap(name => voterFrom(name) ?? [])
    const voter = list.find(({ disk }) => disk === this.id)
    if (voter === undefined)
      throw new ShoalError('SHOAL_BAD_CONFIGURATION', 'the disk of this node votes in no list of voters')
    await writeMeta(this.#disk, { [givenNote]: this.id })
    const votes = new Map<string, Accepted | undefined>()
    for await (const page of pagesOf(this.#disk, everyVote))
      for (const entry of page) {
        const key = keyFrom(entry.key)
        const accepted = acceptedOf(key, entry.value)
        if (accepted !== undefined) votes.set(key, isDamaged(accepted) ? undefined : accepted)
      }
    return { list, voter, votes }
  }

  /** Begins anew with these votes, as another voter. Throws `SHOAL_BAD_CONFIGURATION` where it votes still. */
  static async take(disk: Disk, { origin, votes }: TakenVotes, random: Random): Promise<VotersDisk> {
    const old = await VotersDisk.open(disk, random)
    const isVoting = readMeta(disk, listNote)?.startsWith(`${old.id} `) === true
    if (isVoting && !old.hasGivenUp)
      throw new ShoalError(
        'SHOAL_BAD_CONFIGURATION',
        'the disk of this node votes: it must give its votes away before it begins anew'
      )
    const batch = new Map<string, DiskWrite>()
    const put = (write: DiskWrite) => batch.set(write.key.join(), write)
    for await (const page of pagesOf(disk, everyVote)) for (const { key } of page) put({ type: 'del', key })
    for (const [key, accepted] of votes)
      put({ type: 'put', key: diskKey(key), value: encodeVote(key, { promised: accepted.ballot, accepted }) })
    const id = newVoterId(random, origin)
    let highest = 0
    for (const { ballot } of votes.values()) highest = Math.max(highest, ballot.counter)
    const ceiling = highest + ceilingStep
    await disk.write([...batch.values(), ...writesOfNote(voterNote, `${id} ${ceiling}`)])
    return new VotersDisk(disk, id, votes.size, ceiling)
  }

  /** From now on it votes in this list, and in no other. Throws `SHOAL_BAD_CONFIGURATION` where it does already. */
  async voteIn(list: string): Promise<void> {
    const noted = readMeta(this.#disk, listNote)
    const own = `${this.id} ${list}`
    if (noted === own) return
    // One that has no votes, and had none, has promised nothing.
    if (noted?.startsWith(`${this.id} `) === true && (this.#count > 0 || this.#floor !== noBallot))
      throw new ShoalError(
        'SHOAL_BAD_CONFIGURATION',
        `this disk votes among ${noted.slice(this.id.length + 1)}, and the node was started with the voters ${list}: how they are changed is in docs/operations.md`
      )
    await writeMeta(this.#disk, { [listNote]: own })
  }

  /** Registers that this voter knows. */
  get count(): number {
    return this.#count
  }

  /** What it has promised for every register that it has no vote on. */
  get floor(): Ballot {
    return this.#floor
  }

  /** No ballot with a higher counter was ever promised here. */
  get ceiling(): number {
    return this.#ceiling
  }

  read(key: string): Vote | undefined {
    const bytes = this.#disk.get(diskKey(key))
    return bytes === undefined ? undefined : decodeVote(key, bytes)
  }

  /**
   * All of them, or none: then nobody knows, and this voter has to be silent until it has been opened anew. `undefined`: the vote is gone, and the
   * floor is no lower than what it had promised.
   */
  async write(votes: ReadonlyMap<string, Vote | undefined>, floor = this.#floor): Promise<void> {
    const batch: DiskWrite[] = []
    let added = 0
    let highest = floor.counter
    for (const [key, vote] of votes) {
      const place = diskKey(key)
      const isThere = this.#disk.get(place) !== undefined
      added += Number(vote !== undefined) - Number(isThere)
      highest = Math.max(highest, vote?.promised.counter ?? 0)
      if (vote !== undefined) batch.push({ type: 'put', key: place, value: encodeVote(key, vote) })
      else if (isThere) batch.push({ type: 'del', key: place })
    }
    const ceiling = highest > this.#ceiling ? highest + ceilingStep : this.#ceiling
    if (ceiling > this.#ceiling || compareBallots(floor, this.#floor) > 0) {
      const note = `${this.id} ${ceiling}${floor === noBallot ? '' : ` ${ballotText(floor)}`}`
      batch.push(...writesOfNote(voterNote, note))
    }
    await this.#disk.write(batch)
    this.#count += added
    this.#floor = floor
    this.#ceiling = ceiling
  }

  /** Some of them, at most so many of each. */
  async leftovers(limit: number): Promise<Leftovers> {
    const removed: string[] = []
    const promised: { readonly key: string; readonly ballot: Ballot }[] = []
    const damaged: string[] = []
    for await (const page of pagesOf(this.#disk, everyVote))
      for (const entry of page) {
        // No voter answers a question about such a one.
        if (!isVoteKey(entry.key)) continue
        const key = keyFrom(entry.key)
        const vote = voteOf(key, entry.value)
        if (vote === undefined) {
          if (damaged.length < limit) damaged.push(key)
          continue
        }
        if (vote.accepted === undefined && promised.length < limit) promised.push({ key, ballot: vote.promised })
        if (vote.accepted !== undefined && isRemoval(vote.accepted) && removed.length < limit) removed.push(key)
      }
    return { removed, promised, damaged }
  }

  /**
   * Registers below `prefix` whose keys come after `after`, in their order, as far as one answer goes. Throws `SHOAL_CORRUPT` where a vote is lost,
   * and nobody knows which.
   */
  async list(prefix: string, after: string): Promise<{ registers: readonly Listed[]; hasMore: boolean }> {
    const registers: Listed[] = []
    let bytes = 0
    let gte = after === '' ? diskKey(prefix) : diskKey(`${after}\0`)
    for (;;) {
      const entries = await this.#disk.range({ gte, lt: everyVote.lt, limit: pageRegisters })
      for (const entry of entries) {
        if (!isVoteKey(entry.key)) throw corrupt('key of a vote')
        const key = keyFrom(entry.key)
        if (!key.startsWith(prefix)) return { registers, hasMore: false }
        if (bytes >= pageBytes) return { registers, hasMore: true }
        const accepted = acceptedOf(key, entry.value)
        if (accepted !== undefined) registers.push({ key, ...accepted })
        bytes += accepted === undefined ? 0 : accepted.value.length + key.length
        gte = diskKey(`${key}\0`)
      }
      if (entries.length < pageRegisters) return { registers, hasMore: false }
      if (registers.length > 0) return { registers, hasMore: true }
    }
  }
}

/** Whoever lists must hear of a register that cannot be told: it may have been chosen with this vote. */
function acceptedOf(key: string, bytes: Uint8Array): Accepted | undefined {
  const vote = voteOf(key, bytes)
  return vote === undefined ? damaged(key) : vote.accepted
}
