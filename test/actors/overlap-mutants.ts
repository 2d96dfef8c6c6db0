/**
 * The bug zoo of overlaps: the sources are loaded with one bug after the other, and seeds are run until one fails.
 *
 *     node --conditions=shoal-source test/actors/overlap-mutants.ts [--seeds 40] [--only 'part of a name']…
 */
import { execFile } from 'node:child_process'
import { parseArgs, promisify } from 'node:util'
import { loadWith } from '../cluster/lease/patched-loading.ts'
import { overlapMutants } from './support/overlap-zoo.ts'

const huntTimeoutMs = 900_000

async function huntHere(name: string, seeds: number): Promise<void> {
  const bug = overlapMutants.find(mutant => mutant.name === name)
  if (bug === undefined) throw new TypeError(`the zoo has no bug "${name}"`)
  loadWith([bug, bug.also ?? []].flat())
  const { assertAllTold, overlappingRun } = await import('./support/overlapping-run.ts')
  for (let seed = 1; seed <= seeds; seed++) {
    try {
      assertAllTold(await overlappingRun(seed))
    } catch (error) {
      process.stdout.write(`seed ${seed} | ${String(error).split('\n')[0]?.slice(0, 120)}`)
      return
    }
  }
}

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '40' },
    only: { type: 'string', multiple: true, default: [] },
    hunt: { type: 'string' }
  }
})
if (values.hunt !== undefined) await huntHere(values.hunt, Number(values.seeds))
else {
  process.stdout.write('| bug | found by | how it shows |\n| --- | --- | --- |\n')
  const wanted = overlapMutants.filter(
    ({ name }) => values.only.length === 0 || values.only.some(part => name.includes(part))
  )
  for (const { name } of wanted) {
    const args = ['--conditions=shoal-source', import.meta.filename, '--hunt', name, '--seeds', values.seeds]
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: huntTimeoutMs })
    process.stdout.write(`| ${name} | ${stdout === '' ? `not found in ${values.seeds}` : stdout} |\n`)
  }
}
