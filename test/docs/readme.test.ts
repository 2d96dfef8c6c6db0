/** The README's example compiles and runs as it stands there, but for the address that it joins. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { newClusterKey } from 'shoal'

const run = promisify(execFile)

test('the example in the README compiles and runs', { timeout: 300_000 }, async t => {
  const readme = await readFile('README.md', 'utf8')
  const example = /```ts\n([\s\S]+?)```/.exec(readme)?.[1]
  assert.ok(example, 'the README has an example')
  // Inside the package, where its own name resolves; out of the way of the sources.
  const directory = await mkdtemp(join(process.cwd(), 'test', 'docs', '.readme-'))
  t.after(() => rm(directory, { recursive: true, force: true }))
  await writeFile(join(directory, 'cluster.key'), newClusterKey())
  const here = example
    .replace("['/dns4/seed.example/tcp/4001']", '[]')
    .replace('console.log(lines)', '{ console.log(JSON.stringify(lines)); break }')
  assert.notEqual(here, example)
  await writeFile(join(directory, 'example.ts'), here)
  const config = { extends: '../../../tsconfig.json', include: ['example.ts', '../../../types'] }
  await writeFile(join(directory, 'tsconfig.json'), JSON.stringify(config))
  await run('tsc', ['-p', directory])
  const { stdout } = await run(process.execPath, [...process.execArgv, 'example.ts'], { cwd: directory })
  assert.equal(stdout, '{"tea":2}\n')
})
