/** docs/metrics.md lists every metric of the sources, and no other. After a change: SHOAL_WRITE_DOCS=1 npm test -- test/docs */
import assert from 'node:assert/strict'
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'

const page = 'docs/metrics.md'
const intro = `# Metrics

\`GET /metrics\` answers these in Prometheus's text format, beside the usual figures of a Node process. None has a label that names an
actor. Times are in seconds. This list is made from the sources by \`test/docs/metrics.test.ts\`.

| metric | type | what it says |
| --- | --- | --- |
`
const definition = /(counter|gauge|histogram)\(\s*'(shoal_[a-z_]+)',\s*(?:'([^']+)'|"([^"]+)")\s*\)/g

function listed(): string {
  const rows = new Map<string, string>()
  for (const file of globSync('src/**/*.ts')) {
    for (const [, type, name, single, double] of readFileSync(file, 'utf8').matchAll(definition)) {
      rows.set(name ?? '', `| \`${name}\` | ${type} | ${single ?? double} |\n`)
    }
  }
  return (
    intro +
    [...rows]
      .sort()
      .map(([, row]) => row)
      .join('')
  )
}

test('every metric is documented', () => {
  const sources = globSync('src/**/*.ts')
    .map(file => readFileSync(file, 'utf8'))
    .join('\n')
  // One whose name is put together would be seen by nobody.
  const made = sources.matchAll(/etrics\)?\.(?:counter|gauge|histogram)\(\s*(.)/g)
  for (const call of made) assert.equal(call[1], "'", sources.slice(call.index, call.index + 120))
  const named = new Set([...sources.matchAll(/'(shoal_[a-z]+_[a-z_]+)'/g)].map(match => match[1]))
  const expected = listed()
  for (const name of named)
    assert.ok(expected.includes(`\`${name}\``), `${name} is not made where this test can see it`)
  if (process.env['SHOAL_WRITE_DOCS'] === '1') writeFileSync(page, expected)
  assert.equal(readFileSync(page, 'utf8'), expected)
})
