/**
 * What `npm test` runs: every test/**\/*.test.ts, or those whose path begins with one of the arguments, such as
 * `npm test -- test/crdt`. Other arguments that begin with a dash go to Node's test runner.
 *
 * Tests with real processes and a browser have promises in seconds to keep, so they run one file after the other, and
 * after them the others that heed the real clock. What they leave of the processors goes to those whose clock is virtual,
 * or that have none: they run beside them all the while, at a lower priority. A run without a test fails, and so does one
 * that does not end.
 */
import { spawn } from 'node:child_process'
import { glob, mkdtemp, readFile, rm } from 'node:fs/promises'
import { availableParallelism, constants, getPriority, setPriority, tmpdir } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** `SHOAL_CASES=10000` (`npm run test:nightly`) makes properties try so many cases each, which takes hours. */
const isNightly = process.env['SHOAL_CASES'] !== undefined
/** Longest time for one file, and for one part, in milliseconds: they end what hangs. */
const fileTimeoutMs = isNightly ? 4 * 3_600_000 : 15 * 60_000
const partTimeoutMs = isNightly ? 8 * 3_600_000 : 25 * 60_000

/** Folders under test/ whose tests start processes. */
const processFolders = ['processes', 'cli', 'demo', 'bench']

/** Folders under test/ whose tests may take as long as they like, but for files that say one of the words below. */
const patientFolders = ['actors', 'cluster', 'crdt', 'histories', 'models', 'simulate', 'simulation']
const realTime = /\b(?:createNode|performance\.now|setTimeout|hrtime|WorkerSandbox)\b/
/** A tenth of what the others get, and not the lowest: a patient file must end while other programs run, too. */
const patientPriority = constants.priority.PRIORITY_BELOW_NORMAL
/** Patient files, and their part, may take so many times as long. */
const patience = 2

const signals = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const

const root = fileURLToPath(new URL('..', import.meta.url))

interface Part {
  readonly what: string
  readonly files: readonly string[]
  readonly concurrency: number
  /** Whether the part takes only what the others leave of the processors, and is told after them. */
  readonly isPatient?: boolean
}

/** The closing lines of Node's runner, in its order. Those of the parts are added up and said once, at the end. */
const figures = ['tests', 'suites', 'pass', 'fail', 'cancelled', 'skipped', 'todo'] as const
type Figure = (typeof figures)[number]
const figureLine = /^(?:ℹ|#) (tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) ([\d.]+)$/
const colours = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g')

class Totals {
  readonly #totals = new Map<Figure, number>()

  /** Whether the line is one of the closing lines. How long a part took is dropped: some run side by side. */
  takes(line: string): boolean {
    const [, figure, value] = figureLine.exec(line.replace(colours, '')) ?? []
    if (figure === undefined) return false
    if (figure !== 'duration_ms') this.#totals.set(figure as Figure, this.of(figure as Figure) + Number(value))
    return true
  }

  add(part: Totals): void {
    for (const figure of figures) this.#totals.set(figure, this.of(figure) + part.of(figure))
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
  const { withProcesses, inRealTime, patient } = await testFiles(paths)
  if (withProcesses.length + inRealTime.length + patient.length === 0) {
    process.stderr.write(`no test file ${paths.length === 0 ? 'under test/' : `matches ${paths.join(' ')}`}\n`)
    return 1
  }
  const startMs = performance.now()
  const cores = Math.max(2, availableParallelism())
  const totals = new Totals()
  // Lines of two parts at once would make no sense: those of the patient one wait until the others have ended.
  const held: string[] = []
  let isHeld = true
  const hold = (line: string) => (isHeld ? held.push(line) : print(line))
  // What one process has compiled, no other compiles again.
  const compiled = await mkdtemp(join(tmpdir(), 'shoal-compiled-'))
  let isEnded = false
  for (const signal of signals) process.once(signal, () => (isEnded = true))
  const run = async (part: Part, say = print) => (isEnded ? 1 : runPart({ part, options, compiled, totals, say }))
  const patiently = run({ what: 'without a real clock', files: patient, concurrency: cores, isPatient: true }, hold)
  const codes = [
    await run({ what: 'with processes', files: withProcesses, concurrency: 1 }),
    await run({ what: 'in real time', files: inRealTime, concurrency: cores })
  ]
  isHeld = false
  for (const line of held) print(line)
  codes.push(await patiently)
  await rm(compiled, { recursive: true, force: true })
  process.stdout.write(`${totals}ℹ duration_ms ${performance.now() - startMs}\n`)
  return codes.find(code => code !== 0) ?? 0
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

interface Files {
  readonly withProcesses: readonly string[]
  readonly inRealTime: readonly string[]
  readonly patient: readonly string[]
}

async function testFiles(paths: readonly string[]): Promise<Files> {
  const wanted = paths.map(path => relative(root, resolve(path)))
  const files = { withProcesses: [] as string[], inRealTime: [] as string[], patient: [] as string[] }
  const all: string[] = []
  for await (const file of glob('test/**/*.test.ts', { cwd: root })) all.push(file)
  for (const file of all.sort()) {
    if (wanted.length > 0 && !wanted.some(path => file.startsWith(path))) continue
    if (isIn(processFolders, file)) files.withProcesses.push(file)
    else if (!isIn(patientFolders, file)) files.inRealTime.push(file)
    else files[realTime.test(await readFile(join(root, file), 'utf8')) ? 'inRealTime' : 'patient'].push(file)
  }
  return files
}

function isIn(folders: readonly string[], file: string): boolean {
  return folders.some(folder => file.startsWith(`test/${folder}/`))
}

interface Run {
  readonly part: Part
  readonly options: readonly string[]
  /** Directory of what processes of tests have compiled. */
  readonly compiled: string
  readonly totals: Totals
  readonly say: (line: string) => void
}

/** Answers the exit code of Node's runner, or 1 where it did not end by itself or ran no test. */
async function runPart({ part, options, compiled, totals, say }: Run): Promise<number> {
  const { what, files, concurrency, isPatient = false } = part
  if (files.length === 0) return 0
  say(`${files.length} test files ${what}`)
  const times = isPatient ? patience : 1
  const runner = [
    '--conditions=shoal-source',
    '--test',
    '--test-reporter=spec',
    `--test-concurrency=${concurrency}`,
    `--test-timeout=${times * fileTimeoutMs}`
  ]
  const child = spawn(process.execPath, [...runner, ...options, ...files], {
    cwd: root,
    env: { NODE_COMPILE_CACHE: compiled, ...process.env },
    stdio: ['ignore', 'pipe', 'inherit']
  })
  if (isPatient && child.pid !== undefined) setPriority(child.pid, Math.max(getPriority(), patientPriority))
  const end = (signal: NodeJS.Signals) => child.kill(signal)
  for (const signal of signals) process.on(signal, end)
  const timer = setTimeout(() => {
    process.stderr.write(`the tests ${what} did not end within ${(times * partTimeoutMs) / 60_000} minutes\n`)
    end('SIGTERM')
    setTimeout(end, 5_000, 'SIGKILL').unref()
  }, times * partTimeoutMs)
  const exited = new Promise<number>(resolve => child.on('close', code => resolve(code ?? 1)))
  const own = new Totals()
  for await (const line of createInterface({ input: child.stdout })) {
    if (!own.takes(line)) say(line)
  }
  const exitCode = await exited
  clearTimeout(timer)
  for (const signal of signals) process.off(signal, end)
  totals.add(own)
  if (own.of('tests') > 0) return exitCode
  process.stderr.write(`no test ran among the files ${what}\n`)
  return exitCode || 1
}

process.exitCode = await main(process.argv.slice(2))
