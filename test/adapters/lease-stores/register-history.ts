/**
 * Whether what clients saw of one register can have happened one call at a time (linearizability, Herlihy and Wing 1990).
 *
 * Easy here, unlike in general: values are unique and every write names what it replaces, so the order of the writes is known, and
 * it is enough that no two calls of which one ended before the other began stand the other way round (Gibbons and Korach, 1997).
 */
export interface Call {
  readonly what: 'read' | 'write' | 'remove'
  /** Moments of one counter: of two calls, one ended before the other began, or they overlapped. */
  readonly began: number
  /** Infinite where nobody knows whether the write took place. */
  readonly ended: number
  readonly outcome: 'done' | 'conflict' | 'unknown'
  /** Of a write: what it wrote. Of a read: what it saw; `undefined`: nothing. */
  readonly value: string | undefined
  /** Of a read, and of a write that was done: the version that goes with the value. */
  readonly version: string | undefined
  /** Of a write or a removal. */
  readonly expected: string | undefined
}

export function whatIsWrong(calls: readonly Call[]): string | undefined {
  const versions = new Map<string, string>()
  for (const { value, version } of calls) {
    if (value === undefined || version === undefined) continue
    const other = versions.get(version)
    if (other !== undefined && other !== value) return `version ${version} named ${other} and ${value}`
    versions.set(version, value)
  }
  const seen = new Map([...versions].map(([version, value]) => [value, version]))
  const next = new Map<string, Call>()
  for (const write of calls) {
    if (write.what !== 'write' || write.outcome === 'conflict') continue
    if (write.outcome === 'unknown' && !seen.has(write.value ?? '')) continue
    const replaced = write.expected ?? ''
    const rival = next.get(replaced)
    if (rival !== undefined) return `${write.value} and ${rival.value} both replaced ${replaced || 'nothing'}`
    next.set(replaced, write)
  }
  const positions = new Map([['', 0]])
  for (let version = ''; next.has(version); ) {
    const position = positions.size
    version = seen.get(next.get(version)?.value ?? '') ?? ''
    if (positions.has(version)) return `the writes go round in a ring at ${version}`
    positions.set(version, position)
  }
  for (const [version, value] of versions)
    if (!positions.has(version)) return `${value} was seen, and no write of it fits in`
  return outOfOrder(calls, positions)
}

/** The last write that a call has behind it at the least, and at the most; `isWrite`: it is itself that last one. */
interface Place {
  readonly call: Call
  readonly least: number
  readonly most: number
  readonly isWrite: boolean
}

function outOfOrder(calls: readonly Call[], positions: ReadonlyMap<string, number>): string | undefined {
  const places: Place[] = []
  const byValue = new Map<string, number>()
  for (const { value, version } of calls)
    if (value !== undefined && version !== undefined) byValue.set(value, positions.get(version) ?? 0)
  for (const call of calls) {
    if (call.outcome === 'conflict') {
      const replaced = positions.get(call.expected ?? '')
      // Nobody has seen what it was to replace.
      if (replaced === undefined) continue
      const least = replaced + 1
      places.push({ call, least, most: Number.POSITIVE_INFINITY, isWrite: false })
      continue
    }
    const at = call.value === undefined ? 0 : byValue.get(call.value)
    if (at !== undefined) places.push({ call, least: at, most: at, isWrite: call.what === 'write' })
  }
  const last = positions.size - 1
  for (const before of places) {
    if (before.least > last && !calls.some(call => mayHaveMet(before.call, call)))
      return `${told(before.call)} met nothing that was in its way`
    for (const after of places) {
      if (before.call.ended >= after.call.began) continue
      if (before.least > after.most || (after.isWrite && before.least === after.most))
        return `${told(before.call)} ended before ${told(after.call)} began, and saw more`
    }
  }
  return undefined
}

/** A write that nobody knows of was perhaps there by then. */
function mayHaveMet(conflict: Call, { what, outcome, began, expected }: Call): boolean {
  return what === 'write' && outcome === 'unknown' && began < conflict.ended && expected === conflict.expected
}

function told({ what, value, outcome, began, ended }: Call): string {
  return `${what} of ${value ?? 'nothing'} (${outcome}, ${began} to ${ended})`
}
