/**
 * A log of effects, each with the life of the process that ran its handler, this machine's one monotonic clock then, and the effect that the handler
 * found to be the last one. So the log itself shows an accepted effect of an owner that ran beside its successor, or on a state that was not
 * the latest, and no judge has to guess. Also a module for `--actors`.
 */
import { command, eventSourced, exclusive, query } from 'shoal'
import { z } from 'zod'

export interface Effect {
  /** The number of the call. */
  readonly call: number
  /** The process that ran the handler. */
  readonly by: number
  readonly atUs: number
  /** The call that the handler saw as the last one; -1: none. */
  readonly saw: number
}

/** So few events to a chunk that most owners write some. */
const snapshotEvery = 20

export const EffectLog = exclusive(
  'effect-log',
  eventSourced({
    initial: { count: 0, last: -1 },
    apply: ({ count }, { call }: Effect) => ({ count: count + 1, last: call }),
    snapshotEvery
  }),
  {
    append: command(
      z.object({ call: z.int().min(0) }),
      ({ state, emit }, { call }) => emit({ call, by: process.pid, atUs: nowUs(), saw: state.last }).count
    ),
    count: query(({ state }) => state.count)
  },
  { partition: 'lease' }
)

/** The machine's monotonic clock, which all its processes share, in microseconds. */
export function nowUs(): number {
  return Math.floor(Number(process.hrtime.bigint() / 1000n))
}

export interface Append {
  readonly log: string
  readonly call: number
  readonly fromUs: number
  readonly toUs: number
  /** The place in the log, from 1; or what the failure says of the effect. */
  readonly outcome: number | 'none' | 'unknown'
}

export interface EffectJudgement {
  readonly effects: number
  /** How often one process went on where another had been. */
  readonly changes: number
  /** Effects that were accepted after another owner's that ran later. */
  readonly overlaps: readonly string[]
  /** Effects of handlers that did not see what is before them in the log. */
  readonly stale: readonly string[]
  /** What was acknowledged and is not there, or there otherwise; what is there twice, or though it was refused; what nobody called. */
  readonly wrong: readonly string[]
}

/** Each log in order, from its first effect. */
export function judgeEffects(
  logs: ReadonlyMap<string, readonly Effect[]>,
  appends: readonly Append[]
): EffectJudgement {
  const [overlaps, stale, wrong]: [string[], string[], string[]] = [[], [], []]
  const places = new Map<string, number>()
  let [effects, changes] = [0, 0]
  for (const [log, all] of logs) {
    effects += all.length
    for (const [i, effect] of all.entries()) {
      const before = all[i - 1]
      const text = `${log}, ${i + 1}: ${JSON.stringify(before)}, then ${JSON.stringify(effect)}`
      if (before !== undefined && before.by !== effect.by) changes++
      if (before !== undefined && before.atUs > effect.atUs) overlaps.push(text)
      if (effect.saw !== (before?.call ?? -1)) stale.push(text)
      const key = `${log}/${effect.call}`
      if (places.has(key)) wrong.push(`twice: ${text}`)
      places.set(key, i + 1)
    }
  }
  const called = new Set<string>()
  for (const append of appends) {
    const key = `${append.log}/${append.call}`
    called.add(key)
    const place = places.get(key)
    const text = `${JSON.stringify(append)} is at ${place}`
    if (append.outcome === 'none' ? place !== undefined : append.outcome !== 'unknown' && place !== append.outcome)
      wrong.push(text)
    const ranUs = logs.get(append.log)?.[(place ?? 0) - 1]?.atUs
    const isWithin =
      ranUs === undefined || (ranUs >= append.fromUs && (ranUs <= append.toUs || append.outcome === 'unknown'))
    if (!isWithin) wrong.push(`not within its call: ${text}, run at ${ranUs}`)
  }
  for (const key of places.keys()) if (!called.has(key)) wrong.push(`nobody called ${key}`)
  return { effects, changes, overlaps, stale, wrong }
}
