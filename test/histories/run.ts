/**
 * Histories and their two judges, one of them for more than the suite has time for:
 *
 *     npm run histories -- --count 10000 [--seed S]            both over random histories, half of them mutated to be wrong
 *     npm run histories -- --simulated --rounds 100 [--seed S] clients of simulated clusters: faults without cuts, members that go, a cut
 *     npm run histories -- --processes --rounds 50 [--seed S]  clients of real processes: kills, stops and members that go; then a cut
 *
 * Ends with 1 at the first history that is not judged as it should be, and where there is no Porcupine to compare with.
 */
import { parseArgs } from 'node:util'
import { compare } from './comparison.ts'
import { isAnswered, type Operation } from './history.ts'
import { type Judgement, judge, judgeButForEarlyReads } from './judges.ts'
import { Porcupine } from './porcupine.ts'
import { ProcessHistories, processFaults } from './processes.ts'
import { churn, cut, faultsWithoutCuts, scarceMoves, simulatedHistory } from './simulated.ts'

const [text, flag] = [{ type: 'string' }, { type: 'boolean', default: false }] as const
const { values } = parseArgs({ options: { count: text, seed: text, rounds: text, simulated: flag, processes: flag } })
const seed = Number(values.seed ?? 1)
const rounds = Number(values.rounds ?? 10)

const simulatedRuns = {
  faults: { trouble: faultsWithoutCuts },
  churn: { trouble: churn },
  'scarce moves': scarceMoves,
  'a cut': { trouble: cut }
}

await using porcupine = await Porcupine.build()
if (porcupine.missing !== undefined) say(`without Porcupine: ${porcupine.missing}`)
if (values.simulated) await simulated()
else if (values.processes) await processes()
else if (porcupine.missing === undefined) await random(Number(values.count ?? 1000))
else process.exitCode = 1

async function random(count: number): Promise<void> {
  const { right, wrong, stillRight, undecided } = await compare(porcupine, { seed, count })
  say(`both accept ${right} right ones and refuse ${wrong} that were mutated`)
  say(`both accept ${stillRight} more that were mutated; ${undecided} took too long`)
}

async function simulated(): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    const own = seed + round
    for (const [what, options] of Object.entries(simulatedRuns)) {
      const { history, failures, doubted } = await simulatedHistory({ seed: own, ...options })
      const judgement = await judgeFor(what === 'a cut', history)
      say(`seed ${own}, ${what}: ${lineOf(judgement, history, failures)}`)
      if (what === 'a cut') {
        if (judgement.verdict !== 'refused') return fail(judgement)
        continue
      }
      if (doubted.length > 0) say(`  no promise: ${doubted.join(', ')}`)
      if (judgement.verdict !== 'linearizable' && doubted.length === 0) return fail(judgement)
    }
  }
}

async function processes(): Promise<void> {
  await using histories = await ProcessHistories.start({ seed })
  for (let round = 1; round <= rounds; round++) {
    const { faults, history, failures, doubted } = await histories.round({ kinds: processFaults })
    const judgement = await judgeFor(false, history)
    say(`round ${round}, ${faults.join(', ')}: ${lineOf(judgement, history, failures)}`)
    if (doubted.length > 0) say(`  no promise: ${doubted.join(', ')}`)
    if (judgement.verdict !== 'linearizable' && doubted.length === 0) return fail(judgement)
  }
  const { faults, history, failures } = await histories.round({ kinds: ['cut'], faults: 1 })
  const judgement = await judge(porcupine, history)
  say(`${faults.join(', ')}: ${lineOf(judgement, history, failures)}`)
  if (judgement.verdict !== 'refused') fail(judgement)
}

async function judgeFor(isCut: boolean, history: readonly Operation[]): Promise<Judgement> {
  if (isCut) return judge(porcupine, history)
  const judgement = await judgeButForEarlyReads(porcupine, history)
  if (judgement.earlyReads > 0) say(`  refused with ${judgement.earlyReads} reads of what was never acknowledged`)
  return judgement
}

function lineOf({ verdict }: Judgement, history: readonly Operation[], failures: ReadonlyMap<string, number>): string {
  const failed = [...failures].map(([code, times]) => `${times} ${code}`).join(', ')
  return `${history.filter(isAnswered).length} answers, failed: ${failed === '' ? 'none' : failed}: ${verdict}`
}

function fail({ verdict, why }: Judgement): void {
  say(`and it should not be ${verdict}${why.map(line => `\n  ${line}`).join('')}`)
  process.exitCode = 1
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
