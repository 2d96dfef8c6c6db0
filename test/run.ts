/**
 * What `npm test` runs: every test/**\/*.test.ts, or those whose path begins with one of the arguments, such as
 * `npm test -- test/crdt`. Other arguments that begin with a dash go to Node's test runner.
 *
 * Tests with real processes and a browser have promises in seconds to keep, so they run by themselves, one file after the
 * other, before the others fill the processors. A run without a test fails, and so does one that does not end.
 */
import { spawn } from 'node:child_process'
import { glob } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { relative, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** `SHOAL_CASES=10000` (`npm run test:nightly`) makes properties try so many cases each, which takes hours. */
const isNightly = process.env['SHOAL_CASES'] !== undefined
/**
 * Longest time for one file, and for one of the two parts, in milliseconds. They end what hangs: the longest file takes four or five
 * minutes, and a part ten, where nothing else has the processors.
 */
const fileTimeoutMs = isNightly ? 4 * 3_600_000 : 15 * 60_000
const partTimeoutMs = isNightly ? 8 * 3_600_000 : 25 * 60_000

/** Folders under test/ whose tests start processes. */
const processFolders = ['processes', 'cli', 'demo', 'bench']

const signals = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const

const root = fileURLToPath(new URL('..', import.meta.url))

interface Part {
  readonly what: string
  readonly files: readonly string[]
  readonly concurrency: number
}

/** The closing lines of Node's runner, in its order. Those of the parts are added up and said once, at the end. */
const figures = ['tests', 'suites', 'pass', 'fail', 'cancelled', 'skipped', 'todo', 'duration_ms'] as const
type Figure = (typeof figures)[number]
const figureLine = /^(?:ℹ|#) (tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) ([\d.]+)$/
const colours = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g')

class Totals {
  readonly #totals = new Map<Figure, number>()

  /** Whether the line is one of the closing lines. */
  takes(line: string): boolean {
    const [, figure, value] = figureLine.exec(line.replace(colours, '')) ?? []
    if (figure === undefined) return false
    this.#totals.set(figure as Figure, this.of(figure as Figure) + Number(value))
    return true
  }

  of(figure: Figure): number {
    return this.#totals.get(figure) ?? 0
  }

  toString(): string {
    return figures.map(figure => `ℹ ${figure} ${this.of(figure)}\n`).join('')
  }
}

async function main(args: readonly string[]): Promise<number> {
  const options = args.filter(arg => arg.startsWith('-'))
  const paths = args.filter(arg => !arg.startsWith('-'))
  const files = await testFiles(paths)
  if (files.length === 0) {
    process.stderr.write(`no test file ${paths.length === 0 ? 'under test/' : `matches ${paths.join(' ')}`}\n`)
    return 1
  }
  const [withProcesses, others] = [files.filter(startsProcesses), files.filter(file => !startsProcesses(file))]
  const parts: Part[] = [
    { what: 'with processes', files: withProcesses, concurrency: 1 },
    { what: 'in one process', files: others, concurrency: Math.max(2, availableParallelism()) }
  ]
  const totals = new Totals()
  let exitCode = 0
  for (const part of parts) {
    if (part.files.length === 0) continue
    const testsBefore = totals.of('tests')
    exitCode = (await run(part, options, totals)) || exitCode
    if (totals.of('tests') > testsBefore) continue
    process.stderr.write(`no test ran among the files ${part.what}\n`)
    exitCode = 1
  }
  process.stdout.write(totals.toString())
  return exitCode
}

async function testFiles(paths: readonly string[]): Promise<string[]> {
  const files: string[] = []
  for await (const file of glob('test/**/*.test.ts', { cwd: root })) files.push(file)
  const wanted = paths.map(path => relative(root, resolve(path)))
  return files.filter(file => wanted.length === 0 || wanted.some(path => file.startsWith(path))).sort()
}

function startsProcesses(file: string): boolean {
  return processFolders.some(folder => file.startsWith(`test/${folder}/`))
}

/** Answers the exit code of Node's runner, or 1 where it did not end by itself. */
async function run({ what, files, concurrency }: Part, options: readonly string[], totals: Totals): Promise<number> {
  process.stdout.write(`${files.length} test files ${what}\n`)
  const runner = ['--test', '--test-reporter=spec', `--test-concurrency=${concurrency}`]
  const args = ['--conditions=shoal-source', ...runner, `--test-timeout=${fileTimeoutMs}`, ...options, ...files]
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] })
  const end = (signal: NodeJS.Signals) => child.kill(signal)
  for (const signal of signals) process.on(signal, end)
  const timer = setTimeout(() => {
    process.stderr.write(`the tests ${what} did not end within ${partTimeoutMs / 60_000} minutes\n`)
    end('SIGTERM')
    setTimeout(end, 5_000, 'SIGKILL').unref()
  }, partTimeoutMs)
  const exited = new Promise<number>(resolve => child.on('close', code => resolve(code ?? 1)))
  for await (const line of createInterface({ input: child.stdout })) {
    if (!totals.takes(line)) process.stdout.write(`${line}\n`)
  }
  const exitCode = await exited
  clearTimeout(timer)
  for (const signal of signals) process.off(signal, end)
  return exitCode
}

process.exitCode = await main(process.argv.slice(2))
