/**
 * `npm run fuzz -- orSet --minutes 5`: feeds one decoder, or several, or `all`, with bytes that are nearly right.
 *
 * Half of the time goes to inputs that run new code, with V8's counters on, and half to as many inputs as possible. It prints the
 * seed and what was done. Inputs that ran new code join the corpus; one that broke a promise is kept in failures/, and the exit
 * code is 1. `npm test` tries all that is kept again (replay.test.ts). `--seed`, `--minutes` (for each target, 1 by default).
 */
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import { hexOf } from './support/check.ts'
import { keepInputs, readInputs } from './support/corpus.ts'
import type { Figures, Found } from './support/fuzzer.ts'
import { maxInputBytes } from './support/mutate.ts'
import type { Report, Work } from './support/worker.ts'
import { targets } from './targets.ts'

/** An input that takes longer hangs the decoder, in milliseconds. Long, because a busy machine makes any input wait. */
const hangMs = 30_000
const sharedBytes = 8 + 32 * maxInputBytes

interface Stretch {
  readonly figures: Figures | undefined
  readonly found: readonly Found[]
  readonly fresh: readonly Uint8Array[]
}

/** Runs a worker to its end, or to the input that hangs it. */
async function stretch(work: Omit<Work, 'shared'>): Promise<Stretch> {
  const shared = new SharedArrayBuffer(sharedBytes)
  const words = new Int32Array(shared, 0, 2)
  const worker = new Worker(new URL('./support/worker.ts', import.meta.url), { workerData: { ...work, shared } })
  const { promise, resolve, reject } = Promise.withResolvers<Stretch>()
  let isReady = false
  let last = -1
  let lastMs = performance.now()
  const watch = setInterval(() => {
    const count = Atomics.load(words, 0)
    if (count !== last || !isReady) {
      last = count
      lastMs = performance.now()
    } else if (performance.now() - lastMs > hangMs) {
      const bytes = new Uint8Array(shared, 8, words[1]).slice()
      resolve({ figures: undefined, found: [{ bytes, fault: 'hangs', detail: `over ${hangMs} ms` }], fresh: [] })
    }
  }, 250)
  worker.on('message', (report: Report) => {
    if (report.is === 'ready') isReady = true
    else resolve(report)
  })
  worker.on('error', reject)
  try {
    return await promise
  } finally {
    clearInterval(watch)
    await worker.terminate()
  }
}

/** Answers whether nothing was found. */
async function fuzz(target: string, seed: string, minutes: number): Promise<boolean> {
  const corpus = (await readInputs('corpus', target)).map(({ bytes }) => bytes)
  const stretches: Stretch[] = []
  for (const withCoverage of [true, false]) {
    const fresh = stretches.flatMap(done => done.fresh)
    const inputs = [...corpus, ...fresh]
    const milliseconds = (minutes * 60_000) / 2
    stretches.push(
      await stretch({ target, seed: `${seed}/${withCoverage}`, milliseconds, withCoverage, corpus: inputs })
    )
    if (stretches.some(done => done.found.length > 0)) break
  }
  const [guided, blind] = stretches
  await keepInputs(
    'corpus',
    target,
    (guided?.fresh ?? []).map(bytes => ({ bytes, remark: '' }))
  )
  for (const { figures } of stretches) if (figures !== undefined) print(`  ${lineOf(figures, minutes / 2)}`)
  print(
    `  ${guided?.fresh.length ?? 0} inputs that ran new code or were refused in a new way; the corpus had ${corpus.length}`
  )
  const found = [...(guided?.found ?? []), ...(blind?.found ?? [])]
  for (const { bytes, fault, detail } of found) {
    const path = await keepInputs('failures', target, [{ bytes, remark: fault }])
    print(`  FOUND ${fault}: ${detail}\n    ${hexOf(bytes)}\n    kept in ${path}`)
  }
  return found.length === 0
}

function lineOf(figures: Figures, minutes: number): string {
  const { executions, accepted, worstMs, worstMsBytes, worstHeapRatio, worstHeapBytes, heapsMeasured, blocks } = figures
  return [
    `${executions} inputs (${Math.round(executions / minutes / 60)} a second), ${accepted} accepted`,
    blocks > 0 ? `${blocks} stretches of code` : 'without counters',
    `slowest ${worstMs.toFixed(1)} ms (${worstMsBytes} bytes)`,
    `most heap ${worstHeapRatio.toFixed(1)} times the input (${worstHeapBytes} bytes, ${heapsMeasured} measured)`
  ].join('; ')
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { minutes: { type: 'string', default: '1' }, seed: { type: 'string', default: String(Date.now()) } }
})
const minutes = Number(values.minutes)
const chosen = positionals.includes('all') ? [...targets.keys()] : positionals
if (chosen.length === 0 || chosen.some(name => !targets.has(name)) || !(minutes > 0)) {
  print(`npm run fuzz -- <target>… [--minutes 1] [--seed text]\ntargets: all, ${[...targets.keys()].join(', ')}`)
  process.exitCode = 2
} else {
  for (const target of chosen) {
    print(`${target}, seed ${values.seed}`)
    if (!(await fuzz(target, values.seed, minutes))) process.exitCode = 1
  }
}
