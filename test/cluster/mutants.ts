/**
 * The bug zoo: each deliberate bug is put into a copy of the sources, and seeds of faults are run against it until one fails.
 * `node --conditions=shoal-source test/cluster/mutants.ts [SEEDS] [NAME…]` prints which are found, and by which seed; the table
 * in docs/simulation.md is made of it. A bug that no longer fits the sources is an error, so that the zoo keeps up with them.
 */
import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Mutant, mutants } from './support/zoo.ts'

const root = join(import.meta.dirname, '..', '..')
const hunt = '--hunt'

/** In the copy: runs seeds until one fails. */
async function huntHere(seeds: number): Promise<void> {
  const { faultyRun } = await import('./support/faulty-run.ts')
  const { calmRun } = await import('./support/calm-run.ts')
  const failed = (run: string, seed: number, error: unknown) => {
    process.stdout.write(`${JSON.stringify({ run, seed, error: String(error).slice(0, 160) })}\n`, () =>
      process.exit(0)
    )
  }
  for (let seed = 1; seed <= seeds; seed++) {
    const runs = seed % 5 === 0 ? [faultyRun, calmRun] : [faultyRun]
    for (const run of runs) {
      const name = run === calmRun ? 'calm' : 'faults'
      process.removeAllListeners('uncaughtException').on('uncaughtException', error => failed(name, seed, error))
      try {
        await run({ seed })
      } catch (error) {
        failed(name, seed, error)
        return
      }
    }
  }
}

async function find(mutant: Mutant, seeds: number): Promise<string> {
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
    const args = ['--conditions=shoal-source', join(copy, 'test', 'cluster', 'mutants.ts'), hunt, String(seeds)]
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 1_800_000, cwd: copy })
    if (stdout === '') return `| ${mutant.name} | no | |`
    const { run, seed, error } = JSON.parse(stdout) as { run: string; seed: number; error: string }
    return `| ${mutant.name} | ${run} ${seed} | ${error.replaceAll('|', '/')} |`
  } finally {
    await rm(copy, { recursive: true, force: true })
  }
}

const [first, ...names] = process.argv.slice(2)
if (first === hunt) await huntHere(Number(names[0]))
else {
  const seeds = Number(first ?? 200)
  process.stdout.write('| bug | found by seed | how it shows |\n| --- | --- | --- |\n')
  for (const mutant of mutants) {
    if (names.length > 0 && !names.includes(mutant.name)) continue
    process.stdout.write(`${await find(mutant, seeds)}\n`)
  }
}
