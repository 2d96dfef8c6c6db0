/**
 * The lease store that needs no other service: registers on three or five fixed nodes of the cluster, by CASPaxos.
 *
 * A change asks a majority for a promise under a ballot of its own, takes the newest value that they have accepted, and has a majority
 * accept what becomes of it. A read looks first: where a majority has accepted one ballot, that is the register; else it has
 * it accepted like a change. Also a conflict may be told only of a value that a majority has accepted. A removal is a change to a value
 * that reads as none; where all voters have promised one ballot and none of them has another value, they forget the register.
 * Source: Rystsov, "CASPaxos: Replicated State Machines without logs", 2018; test/models/caspaxos.model.ts has each rule.
 */
import type { Clock } from '../../ports/clock.ts'
import type { RegisterBackend } from '../../ports/lease-calls.ts'
import { type Register, type RegisterVersion, storeFailed, type WriteOutcome } from '../../ports/lease-store.ts'
import type { Random } from '../../ports/random.ts'
import type { Vote } from './vote-record.ts'
import { randomId } from './voters-disk.ts'
import {
  type Accepted,
  type Ballot,
  compareBallots,
  isRemoval,
  type Listed,
  maxCounter,
  maxLeap,
  noBallot,
  removedVersion
} from './voters-messages.ts'
import type { VoterName } from './voters-names.ts'
import { type Behind, firstPatienceMs, type Registers, type VotersRounds } from './voters-rounds.ts'

type Value = Pick<Accepted, 'version' | 'value'>

const removal: Value = { version: removedVersion, value: new Uint8Array(0) }

/** Proposers that meet wait for a random time before they try again: at first up to so long. */
const firstBackoffMs = 10
const maxBackoffMs = 400
/** Registers of a list that are being read by themselves at one time. */
const readsAtOnce = 16
const maxRemembered = 4096
const maxPatienceMs = 60_000
/** Of one try, to lift a voter. */
const maxSteps = 16
/** Ballots by which a register is to be forgotten: then it is somebody's, or the next time will do. */
const forgettingTries = 3
/** Ballots by which a damaged vote is to be mended. */
const mendingTries = 4

export class VotersBackend implements RegisterBackend {
  readonly name = 'voters'
  readonly #rounds: VotersRounds
  readonly #clock: Clock
  readonly #random: Random
  /** Of registers read or changed lately, the counter of the last ballot seen: a change that begins above it is not refused. */
  readonly #counters = new Map<string, number>()

  constructor(rounds: VotersRounds, clock: Clock, random: Random) {
    this.#rounds = rounds
    this.#clock = clock
    this.#random = random
  }

  async read(key: string, signal: AbortSignal): Promise<Register | undefined> {
    const round = await this.#rounds.askAll({ kind: 'look', key }, signal)
    if (round.isEnough) {
      const { newest, isUnanimous } = newestOf(key, round.answers)
      // Whoever reads a register is about to write it, or has to now, and is not refused above the ballot of what is there.
      if (newest !== undefined) this.#remember(key, Math.max(newest.ballot.counter, this.#counters.get(key) ?? 0))
      if (isUnanimous) return registerOf(key, newest)
    }
    return registerOf(key, await this.#change(key, signal, current => current))
  }

  async write(
    key: string,
    value: Uint8Array,
    expected: RegisterVersion | undefined,
    signal: AbortSignal
  ): Promise<WriteOutcome> {
    const own: Value = { version: randomId(this.#random), value }
    let isProposed = false
    const became = await this.#change(key, signal, current => {
      if (current?.version === own.version) return own
      // An earlier try of this write may have been the one before it; also where nothing is there: its value may have been removed since.
      if (current?.version === expected && !(isProposed && current === undefined)) {
        isProposed = true
        return own
      }
      if (isProposed)
        throw storeFailed(`voters: writing ${key}`, 'another write came between, and nobody knows after which')
      return current
    })
    return became === own || became?.version === own.version ? { version: own.version } : 'conflict'
  }

  async remove(key: string, version: RegisterVersion, signal: AbortSignal): Promise<void> {
    await this.#change(key, signal, current => (current?.version === version ? removal : current))
  }

  /** Of a register without a value. `held`: it has one, or is being written; `away`: not all voters answer. */
  async forget(key: string, signal: AbortSignal): Promise<'done' | 'held' | 'away'> {
    const proposer = randomId(this.#random)
    let counter = this.#counters.get(key) ?? 0
    for (let tries = 0; tries < forgettingTries; tries++) {
      if (tries > 0) await this.#backOff(tries, signal)
      const ballot = { counter: ++counter, proposer }
      const promises = await this.#rounds.askAll({ kind: 'promise', key, ballot }, signal, firstPatienceMs, 'all')
      if (!promises.isEnough) {
        if (promises.promised === noBallot) return 'away'
        counter = above(counter, promises.promised)
        continue
      }
      const found = promises.answers.flatMap(({ registers }) => registers.filter(it => it.key === key))
      const { newest } = newestOf(key, promises.answers)
      if (newest !== undefined && !isRemoval(newest)) return 'held'
      // One that missed the removal would have the last word when the others have forgotten it.
      if (!found.every(isRemoval)) {
        const accepted: Accepted = { ...removal, ballot }
        const accepts = await this.#rounds.askAll({ kind: 'accept', key, accepted }, signal, firstPatienceMs, 'all')
        if (!accepts.isEnough) return accepts.promised === noBallot ? 'away' : 'held'
      }
      this.#counters.delete(key)
      const forgotten = await this.#rounds.askAll({ kind: 'forget', key, ballot }, signal, firstPatienceMs, 'all')
      if (forgotten.isEnough) return 'done'
      return forgotten.promised === noBallot ? 'away' : 'held'
    }
    return 'held'
  }

  /**
   * What a voter of this node may take for its vote, where that is damaged and all that it may have promised is no higher than the ceiling: what a
   * majority of the others has accepted under a ballot above it, as any voter accepts it. It answers nothing about the register meanwhile,
   * so that every majority is one of others. `undefined`: there is none now.
   */
  async mend(key: string, ceiling: number, signal: AbortSignal): Promise<Vote | undefined> {
    const proposer = randomId(this.#random)
    let counter = ceiling
    for (let tries = 0; tries < mendingTries && counter < maxCounter; tries++) {
      if (tries > 0) await this.#backOff(tries, signal)
      const ballot = { counter: ++counter, proposer }
      const promises = await this.#rounds.askAll({ kind: 'promise', key, ballot }, signal)
      if (!promises.isEnough) {
        counter = above(counter, promises.promised)
        await this.#lift(key, promises.behind, ballot, signal)
        continue
      }
      const { newest } = newestOf(key, promises.answers)
      if (newest === undefined) return { promised: ballot, accepted: undefined }
      const accepted: Accepted = { version: newest.version, value: newest.value, ballot }
      const accepts = await this.#rounds.askAll({ kind: 'accept', key, accepted }, signal)
      if (accepts.isEnough) return { promised: ballot, accepted }
      counter = above(counter, accepts.promised)
    }
    return undefined
  }

  async list(prefix: string, limit: number, signal: AbortSignal): Promise<Register[]> {
    const lists = await this.#listsOfMajority(prefix, limit, signal)
    const keys = new Set(lists.flatMap(list => [...list.keys()]))
    const registers: Register[] = []
    const doubtful: string[] = []
    for (const key of keys) {
      const { newest, isUnanimous } = newestAmong(lists.map(list => list.get(key)))
      const register = newest === undefined || !isUnanimous ? undefined : registerOf(key, newest)
      if (register !== undefined) registers.push(register)
      else if (newest === undefined || !isUnanimous) doubtful.push(key)
    }
    const readOn = async () => {
      for (let key = doubtful.pop(); key !== undefined; key = doubtful.pop()) {
        const register = await this.read(key, signal)
        if (register !== undefined) registers.push(register)
      }
    }
    await Promise.all(Array.from({ length: readsAtOnce }, readOn))
    return registers
  }

  async close(): Promise<void> {
    this.#rounds.stop()
  }

  /** Makes of the register what `become` makes of it (`undefined`: nothing is there), and answers what a majority has accepted then. */
  async #change(
    key: string,
    signal: AbortSignal,
    become: (current: Value | undefined) => Value | undefined
  ): Promise<Value | undefined> {
    // A name for this change alone: no ballot is used twice.
    const proposer = randomId(this.#random)
    let counter = this.#counters.get(key) ?? 0
    for (let tries = 0; ; tries++) {
      if (tries > 0) await this.#backOff(tries, signal)
      signal.throwIfAborted()
      if (counter >= maxCounter) throw storeFailed(`voters: ${key}`, 'there are no more ballots')
      const ballot = { counter: ++counter, proposer }
      const patienceMs = Math.min(maxPatienceMs, firstPatienceMs * 2 ** tries)
      const promises = await this.#rounds.askAll({ kind: 'promise', key, ballot }, signal, patienceMs)
      if (!promises.isEnough) {
        this.#counters.delete(key)
        counter = above(counter, promises.promised)
        await this.#lift(key, promises.behind, ballot, signal)
        continue
      }
      this.#remember(key, counter)
      const { newest, isUnanimous } = newestOf(key, promises.answers)
      // What was removed stays so, and is accepted like a value.
      const next = become(newest === undefined || isRemoval(newest) ? undefined : newest) ?? newest
      if (next === undefined || (isUnanimous && next.version === newest?.version)) return next
      const accepted: Accepted = { version: next.version, value: next.value, ballot }
      const accepts = await this.#rounds.askAll({ kind: 'accept', key, accepted }, signal, patienceMs)
      if (accepts.isEnough) return next
      counter = above(counter, accepts.promised)
    }
  }

  /** Voters that were away for so long that they take no ballot of now. */
  async #lift(
    key: string,
    behind: readonly Behind[],
    { counter, proposer }: Ballot,
    signal: AbortSignal
  ): Promise<void> {
    const lift = async ({ voter, promised }: Behind) => {
      let at = promised.counter
      for (let steps = 0; steps < maxSteps && counter - at > maxLeap; steps++) {
        at += maxLeap
        const answer = await this.#rounds.askOne(
          voter,
          { kind: 'promise', key, ballot: { counter: at, proposer } },
          signal
        )
        if (answer?.kind !== 'registers') return
      }
    }
    await Promise.all(behind.map(lift))
  }

  #remember(key: string, counter: number): void {
    if (this.#counters.size >= maxRemembered) this.#counters.clear()
    this.#counters.set(key, counter)
  }

  #backOff(tries: number, signal: AbortSignal): Promise<void> {
    const limitMs = Math.min(maxBackoffMs, firstBackoffMs * 2 ** tries)
    return new Promise(resolve => {
      const timer = this.#clock.after(this.#random.next() * limitMs, end)
      function end() {
        timer.cancel()
        signal.removeEventListener('abort', end)
        resolve()
      }
      signal.addEventListener('abort', end)
    })
  }

  async #listsOfMajority(
    prefix: string,
    limit: number,
    signal: AbortSignal
  ): Promise<readonly ReadonlyMap<string, Listed>[]> {
    for (let tries = 1; ; tries++) {
      signal.throwIfAborted()
      const { promise, resolve } = Promise.withResolvers<readonly ReadonlyMap<string, Listed>[] | undefined>()
      const lists: ReadonlyMap<string, Listed>[] = []
      const { voters, majority } = this.#rounds
      let left = voters.length
      for (const voter of voters) {
        this.#listOf(voter, prefix, limit, signal).then(list => {
          left--
          if (list !== undefined) lists.push(list)
          if (lists.length >= majority) resolve(lists.slice(0, majority))
          else if (left === 0) resolve(undefined)
        })
      }
      const found = await promise
      if (found !== undefined) return found
      await this.#backOff(tries, signal)
    }
  }

  /** All that one voter has, page by page; `undefined` where it stops answering. */
  async #listOf(
    voter: VoterName,
    prefix: string,
    limit: number,
    signal: AbortSignal
  ): Promise<ReadonlyMap<string, Listed> | undefined> {
    const list = new Map<string, Listed>()
    for (let after = ''; ; ) {
      const answer = await this.#rounds.askOne(voter, { kind: 'list', prefix, after }, signal)
      if (answer?.kind !== 'registers') return undefined
      for (const register of answer.registers) {
        if (register.key <= after || !register.key.startsWith(prefix)) return undefined
        list.set(register.key, register)
        after = register.key
      }
      if (!answer.hasMore || list.size > limit) return list
      if (answer.registers.length === 0) return undefined
    }
  }
}

function newestOf(key: string, answers: readonly Registers[]) {
  return newestAmong(answers.map(({ registers }) => registers.find(it => it.key === key)))
}

/** What was accepted under the highest ballot, and whether all have accepted that one: then it has been chosen. A damaged vote is no other's. */
function newestAmong(found: readonly (Accepted | undefined)[]): { newest: Accepted | undefined; isUnanimous: boolean } {
  let newest: Accepted | undefined
  for (const accepted of found)
    if (accepted !== undefined && compareBallots(accepted.ballot, newest?.ballot ?? noBallot) > 0) newest = accepted
  const isNewest = ({ ballot }: Accepted) => newest !== undefined && compareBallots(ballot, newest.ballot) === 0
  const isUnanimous = found.every(it => (it === undefined ? newest === undefined : isNewest(it)))
  return { newest, isUnanimous }
}

/** The next try goes above what somebody has promised, as far as one voter's word is to be taken for it. */
function above(counter: number, promised: Ballot): number {
  return Math.max(counter, Math.min(promised.counter, counter + maxLeap))
}

function registerOf(key: string, accepted: Value | undefined): Register | undefined {
  if (accepted === undefined || isRemoval(accepted)) return undefined
  return { key, value: accepted.value, version: accepted.version }
}
