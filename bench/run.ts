/**
 * `npm run bench`: runs all benchmarks but `databases`, or those that are named, prints a table of each and writes its JSON to
 * bench/results/.
 *
 * Benchmarks are not tests: nothing here passes or fails by speed. See docs/benchmarks.md for the method.
 */
import { rmSync } from 'node:fs'
import { mkdir, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { SeededRandom } from '../src/simulation/random.ts'
import { asks } from './asks.ts'
import { calls } from './calls.ts'
import { catchUp } from './catch-up.ts'
import { convergence } from './convergence.ts'
import { crdt } from './crdt.ts'
import { databases } from './databases.ts'
import { deltas } from './deltas.ts'
import { dissemination } from './dissemination.ts'
import { failover } from './failover.ts'
import { handOff } from './hand-off.ts'
import { links } from './links.ts'
import { receive } from './receive.ts'
import { scale } from './scale.ts'
import { store } from './store.ts'
import type { Benchmark } from './support/benchmark.ts'
import { describeMachine, describeSource, loadAverage } from './support/machine.ts'
import { Report, writeResult } from './support/report.ts'

const benchmarks: readonly Benchmark[] = [
  convergence,
  deltas,
  receive,
  dissemination,
  catchUp,
  asks,
  links,
  calls,
  failover,
  handOff,
  crdt,
  store,
  scale,
  databases
]

interface Options {
  readonly runs: number
  readonly seed: string
  readonly isQuick: boolean
  /** Part of the names of the cases to be measured. */
  readonly only: string
  readonly dataBase: string
  readonly out: string
  readonly profileDir: string | undefined
}

const usage = `npm run bench -- [${benchmarks.map(({ name }) => name).join('|')} …]
  --runs N      how often each case is measured (default 3)
  --only TEXT   only cases whose name contains it
  --quick       a smoke run: everything happens, the figures mean nothing
  --seed TEXT   seed of random choices (default shoal)
  --data DIR    where data directories are made: the disk that is measured (default ${tmpdir()})
  --out DIR     where the JSON goes (default bench/results, for a quick run ${join(tmpdir(), 'shoal-bench-quick')})
  --profile DIR writes a CPU profile of each node's process there`

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      runs: { type: 'string' },
      only: { type: 'string', default: '' },
      quick: { type: 'boolean', default: false },
      seed: { type: 'string', default: 'shoal' },
      data: { type: 'string', default: tmpdir() },
      out: { type: 'string' },
      profile: { type: 'string' },
      help: { type: 'boolean', default: false }
    }
  })
  if (values.help) {
    print(usage)
    return
  }
  const runs = Number(values.runs ?? (values.quick ? 1 : 3))
  if (!Number.isInteger(runs) || runs < 1) throw new TypeError('--runs is a positive integer')
  // The comparison with other databases first installs them: half a gigabyte.
  const byDefault = benchmarks.filter(benchmark => benchmark !== databases)
  const chosen = positionals.length === 0 ? byDefault : positionals.map(benchmarkNamed)
  const { quick: isQuick, only, seed, data: dataBase, profile: profileDir } = values
  const out = values.out ?? (isQuick ? join(tmpdir(), 'shoal-bench-quick') : join(import.meta.dirname, 'results'))
  for (const benchmark of chosen) await runOne(benchmark, { runs, seed, isQuick, only, dataBase, out, profileDir })
}

async function runOne(benchmark: Benchmark, options: Options): Promise<void> {
  const { runs, seed, isQuick, only, dataBase, out, profileDir } = options
  await mkdir(dataBase, { recursive: true })
  const dataDir = await mkdtemp(join(dataBase, 'shoal-bench-'))
  const clear = () => rmSync(dataDir, { recursive: true, force: true })
  process.once('exit', clear)
  const report = new Report()
  const startedAt = new Date()
  const loadBefore = loadAverage()
  print(`\n${benchmark.name}: ${benchmark.about}`)
  try {
    const machine = describeMachine(dataDir)
    await benchmark.run({
      runs,
      isQuick,
      random: new SeededRandom(seed),
      seed,
      dataDir,
      nodeOptions: profileDir === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileDir}`],
      size: (full, quick) => (isQuick ? quick : full),
      wants: name => name.includes(only),
      add: (name, figures) => report.add(name, figures),
      say: line => process.stderr.write(`  ${line}\n`)
    })
    const path = await writeResult(out, benchmark.name, startedAt, {
      benchmark: benchmark.name,
      about: benchmark.about,
      startedAt: startedAt.toISOString(),
      durationSeconds: Math.round((Date.now() - startedAt.getTime()) / 100) / 10,
      source: describeSource(),
      node: process.version,
      machine,
      load: { before: loadBefore, after: loadAverage() },
      options: { runs, seed, only, quick: isQuick, profiled: profileDir !== undefined },
      cases: report.cases()
    })
    print(`\n${report.table()}\n\n${path}`)
  } finally {
    process.off('exit', clear)
    clear()
  }
}

function benchmarkNamed(name: string): Benchmark {
  const found = benchmarks.find(benchmark => benchmark.name === name)
  if (found === undefined) throw new TypeError(`there is no benchmark ${name}\n${usage}`)
  return found
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

// An end by signal clears up too; the nodes' processes end with this one.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
try {
  await main()
} catch (error) {
  process.stderr.write(`${error instanceof TypeError ? error.message : String((error as Error)?.stack ?? error)}\n`)
  process.exitCode = 1
}
