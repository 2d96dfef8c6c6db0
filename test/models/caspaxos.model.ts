/**
 * Model of one register that three voters keep by CASPaxos, written and read by several clients at once.
 *
 * A client asks for promises with a ballot of its own, takes the newest value among the answers of a majority, changes it, and has
 * the result accepted under that ballot. Any message may be lost, late and doubled: every one that was ever sent may arrive at any
 * time. Voters restart, and one of them may come back with an empty disk. A removal is a value that reads as none; where all three voters have
 * promised a ballot, and have no other value, each may forget the register, but not the promise. A vote may be damaged: its voter says nothing
 * then, knows only that it has promised no more than some ballot, and takes what the others accept above that.
 * Source: Rystsov, "CASPaxos: Replicated State Machines without logs", 2018.
 */
import { type Call, whatIsWrong } from '../adapters/lease-stores/register-history.ts'
import { fits } from '../adapters/lease-stores/register-search.ts'
import type { Model } from './explore.ts'

/** A deliberate mistake. */
export type Mistake =
  | 'does not store its promise'
  | 'accepts below its promise'
  | 'votes with an empty disk'
  | 'reads from one voter'
  | 'reads the newest of a majority without having it accepted'
  | 'says conflict about what was not accepted'
  | 'says conflict after an earlier try of its own'
  | 'takes any of the values promised'
  | 'counts a minority'
  | 'goes on with what it chose under an older ballot'
  | 'forgets its promise with the register'
  | 'forgets when a majority has promised'
  | 'forgets a removal beside an older value'
  | 'forgets under a ballot below its promise'
  | 'takes a removal and nothing for one'
  | 'writes on nothing again after a try of its own'
  | 'mends under a ballot below its promise'
  | 'mends with the vote of one other'

export interface Operation {
  /** `forget`: of a register that was removed, by the voters; `mend`: of a vote, by the others. */
  readonly what: 'read' | 'write' | 'remove' | 'forget' | 'mend'
  /** Of a write or a removal: the write that it replaces, by its place in the list; `undefined`: none. */
  readonly on?: number
  /** Ballots that it may use. */
  readonly tries: number
}

export interface Bounds {
  readonly operations: readonly Operation[]
  readonly isDiskLost: boolean
  readonly isVoteDamaged?: boolean
  /**
   * `written`: the first operation is a write that two voters have accepted, and the third may yet; `forgetting`: all voters have accepted a
   * removal, and have promised the ballot of the first operation, which tells them to forget; `rewritten`: and two of
   * them have accepted the second operation since, a write. Else nobody has accepted anything.
   */
  readonly start?: 'written' | 'forgetting' | 'rewritten'
}

const voterCount = 3
const nothing = 0
/** The value of a register that was removed. */
const removed = 99
/** A ballot. */
const beforeAll = 0.5

interface Voter {
  readonly promised: number
  readonly ballot: number
  /** The operation that wrote it, counted from 1; 0: nothing was written. */
  readonly value: number
  readonly isOut: boolean
  /** It has promised no more than `promised`, and that is all it knows. */
  readonly isDamaged?: boolean
}

type Phase = 'idle' | 'look' | 'promise' | 'accept' | 'done' | 'conflict' | 'unknown'

interface Client {
  readonly phase: Phase
  readonly tries: number
  readonly promises: number
  readonly newest: number
  readonly value: number
  /** All who have answered had accepted under one ballot: then that was chosen. */
  readonly isUnanimous: boolean
  readonly hasProposed: boolean
  readonly accepts: number
  readonly outcome: 'done' | 'conflict'
  /** Some voter has a value that is not the removal. */
  readonly isHeld: boolean
  /** Per try, the value that it asked to be accepted, or -1. */
  readonly proposals: readonly number[]
  /** The last try under which all voters were told to forget; 0: none. */
  readonly forgets: number
  readonly began: number
  readonly ended: number
}

export interface World {
  readonly voters: readonly Voter[]
  readonly clients: readonly Client[]
  readonly moment: number
  readonly isLost: boolean
}

type Emit = (event: string, after: World) => void

export function casPaxosModel(bounds: Bounds, mistake?: Mistake): Model<World> {
  const { operations } = bounds
  const majority = mistake === 'counts a minority' ? 1 : 2
  const ballotOf = (client: number, attempt: number) => attempt * operations.length + client + 1

  const withVoter = (world: World, at: number, voter: Partial<Voter>): World => ({
    ...world,
    voters: world.voters.map((old, i) => (i === at ? { ...old, ...voter } : old))
  })
  const withClient = (world: World, at: number, client: Partial<Client>): World => ({
    ...world,
    clients: world.clients.map((old, i) => (i === at ? { ...old, ...client } : old))
  })
  const ended = (world: World, at: number, phase: 'done' | 'conflict' | 'unknown', value: number): World => ({
    ...withClient(world, at, { phase, value, ended: world.moment + 1 }),
    moment: world.moment + 1
  })

  const needed = (at: number) => {
    const what = operations[at]?.what
    if (what === 'mend' && mistake === 'mends with the vote of one other') return 1
    return what === 'forget' && mistake !== 'forgets when a majority has promised' ? voterCount : majority
  }

  /** All voters have promised the ballot: what they do with a register that was removed. */
  const forgetting = (world: World, at: number, client: Client): World => {
    if (present(client.value) !== nothing) return withClient(world, at, { phase: 'done' })
    if (!client.isHeld || mistake === 'forgets a removal beside an older value')
      return withClient(world, at, { ...client, phase: 'done', forgets: client.tries })
    const proposals = client.proposals.with(Math.max(0, client.tries - 1), removed)
    return withClient(world, at, { ...client, phase: 'accept', value: removed, accepts: 0, proposals })
  }

  /** A majority without the damaged voter has promised the ballot. */
  const mending = (world: World, at: number, client: Client): World => {
    if (client.value === nothing) return mended(world, at, client, 0)
    const proposals = client.proposals.with(client.tries - 1, client.value)
    return withClient(world, at, { ...client, phase: 'accept', accepts: 0, proposals })
  }

  const mended = (world: World, at: number, client: Client, ballot: number): World => {
    const damaged = world.voters.findIndex(({ isDamaged }) => isDamaged)
    const vote = { promised: ballotOf(at, client.tries), ballot, value: client.value, isOut: false, isDamaged: false }
    return withClient(withVoter(world, damaged, vote), at, { ...client, phase: 'done' })
  }

  /** A client has the answers of a majority: what it does with the newest value among them. */
  const chosen = (world: World, at: number, client: Client): World => {
    const { what, on } = operations[at] as Operation
    if (what === 'forget') return forgetting(world, at, client)
    if (what === 'mend') return mending(world, at, client)
    const own = at + 1
    const expected = on === undefined ? nothing : on + 1
    const current = present(client.value)
    // Where nothing is there its own value may have been, and may have been removed.
    const isRepeated = client.hasProposed && current === nothing && mistake !== repeats
    const isOwn = what === 'write' && (client.value === own || (current === expected && !isRepeated))
    if (what === 'write' && !isOwn && client.hasProposed) {
      if (isRepeated || mistake !== 'says conflict after an earlier try of its own')
        return ended(world, at, 'unknown', client.value)
    }
    const outcome = what !== 'write' || isOwn ? 'done' : 'conflict'
    const isRemoving = what === 'remove' && current === expected
    const target = isOwn ? own : isRemoving ? removed : client.value
    const isAccepted = client.isUnanimous && client.value === target
    const isHasty = outcome === 'conflict' && mistake === 'says conflict about what was not accepted'
    if (isAccepted || isHasty) return ended(world, at, outcome, target)
    const tries = Math.max(0, client.tries - 1)
    return withClient(world, at, {
      ...client,
      phase: 'accept',
      value: target,
      outcome,
      hasProposed: client.hasProposed || isOwn,
      accepts: 0,
      proposals: client.proposals.with(tries, target)
    })
  }

  const begin = (world: World, emit: Emit) => {
    for (const [at, client] of world.clients.entries()) {
      const { what, on, tries } = operations[at] as Operation
      // Who writes on a write has read it.
      if (client.phase === 'idle' && on !== undefined && !isChosen(world, on + 1)) continue
      if (what === 'forget' && client.phase === 'idle') {
        if (world.voters.some(({ value }) => value === removed))
          emit(`begin ${at}`, withClient(world, at, { phase: 'promise', tries: 1 }))
        continue
      }
      if (what === 'mend' && client.phase === 'idle') {
        const damaged = world.voters.find(({ isDamaged }) => isDamaged)
        const isAbove =
          ballotOf(at, 1) > (damaged?.promised ?? 0) || mistake === 'mends under a ballot below its promise'
        if (damaged !== undefined && isAbove) emit(`begin ${at}`, withClient(world, at, { phase: 'promise', tries: 1 }))
        continue
      }
      if (client.phase === 'idle') {
        const began = { ...world, moment: world.moment + 1 }
        const phase = what === 'read' ? 'look' : 'promise'
        emit(`begin ${at}`, withClient(began, at, { phase, tries: what === 'read' ? 0 : 1, began: began.moment }))
        continue
      }
      const isWaiting = client.phase === 'promise' || client.phase === 'accept' || client.phase === 'look'
      if (!isWaiting || client.tries >= tries) continue
      const again = { phase: 'promise', tries: client.tries + 1, promises: 0, accepts: 0, isHeld: false } as const
      if (mistake === 'goes on with what it chose under an older ballot' && client.phase === 'accept') {
        const proposals = client.proposals.with(client.tries, client.value)
        emit(`retry ${at}`, withClient(world, at, { ...again, phase: 'accept', proposals }))
      } else emit(`retry ${at}`, withClient(world, at, { ...again, newest: 0, value: 0, isUnanimous: true }))
    }
  }

  /** A read looks first, without asking for a promise: where a majority has accepted under one ballot, that is it. */
  const look = (world: World, emit: Emit) => {
    for (const [at, client] of world.clients.entries()) {
      if (client.phase !== 'look') continue
      for (const [from, voter] of world.voters.entries()) {
        if (voter.isOut || (client.promises & (1 << from)) !== 0) continue
        const answered = takenBy(client, from, voter)
        const isMajority = bitsOf(answered.promises) >= majority
        const isHasty = mistake === 'reads the newest of a majority without having it accepted'
        if (mistake === 'reads from one voter' || (isMajority && (answered.isUnanimous || isHasty)))
          emit(`look ${at}`, ended(world, at, 'done', answered.value))
        else if (!isMajority) emit(`look ${at}`, withClient(world, at, answered))
      }
    }
  }

  const takenBy = (client: Client, from: number, voter: Voter): Client => {
    const isFirst = client.promises === 0
    const isNone = present(client.value) === nothing && present(voter.value) === nothing
    const isSame = voter.ballot === client.newest || (isNone && mistake === 'takes a removal and nothing for one')
    const isNewer = isFirst || voter.ballot > client.newest || mistake === 'takes any of the values promised'
    return {
      ...client,
      promises: client.promises | (1 << from),
      newest: isNewer ? voter.ballot : client.newest,
      value: isNewer ? voter.value : client.value,
      isUnanimous: isFirst || (client.isUnanimous && isSame),
      isHeld: client.isHeld || present(voter.value) !== nothing
    }
  }

  const promise = (world: World, emit: Emit) => {
    for (const [at, client] of world.clients.entries()) {
      for (let attempt = 1; attempt <= client.tries; attempt++) {
        const ballot = ballotOf(at, attempt)
        for (const [from, voter] of world.voters.entries()) {
          if (voter.isOut || ballot <= voter.promised) continue
          const promised = withVoter(world, from, { promised: ballot })
          const isAwaited = client.phase === 'promise' && attempt === client.tries
          if (!isAwaited) emit(`late promise of ${from} to ${at}`, promised)
          if (!isAwaited || (client.promises & (1 << from)) !== 0) continue
          const answered = takenBy(client, from, voter)
          const isMajority = bitsOf(answered.promises) >= needed(at)
          emit(
            `promise ${from} to ${at}`,
            isMajority ? chosen(promised, at, answered) : withClient(promised, at, answered)
          )
        }
      }
    }
  }

  const accept = (world: World, emit: Emit) => {
    for (const [at, client] of world.clients.entries()) {
      for (const [index, value] of client.proposals.entries()) {
        if (value < 0) continue
        const ballot = ballotOf(at, index + 1)
        for (const [from, voter] of world.voters.entries()) {
          const isBelow = mistake !== 'accepts below its promise' && ballot < voter.promised
          if (voter.isOut || isBelow || voter.ballot === ballot) continue
          const accepted = withVoter(world, from, { promised: Math.max(voter.promised, ballot), ballot, value })
          if (client.phase !== 'accept' || index !== client.tries - 1) {
            emit(`late accept of ${at} by ${from}`, accepted)
            continue
          }
          const accepts = client.accepts | (1 << from)
          const isDone = bitsOf(accepts) >= needed(at)
          const what = operations[at]?.what
          const after =
            what === 'forget'
              ? withClient(accepted, at, { phase: 'done', accepts, forgets: client.tries })
              : what === 'mend'
                ? mended(accepted, at, client, ballot)
                : ended(accepted, at, client.outcome, client.value)
          emit(`accept ${from} of ${at}`, isDone ? after : withClient(accepted, at, { accepts }))
        }
      }
    }
  }

  const forget = (world: World, emit: Emit) => {
    for (const [at, { forgets }] of world.clients.entries()) {
      if (forgets === 0) continue
      const ballot = ballotOf(at, forgets)
      for (const [from, voter] of world.voters.entries()) {
        const isBelow = ballot < voter.promised && mistake !== 'forgets under a ballot below its promise'
        if (voter.isOut || isBelow || voter.ballot === 0) continue
        if (present(voter.value) !== nothing) continue
        const promised = mistake === 'forgets its promise with the register' ? 0 : Math.max(voter.promised, ballot)
        emit(`forget ${from} by ${at}`, withVoter(world, from, { promised, ballot: 0, value: nothing }))
      }
    }
  }

  const trouble = (world: World, emit: Emit) => {
    for (const [at, voter] of world.voters.entries()) {
      if (mistake === 'does not store its promise')
        emit(`restart ${at}`, withVoter(world, at, { promised: voter.ballot }))
      if (bounds.isVoteDamaged === true && !world.isLost)
        emit(`damage ${at}`, { ...withVoter(world, at, { isOut: true, isDamaged: true }), isLost: true })
      if (!bounds.isDiskLost || world.isLost) continue
      const empty = { promised: 0, ballot: 0, value: nothing, isOut: mistake !== 'votes with an empty disk' }
      emit(`lost ${at}`, { ...withVoter(world, at, empty), isLost: true })
    }
  }

  return {
    starts: [startOf(bounds)],
    next(world, emit) {
      begin(world, emit)
      look(world, emit)
      promise(world, emit)
      accept(world, emit)
      forget(world, emit)
      trouble(world, emit)
    },
    key: keyOf,
    check: operations.some(({ what }) => what === 'remove')
      ? remembered(world => callsOf(world, operations), whatDoesNotFit)
      : world => whatIsWrong(callsOf(world, operations))
  }
}

const repeats: Mistake = 'writes on nothing again after a try of its own'

function present(value: number): number {
  return value === removed ? nothing : value
}

function whatDoesNotFit(calls: readonly Call[]): string | undefined {
  return fits(calls) ? undefined : 'no order of the calls explains what they saw'
}

/** Many states have one history. */
function remembered(
  historyOf: (world: World) => readonly Call[],
  judge: (calls: readonly Call[]) => string | undefined
): (world: World) => string | undefined {
  const verdicts = new Map<string, string | undefined>()
  return world => {
    const calls = historyOf(world)
    const key = JSON.stringify(calls)
    if (!verdicts.has(key)) verdicts.set(key, judge(calls))
    return verdicts.get(key)
  }
}

function startOf({ operations, start }: Bounds): World {
  const blank: Voter = { promised: 0, ballot: 0, value: nothing, isOut: false }
  const isForgetting = start === 'forgetting' || start === 'rewritten'
  const voter = isForgetting ? { ...blank, promised: 1, ballot: beforeAll, value: removed } : blank
  const client: Client = {
    phase: 'idle',
    tries: 0,
    promises: 0,
    newest: 0,
    value: nothing,
    isUnanimous: true,
    hasProposed: false,
    accepts: 0,
    outcome: 'done',
    isHeld: false,
    proposals: [],
    forgets: 0,
    began: 0,
    ended: 0
  }
  const voters = Array<Voter>(voterCount).fill(voter)
  const clients = operations.map(({ tries }): Client => ({ ...client, proposals: Array<number>(tries).fill(-1) }))
  const forgetter: Client = { ...client, phase: 'done', tries: 1, forgets: 1, proposals: [-1] }
  if (start === 'forgetting') return { voters, clients: clients.with(0, forgetter), moment: 0, isLost: false }
  if (start === undefined) return { voters, clients, moment: 0, isLost: false }
  const at = start === 'rewritten' ? 1 : 0
  const own = at + 1
  const written = { promised: own, ballot: own, value: own, isOut: false }
  const writer: Client = { ...client, phase: 'done', tries: 1, value: own, proposals: [own], began: 1, ended: 2 }
  const done = at === 0 ? clients : clients.with(0, forgetter)
  return { voters: [written, written, voter], clients: done.with(at, writer), moment: 2, isLost: false }
}

function callsOf(world: World, operations: readonly Operation[]): Call[] {
  return world.clients.flatMap((client, at): Call[] => {
    const { what, on } = operations[at] as Operation
    const isOver = client.phase === 'done' || client.phase === 'conflict'
    if (what === 'forget' || what === 'mend' || client.phase === 'idle' || (what === 'read' && !isOver)) return []
    const outcome = client.phase === 'done' || client.phase === 'conflict' ? client.phase : 'unknown'
    const nameOf = (value: number) => (present(value) === nothing ? undefined : `w${value - 1}`)
    const value = what === 'write' ? `w${at}` : what === 'read' ? nameOf(client.value) : undefined
    const version = outcome === 'done' ? value : undefined
    const expected = on === undefined ? undefined : `w${on}`
    const end = isOver ? client.ended : Number.POSITIVE_INFINITY
    const call: Call = { what, began: client.began, ended: end, outcome, value, version, expected }
    if (expected === undefined) return [call]
    // Before it began.
    const moment = { began: client.began - 0.5, ended: client.began - 0.5 }
    return [{ what: 'read', ...moment, outcome: 'done', value: expected, version: expected, expected: undefined }, call]
  })
}

/** Accepted by a majority under one ballot, now. */
function isChosen({ voters }: World, value: number): boolean {
  return voters.some(one => one.value === value && voters.filter(({ ballot }) => ballot === one.ballot).length > 1)
}

/** Voters are alike: states that differ in their order only are one. */
const orders = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0]
] as const

function keyOf({ voters, clients, isLost }: World): string {
  const names = voters.map(it => `${it.promised},${it.ballot},${it.value},${it.isOut ? 1 : 0}${it.isDamaged ? 1 : 0}`)
  const rest = clients.map(it => {
    const asked = `${it.hasProposed ? 1 : 0},${it.outcome},${it.proposals.join('.')}`
    const seen = `${it.newest},${it.value},${it.isUnanimous ? 1 : 0},${it.isHeld ? 1 : 0},${it.forgets}`
    return `${it.phase},${it.tries},${seen},${asked},${it.began},${it.ended}`
  })
  let least = ''
  for (const order of orders) {
    const masks = clients.map(it => moved(it.promises, order) * 8 + moved(it.accepts, order))
    const key = `${order.map(at => names[at]).join('|')}|${masks.join()}`
    if (least === '' || key < least) least = key
  }
  return `${isLost ? 1 : 0}|${rest.join('|')}|${least}`
}

function moved(mask: number, order: readonly number[]): number {
  return order.reduce((sum, from, to) => sum | (((mask >> from) & 1) << to), 0)
}

function bitsOf(mask: number): number {
  return (mask & 1) + ((mask >> 1) & 1) + ((mask >> 2) & 1)
}
