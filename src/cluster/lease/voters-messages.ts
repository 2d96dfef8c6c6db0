/** What is said to the voters of the lease store, and by them, as plain values: read from the wire totally, and within limits. */
import type { shoal } from '#proto/generated/peer.js'
import { checkRegisterKey, checkRegisterPrefix, maxRegisterBytes } from '../../ports/lease-store.ts'
import { type Control, copied, malformed, safe } from '../wire.ts'
import { isListId, isVoterId } from './voters-names.ts'

/** Orders the tries to change a register. No two proposers have the same name, and none uses a counter twice. */
export interface Ballot {
  readonly counter: number
  readonly proposer: string
}

/** A value as it was accepted. The version goes with the value from ballot to ballot. */
export interface Accepted {
  readonly ballot: Ballot
  readonly version: string
  readonly value: Uint8Array
}

/** With `noBallot`, and only in a list: a register of which this voter's vote is damaged. */
export interface Listed extends Accepted {
  readonly key: string
}

export type Ask =
  | { readonly kind: 'look'; readonly key: string }
  | { readonly kind: 'promise'; readonly key: string; readonly ballot: Ballot }
  | { readonly kind: 'accept'; readonly key: string; readonly accepted: Accepted }
  | { readonly kind: 'list'; readonly prefix: string; readonly after: string }
  /** All voters have promised that ballot, and none of them had a value: what is left of the register may go. */
  | { readonly kind: 'forget'; readonly key: string; readonly ballot: Ballot }

export type Answer =
  | { readonly kind: 'refused'; readonly promised: Ballot }
  | { readonly kind: 'problem'; readonly why: string }
  | { readonly kind: 'registers'; readonly registers: readonly Listed[]; readonly hasMore: boolean }

/** `number` is the asker's, `voter` the id of a disk: of the one that is asked, or that answers; `listId` tells by which voters the asker goes. */
export type Question = { readonly number: number; readonly voter: string; readonly listId: string } & Ask
export type Reply = { readonly number: number; readonly voter: string } & Answer

export const voterIdLength = 24
/** Of what is accepted where a register is removed: no value, and no version that is ever drawn. */
export const removedVersion = '0'.repeat(voterIdLength)
const versionPattern = /^[0-9a-f]{24}$/
/** Far above what honest counters reach, and below what a number can count. */
export const maxCounter = 2 ** 52
/**
 * How far above the counter that a voter has promised a ballot may be: the beats of some months. Without it one question would leave a register
 * without ballots, for good. A voter that was away for longer is lifted by steps.
 */
export const maxLeap = 2 ** 26
const maxProblemLength = 200

export const noBallot: Ballot = { counter: 0, proposer: '' }

export function damaged(key: string): Listed {
  return { key, ballot: noBallot, version: '', value: new Uint8Array(0) }
}

export function isRemoval({ version }: Pick<Accepted, 'version'>): boolean {
  return version === removedVersion
}

export function isDamaged({ ballot }: Accepted): boolean {
  return ballot.counter === 0
}

/** Negative where `one` comes before `other`. */
export function compareBallots(one: Ballot, other: Ballot): number {
  if (one.counter !== other.counter) return one.counter - other.counter
  return one.proposer < other.proposer ? -1 : one.proposer > other.proposer ? 1 : 0
}

// ---- to the wire ----------------------------------------------------------------------------------------------------------

export function questionTo(question: Question): Control {
  const { number, voter, listId } = question
  return { voterQuestion: { number, voter, listId, ...askTo(question) } }
}

function askTo(ask: Ask): shoal.peer.IVoterQuestion {
  switch (ask.kind) {
    case 'look':
      return { key: ask.key, look: {} }
    case 'promise':
      return { key: ask.key, promise: { ...ask.ballot } }
    case 'accept':
      return { key: ask.key, accept: { register: registerTo(ask.accepted) } }
    case 'list':
      return { key: ask.prefix, list: { after: ask.after } }
    case 'forget':
      return { key: ask.key, forget: { ...ask.ballot } }
  }
}

export function replyTo(reply: Reply): Control {
  return { voterAnswer: { number: reply.number, voter: reply.voter, ...answerTo(reply) } }
}

function answerTo(answer: Answer): shoal.peer.IVoterAnswer {
  switch (answer.kind) {
    case 'refused':
      return { refused: { ...answer.promised } }
    case 'problem':
      return { problem: answer.why.slice(0, maxProblemLength) }
    case 'registers': {
      const registers = answer.registers.map(({ key, ...accepted }) => ({ key, ...registerTo(accepted) }))
      return { registers, more: answer.hasMore }
    }
  }
}

function registerTo({ ballot, version, value }: Accepted): shoal.peer.IVoterRegister {
  return { ballot: { ...ballot }, version, value }
}

// ---- from the wire --------------------------------------------------------------------------------------------------------

export function questionFrom(message: shoal.peer.IVoterQuestion): Question {
  const listId = message.listId ?? ''
  if (!isListId(listId)) throw malformed('id of a list of voters')
  return { number: safe(message.number), voter: voterId(message.voter), listId, ...askFrom(message) }
}

function askFrom(message: shoal.peer.IVoterQuestion): Ask {
  if (message.list != null) {
    const after = message.list.after ?? ''
    return { kind: 'list', prefix: prefixFrom(message.key), after: after === '' ? '' : keyFrom(after) }
  }
  const key = keyFrom(message.key)
  if (message.promise != null) return { kind: 'promise', key, ballot: ballotFrom(message.promise) }
  if (message.accept != null) return { kind: 'accept', key, accepted: acceptedFrom(message.accept.register) }
  if (message.look != null) return { kind: 'look', key }
  if (message.forget != null) return { kind: 'forget', key, ballot: ballotFrom(message.forget) }
  throw malformed('question to a voter')
}

export function replyFrom(message: shoal.peer.IVoterAnswer): Reply {
  return { number: safe(message.number), voter: voterId(message.voter), ...answerFrom(message) }
}

function answerFrom(message: shoal.peer.IVoterAnswer): Answer {
  if (message.refused != null) return { kind: 'refused', promised: promisedFrom(message.refused) }
  if (message.problem != null && message.problem !== '')
    return { kind: 'problem', why: message.problem.slice(0, maxProblemLength) }
  const registers = (message.registers ?? []).map(listedFrom)
  return { kind: 'registers', registers, hasMore: message.more ?? false }
}

function listedFrom(register: shoal.peer.IVoterRegister): Listed {
  const key = keyFrom(register.key)
  return safe(register.ballot?.counter) === 0 ? damaged(key) : { key, ...acceptedFrom(register) }
}

function acceptedFrom(register: shoal.peer.IVoterRegister | null | undefined): Accepted {
  const version = register?.version ?? ''
  const value = register?.value ?? new Uint8Array(0)
  if (!versionPattern.test(version) || value.length > maxRegisterBytes) throw malformed('register')
  return { ballot: ballotFrom(register?.ballot), version, value: copied(value) }
}

function ballotFrom(ballot: shoal.peer.IBallot | null | undefined): Ballot {
  const counter = safe(ballot?.counter)
  if (counter < 1 || counter > maxCounter) throw malformed('ballot')
  return { counter, proposer: voterId(ballot?.proposer) }
}

/** Who has promised none refuses one that is too far ahead. */
function promisedFrom(ballot: shoal.peer.IBallot): Ballot {
  return safe(ballot.counter) === 0 ? noBallot : ballotFrom(ballot)
}

function voterId(text: string | null | undefined): string {
  if (text === null || text === undefined || !isVoterId(text)) throw malformed('id of a voter')
  return text
}

function keyFrom(key: string | null | undefined): string {
  return checkedText(key, checkRegisterKey)
}

function prefixFrom(prefix: string | null | undefined): string {
  return checkedText(prefix, checkRegisterPrefix)
}

function checkedText(text: string | null | undefined, check: (text: string) => void): string {
  try {
    check(text ?? '')
  } catch (error) {
    throw malformed('key of a register', error)
  }
  return text ?? ''
}
