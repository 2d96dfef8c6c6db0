/**
 * JSON values in one canonical text: keys sorted by code units, no spaces, numbers as JavaScript writes them.
 *
 * A register keeps the text, so that values cannot be changed from outside and equal values give equal bytes.
 */
import { ShoalError } from '../ports/errors.ts'
import type { Reader } from './codec.ts'
import { compareText } from './dot.ts'

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

export const maxJsonDepth = 64
/** The longest canonical text of one value, in UTF-16 code units. */
export const maxJsonLength = 1024 * 1024

function refuse(what: string): ShoalError {
  return new ShoalError('SHOAL_BAD_ARGUMENT', `this takes a JSON value, not ${what}`)
}

/** Throws `SHOAL_BAD_ARGUMENT` where the value is not JSON, is nested too deep or is too long. */
export function canonicalJson(value: unknown): string {
  if (typeof value === 'string' && isPlain(value, 0, value.length)) return `"${value}"`
  if (typeof value === 'number' && Number.isFinite(value)) return String(value)
  return write(value, 0, { left: maxJsonLength })
}

/** Whether the characters stand in JSON as they are, without a look at long texts. */
function isPlain(text: string, from: number, to: number): boolean {
  if (to - from > maxPlainLength) return false
  for (let i = from; i < to; i++) {
    const code = text.charCodeAt(i)
    if (code < 0x20 || code > 0x7e || code === quote || code === backslash) return false
  }
  return true
}

const maxPlainLength = 64
const quote = 0x22
const backslash = 0x5c

/** Every value spends at least one character, so a web of shared objects ends too. */
interface Budget {
  left: number
}

function spend(text: string, budget: Budget): string {
  budget.left -= text.length
  if (budget.left < 0) throw refuse(`one of more than ${maxJsonLength} characters`)
  return text
}

function write(value: unknown, depth: number, budget: Budget): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') {
    return spend(JSON.stringify(value), budget)
  }
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw refuse(String(value))
    return spend(JSON.stringify(value), budget)
  }
  if (typeof value !== 'object') throw refuse(typeof value)
  if (depth === maxJsonDepth) throw refuse(`one nested deeper than ${maxJsonDepth}`)
  return Array.isArray(value) ? writeList(value, depth + 1, budget) : writeObject(value, depth + 1, budget)
}

function writeList(list: readonly unknown[], depth: number, budget: Budget): string {
  spend('[]', budget)
  const parts: string[] = []
  for (const item of list) {
    spend(parts.length > 0 ? ',' : '', budget)
    parts.push(write(item, depth, budget))
  }
  return `[${parts.join(',')}]`
}

function writeObject(value: object, depth: number, budget: Budget): string {
  const prototype: unknown = Object.getPrototypeOf(value)
  // Plain objects of another realm (a vm's) are plain too: their prototype ends the chain.
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) throw refuse('an instance of a class')
  const entries: [string, unknown][] = Object.entries(value)
  entries.sort(([a], [b]) => compareText(a, b))
  spend('{}', budget)
  const parts: string[] = []
  for (const [key, item] of entries) {
    spend(parts.length > 0 ? ',' : '', budget)
    parts.push(spend(`${JSON.stringify(key)}:`, budget) + write(item, depth, budget))
  }
  return `{${parts.join(',')}}`
}

export function parseJson(canonical: string): unknown {
  return JSON.parse(canonical)
}

/** Reads a canonical text and refuses any other. */
export function readJson(reader: Reader): string {
  const text = reader.text(maxJsonLength * 3)
  const last = text.length - 1
  if (text.charCodeAt(0) === quote && text.charCodeAt(last) === quote && last > 0 && isPlain(text, 1, last)) return text
  let again: string
  try {
    again = canonicalJson(JSON.parse(text))
  } catch (cause) {
    throw reader.malformed('not a JSON value', cause)
  }
  if (again !== text) throw reader.malformed('JSON that is not in its canonical form')
  return text
}

/** Sets an own property whatever its name is, `__proto__` included. */
export function setOwn(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== '__proto__') target[key] = value
  else Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true })
}
