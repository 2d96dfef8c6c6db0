/**
 * The bug zoo of lease shards: each bug is put into a copy of the sources, which then go through seeds of faults, the same with small limits,
 * the sweep over the arrows of hand-offs, and histories of clients, until one of them fails.
 *
 *     npm run lease-zoo [-- --seeds 60] [--only 'part of a name'] [--how seeds,small,sweep,histories]
 */
import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { type LeaseMutant, leaseMutants, smallLimits } from './lease-zoo.ts'
import { changed, changesOf, loadWith } from './patched-loading.ts'

const root = join(import.meta.dirname, '..', '..', '..')
const huntTimeoutMs = 900_000

const ways = ['seeds', 'small', 'sweep', 'histories'] as const
type Way = (typeof ways)[number]
/** Of the sweep's troubles every so-manieth is tried. */
const stride = 23

/** One run after the other, each with what it is called. */
async function* runs(way: Way, seeds: number): AsyncGenerator<[string, () => Promise<unknown>]> {
  if (way === 'small') loadWith(smallLimits)
  if (way === 'seeds' || way === 'small') {
    const { faultyLeaseRun } = await import('./faulty-lease-run.ts')
    const options = way === 'small' ? { actors: 24 } : {}
    for (let seed = 1; seed <= seeds; seed++) yield [`seed ${seed}`, () => faultyLeaseRun(seed, options)]
  } else if (way === 'sweep') {
    const { scenarios, sweepRun, told, troublesAt } = await import('./sweep.ts')
    for (const scenario of scenarios) {
      const calm = await sweepRun(scenario, 1)
      const troubles = calm.arrows.flatMap(arrow => troublesAt(arrow).map(trouble => ({ arrow, trouble })))
      for (let at = 0; at < troubles.length; at += stride) {
        const { arrow, trouble } = troubles[at] ?? {}
        if (arrow !== undefined && trouble !== undefined)
          yield [`${scenario}, ${told(arrow, trouble)}`, () => sweepRun(scenario, 1, trouble)]
      }
    }
  } else {
    const { leased } = await import('../../histories/leased.ts')
    const { check } = await import('../../histories/linearizability.ts')
    const { churn, cut, faultsOf, longPause, simulatedHistory } = await import('../../histories/simulated.ts')
    const troubles = { cut, churn, 'long pause': longPause(() => {}), faults: faultsOf({}) }
    for (let seed = 1; seed <= Math.ceil(seeds / 4); seed++)
      for (const [name, trouble] of Object.entries(troubles))
        yield [
          `history ${seed}, ${name}`,
          async () => {
            const { history } = await simulatedHistory({ seed, ...leased, trouble })
            const { verdict } = check(history)
            if (verdict === 'refused') throw new Error('refused')
          }
        ]
  }
}

/** In the copy: runs until one fails, and says which, and how many there were. */
async function huntHere(way: Way, seeds: number): Promise<void> {
  let count = 0
  let name = 'the first one'
  const failed = (error: unknown) => {
    const line = `${way} ${count}: ${name}: ${String(error).split('\n')[0]?.slice(0, 160)}\n`
    process.stdout.write(line, () => process.exit(0))
  }
  process.on('uncaughtException', failed)
  try {
    for await (const [what, run] of runs(way, seeds)) {
      count++
      name = what
      await run()
    }
  } catch (error) {
    failed(error)
  }
}

async function found(mutant: LeaseMutant, how: readonly string[], seeds: number): Promise<string> {
  const copy = await mkdtemp(join(tmpdir(), 'shoal-lease-'))
  try {
    for (const part of ['src', 'test', 'proto', 'package.json', 'examples'])
      await cp(join(root, part), join(copy, part), { recursive: true })
    await symlink(join(root, 'node_modules'), join(copy, 'node_modules'))
    for (const change of changesOf(mutant)) {
      const path = join(copy, 'src', change.file)
      await writeFile(path, changed(await readFile(path, 'utf8'), change))
    }
    const script = join(copy, 'test/cluster/lease/mutants.ts')
    for (const way of ways.filter(it => how.includes(it))) {
      const args = ['--conditions=shoal-source', script, '--here', way, '--seeds', String(seeds)]
      const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: huntTimeoutMs })
      if (stdout.trim() !== '') return stdout.trim()
    }
    return 'NOT FOUND'
  } finally {
    await rm(copy, { recursive: true })
  }
}

const { values } = parseArgs({
  options: {
    here: { type: 'string' },
    seeds: { type: 'string', default: '60' },
    only: { type: 'string', default: '' },
    how: { type: 'string', default: ways.join() }
  }
})
const here = ways.find(way => way === values.here)
if (here !== undefined) await huntHere(here, Number(values.seeds))
else
  for (const mutant of leaseMutants)
    if (mutant.name.includes(values.only))
      console.log(`${mutant.name}: ${await found(mutant, values.how.split(','), Number(values.seeds))}`)
