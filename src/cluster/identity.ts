/**
 * Who writes: the incarnation of a process, and the origin it gives to its dots.
 *
 * An incarnation is drawn at every start: nine characters of start time, then 64 random bits, so that incarnations of one node
 * sort by age as text and no two are equal, whatever the disk says.
 */
import type { Clock } from '../ports/clock.ts'
import type { PeerId } from '../ports/network.ts'
import type { Random } from '../ports/random.ts'

const timeDigits = 9
const timeRadix = 36
const timeMsMax = timeRadix ** timeDigits - 1
/** 64 bits, five to a digit. */
const randomDigits = 13
const pattern = /^[0-9a-z]{9}[0-9a-v]{13}$/
const originIdCharacters = 12
/** Clocks of linked nodes agree within a minute: an incarnation from further ahead than this is a lie, or a clock's mistake. */
const maxAheadMs = 24 * 3600 * 1000

/**
 * A new incarnation. With `previous`, the one this node had before, the new one sorts after it even where the wall clock was
 * set back in between: a newer process always wins. But not after one that was drawn under a clock more than a day ahead, which
 * no other node can have believed.
 */
export function newIncarnation(clock: Clock, random: Random, previous?: string): string {
  const isFollowed = previous !== undefined && isIncarnation(previous) && isPlausible(previous, clock.now())
  const earliestMs = isFollowed ? startMsOf(previous) + 1 : 0
  const startMs = Math.min(Math.max(0, Math.floor(clock.now()), earliestMs), timeMsMax)
  return startMs.toString(timeRadix).padStart(timeDigits, '0') + base32(random.bytes(8))
}

export function isIncarnation(text: string): boolean {
  return pattern.test(text)
}

/** Whether a process that began when this says can be there, by a clock that is about right. */
export function isPlausible(incarnation: string, nowMs: number): boolean {
  return startMsOf(incarnation) <= nowMs + maxAheadMs
}

/** The wall-clock time at which this incarnation began, in milliseconds since 1970, as that node's clock had it. */
export function startMsOf(incarnation: string): number {
  return Number.parseInt(incarnation.slice(0, timeDigits), timeRadix)
}

/** The name under which one life of one node writes: the end of its id (the part that differs), a dot, the incarnation. */
export function originOf(nodeId: PeerId, incarnation: string): string {
  return `${nodeId.slice(-originIdCharacters)}.${incarnation}`
}

/** Whether some life of this node writes under the origin. */
export function isOriginOf(nodeId: PeerId, origin: string): boolean {
  return origin.startsWith(`${nodeId.slice(-originIdCharacters)}.`)
}

/** Whether the origin is that of a life of this node, and its incarnation could have been drawn by `newIncarnation`. */
export function isLifeOf(nodeId: PeerId, origin: string): boolean {
  return isOriginOf(nodeId, origin) && isIncarnation(origin.slice(originOf(nodeId, '').length))
}

function base32(bytes: Uint8Array): string {
  let bits = 0n
  for (const byte of bytes) bits = (bits << 8n) | BigInt(byte)
  return bits.toString(32).padStart(randomDigits, '0')
}
