/**
 * What JSON makes of a value, as another node would get it: so no handler shares an object with its caller, and a caller sees the same
 * here and across the network. Plain data is copied without a text in between.
 */
/** What is nested deeper, or goes round in circles, is left to JSON. */
const maxDepth = 32

/** Stands for: JSON knows better. */
const unsure = Symbol('unsure')

/** Throws what `JSON.stringify` does. */
export function jsonCopy(value: unknown): unknown {
  const copy = copied(value, 0)
  return copy === unsure ? throughText(value) : copy
}

function throughText(value: unknown): unknown {
  const text = JSON.stringify(value) as string | undefined
  return text === undefined ? undefined : JSON.parse(text)
}

function copied(value: unknown, depth: number): unknown {
  if (value === null || value === undefined || typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0) ? value : unsure
  if (typeof value !== 'object' || depth === maxDepth) return unsure
  return Array.isArray(value) ? copiedList(value, depth + 1) : copiedObject(value, depth + 1)
}

function copiedList(list: readonly unknown[], depth: number): unknown {
  // A subclass, or one whose class was given a `toJSON`.
  if (Object.getPrototypeOf(list) !== Array.prototype || 'toJSON' in list) return unsure
  const copy: unknown[] = []
  for (const item of list) {
    const own = item === undefined ? null : copied(item, depth)
    if (own === unsure) return unsure
    copy.push(own)
  }
  return copy
}

function copiedObject(value: object, depth: number): unknown {
  const prototype: unknown = Object.getPrototypeOf(value)
  if ((prototype !== Object.prototype && prototype !== null) || 'toJSON' in value) return unsure
  const copy: Record<string, unknown> = {}
  for (const key of Object.keys(value)) {
    if (key === '__proto__') return unsure
    const item = (value as Record<string, unknown>)[key]
    if (item === undefined) continue
    const own = copied(item, depth)
    if (own === unsure) return unsure
    copy[key] = own
  }
  return copy
}
