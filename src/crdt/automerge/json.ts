/**
 * JSON values as Automerge keeps them.
 *
 * Texts are single values (Automerge's immutable strings): setting one replaces it, and the one of two concurrent writes wins
 * whole. Numbers are 64-bit integers where they are such, and floats otherwise, so that a value reads as it was written.
 */

import { type Json, maxJsonDepth, setOwn } from '../json-value.ts'
import type { Handle } from './module.ts'

/** Automerge's JavaScript side loses a key named `__proto__`, so it is stored under another name, as are those that look like it. */
const unsafeKey = /^~*__proto__$/

export function storedKey(key: string): string {
  return unsafeKey.test(key) ? `~${key}` : key
}

function shownKey(key: string): string {
  return key.startsWith('~') && unsafeKey.test(key) ? key.slice(1) : key
}

/** Beyond it, Automerge's own conversion of a number that is a whole one goes wrong. */
const maxInteger = 2 ** 63

/** Where in a value a number is that Automerge would convert wrongly. */
interface Misfit {
  readonly path: readonly (string | number)[]
  readonly value: number
}

interface Prepared {
  readonly value: unknown
  readonly misfits: readonly Misfit[]
}

/** A value as Automerge takes it whole. */
function prepare(value: Json, scalarText: (text: string) => unknown): Prepared {
  const misfits: Misfit[] = []
  const walk = (json: Json, path: readonly (string | number)[]): unknown => {
    if (typeof json === 'string') return scalarText(json)
    if (typeof json === 'number') {
      if (json >= maxInteger) misfits.push({ path, value: json })
      return json >= maxInteger ? 0 : json === 0 ? 0 : json
    }
    if (typeof json !== 'object' || json === null) return json
    if (isArray(json)) return json.map((item, at) => walk(item, [...path, at]))
    const prepared: Record<string, unknown> = {}
    for (const [key, item] of Object.entries(json)) prepared[storedKey(key)] = walk(item, [...path, storedKey(key)])
    return prepared
  }
  return { value: walk(value, []), misfits }
}

function isArray(json: Json): json is readonly Json[] {
  return Array.isArray(json)
}

/** Sets a key of an object, or replaces an item of an array. */
export function putJson(
  handle: Handle,
  object: string,
  key: string | number,
  value: Json,
  scalarText: (text: string) => unknown
): void {
  if (typeof value === 'object' && value !== null) {
    const { value: prepared, misfits } = prepare(value, scalarText)
    const made = handle.putObjectFromHydrate(object, key, prepared)
    for (const misfit of misfits) mend(handle, made, misfit)
    return
  }
  if (typeof value === 'string') handle.put(object, key, value, 'str')
  else if (typeof value === 'boolean') handle.put(object, key, value, 'boolean')
  else if (typeof value === 'number')
    handle.put(object, key, value === 0 ? 0 : value, Number.isSafeInteger(value) ? 'int' : 'f64')
  else handle.put(object, key, null, 'null')
}

export function insertJson(
  handle: Handle,
  array: string,
  at: number,
  items: readonly Json[],
  scalarText: (text: string) => unknown
): void {
  const prepared = items.map(item => prepare(item, scalarText))
  handle.spliceFromHydrate(
    array,
    at,
    0,
    prepared.map(({ value }) => value)
  )
  for (const [index, { misfits }] of prepared.entries()) {
    for (const { path, value } of misfits) mend(handle, array, { path: [at + index, ...path], value })
  }
}

function mend(handle: Handle, root: string, { path, value }: Misfit): void {
  let object = root
  for (const step of path.slice(0, -1)) object = objectAt(handle, object, step)?.id ?? object
  const last = path[path.length - 1]
  if (last !== undefined) handle.put(object, last, value, 'f64')
}

export interface PlacedObject {
  readonly kind: 'map' | 'list'
  readonly id: string
}

/** The object or array that is there, if it is one. `key` is as stored. */
export function objectAt(handle: Handle, object: string, key: string | number): PlacedObject | undefined {
  const typed = handle.getWithType(object, key)
  if (typed === null || typed === undefined) return undefined
  const [kind, id] = typed
  return (kind === 'map' || kind === 'list') && typeof id === 'string' ? { kind, id } : undefined
}

/** A plain value of what Automerge made of an object. What JSON does not have reads as null, as do objects that are too deep. */
export function plainJson(value: unknown, depth = 0): Json {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  if (typeof value === 'bigint') return Number(value)
  if (typeof value !== 'object') return null
  if (isScalarText(value)) return value.val
  if (depth >= maxJsonDepth) return null
  if (Array.isArray(value)) return value.map(item => plainJson(item, depth + 1))
  if (!isPlain(value)) return null
  const plain: Record<string, Json> = {}
  for (const [key, item] of Object.entries(value)) setOwn(plain, shownKey(key), plainJson(item, depth + 1))
  return plain
}

/** Whether an object that Automerge made holds more than JSON of `maxJsonDepth`. */
export function isForeign(value: unknown, depth = 0): boolean {
  if (value === null || ['boolean', 'string', 'bigint'].includes(typeof value)) return false
  if (typeof value === 'number') return !Number.isFinite(value)
  if (typeof value !== 'object') return true
  if (isScalarText(value)) return false
  if (depth >= maxJsonDepth) return true
  if (Array.isArray(value)) return value.some(item => isForeign(item, depth + 1))
  return !isPlain(value) || Object.values(value).some(item => isForeign(item, depth + 1))
}

/** By its shape: there may be several instances of Automerge, each with a class of its own. */
function isScalarText(value: object): value is { val: string } {
  return !isPlain(value) && 'val' in value && typeof value.val === 'string'
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype || Array.isArray(value)
}
