/**
 * Whether what clients saw of one register can have happened one call at a time, also where it was removed: linearizability by search.
 *
 * With removals the order of writes is not known from what they replace, as nothing is replaced again and again: `register-history.ts` does not
 * do. The search tries what may come next (Wing and Gong, 1993) and never looks twice at the same calls with the same value (Lowe, 2017).
 */
import type { Call } from './register-history.ts'

interface Place {
  readonly version: string | undefined
  /** Of the calls that were answered, sorted by when they began: all before this one, and these. */
  readonly base: number
  readonly beyond: readonly number[]
  /** Of those that were not. */
  readonly open: readonly number[]
}

/** `false`: no order of the calls explains what they saw. */
export function fits(calls: readonly Call[]): boolean {
  const versions = new Map<string, string>()
  for (const { value, version } of calls) if (value !== undefined && version !== undefined) versions.set(value, version)
  const byTime = (one: Call, other: Call) => one.began - other.began
  const answered = calls.filter(({ outcome }) => outcome !== 'unknown').sort(byTime)
  const open = calls.filter(({ outcome }) => outcome === 'unknown').sort(byTime)
  /** `undefined`: it cannot come next. */
  const step = ({ what, outcome, version, expected, value }: Call, now: string | undefined) => {
    const isThere = now === expected
    if (what === 'read') return now === version ? { version: now } : undefined
    if (what === 'remove') return { version: isThere ? undefined : now }
    if (outcome === 'conflict') return isThere ? undefined : { version: now }
    return isThere ? { version: versions.get(value ?? '') ?? `? ${value}` } : undefined
  }
  const seen = new Set<string>()
  const places: Place[] = [{ version: undefined, base: 0, beyond: [], open: [] }]
  for (let place = places.pop(); place !== undefined; place = places.pop()) {
    const { version, base, beyond } = place
    const key = `${version} ${base} ${beyond} ${place.open}`
    if (seen.has(key)) continue
    seen.add(key)
    if (base === answered.length) return true
    const left: number[] = []
    let endMs = Number.POSITIVE_INFINITY
    // No call may come before one that ended before it began.
    for (let at = base; at < answered.length; at++) {
      const call = answered[at] as Call
      if (call.began > endMs) break
      if (beyond.includes(at)) continue
      left.push(at)
      endMs = Math.min(endMs, call.ended)
    }
    const next = left.filter(at => (answered[at] as Call).began <= endMs)
    const after = next.flatMap(at => {
      const stepped = step(answered[at] as Call, version)
      return stepped === undefined ? [] : [{ at, isFree: stepped.version === version, ...stepped }]
    })
    // What changes nothing may as well come now.
    const free = after.find(({ isFree }) => isFree)
    for (const [at, call] of open.entries()) {
      if (free !== undefined || call.began > endMs || place.open.includes(at)) continue
      const stepped = step(call, version)
      if (stepped !== undefined && stepped.version !== version)
        places.push({ ...place, version: stepped.version, open: [...place.open, at].sort((a, b) => a - b) })
    }
    for (const { at, version: then } of free === undefined ? after.reverse() : [free])
      places.push({ ...including(at, base, beyond), version: then, open: place.open })
  }
  return false
}

function including(at: number, base: number, beyond: readonly number[]): Pick<Place, 'base' | 'beyond'> {
  const rest = [...beyond, at].sort((a, b) => a - b)
  let end = base
  while (rest[0] === end) {
    rest.shift()
    end++
  }
  return { base: end, beyond: rest }
}
