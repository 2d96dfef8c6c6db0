/**
 * `npm run simulate -- --seed 4711`: runs seeds of the simulator with all checks, and says what each drew and how it went. A
 * failure prints the command that runs it again; `--shrink` makes it smaller first and keeps it as JSON.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { defaultFaultKinds, type FaultKind, faultKinds } from '../../src/simulation/faults.ts'
import { calmRun } from '../cluster/support/calm-run.ts'
import { type Onlooker, type RunReport, runScenario } from '../cluster/support/run-scenario.ts'
import { drawScenario, restlessKinds, type Scenario } from '../cluster/support/scenario.ts'
import { type CrowdPart, crowd } from './crowd.ts'
import { leaseSeed } from './lease-seed.ts'
import { neverSeen, seedsToSeeAll } from './must-see.ts'
import { Recorder } from './recorder.ts'
import { reportPage } from './report.ts'
import { shrink } from './shrink.ts'

const usage = `npm run simulate -- [options]
  --seed N        first seed (1)
  --seeds COUNT   how many seeds, one after the other (1)
  --nodes N       nodes of a cluster (5)
  --seconds S     length of the faulty phase (4), with 15 writes a second
  --faults A,B    kinds to draw from; "all" for those too that harm disks, "none" for none (all that nodes are told of)
  --replicas R    replicas of each actor, 0 for one on every node (drawn)
  --restless      replicas move whenever a member stands still or is cut off, and only that and lost publications are drawn
  --calm          planned moves of exclusive actors instead: a node joins and leaves, nothing fails
  --leases        kinds of the lease mode: random clusters under faults, a bad lease store and moves, judged by what clients saw and what disks have
  --crowd         many nodes join, are written to, are cut in two and healed: what each part took (--seconds of each)
  --twice         runs every seed twice: the traces must be equal
  --report FILE   a page that shows the run (of one seed)
  --replay FILE   runs a scenario kept by --shrink instead of drawing one
  --shrink        makes a failing seed smaller, and keeps it as FILE.json (--keep FILE.json)
  --sightings     prints what was seen how often
  kinds: ${faultKinds.join(', ')}
`

interface Options {
  readonly seed: number
  readonly seeds: number
  readonly nodes: number
  readonly seconds: number
  readonly kinds: readonly FaultKind[]
  readonly replicas: number | undefined
  readonly faults: string | undefined
  readonly restless: boolean
  readonly calm: boolean
  readonly crowd: boolean
  readonly leases: boolean
  readonly twice: boolean
  readonly shrink: boolean
  readonly sightings: boolean
  readonly report: string | undefined
  readonly replay: string | undefined
  readonly keep: string | undefined
}

function optionsOf(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      seed: { type: 'string', default: '1' },
      seeds: { type: 'string', default: '1' },
      nodes: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '4' },
      faults: { type: 'string' },
      replicas: { type: 'string' },
      restless: { type: 'boolean', default: false },
      calm: { type: 'boolean', default: false },
      crowd: { type: 'boolean', default: false },
      leases: { type: 'boolean', default: false },
      twice: { type: 'boolean', default: false },
      shrink: { type: 'boolean', default: false },
      sightings: { type: 'boolean', default: false },
      report: { type: 'string' },
      replay: { type: 'string' },
      keep: { type: 'string' },
      help: { type: 'boolean', default: false }
    }
  })
  if (values.help) {
    process.stdout.write(usage)
    process.exit(0)
  }
  const count = (name: 'seed' | 'seeds' | 'nodes' | 'seconds') => {
    const number = Number(values[name])
    if (!(number > 0)) throw new TypeError(`--${name} is a positive number`)
    return number
  }
  const { faults, restless, calm, twice, sightings, report, replay, keep } = values
  return {
    seed: count('seed'),
    seeds: count('seeds'),
    nodes: count('nodes'),
    seconds: count('seconds'),
    kinds: restless && faults === undefined ? restlessKinds : kindsOf(faults),
    replicas: values.replicas === undefined ? undefined : Number(values.replicas),
    faults,
    restless,
    calm,
    crowd: values.crowd,
    leases: values.leases,
    twice,
    shrink: values.shrink,
    sightings,
    report,
    replay,
    keep
  }
}

function kindsOf(faults: string | undefined): readonly FaultKind[] {
  if (faults === undefined) return defaultFaultKinds
  if (faults === 'all') return faultKinds
  if (faults === 'none') return []
  return faults.split(',').map(name => {
    const kind = faultKinds.find(known => known === name.trim())
    if (kind === undefined) throw new TypeError(`no kind of fault is called ${name}`)
    return kind
  })
}

/** What runs this very seed again. */
function commandOf(options: Options, seed: number): string {
  const parts = ['npm run simulate --', `--seed ${seed}`]
  if (options.restless) parts.push('--restless')
  if (options.calm) parts.push('--calm')
  if (options.crowd) parts.push('--crowd')
  if (options.leases) parts.push('--leases')
  if (options.nodes !== 5) parts.push(`--nodes ${options.nodes}`)
  if (options.seconds !== 4) parts.push(`--seconds ${options.seconds}`)
  if (options.replicas !== undefined) parts.push(`--replicas ${options.replicas}`)
  if (options.faults !== undefined) parts.push(`--faults "${options.faults}"`)
  if (options.replay !== undefined) return `npm run simulate -- --replay ${options.replay}`
  return parts.join(' ')
}

/** An error inside a simulated node that nobody caught belongs to the run that it happened in. */
function withUncaught<Result>(run: () => Promise<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    process.removeAllListeners('uncaughtException').on('uncaughtException', reject)
    run().then(resolve, reject)
  })
}

class Runner {
  readonly #options: Options
  readonly #sightings = new Map<string, number>()
  #virtualMs = 0
  #realMs = 0
  #failures = 0

  constructor(options: Options) {
    this.#options = options
  }

  async run(): Promise<number> {
    const { seed: first, seeds, calm, crowd, leases } = this.#options
    const isPlain = !calm && !crowd && !leases
    // Refusals are made by the hundred, and to note where each comes from takes a twentieth of a seed's time.
    if (leases && seeds > 1) Error.stackTraceLimit = 0
    const one = crowd ? this.#crowd : leases ? this.#leases : calm ? this.#calm : this.#faulty
    for (let seed = first; seed < first + seeds; seed++) {
      const startMs = performance.now()
      try {
        await one.call(this, seed)
      } catch (error) {
        this.#failures++
        const cause = error instanceof Error ? (error.stack ?? error.message) : String(error)
        print(`seed ${seed} FAILED: ${cause}\n  again with: ${commandOf(this.#options, seed)}`)
        if (seeds === 1 && isPlain) print(detailsOf(await this.#scenario(seed)))
        if (this.#options.shrink && isPlain) await this.#shrink(seed)
      }
      this.#realMs += performance.now() - startMs
    }
    this.#summarise()
    return this.#failures === 0 ? 0 : 1
  }

  async #scenario(seed: number): Promise<Scenario> {
    const { replay, nodes, seconds, kinds, replicas, restless } = this.#options
    if (replay !== undefined) return JSON.parse(await readFile(replay, 'utf8')) as Scenario
    const faultyMs = seconds * 1000
    return drawScenario({
      seed,
      nodes,
      faultyMs,
      writes: Math.ceil(15 * seconds),
      kinds,
      isRestless: restless,
      ...(replicas === undefined ? {} : { replicas })
    })
  }

  async #faulty(seed: number): Promise<void> {
    const scenario = await this.#scenario(seed)
    const { report: path, twice, seeds } = this.#options
    const startMs = performance.now()
    const recorder = path === undefined ? undefined : new Recorder(scenario)
    const report = await this.#recorded(scenario, recorder, path)
    const realMs = performance.now() - startMs
    this.#take(report)
    print(lineOf(report, realMs))
    if (seeds === 1) print(detailsOf(scenario))
    if (!twice) return
    const again = await withUncaught(() => runScenario(scenario))
    if (again.trace !== report.trace)
      throw new Error(`its second run has another trace: ${again.trace}, not ${report.trace}`)
  }

  async #recorded(scenario: Scenario, recorder: Recorder | undefined, path: string | undefined): Promise<RunReport> {
    const onlooker: Onlooker = recorder?.onlooker ?? {}
    try {
      return await withUncaught(() => runScenario(scenario, onlooker))
    } catch (error) {
      recorder?.failed(String(error))
      throw error
    } finally {
      if (recorder !== undefined && path !== undefined) {
        await writeFile(path, reportPage(recorder.record()))
        print(`  shown by ${path}`)
      }
    }
  }

  async #calm(seed: number): Promise<void> {
    const { deposits, virtualMs } = await withUncaught(() => calmRun({ seed }))
    this.#virtualMs += virtualMs
    print(`seed ${seed} calm: ${deposits} deposits`)
  }

  async #leases(seed: number): Promise<void> {
    const { nodes, shards, leaseMs, voters, virtualMs, counts } = await withUncaught(() => leaseSeed(seed))
    this.#virtualMs += virtualMs
    for (const [what, count] of counts) this.#sightings.set(what, (this.#sightings.get(what) ?? 0) + count)
    print(
      `seed ${seed} ok: ${nodes} nodes, ${shards} shards, leases of ${leaseMs} ms${voters ? ' on voters' : ''}: ` +
        `${counts.get('answers')} answers, ${counts.get('epochs')} epochs`
    )
  }

  async #crowd(seed: number): Promise<void> {
    const { nodes, seconds, twice } = this.#options
    const run = (progress: (part: CrowdPart) => void) => withUncaught(() => crowd({ seed, nodes, seconds, progress }))
    const { parts, acknowledged, trace, maxRssMiB } = await run(part => print(lineOfPart(part)))
    this.#virtualMs += parts.reduce((sum, part) => sum + part.virtualMs, 0)
    print(
      `seed ${seed} crowd of ${nodes}: ${acknowledged} acknowledged, trace ${trace}, at most ${maxRssMiB.toFixed(0)} MiB`
    )
    if (twice && (await run(() => {})).trace !== trace) throw new Error('its second run has another trace')
  }

  async #shrink(seed: number): Promise<void> {
    const scenario = await this.#scenario(seed)
    const failureOf = async (smaller: Scenario) => {
      try {
        await withUncaught(() => runScenario(smaller))
        return undefined
      } catch (error) {
        return String(error)
      }
    }
    const shrunk = await shrink(scenario, { failureOf })
    const path = this.#options.keep ?? `seed-${seed}.json`
    await writeFile(path, `${JSON.stringify({ ...shrunk.scenario, failure: shrunk.failure.slice(0, 300) }, null, 2)}\n`)
    const { nodes, faults, steps } = shrunk.scenario
    print(
      `  made smaller in ${shrunk.runs} runs: ${nodes} nodes, ${faults.length} faults, ${steps.length} writes: ${shrunk.failure}`
    )
    print(detailsOf(shrunk.scenario))
    print(`  again with: npm run simulate -- --replay ${path}`)
  }

  #take(report: RunReport): void {
    this.#virtualMs += report.virtualMs
    for (const [what, count] of Object.entries(report.sightings))
      this.#sightings.set(what, (this.#sightings.get(what) ?? 0) + count)
  }

  #summarise(): void {
    const { seeds, calm, crowd, leases, sightings, faults } = this.#options
    const seconds = this.#virtualMs / 1000
    print(
      `${seeds} seeds, ${this.#failures} failed; ${seconds.toFixed(0)} virtual seconds in ${(this.#realMs / 1000).toFixed(1)} s, ` +
        `${(this.#virtualMs / this.#realMs).toFixed(0)} times real time`
    )
    if (sightings) for (const [what, count] of [...this.#sightings].sort()) print(`  ${what}: ${count}`)
    if (calm || crowd || leases || faults !== undefined || seeds < seedsToSeeAll) return
    const missing = neverSeen(this.#sightings)
    if (missing.length === 0) return
    this.#failures++
    print(`never seen, so not tested:\n${missing.map(what => `  ${what}`).join('\n')}`)
  }
}

function lineOf(report: RunReport, realMs: number): string {
  const { seed, acknowledged, uncertain, refused, convergedAfterMs, virtualMs, trace, faults } = report
  return (
    `seed ${seed} ok: ${acknowledged} acknowledged, ${uncertain} uncertain, ${refused} refused; equal ${convergedAfterMs.toFixed(0)} ms after the heal; ` +
    `trace ${trace}; ${(virtualMs / realMs).toFixed(0)} times real time; ${faults.join(', ') || 'no faults'}`
  )
}

function lineOfPart({ name, virtualMs, cpuMs, realMs, events }: CrowdPart): string {
  const seconds = [virtualMs, cpuMs, realMs].map(ms => (ms / 1000).toFixed(1))
  return (
    `  ${name}: ${seconds[0]} virtual seconds, ${seconds[1]} s of processor, ${seconds[2]} s; ` +
    `${(virtualMs / cpuMs).toFixed(1)} times real time by processor; ${events} events`
  )
}

function detailsOf(scenario: Scenario): string {
  const { shards, replicas, rebalance, store, replication, trouble, older, faults } = scenario
  const lines = [
    `  ${shards} shards, ${replicas === 0 ? 'all' : replicas} replicas; ${JSON.stringify({ ...store, ...replication, ...rebalance })}`,
    `  trouble: ${JSON.stringify(trouble)}${older === undefined ? '' : `; node-${older.machine} does not know ${older.kind}`}`
  ]
  for (const { atMs, kind, machine, other, strength, lastsMs } of faults)
    lines.push(
      `  ${atMs.toFixed(0).padStart(6)} ms ${kind}: node-${machine} (node-${other}), strength ${strength}, ${lastsMs.toFixed(0)} ms`
    )
  return lines.join('\n')
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

process.exitCode = await new Runner(optionsOf(process.argv.slice(2))).run()
