/**
 * What must hold for one input of a decoder: it is decoded or refused with a typed error, what is accepted is canonical and
 * usable, and time and memory are bounded by its size.
 */
import { isShoalError } from '../../../src/ports/errors.ts'

/** A decoder under test. */
export interface Target {
  /** Throws a `ShoalError` with one of `refusals`. The value is held while memory is measured. */
  readonly decode: (bytes: Uint8Array) => unknown
  /** Where it is given, an accepted input is exactly what this writes. */
  readonly encode?: (value: unknown) => Uint8Array
  /** Does with an accepted value what a node does with it. Must not throw. */
  readonly use?: (value: unknown) => void
  /** @default SHOAL_MALFORMED */
  readonly refusals?: readonly string[]
  /** Heap that a value may hold beside sixteen times its input, in bytes. @default 4096 */
  readonly heapAllowance?: number
  /** Good inputs, as the encoders write them. */
  readonly seeds: () => readonly Uint8Array[]
}

export class Finding extends Error {
  /** In a few words, the same for the same fault: how a smaller input is known to show it too. */
  readonly fault: string

  constructor(fault: string, detail = '', cause?: unknown) {
    super(`${fault}${detail === '' ? '' : `: ${detail}`}`, { cause })
    this.fault = fault
  }
}

export interface Outcome {
  readonly isAccepted: boolean
  /** Inputs that were treated alike have the same: the reason of the refusal, without its numbers. */
  readonly kind: string
  readonly value: unknown
}

/** Time that one input may take, in milliseconds: generous, because caches are cold, and small beside any hang. */
export function maxTimeMs(bytes: number): number {
  return 50 + bytes / 100
}

/** Heap that the value of one input may hold, in bytes: sixteen times the input, and some for what measuring leaves behind. */
function maxHeapBytes({ heapAllowance = 4096 }: Target, bytes: number): number {
  return 17 * bytes + heapAllowance
}

/** Numbers, and all from where a message begins to quote the input. */
const ofTheInput = /(?:\(near byte|["']).*|\d+/gs

/** Throws a `Finding`. */
export function check(target: Target, bytes: Uint8Array): Outcome {
  const before = bytes.slice()
  let value: unknown
  try {
    value = target.decode(bytes)
  } catch (error) {
    if (!isShoalError(error)) throw new Finding('an error that is not typed', String(error), error)
    if (!(target.refusals ?? ['SHOAL_MALFORMED']).includes(error.code))
      throw new Finding(`refused as ${error.code}`, error.message)
    const cause = error.cause instanceof Error ? error.cause.message : ''
    return {
      isAccepted: false,
      kind: `${error.message}${cause}`.replace(ofTheInput, '#').slice(0, 160),
      value: undefined
    }
  }
  if (!isEqual(bytes, before)) throw new Finding('the input was changed')
  let kind = 'accepted'
  if (target.encode !== undefined) {
    const again = guarded('cannot be encoded', () => target.encode?.(value) ?? bytes)
    if (!isEqual(again, bytes)) throw new Finding('accepted, but not canonical', `encodes to ${hexOf(again)}`)
  }
  guarded('cannot be used', () => target.use?.(value))
  kind += ` ${Math.round(Math.log2(bytes.length + 1))}`
  return { isAccepted: true, kind, value }
}

function guarded<T>(fault: string, run: () => T): T {
  try {
    return run()
  } catch (error) {
    if (error instanceof Finding) throw error
    throw new Finding(`accepted, but ${fault}`, String(error), error)
  }
}

/** The time of one check, in milliseconds. Throws a `Finding` where it is too long three times in a row. */
export function timed(target: Target, bytes: Uint8Array, nowMs: () => number): { outcome: Outcome; ms: number } {
  let shortestMs = Number.POSITIVE_INFINITY
  for (let tries = 0; ; tries++) {
    const startMs = nowMs()
    const outcome = check(target, bytes)
    shortestMs = Math.min(shortestMs, nowMs() - startMs)
    if (shortestMs <= maxTimeMs(bytes.length)) return { outcome, ms: shortestMs }
    if (tries === 2) throw new Finding('too slow', `${Math.round(shortestMs)} ms for ${bytes.length} bytes`)
  }
}

/**
 * Heap that the decoded value holds, in bytes, over several copies of it; `undefined` without `--expose-gc`. Throws a `Finding`
 * where it is too much three times in a row.
 */
export function heapOf(target: Target, bytes: Uint8Array): number | undefined {
  const { gc } = globalThis
  if (gc === undefined) return undefined
  let least = Number.POSITIVE_INFINITY
  for (let tries = 0; tries < 3; tries++) {
    const copies = Math.max(1, Math.min(256, Math.ceil(262_144 / (bytes.length * 8 + 1))))
    const held: unknown[] = []
    gc()
    const before = process.memoryUsage()
    for (let i = 0; i < copies; i++) held.push(target.decode(bytes.slice()))
    gc()
    const after = process.memoryUsage()
    if (held.length !== copies) throw new Error('unreachable')
    least = Math.min(least, (after.heapUsed + after.external - before.heapUsed - before.external) / copies)
    if (least <= maxHeapBytes(target, bytes.length)) return least
  }
  throw new Finding('too much memory', `${Math.round(least)} bytes of heap for ${bytes.length} bytes`)
}

export function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}

export function hexOf(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes.subarray(0, 200)).toString('hex')
  return bytes.length > 200 ? `${hex}… (${bytes.length} bytes)` : hex
}
