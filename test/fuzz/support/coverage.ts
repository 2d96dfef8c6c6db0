/**
 * Which of the sources' code an input runs, block by block, by V8's own counters.
 *
 * It must begin before the sources are loaded: only code compiled after it has counters. Taking the counters costs milliseconds,
 * so it is done for many inputs at once, and where something new was run those are searched for who ran it.
 */
import { type Profiler, Session } from 'node:inspector'

export class Coverage {
  readonly #session = new Session()
  /** Per function the characters of it that have been run. */
  readonly #seen = new Map<string, Uint8Array>()
  #blocks = 0

  constructor() {
    this.#session.connect()
    this.#session.post('Profiler.enable')
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  }

  /** How many stretches of code have been run for the first time. */
  get blocks(): number {
    return this.#blocks
  }

  /** Whether code was run since the last look that no look with `isNoted` has seen. */
  look(isNoted: boolean): boolean {
    let isNew = false
    this.#session.post('Profiler.takePreciseCoverage', (_error, { result }) => {
      for (const { url, functions } of result) {
        if (!url.includes('/src/')) continue
        for (const { ranges, isBlockCoverage } of functions)
          if (isBlockCoverage) isNew = this.#compare(url, ranges, isNoted) || isNew
      }
    })
    return isNew
  }

  stop(): void {
    this.#session.disconnect()
  }

  #compare(url: string, ranges: readonly Profiler.CoverageRange[], isNoted: boolean): boolean {
    const [whole] = ranges
    if (whole === undefined || whole.count === 0) return false
    const key = `${url}:${whole.startOffset}`
    const length = whole.endOffset - whole.startOffset
    const run = new Uint8Array(length)
    // A range stands after the one that it is in, so the innermost has the last word.
    for (const { startOffset, endOffset, count } of ranges) {
      run.fill(Math.min(count, 1), startOffset - whole.startOffset, endOffset - whole.startOffset)
    }
    let seen = this.#seen.get(key)
    if (seen === undefined) {
      seen = new Uint8Array(length)
      this.#seen.set(key, seen)
    }
    let isNew = false
    for (let i = 0; i < length; i++) {
      if (run[i] === 0 || seen[i] === 1) continue
      if (!isNoted) return true
      if (i === 0 || seen[i - 1] === 0 || run[i - 1] === 0) this.#blocks++
      seen[i] = 1
      isNew = true
    }
    return isNew
  }
}
