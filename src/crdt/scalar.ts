/**
 * Set elements and map keys: strings, finite numbers and booleans.
 *
 * Each has one key string, by which it is ordered and compared, and one encoding. -0 is 0. The number 1 and the string '1' are
 * different.
 */
import { ShoalError } from '../ports/errors.ts'
import type { Reader, Sink } from './codec.ts'
import { compareText } from './dot.ts'

export type Scalar = string | number | boolean

/** The longest string that is an element or a key, in UTF-16 code units. */
export const maxScalarLength = 4096

const prefixes = { boolean: 'b', number: 'n', string: 's' } as const

export type ScalarKind = keyof typeof prefixes

export function prefixOf(kind: ScalarKind): string {
  return prefixes[kind]
}

/** Throws `SHOAL_BAD_ARGUMENT` where the value is no scalar. */
export function scalarKey(value: unknown): string {
  if (typeof value === 'string') {
    if (!value.isWellFormed()) throw new ShoalError('SHOAL_BAD_ARGUMENT', 'a key or element has a lone surrogate')
    if (value.length > maxScalarLength) {
      throw new ShoalError('SHOAL_BAD_ARGUMENT', `a key or element of more than ${maxScalarLength} characters`)
    }
    return `s${value}`
  }
  if (typeof value === 'boolean') return value ? 'b1' : 'b0'
  if (typeof value === 'number' && Number.isFinite(value)) return `n${value}`
  const what = typeof value === 'number' ? String(value) : typeof value
  throw new ShoalError('SHOAL_BAD_ARGUMENT', `a key or element is a string, a finite number or a boolean, not ${what}`)
}

export function scalarOf(key: string): Scalar {
  const rest = key.slice(1)
  return key.startsWith('s') ? rest : key.startsWith('n') ? Number(rest) : rest === '1'
}

/** Booleans, then numbers by size, then strings by code units. */
export function compareScalars(a: Scalar, b: Scalar): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  if (typeof a !== typeof b) return compareText(typeof a, typeof b)
  return a < b ? -1 : a > b ? 1 : 0
}

const isFalse = 0
const isTrue = 1
const isInteger = 2
const isFloat = 3
const isText = 4

export function writeScalar(sink: Sink, key: string): void {
  const value = scalarOf(key)
  if (typeof value === 'boolean') sink.byte(value ? isTrue : isFalse)
  else if (typeof value === 'string') {
    sink.byte(isText)
    sink.text(value)
  } else if (Number.isSafeInteger(value)) {
    sink.byte(isInteger)
    sink.signed(value)
  } else {
    sink.byte(isFloat)
    sink.float(value)
  }
}

/** Answers the key string. */
export function readScalar(reader: Reader): string {
  const kind = reader.byte()
  if (kind === isFalse || kind === isTrue) return kind === isTrue ? 'b1' : 'b0'
  if (kind === isInteger) return `n${reader.signed()}`
  if (kind === isFloat) {
    const value = reader.float()
    if (!Number.isFinite(value) || Number.isSafeInteger(value)) throw reader.malformed('not a fraction')
    return `n${value}`
  }
  if (kind !== isText) throw reader.malformed(`a scalar of kind ${kind}`)
  const text = reader.text(maxScalarLength * 3)
  if (text.length > maxScalarLength) throw reader.malformed('a key or element that is too long')
  return `s${text}`
}
