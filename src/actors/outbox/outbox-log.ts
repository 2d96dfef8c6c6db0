/**
 * Commands that a leased actor has sent to others and does not know to be over, and what it remembers of those that others have sent to it:
 * both in its record, committed with its effects.
 *
 * A sender numbers its commands. Of those to one target it sends one at a time, in order, until the target answers that it is over: carried
 * out or refused, which the target keeps, by the sender's name, with the effect. Only when the sender has committed that does it say so to the
 * target, which then forgets the sender. A copy that comes after that must not run: each command has a stamp, and a target keeps a horizon above
 * the stamps of whom it has forgotten. Who has something for it below the horizon commits it with a later stamp first: so an owner that is
 * one no more cannot. Clocks only say how seldom that happens. A target keeps the last refusal only: the sender commits it before its next
 * command goes there. test/models/outbox.model.ts.
 */
import { utf8Of } from '../../cluster/utf8.ts'
import type { Json } from '../../crdt/index.ts'
import { ShoalError } from '../../ports/errors.ts'

export interface SentCommand {
  /** Of all commands of the sender, from 1. */
  readonly number: number
  readonly stamp: number
  /** `kind/id`. */
  readonly to: string
  readonly method: string
  /** In JSON; empty for none. */
  readonly argument: string
}

/** Why a command has no effect, for good. */
export interface SendRefusal {
  readonly code: string
  readonly message: string
  /** The target's program said so: no error. */
  readonly isRefusal: boolean
}

/** A command that has no effect, as the handlers of its sender see it. */
export interface RefusedCommand {
  /** The target. */
  readonly kind: string
  readonly id: string
  readonly method: string
  readonly argument: Json | undefined
  readonly code: string
  readonly message: string
  /** When its sender learned it, by the wall clock, in milliseconds. */
  readonly timeMs: number
}

/** The latest of a sender's commands that is over. */
interface LastOfSender {
  readonly number: number
  readonly refusal: SendRefusal | undefined
}

/** Commands to one target up to this number are over, and have stamps up to this one. */
interface Over {
  readonly number: number
  readonly stamp: number
}

export interface Mail {
  /** Of the last command that was sent. */
  readonly last: number
  /** No command was sent with a later one: so the last of those to one target has the latest of them. */
  readonly stamp: number
  readonly commands: readonly SentCommand[]
  /** Of targets that are to be told so. */
  readonly over: ReadonlyMap<string, Over>
  /** The latest. */
  readonly refused: readonly RefusedCommand[]
  /** Who is not among `senders` has to have a stamp from it on. */
  readonly horizon: number
  readonly senders: ReadonlyMap<string, LastOfSender>
  /** About what they take in the record. */
  readonly senderBytes: number
}

export const noMail: Mail = {
  ...{ last: 0, stamp: 0, commands: [], over: new Map(), refused: [] },
  ...{ horizon: 0, senders: new Map(), senderBytes: 0 }
}

/** Of one actor: commands that are not over, and targets that are to be told that they are. */
export const maxSent = 1024
/** Of one actor: what both take in its record. */
export const maxSentBytes = 64 * 1024
/** Senders that an actor remembers, and what they take in its record: one more waits until one of them is done. */
const senderLimits = { senders: 1024, bytes: 32 * 1024 }
/** All three together leave room for what else a record has: see lease-events.ts. */
const refusedLimits = { commands: 16, bytes: 16 * 1024 }
const maxMessageLength = 200
/** Numbers and stamps, beside names and arguments. */
const [commandBytes, overBytes] = [48, 40]
/** A stamp is at most so far ahead of the clock and of the stamps that are known: clocks are wrong by decades, and nobody uses up all numbers. */
const maxLeapMs = 100 * 365 * 24 * 3600 * 1000

/** The latest stamp to be taken from another node. */
export function latestStamp(knownStamp: number, nowMs: number): number {
  return Math.min(Math.max(knownStamp, Math.ceil(nowMs)) + maxLeapMs, Number.MAX_SAFE_INTEGER - 1)
}

export function isIdle({ commands, over }: Mail): boolean {
  return commands.length === 0 && over.size === 0
}

// ---- at the sender ---------------------------------------------------------------------------------------------------------------

export type Intent = Pick<SentCommand, 'to' | 'method' | 'argument'>

/** What an outbox takes of `maxSentBytes`. */
export function sentBytesIn({ commands, over }: Mail): number {
  let bytes = 0
  for (const command of commands) bytes += bytesOf(command)
  for (const to of over.keys()) bytes += utf8Of(to).length + overBytes
  return bytes
}

/** About what it takes in the record. */
export function bytesOf({ to, method, argument }: Intent): number {
  return utf8Of(to).length + method.length + utf8Of(argument).length + commandBytes
}

export function withSent(mail: Mail, intents: readonly Intent[], nowMs: number): Mail {
  if (intents.length === 0) return mail
  const stamp = Math.max(mail.stamp, Math.floor(nowMs))
  const commands = intents.map((intent, i) => ({ ...intent, number: mail.last + 1 + i, stamp }))
  return { ...mail, stamp, last: mail.last + intents.length, commands: [...mail.commands, ...commands] }
}

/** The target has answered that the command is over. */
export function withOver(mail: Mail, number: number, refusal: SendRefusal | undefined, nowMs: number): Mail {
  const command = mail.commands.find(sent => sent.number === number)
  if (command === undefined) return mail
  const over = new Map(mail.over)
  over.set(command.to, { number, stamp: command.stamp })
  const refused = refusal === undefined ? mail.refused : withRefused(mail.refused, refusedFrom(command, refusal, nowMs))
  return { ...mail, commands: mail.commands.filter(sent => sent !== command), over, refused }
}

/** Commands to the target have at least this stamp. */
export function withStamp(mail: Mail, to: string, stamp: number): Mail {
  if (!mail.commands.some(sent => sent.to === to)) return mail
  const commands = mail.commands.map(sent => (sent.to === to && sent.stamp < stamp ? { ...sent, stamp } : sent))
  return { ...mail, stamp: Math.max(mail.stamp, stamp), commands }
}

/** The target knows that those up to the number will not come again. */
export function withTold(mail: Mail, to: string, number: number): Mail {
  if (mail.over.get(to)?.number !== number) return mail
  const over = new Map(mail.over)
  over.delete(to)
  return { ...mail, over }
}

function refusedFrom({ to, method, argument }: SentCommand, { code, message }: SendRefusal, timeMs: number) {
  const slash = to.indexOf('/')
  const value = argument === '' ? undefined : (JSON.parse(argument) as Json)
  return { kind: to.slice(0, slash), id: to.slice(slash + 1), method, argument: value, code, message, timeMs }
}

/** The latest ones; the argument of a large one is not kept. */
function withRefused(refused: readonly RefusedCommand[], one: RefusedCommand): RefusedCommand[] {
  const isLarge = bytesIn(one) > refusedLimits.bytes
  const kept = [isLarge ? { ...one, argument: undefined } : one]
  let bytes = bytesIn(kept)
  for (const before of refused.toReversed()) {
    bytes += bytesIn(before)
    if (kept.length >= refusedLimits.commands || bytes > refusedLimits.bytes) break
    kept.unshift(before)
  }
  return kept
}

// ---- at the target ---------------------------------------------------------------------------------------------------------------

/**
 * What is to become of a command that has come: it is over; it needs a stamp from `stale` on, committed by its sender; it has to wait for
 * other senders, or until its stamp is within reach; or it is to run, and is noted with what it comes to.
 */
export function findSent(
  { senders, senderBytes, horizon }: Mail,
  { sender, number, stamp }: { sender: string; number: number; stamp: number },
  nowMs: number
): 'new' | 'full' | 'ahead' | { readonly over: SendRefusal | undefined } | { readonly stale: number } {
  const known = senders.get(sender)
  const isAhead = stamp > latestStamp(horizon, nowMs)
  if (known !== undefined) {
    if (number > known.number) return isAhead ? 'ahead' : 'new'
    return { over: number === known.number ? known.refusal : undefined }
  }
  if (stamp < horizon) return { stale: horizon }
  if (isAhead) return 'ahead'
  const isFull = senders.size >= senderLimits.senders || senderBytes > senderLimits.bytes
  return isFull ? 'full' : 'new'
}

export function withCarriedOut(mail: Mail, sender: string, number: number, refusal: SendRefusal | undefined): Mail {
  const senders = new Map(mail.senders)
  const before = senders.get(sender)
  const last = { number, refusal: refusal && { ...refusal, message: refusal.message.slice(0, maxMessageLength) } }
  senders.set(sender, last)
  const added = bytesOfSender(sender, last) - (before === undefined ? 0 : bytesOfSender(sender, before))
  return { ...mail, senders, senderBytes: mail.senderBytes + added }
}

/** The sender will repeat nothing up to the number, and has given none of it a stamp above this one. */
export function withoutSender(mail: Mail, sender: string, { number, stamp }: Over, nowMs: number): Mail {
  const known = mail.senders.get(sender)
  if (known === undefined || known.number > number) return mail
  // It ran under no such stamp.
  if (stamp > latestStamp(mail.horizon, nowMs)) return mail
  const senders = new Map(mail.senders)
  senders.delete(sender)
  const senderBytes = mail.senderBytes - bytesOfSender(sender, known)
  return { ...mail, senders, senderBytes, horizon: Math.max(mail.horizon, stamp + 1) }
}

function bytesOfSender(sender: string, { refusal }: LastOfSender): number {
  return utf8Of(sender).length + 24 + (refusal === undefined ? 0 : bytesIn(refusal))
}

function bytesIn(value: unknown): number {
  return utf8Of(JSON.stringify(value)).length
}

// ---- in JSON ---------------------------------------------------------------------------------------------------------------------

/** Empty for an actor that has never had any. */
export function mailToJson({ last, stamp, commands, over, refused, horizon, senders }: Mail): string {
  if (last === 0 && horizon === 0 && senders.size === 0) return ''
  const rows = commands.map(({ number, stamp: own, to, method, argument }) => {
    const head = `[${number},${own},${JSON.stringify(to)},${JSON.stringify(method)}`
    return argument === '' ? `${head}]` : `${head},${argument}]`
  })
  const overs = [...over].map(([to, { number, stamp: own }]) => [to, number, own])
  const known = [...senders].map(([sender, { number, refusal }]) =>
    refusal === undefined ? [sender, number] : [sender, number, refusal.code, refusal.message, refusal.isRefusal]
  )
  return `[${last},${stamp},[${rows.join()}],${JSON.stringify(overs)},${JSON.stringify(refused)},${horizon},${JSON.stringify(known)}]`
}

/** Throws `SHOAL_CORRUPT`. */
export function mailFromJson(json: unknown): Mail {
  if (json === undefined) return noMail
  const [last, stamp, commands, over, refused, horizon, senders] = listOf(json)
  const known = listOf(senders).map(senderFrom)
  return {
    last: integer(last),
    stamp: integer(stamp),
    commands: listOf(commands).map(commandFrom),
    over: new Map(listOf(over).map(overFrom)),
    refused: listOf(refused) as RefusedCommand[],
    horizon: integer(horizon),
    senders: new Map(known),
    senderBytes: known.reduce((sum, [sender, row]) => sum + bytesOfSender(sender, row), 0)
  }
}

function commandFrom(row: unknown): SentCommand {
  const [number, stamp, to, method, ...argument] = listOf(row)
  const text = argument.length === 0 ? '' : JSON.stringify(argument[0])
  return { number: integer(number), stamp: integer(stamp), to: string(to), method: string(method), argument: text }
}

function overFrom(row: unknown): [string, Over] {
  const [to, number, stamp] = listOf(row)
  return [string(to), { number: integer(number), stamp: integer(stamp) }]
}

function senderFrom(row: unknown): [string, LastOfSender] {
  const [sender, number, ...refusal] = listOf(row)
  return [string(sender), { number: integer(number), refusal: refusal.length === 0 ? undefined : refusalFrom(refusal) }]
}

/** As a target answers, and keeps it. */
export function refusalFrom(row: readonly unknown[]): SendRefusal {
  const [code, message, isRefusal] = row
  if (typeof isRefusal !== 'boolean') throw corrupt()
  return { code: string(code), message: string(message), isRefusal }
}

function listOf(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw corrupt()
  return value
}

function integer(value: unknown): number {
  if (!Number.isSafeInteger(value)) throw corrupt()
  return value as number
}

function string(value: unknown): string {
  if (typeof value !== 'string') throw corrupt()
  return value
}

function corrupt(): ShoalError {
  return new ShoalError('SHOAL_CORRUPT', 'the record of a leased actor has an outbox that cannot be read')
}
