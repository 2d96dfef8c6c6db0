/**
 * The bug zoo of lease shards: the sources are loaded with one bug after the other, and each goes through runs of the kind that is to find it
 * until one fails.
 *
 *     npm run lease-zoo [-- --only 'part of a name' …] [--by seeds|small|sweep|clusters|histories] [--most 60] [--jobs 1] [--sound]
 *
 * prints which are found, by how many runs and how it shows; the table in docs/simulation.md is made of it.
 */
import { execFile } from 'node:child_process'
import { parseArgs, promisify } from 'node:util'
import { leaseMutants, smallLimits, type Way, ways } from './lease-zoo.ts'
import { loadWith, loadWithBug } from './patched-loading.ts'

/** With `--sound`: no bug at all, and nothing may be found. */
const soundName = 'none'
const script = import.meta.filename
/** A bug may also keep a node from ever standing still. */
const huntTimeoutMs = 900_000
/** Of the sweep's troubles every so-manieth is tried. */
const stride = 23

type Run = [string, () => Promise<unknown>]

/** One run after the other, each with what it is called. Loads nothing of the sources before the first. */
async function* runs(way: Way): AsyncGenerator<Run> {
  if (way === 'sweep') yield* troubles()
  else if (way === 'histories') yield* histories()
  else if (way === 'clusters') yield* clusters()
  else {
    if (way === 'small') loadWith(smallLimits)
    const { faultyLeaseRun } = await import('./faulty-lease-run.ts')
    const options = way === 'small' ? { actors: 24 } : {}
    for (let seed = 1; ; seed++) yield [`seed ${seed}`, () => faultyLeaseRun(seed, options)]
  }
}

/** Of all scenarios by turns, those at neighbouring arrows far apart. */
async function* troubles(): AsyncGenerator<Run> {
  const { scenarios, sweepRun, told, troublesAt } = await import('./sweep.ts')
  const all: Run[][] = []
  for (const scenario of scenarios) {
    const { arrows } = await sweepRun(scenario, 1)
    const troubles = arrows.flatMap(arrow => troublesAt(arrow).map(trouble => ({ arrow, trouble })))
    all.push(
      Array.from({ length: stride }, (_, first) => troubles.filter((_, at) => at % stride === first))
        .flat()
        .map(({ arrow, trouble }) => [`${scenario}, ${told(arrow, trouble)}`, () => sweepRun(scenario, 1, trouble)])
    )
  }
  for (let i = 0; all.some(runs => i < runs.length); i++)
    for (const runs of all) {
      const run = runs[i]
      if (run !== undefined) yield run
    }
}

async function* clusters(): AsyncGenerator<Run> {
  const { clusterSeed } = await import('../../simulate/lease-seed.ts')
  for (let seed = 1; ; seed++) yield [`seed ${seed} of clusters`, () => clusterSeed(seed)]
}

async function* histories(): AsyncGenerator<Run> {
  const { leased } = await import('../../histories/leased.ts')
  const { check } = await import('../../histories/linearizability.ts')
  const { churn, cut, faultsOf, longPause, simulatedHistory } = await import('../../histories/simulated.ts')
  const troubles = { faults: faultsOf({}), churn, cut, 'long pause': longPause(() => {}) }
  for (let seed = 1; ; seed++)
    for (const [name, trouble] of Object.entries(troubles))
      yield [
        `seed ${seed} of ${name}`,
        async () => {
          const { history } = await simulatedHistory({ seed, ...leased, trouble })
          if (check(history).verdict === 'refused') throw new Error('the history is refused')
        }
      ]
}

interface Found {
  readonly count: number
  readonly run: string
  readonly error: string
}

/** Runs until one fails, and says which. */
async function huntHere(name: string, way: Way, most: number): Promise<void> {
  if (name !== soundName) loadWithBug(name)
  let count = 0
  let run = ''
  const failed = (error: unknown) => {
    const found: Found = { count, run, error: String(error).split('\n')[0]?.slice(0, 200) ?? '' }
    process.stdout.write(`${JSON.stringify(found)}\n`, () => process.exit(0))
  }
  process.on('uncaughtException', failed)
  try {
    for await (const [what, one] of runs(way)) {
      if (count === most) return
      count++
      run = what
      await one()
    }
  } catch (error) {
    failed(error)
    await new Promise(() => {})
  }
}

/** A test of the suite that states what the bug breaks. */
async function askClaim(name: string, claim: string): Promise<Found | undefined> {
  const loader = new URL('with-bug.ts', import.meta.url).href
  const file = new URL(`../../${claim}`, import.meta.url).pathname
  const args = ['--conditions=shoal-source', '--import', loader, '--test-reporter=tap', file]
  const env = { ...process.env, SHOAL_LEASE_BUG: name }
  try {
    await promisify(execFile)(process.execPath, args, { timeout: huntTimeoutMs, env, maxBuffer: 2 ** 26 })
    return undefined
  } catch (error) {
    const { stdout = '' } = error as { stdout?: string }
    const title = /^not ok \d+ - (.*)$/m.exec(stdout)?.[1] ?? String(error).slice(0, 200)
    return { count: 1, run: claim.replace(/.*\//, ''), error: title.replaceAll('\\', '') }
  }
}

async function huntedBy(name: string, way: Way, most: number): Promise<Found | undefined> {
  const args = ['--conditions=shoal-source', script, '--here', name, '--by', way, '--most', String(most)]
  try {
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: huntTimeoutMs })
    return stdout.trim() === '' ? undefined : (JSON.parse(stdout) as Found)
  } catch (error) {
    return { count: 0, run: way, error: `does not end: ${String(error).slice(0, 200)}` }
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      here: { type: 'string' },
      most: { type: 'string', default: '60' },
      only: { type: 'string', multiple: true, default: [] },
      by: { type: 'string' },
      sound: { type: 'boolean', default: false },
      jobs: { type: 'string', default: '1' }
    }
  })
  const most = Number(values.most)
  const given = ways.find(way => way === values.by)
  if (values.here !== undefined && given !== undefined) return huntHere(values.here, given, most)
  if (values.sound) {
    for (const way of given === undefined ? ways : [given])
      console.log(`${way}: ${JSON.stringify((await huntedBy(soundName, way, most)) ?? `nothing in ${most} runs`)}`)
    return
  }
  const wanted = leaseMutants.filter(
    ({ name }) => values.only.length === 0 || values.only.some(part => name.includes(part))
  )
  const needed: number[] = []
  let claims = 0
  const waiting = wanted.values()
  console.log('| bug | found by | how it shows |\n| --- | --- | --- |')
  const work = async () => {
    for (const mutant of waiting) {
      const { name, claim, by = 'seeds' } = mutant
      const isClaim = claim !== undefined && given === undefined
      const way = given ?? by
      const found = isClaim ? await askClaim(name, claim) : await huntedBy(name, way, most)
      if (found !== undefined && isClaim) claims++
      else if (found !== undefined) needed.push(found.count)
      const how = isClaim ? `the claim of ${found?.run}` : `run ${found?.count} of ${way}: ${found?.run}`
      console.log(
        `| ${name} | ${found === undefined ? 'NOT FOUND' : how} | ${(found?.error ?? '').replaceAll('|', '/')} |`
      )
    }
  }
  await Promise.all(Array.from({ length: Number(values.jobs) }, work))
  needed.sort((a, b) => a - b)
  console.log(
    `\n${needed.length + claims} of ${wanted.length} found, ${claims} of them by a claim; runs until one of the others is found: median ${needed[needed.length >> 1]}, most ${needed.at(-1)}`
  )
}

await main()
