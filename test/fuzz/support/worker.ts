/** One stretch of fuzzing in a thread of its own, so that an input that hangs it can be told and ended. */
import { parentPort, workerData } from 'node:worker_threads'
import { Coverage } from './coverage.ts'
import type { Figures, Found } from './fuzzer.ts'

export interface Work {
  readonly target: string
  readonly seed: string
  readonly milliseconds: number
  readonly withCoverage: boolean
  readonly corpus: readonly Uint8Array[]
  /** Two 32-bit words, the number of inputs begun and the length of the present one, and then its bytes. */
  readonly shared: SharedArrayBuffer
}

export type Report =
  | { readonly is: 'ready' }
  | {
      readonly is: 'done'
      readonly figures: Figures
      readonly found: readonly Found[]
      readonly fresh: readonly Uint8Array[]
    }

const { target, seed, milliseconds, withCoverage, corpus, shared } = workerData as Work
const words = new Int32Array(shared, 0, 2)
const bytes = new Uint8Array(shared, 8)

function trying(input: Uint8Array): void {
  words[1] = Math.min(input.length, bytes.length)
  bytes.set(input.subarray(0, bytes.length))
  Atomics.add(words, 0, 1)
}

function report(message: Report): void {
  parentPort?.postMessage(message)
}

// Before the sources are loaded: only code compiled from now on has counters.
const coverage = withCoverage ? new Coverage() : undefined
const { targets } = await import('../targets.ts')
const { Fuzzer } = await import('./fuzzer.ts')
const chosen = targets.get(target)
if (chosen === undefined) throw new Error(`no target ${target}`)
const seeds = chosen.seeds()
/** Time of this thread's own: others may have the processors. */
const nowMs = () => {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}
const fuzzer = new Fuzzer(chosen, { seed, nowMs, trying, ...(coverage === undefined ? {} : { coverage }) })
report({ is: 'ready' })
fuzzer.begin([...seeds, ...corpus])
const endMs = performance.now() + milliseconds
while (performance.now() < endMs && !fuzzer.isDone) fuzzer.round()
coverage?.stop()
report({ is: 'done', figures: fuzzer.figures, found: fuzzer.found, fresh: fuzzer.fresh })
