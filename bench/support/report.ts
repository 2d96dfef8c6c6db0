/**
 * The outcome of one benchmark: per case and figure the value of each run, with their median and spread; as a JSON file and as a
 * table for the terminal.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Figures } from './benchmark.ts'
import { loadAverage } from './machine.ts'
import { type Spread, spreadOf } from './statistics.ts'

export interface CaseReport {
  readonly name: string
  readonly figures: Readonly<Record<string, Spread>>
  /** Load average of the machine at the end of each run. */
  readonly load: readonly number[]
}

export class Report {
  readonly #cases = new Map<string, { values: Map<string, number[]>; load: number[] }>()

  add(name: string, figures: Figures): void {
    const noted = this.#cases.get(name) ?? { values: new Map<string, number[]>(), load: [] }
    this.#cases.set(name, noted)
    for (const [figure, value] of Object.entries(figures)) {
      if (!Number.isFinite(value)) throw new RangeError(`${name}: ${figure} is ${value}`)
      const values = noted.values.get(figure)
      if (values === undefined) noted.values.set(figure, [rounded(value)])
      else values.push(rounded(value))
    }
    noted.load.push(loadAverage())
  }

  cases(): CaseReport[] {
    return [...this.#cases].map(([name, { values, load }]) => {
      const figures: Record<string, Spread> = {}
      for (const [figure, runs] of values) figures[figure] = spreadOf(runs)
      return { name, figures, load }
    })
  }

  /** Medians, with the lowest and highest run where there were several. Cases with the same figures share a table. */
  table(): string {
    const groups = Map.groupBy(this.cases(), ({ figures }) => Object.keys(figures).join())
    return [...groups.values()].map(tableOf).join('\n\n')
  }
}

/** `bench/results/calls-2026-03-01-121314.json`, by the time in UTC. */
export async function writeResult(directory: string, name: string, startedAt: Date, result: object): Promise<string> {
  await mkdir(directory, { recursive: true })
  const moment = startedAt.toISOString().slice(0, 19).replace('T', '-').replaceAll(':', '')
  const path = join(directory, `${name}-${moment}.json`)
  // Lists of numbers on one line each: that is how the formatter of this house wants them, and easier on the eye.
  const oneLine = (list: string) => `[${list.slice(1, -1).trim().replace(/\s+/g, ' ')}]`
  const text = JSON.stringify(result, undefined, 2).replace(/\[[\d.,\s-]+\]/g, oneLine)
  await writeFile(path, `${text}\n`)
  return path
}

function tableOf(cases: readonly CaseReport[]): string {
  const figures = Object.keys(cases[0]?.figures ?? {})
  const rows = [['', ...figures]]
  for (const { name, figures: values } of cases) rows.push([name, ...figures.map(figure => cellOf(values[figure]))])
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map(row => row[column]?.length ?? 0))) ?? []
  return rows
    .map(row =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join('   ')
    )
    .join('\n')
}

function cellOf(spread: Spread | undefined): string {
  return spread === undefined ? '' : shownSpread(spread)
}

/** The median, with the lowest and the highest run where they differ. */
export function shownSpread({ median, min, max }: Spread): string {
  return min === max ? shown(median) : `${shown(median)} (${shown(min)}–${shown(max)})`
}

/** Five significant digits are more than any of these figures is good for. */
function rounded(value: number): number {
  return Number(value.toPrecision(5))
}

function shown(value: number): string {
  return value >= 1000 ? Math.round(value).toLocaleString('en-GB') : String(Number(value.toPrecision(3)))
}
