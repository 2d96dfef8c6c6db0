/**
 * Set elements and map keys: strings, finite numbers, booleans and bytes.
 *
 * Each has one key string, by which it is ordered and compared, and one encoding. -0 is 0. The number 1 and the string '1' are
 * different, and so are a string and the bytes of its UTF-8.
 */
import { ShoalError } from '../ports/errors.ts'
import type { Reader, Sink } from './codec.ts'

export type Scalar = string | number | boolean | Uint8Array

/** The longest string that is an element or a key, in UTF-16 code units, and the most bytes. */
export const maxScalarLength = 4096

const prefixes = { boolean: 'b', number: 'n', string: 's', bytes: 'x' } as const

export type ScalarKind = keyof typeof prefixes

export function prefixOf(kind: ScalarKind): string {
  return prefixes[kind]
}

/** `undefined` where the value is no scalar. */
export function scalarKind(value: unknown): ScalarKind | undefined {
  const type = typeof value
  if (type === 'string' || type === 'number' || type === 'boolean') return type
  return value instanceof Uint8Array ? 'bytes' : undefined
}

/** Throws `SHOAL_BAD_ARGUMENT` where the value is no scalar. */
export function scalarKey(value: unknown): string {
  if (typeof value === 'string') return `s${checkedText(value)}`
  if (typeof value === 'boolean') return value ? 'b1' : 'b0'
  if (typeof value === 'number' && Number.isFinite(value)) return `n${value}`
  if (value instanceof Uint8Array) {
    if (value.length > maxScalarLength) throw refuse(`one of more than ${maxScalarLength} bytes`)
    return `x${String.fromCharCode(...value)}`
  }
  throw refuse(typeof value === 'number' ? String(value) : value === null ? 'null' : typeof value)
}

/** Throws `SHOAL_BAD_ARGUMENT` where the text is no scalar. */
export function checkedText(text: string): string {
  if (text.length > maxScalarLength) throw refuse(`one of more than ${maxScalarLength} characters`)
  if (!text.isWellFormed()) throw refuse('one with a lone surrogate')
  return text
}

function refuse(what: string): ShoalError {
  const message = `a key or element is a string, a finite number, a boolean or a Uint8Array, not ${what}`
  return new ShoalError('SHOAL_BAD_ARGUMENT', message)
}

/** Bytes are the caller's own. */
export function scalarOf(key: string): Scalar {
  const rest = key.slice(1)
  const prefix = key[0]
  if (prefix === prefixes.string) return rest
  if (prefix === prefixes.number) return Number(rest)
  return prefix === prefixes.bytes ? bytesOf(rest) : rest === '1'
}

/** One character is one byte. */
function bytesOf(characters: string): Uint8Array {
  const bytes = new Uint8Array(characters.length)
  for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i)
  return bytes
}

/** Scalars as plain, JSON-able data have bytes as base64 text. */
export type PlainScalar<E extends Scalar> = E extends Uint8Array ? string : E

export function plainScalarOf(key: string): string | number | boolean {
  if (key.startsWith(prefixes.bytes)) return btoa(key.slice(1))
  return scalarOf(key) as string | number | boolean
}

const ranks: readonly string[] = ['b', 'n', 's', 'x']

/** Of key strings: booleans, then numbers by size, then strings by code units, then bytes. */
export function compareScalarKeys(a: string, b: string): number {
  const rank = ranks.indexOf(a[0] ?? '')
  const order = rank - ranks.indexOf(b[0] ?? '')
  if (order !== 0) return order
  if (a.startsWith(prefixes.number)) return Number(a.slice(1)) - Number(b.slice(1))
  return a < b ? -1 : a > b ? 1 : 0
}

const isFalse = 0
const isTrue = 1
const isInteger = 2
const isFloat = 3
const isText = 4
const isBytes = 5

/** Of a key string, or of one that stands `from` so many characters behind something else. */
export function writeScalar(sink: Sink, key: string, from = 0): void {
  const rest = key.slice(from + 1)
  switch (key[from]) {
    case prefixes.string:
      sink.byte(isText)
      sink.text(rest)
      return
    case prefixes.number:
      writeNumber(sink, Number(rest))
      return
    case prefixes.bytes:
      sink.byte(isBytes)
      sink.bytes(bytesOf(rest))
      return
    default:
      sink.byte(rest === '1' ? isTrue : isFalse)
  }
}

function writeNumber(sink: Sink, value: number): void {
  if (Number.isSafeInteger(value)) {
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
  switch (kind) {
    case isText: {
      const text = reader.text(maxScalarLength * 3)
      if (text.length > maxScalarLength) throw reader.malformed('a key or element that is too long')
      return `s${text}`
    }
    case isInteger:
      return `n${reader.signed()}`
    case isFloat: {
      const value = reader.float()
      if (!Number.isFinite(value) || Number.isSafeInteger(value)) throw reader.malformed('not a fraction')
      return `n${value}`
    }
    case isBytes:
      return `x${String.fromCharCode(...reader.bytes(maxScalarLength))}`
    case isFalse:
    case isTrue:
      return kind === isTrue ? 'b1' : 'b0'
    default:
      throw reader.malformed(`a scalar of kind ${kind}`)
  }
}
