/**
 * The bug zoo of lease shards: each bug is put into a copy of the sources, and seeds of faults are run against it until one fails.
 *
 *     node --conditions=shoal-source test/cluster/lease/mutants.ts [--seeds 60] [--only 'part of a name']
 */
import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { type LeaseMutant, leaseMutants } from './lease-zoo.ts'

const root = join(import.meta.dirname, '..', '..', '..')
const huntTimeoutMs = 900_000

/** In the copy: runs seeds until one fails, and says which. */
async function huntHere(seeds: number): Promise<void> {
  const { faultyLeaseRun } = await import('./faulty-lease-run.ts')
  for (let seed = 1; seed <= seeds; seed++) {
    const failed = (error: unknown) =>
      process.stdout.write(`seed ${seed}: ${String(error).slice(0, 140)}\n`, () => process.exit(0))
    process.removeAllListeners('uncaughtException').on('uncaughtException', failed)
    try {
      await faultyLeaseRun(seed)
    } catch (error) {
      failed(error)
      return
    }
  }
}

async function found(mutant: LeaseMutant, seeds: number): Promise<string> {
  const copy = await mkdtemp(join(tmpdir(), 'shoal-lease-'))
  try {
    for (const part of ['src', 'test', 'proto', 'package.json', 'examples'])
      await cp(join(root, part), join(copy, part), { recursive: true })
    await symlink(join(root, 'node_modules'), join(copy, 'node_modules'))
    for (const { file, find, replace } of [mutant, ...(mutant.also === undefined ? [] : [mutant.also])]) {
      const path = join(copy, 'src', file)
      const source = await readFile(path, 'utf8')
      if (source.split(find).length !== 2) throw new Error(`${mutant.name} does not fit ${file}`)
      const changed = source.replace(find, () => replace)
      await writeFile(path, changed)
    }
    const script = join(copy, 'test/cluster/lease/mutants.ts')
    const args = ['--conditions=shoal-source', script, '--here', '--seeds', String(seeds)]
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: huntTimeoutMs })
    return stdout.trim() === '' ? 'NOT FOUND' : stdout.trim()
  } finally {
    await rm(copy, { recursive: true })
  }
}

const { values } = parseArgs({
  options: {
    here: { type: 'boolean', default: false },
    seeds: { type: 'string', default: '60' },
    only: { type: 'string', default: '' }
  }
})
if (values.here) await huntHere(Number(values.seeds))
else
  for (const mutant of leaseMutants)
    if (mutant.name.includes(values.only)) console.log(`${mutant.name}: ${await found(mutant, Number(values.seeds))}`)
