/** One seed of faults: what it draws, run and checked. */
import { type Onlooker, type RunReport, runScenario } from './run-scenario.ts'
import { drawScenario, type ScenarioOptions } from './scenario.ts'

export type { RunReport as FaultyRunReport } from './run-scenario.ts'

export async function faultyRun(options: ScenarioOptions, onlooker?: Onlooker): Promise<RunReport> {
  return runScenario(drawScenario(options), onlooker)
}
