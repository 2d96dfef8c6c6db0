/**
 * Makes a failing scenario smaller while it still fails in the same way: fewer kinds of trouble, fewer faults and writes (by delta
 * debugging: Zeller and Hildebrandt, "Simplifying and isolating failure-inducing input", 2002), fewer nodes, a shorter run.
 */
import type { Scenario } from '../cluster/support/scenario.ts'

export interface ShrinkOptions {
  /** Runs it, and answers how it failed, if it did. */
  readonly failureOf: (scenario: Scenario) => Promise<string | undefined>
  /** Most runs that it may take. @default 400 */
  readonly maxRuns?: number
  readonly progress?: (scenario: Scenario, runs: number) => void
}

export interface Shrunk {
  readonly scenario: Scenario
  readonly failure: string
  readonly runs: number
}

/** Throws where the scenario does not fail. */
export async function shrink(scenario: Scenario, options: ShrinkOptions): Promise<Shrunk> {
  const first = await options.failureOf(scenario)
  if (first === undefined) throw new Error('nothing to shrink: this scenario does not fail')
  const kind = kindOf(first)
  const { maxRuns = 400 } = options
  let best = { scenario, failure: first }
  let runs = 1
  const fails = async (smaller: Scenario): Promise<boolean> => {
    if (runs >= maxRuns) return false
    runs++
    const failure = await options.failureOf(smaller)
    if (failure === undefined || kindOf(failure) !== kind) return false
    best = { scenario: smaller, failure }
    options.progress?.(smaller, runs)
    return true
  }
  for (let size = Number.POSITIVE_INFINITY; sizeOf(best.scenario) < size; ) {
    size = sizeOf(best.scenario)
    for (const simpler of simplified(best.scenario)) if (simpler !== best.scenario) await fails(simpler)
    for (const fault of new Set(best.scenario.faults.map(({ kind }) => kind)))
      await fails({ ...best.scenario, faults: best.scenario.faults.filter(({ kind }) => kind !== fault) })
    await minimise(best.scenario.faults, faults => fails({ ...best.scenario, faults }))
    await minimise(best.scenario.steps, steps => fails({ ...best.scenario, steps }))
    await fails(shortened(best.scenario))
    await fails({ ...best.scenario, nodes: best.scenario.nodes - 1 })
  }
  return { ...best, runs }
}

/** What kind of failure a message tells of: its words, without the names and numbers of one run. */
export function kindOf(failure: string): string {
  return failure
    .replace(/^(Error: )*/, '')
    .replace(/[\w./-]*\d[\w./-]*/g, '#')
    .replace(/(: [{[].*)$/s, '')
    .slice(0, 60)
}

/** Delta debugging: takes away ever smaller parts of a list, as long as what is left passes `isEnough`. */
async function minimise<Item>(
  items: readonly Item[],
  isEnough: (fewer: readonly Item[]) => Promise<boolean>
): Promise<void> {
  let left = items
  for (let size = Math.ceil(left.length / 2); size >= 1 && left.length > 0; ) {
    const before = left.length
    for (let at = 0; at < left.length; ) {
      const fewer = [...left.slice(0, at), ...left.slice(at + size)]
      if (await isEnough(fewer)) left = fewer
      else at += size
    }
    if (size > 1) size = Math.ceil(size / 2)
    else if (left.length === before) return
  }
}

/** Each without one of the things that make a run hard to read. */
function simplified(scenario: Scenario): Scenario[] {
  const { older, trouble, ...rest } = scenario
  const { restore, ...others } = trouble
  const simpler: Scenario[] = []
  if (older !== undefined) simpler.push({ ...rest, trouble })
  if (restore !== undefined) simpler.push({ ...scenario, trouble: others })
  if (trouble.killChance > 0) simpler.push({ ...scenario, trouble: { ...trouble, killChance: 0 } })
  if (trouble.disasterChance > 0) simpler.push({ ...scenario, trouble: { ...trouble, disasterChance: 0 } })
  if (scenario.shards > 1) simpler.push({ ...scenario, shards: 1 })
  return simpler
}

/** Ends when nothing happens any more. */
function shortened(scenario: Scenario): Scenario {
  const lastMs = Math.max(0, ...scenario.faults.map(({ atMs }) => atMs), ...scenario.steps.map(({ atMs }) => atMs))
  return { ...scenario, faultyMs: Math.min(scenario.faultyMs, Math.ceil(lastMs) + 100) }
}

function sizeOf({ faults, steps, nodes, shards, faultyMs, trouble, older }: Scenario): number {
  const extras = [older, trouble.restore, trouble.killChance || undefined, trouble.disasterChance || undefined]
  return faults.length + steps.length + nodes + shards + faultyMs / 1000 + extras.filter(Boolean).length
}
