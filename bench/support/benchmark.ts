/** What a benchmark is: a name, a sentence, and a function that measures and hands each run of each case to the report. */
import type { SeededRandom } from '../../src/simulation/random.ts'

/** Figures of one run. Names end with their unit: `p50Ms`, `callsPerSecond`, `bytesPerDelta`. */
export type Figures = Readonly<Record<string, number>>

export interface BenchContext {
  /** Each case is measured so many times. */
  readonly runs: number
  /** A smoke run: everything happens, nothing long enough to mean something. */
  readonly isQuick: boolean
  readonly random: SeededRandom
  /** What `random` was made from, for streams that must begin anew. */
  readonly seed: string
  /** A directory for the data of this benchmark, on the disk that is to be measured. Removed afterwards. */
  readonly dataDir: string
  /** Options of Node for the processes of a cluster, such as `--cpu-prof`. */
  readonly nodeOptions: readonly string[]
  /** A size: the first in a full run, the second in a quick one. */
  size(full: number, quick: number): number
  /** Whether a case was asked for: all are, unless `--only` names a part of their names. */
  wants(name: string): boolean
  /** Notes one run of one case. */
  add(name: string, figures: Figures): void
  /** Tells who waits at the terminal what is going on. */
  say(line: string): void
}

export interface Benchmark {
  readonly name: string
  /** One sentence for the terminal and the JSON file. */
  readonly about: string
  run(context: BenchContext): Promise<void>
}
