/** Runs tests against copies of the sources with a bug in them, until one fails. */
import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Way, wayNames } from './broken-types.ts'
import { automergeNames, kinds, type LeafName, nestableNames, topNames, yjsNames } from './kinds.ts'
import type { Mutation } from './mutations.ts'

const root = join(import.meta.dirname, '..', '..', '..')

/** Longest time for the tests of one bug, in milliseconds. A test that hangs has noticed it too. */
const runTimeoutMs = 300_000

/** All that may notice a bug, the quickest first. */
const suite = [
  'laws.test.ts',
  'laws-of-maps.test.ts',
  'semantics.test.ts',
  'codec.test.ts',
  'context.test.ts',
  'laws-of-documents.test.ts',
  'fields.test.ts',
  'concurrency.test.ts'
]

export interface Found {
  readonly test: string
  readonly error: string
}

/** A copy of the data types and their tests. */
export class Copy implements AsyncDisposable {
  readonly #path: string

  private constructor(path: string) {
    this.#path = path
  }

  static async make(): Promise<Copy> {
    const path = await mkdtemp(join(tmpdir(), 'shoal-crdt-mutant-'))
    const parts = ['src', join('test', 'crdt'), 'package.json']
    for (const part of parts) await cp(join(root, part), join(path, part), { recursive: true })
    await symlink(join(root, 'node_modules'), join(path, 'node_modules'))
    return new Copy(path)
  }

  /** A copy in which `SHOAL_BREAK` breaks a type. */
  static async withBreaks(): Promise<Copy> {
    const copy = await Copy.make()
    await copy.change(breakingTable.file, breakingTable.find, breakingTable.replace)
    return copy
  }

  async change(file: string, find: string, replace: string): Promise<void> {
    const path = join(this.#path, 'src', file)
    const text = await readFile(path, 'utf8')
    if (text.split(find).length !== 2) throw new Error(`${JSON.stringify(find)} is not once in ${file}`)
    await writeFile(
      path,
      text.replace(find, () => replace)
    )
  }

  /** Throws where a changed file is no program any more: every test would fail, and would have noticed nothing. */
  async checkImport(file: string): Promise<void> {
    const program = `await import('./src/crdt/index.ts'); await import(${JSON.stringify(`./src/${file}`)})`
    const flags = ['--conditions=shoal-source', '--input-type=module', '--eval', program]
    const fault = await new Promise<string | undefined>(resolve => {
      execFile(process.execPath, flags, { cwd: this.#path, timeout: runTimeoutMs }, (error, _, stderr) =>
        resolve(error === null ? undefined : stderr)
      )
    })
    if (fault !== undefined) throw new Error(`${file} cannot be imported:\n${fault.slice(0, 2000)}`)
  }

  /** The first test that fails, if one does. */
  async run(file: string, tests?: string, more: Readonly<Record<string, string>> = {}): Promise<Found | undefined> {
    const pattern = tests === undefined ? [] : [`--test-name-pattern=/^${tests.replace(/[^a-z ]/gi, '\\$&')}/`]
    const flags = ['--conditions=shoal-source', '--test', '--test-isolation=none', '--test-reporter=tap', ...pattern]
    // A test runner inside another would speak to that one.
    const { SHOAL_CASES: _, NODE_TEST_CONTEXT: __, ...inherited } = process.env
    const env = { SHOAL_SEED: '1', ...inherited, SHOAL_SHRINK: '0', ...more }
    const output = await new Promise<string>(resolve => {
      execFile(
        process.execPath,
        [...flags, join('test', 'crdt', file)],
        {
          cwd: this.#path,
          env,
          timeout: runTimeoutMs,
          maxBuffer: 64 * 1024 * 1024
        },
        (error, stdout) => resolve(error?.killed === true ? `${stdout}\nnot ok 0 - ${file} did not end\n` : stdout)
      )
    })
    return foundIn(output, file)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#path, { recursive: true, force: true })
  }
}

/** The table of types, with `broken` around each. */
export const breakingTable = {
  file: 'crdt/types.ts',
  find: 'for (const type of types) byTag[type.tag] = type',
  replace: `import { broken } from '../../test/crdt/support/broken-types.ts'
for (const type of types) byTag[type.tag] = broken(type)`
} as const

function foundIn(output: string, file: string): Found | undefined {
  const failure = /^not ok \d+ - (.*)$/m.exec(output)
  if (failure === null) {
    if (/^# tests [1-9]/m.test(output)) return undefined
    throw new Error(`no test ran in ${file}:\n${output.slice(0, 2000)}`)
  }
  const rest = output.slice(failure.index)
  const error = /^ +error: (?:\|-\n +)?'?(.*?)'?$/m.exec(rest)?.[1] ?? ''
  return { test: failure[1] ?? file, error: error.slice(0, 120) }
}

type Run = Parameters<Copy['run']>

const passed = new Map<string, Promise<void>>()

/** Throws where these tests fail without a bug, too. They are run once. */
function checkPasses(...run: Run): Promise<void> {
  const key = JSON.stringify(run)
  const known = passed.get(key) ?? runUnchanged(run)
  passed.set(key, known)
  return known
}

async function runUnchanged(run: Run): Promise<void> {
  await using copy = await Copy.make()
  const found = await copy.run(...run)
  if (found !== undefined) throw new Error(`fails without a bug: ${run[0]}: ${found.test}: ${found.error}`)
}

/** What notices the bug. Throws where that is no bug of the program: it cannot be imported, or the test fails without it. */
export async function findIn(mutation: Mutation): Promise<Found | undefined> {
  await using copy = await Copy.make()
  await copy.change(mutation.file, mutation.find, mutation.replace)
  await copy.checkImport(mutation.file)
  const runs: Run[] = [[...mutation.hint], ...suite.map((file): Run => [file])]
  for (const run of runs) {
    const found = await copy.run(...run)
    if (found === undefined) continue
    await checkPasses(...run)
    return found
  }
  return undefined
}

export interface GridCell {
  readonly kind: LeafName
  readonly way: Way
}

/** Types that join without a context, so that it cannot be ignored, and their diffs hold nothing. */
const withoutContext: readonly LeafName[] = ['gCounter', 'pnCounter', ...topNames]

/** One kind for each type, and each way in which it can be broken. */
export function gridCells(): GridCell[] {
  const byTag = new Map<number, LeafName>()
  for (const kind of [...nestableNames, ...topNames]) {
    const { tag } = kinds[kind].field().type
    if (!byTag.has(tag)) byTag.set(tag, kind)
  }
  return [...byTag.values()].flatMap(kind => wayNames.filter(way => applies(kind, way)).map(way => ({ kind, way })))
}

function applies(kind: LeafName, way: Way): boolean {
  const isAboutContexts = way === 'mutator: contexts are ignored' || way === 'diff: held dots are forgotten'
  return !(isAboutContexts && withoutContext.includes(kind))
}

export async function findInGrid(copy: Copy, { kind, way }: GridCell): Promise<Found | undefined> {
  const isOneOf = (names: readonly LeafName[]): boolean => names.includes(kind)
  const isAutomerge = isOneOf(automergeNames)
  const file = isAutomerge
    ? 'laws-of-automerge.test.ts'
    : isOneOf(yjsNames)
      ? 'laws-of-documents.test.ts'
      : 'laws.test.ts'
  const { tag } = kinds[kind].field().type
  // Of Automerge a run of the tests tries few cases, because they take long.
  const more = { SHOAL_LAW: way.replace(/:.*/, ''), ...(isAutomerge ? { SHOAL_CASES: '100' } : {}) }
  const found = await copy.run(file, `${kind} keeps`, { SHOAL_BREAK: `${tag}:${way}`, ...more })
  if (found !== undefined) await checkPasses(file, `${kind} keeps`, more)
  return found
}
