/**
 * Writes results into docs/benchmarks.md: `node bench/support/update-docs.ts bench/results/calls-….json …`. Between
 * `<!-- calls -->` and `<!-- /calls -->` then stands the table of that run, with the file that it is from.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { type CaseReport, shownSpread } from './report.ts'

interface Result {
  readonly benchmark: string
  readonly source: { readonly commit: string; readonly isModified: boolean }
  readonly load: { readonly before: number; readonly after: number }
  readonly machine: { readonly syncMs: number }
  readonly cases: readonly CaseReport[]
}

const docs = join(import.meta.dirname, '../../docs/benchmarks.md')

function sectionOf(file: string, { source, load, machine, cases }: Result): string {
  const commit = `commit ${source.commit.slice(0, 10)}${source.isModified ? ', modified' : ''}`
  const circumstances = `load average ${load.before} before and ${load.after} after; a sync of 4 KiB took ${machine.syncMs} ms`
  const runs = Math.max(...cases.map(each => each.load.length))
  const origin = `[${basename(file)}](../bench/results/${basename(file)}), ${commit}; ${runs} runs of each case; ${circumstances}.`
  const groups = Map.groupBy(cases, ({ figures }) => Object.keys(figures).join())
  return [origin, ...[...groups.values()].map(tableOf)].join('\n\n')
}

function tableOf(cases: readonly CaseReport[]): string {
  const figures = Object.keys(cases[0]?.figures ?? {})
  const rows = cases.map(({ name, figures: values }) => [
    name,
    ...figures.map(figure => {
      const spread = values[figure]
      return spread === undefined ? '' : shownSpread(spread)
    })
  ])
  const head = [
    ['case', ...figures],
    ['---', ...figures.map(() => '---:')]
  ]
  return [...head, ...rows].map(row => `| ${row.join(' | ')} |`).join('\n')
}

let text = readFileSync(docs, 'utf8')
for (const file of process.argv.slice(2)) {
  const result = JSON.parse(readFileSync(file, 'utf8')) as Result
  const [open, close] = [`<!-- ${result.benchmark} -->`, `<!-- /${result.benchmark} -->`]
  const from = text.indexOf(open)
  const to = text.indexOf(close)
  if (from < 0 || to < from) throw new Error(`docs/benchmarks.md has no place for ${result.benchmark}`)
  text = `${text.slice(0, from + open.length)}\n${sectionOf(file, result)}\n${text.slice(to)}`
}
writeFileSync(docs, text)
