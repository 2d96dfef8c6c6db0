/**
 * The bug zoo: each deliberate bug is put into a copy of the sources, and seeds of faults are run against it until one fails.
 *
 *     node --conditions=shoal-source test/cluster/mutants.ts [--seeds 250] [--first 1] [--jobs 2] [--only 'part of a name']…
 *
 * prints which are found, by which seed and how it shows; the table in docs/simulation.md is made of it. A bug that no longer fits
 * the sources is an error, so that the zoo keeps up with them.
 */
import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { type Mutant, mutants } from './support/zoo.ts'

const root = join(import.meta.dirname, '..', '..')
/** A bug may also keep a node from ever standing still. */
const huntTimeoutMs = 1_800_000

interface Hunt {
  readonly seeds: number
  readonly first: number
}

type Aim = Pick<Mutant, 'kinds' | 'isOfMoves' | 'isRestless'>

interface Found {
  readonly run: 'faults' | 'moves'
  readonly seed: number
  readonly error: string
}

/** In the copy: runs seeds until one fails. Every fifth one has planned moves, too; where only they can show it, each has nothing else. */
async function huntHere({ seeds, first }: Hunt, { kinds, isOfMoves = false, isRestless = false }: Aim): Promise<void> {
  const { faultyRun } = await import('./support/faulty-run.ts')
  const { calmRun } = await import('./support/calm-run.ts')
  const faults = (seed: number) => faultyRun({ seed, isRestless, ...(kinds === undefined ? {} : { kinds }) })
  const moves = (seed: number) => calmRun({ seed })
  for (let seed = first; seed < first + seeds; seed++) {
    const runs = [
      ...(isOfMoves ? [] : [['faults', faults] as const]),
      ...(isOfMoves || seed % 5 === 0 ? [['moves', moves] as const] : [])
    ]
    for (const [run, one] of runs) {
      const failed = (error: unknown) => {
        const found: Found = { run, seed, error: String(error).slice(0, 160) }
        process.stdout.write(`${JSON.stringify(found)}\n`, () => process.exit(0))
      }
      process.removeAllListeners('uncaughtException').on('uncaughtException', failed)
      try {
        await one(seed)
      } catch (error) {
        failed(error)
        return
      }
    }
  }
}

async function find(mutant: Mutant, hunt: Hunt): Promise<Found | undefined> {
  const copy = await mkdtemp(join(tmpdir(), 'shoal-mutant-'))
  try {
    for (const part of ['src', 'proto', 'examples', 'package.json'])
      await cp(join(root, part), join(copy, part), { recursive: true })
    for (const part of ['cluster', 'support'])
      await cp(join(root, 'test', part), join(copy, 'test', part), { recursive: true })
    await symlink(join(root, 'node_modules'), join(copy, 'node_modules'))
    for (const { file, find: before, replace } of mutant.changes) {
      const path = join(copy, 'src', file)
      const text = await readFile(path, 'utf8')
      if (text.split(before).length !== 2) throw new Error(`${mutant.name}: does not fit ${file} any more`)
      await writeFile(
        path,
        text.replace(before, () => replace)
      )
    }
    const { kinds, isOfMoves, isRestless } = mutant
    const order = JSON.stringify({ ...hunt, kinds, isOfMoves, isRestless })
    const args = ['--conditions=shoal-source', join(copy, 'test', 'cluster', 'mutants.ts'), '--hunt', order]
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: huntTimeoutMs, cwd: copy })
    return stdout === '' ? undefined : (JSON.parse(stdout) as Found)
  } finally {
    await rm(copy, { recursive: true, force: true })
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '250' },
      first: { type: 'string', default: '1' },
      jobs: { type: 'string', default: '2' },
      only: { type: 'string', multiple: true, default: [] },
      hunt: { type: 'string' }
    }
  })
  if (values.hunt !== undefined) {
    const order = JSON.parse(values.hunt) as Hunt & Aim
    await huntHere(order, order)
    return
  }
  const hunt = { seeds: Number(values.seeds), first: Number(values.first) }
  const wanted = mutants.filter(({ name }) => values.only.length === 0 || values.only.some(part => name.includes(part)))
  const needed: number[] = []
  const waiting = wanted.values()
  process.stdout.write('| bug | found by | how it shows |\n| --- | --- | --- |\n')
  const work = async () => {
    for (const mutant of waiting) {
      const found = await find(mutant, hunt)
      if (found !== undefined) needed.push(found.seed - hunt.first + 1)
      const by = found === undefined ? `not found in ${hunt.seeds}` : `seed ${found.seed} of ${found.run}`
      process.stdout.write(`| ${mutant.name} | ${by} | ${(found?.error ?? '').replaceAll('|', '/')} |\n`)
    }
  }
  await Promise.all(Array.from({ length: Number(values.jobs) }, work))
  const sorted = needed.sort((a, b) => a - b)
  process.stdout.write(
    `${needed.length} of ${wanted.length} found; seeds until one is found: median ${sorted[sorted.length >> 1]}, most ${sorted.at(-1)}\n`
  )
}

await main()
