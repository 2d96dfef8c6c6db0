/** The benchmarks start, finish and write a result that says where it was taken. Nothing here asks how fast they are. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { promisify } from 'node:util'

const run = promisify(execFile)
const root = join(import.meta.dirname, '../..')

interface Result {
  readonly benchmark: string
  readonly startedAt: string
  readonly source: { readonly commit: string; readonly isModified: boolean }
  readonly node: string
  readonly machine: { readonly cpu: string; readonly cores: number; readonly memoryGiB: number }
  readonly load: { readonly before: number; readonly after: number }
  readonly options: { readonly seed: string; readonly quick: boolean; readonly runs: number }
  readonly cases: readonly {
    readonly name: string
    readonly load: readonly number[]
    readonly figures: Record<string, { median: number; min: number; max: number; runs: readonly number[] }>
  }[]
}

/** Runs one benchmark in its quick form, and answers what it printed and the one result that it wrote. */
async function bench(t: TestContext, name: string, only: string): Promise<{ printed: string; result: Result }> {
  const dir = await mkdtemp(join(tmpdir(), 'shoal-bench-test-'))
  t.after(() => rm(dir, { recursive: true, force: true }))
  const args = ['bench/run.ts', name, '--quick', '--seed', 'smoke', '--only', only]
  const places = ['--out', join(dir, 'results'), '--data', dir]
  const options = ['--expose-gc', '--conditions=shoal-source']
  const { stdout } = await run(process.execPath, [...options, ...args, ...places], { cwd: root, timeout: 300_000 })
  const files = await readdir(join(dir, 'results'))
  assert.equal(files.length, 1)
  assert.deepEqual(await readdir(dir), ['results'], 'the data directories are gone')
  const text = await readFile(join(dir, 'results', files[0] ?? ''), 'utf8')
  return { printed: stdout, result: JSON.parse(text) as Result }
}

function checkResult(result: Result, name: string): void {
  assert.equal(result.benchmark, name)
  assert.match(result.startedAt, /^\d{4}-\d\d-\d\dT/)
  assert.match(result.source.commit, /^([0-9a-f]{40}|unknown)$/)
  assert.equal(result.node, process.version)
  assert.ok(result.machine.cpu.length > 0 && result.machine.cores > 0 && result.machine.memoryGiB > 0)
  assert.ok(result.load.before >= 0 && result.load.after >= 0)
  assert.deepEqual({ ...result.options, only: '' }, { runs: 1, seed: 'smoke', only: '', quick: true, profiled: false })
  for (const { name: caseName, figures, load } of result.cases) {
    assert.ok(load.length > 0, caseName)
    assert.ok(Object.keys(figures).length > 0, caseName)
    for (const [figure, { median, min, max, runs }] of Object.entries(figures)) {
      assert.ok(runs.length > 0 && min <= median && median <= max && min >= 0, `${caseName}: ${figure}`)
    }
  }
}

for (const { name, only, expected } of [
  { name: 'crdt', only: 'counter add', expected: ['counter add', 'bytes: counter add'] },
  { name: 'crdt', only: 'repair: Yjs', expected: ['repair: Yjs'] },
  {
    name: 'crdt',
    only: 's: Shoal',
    expected: ['bytes: Shoal', 'text, 10k edits: Shoal', 'text, 100k edits: Shoal']
  },
  { name: 'crdt', only: 'memory: Shoal, packed', expected: ['memory: Shoal, packed'] },
  { name: 'store', only: '1 writer', expected: ['shard store, 1 writer'] },
  { name: 'receive', only: '1 sender, 1024', expected: ['1 sender, 1024 actors each'] },
  { name: 'dissemination', only: 'N=2 direct', expected: ['N=2 direct'] },
  { name: 'convergence', only: 'N=3 cart', expected: ['N=3 cart'] },
  {
    name: 'databases',
    only: ': Shoal',
    expected: ['one write at a time: Shoal', 'many writes: Shoal', 'cut: Shoal']
  },
  {
    name: 'asks',
    only: 'exclusive',
    expected: [
      'exclusive: a query, 1 in flight',
      'exclusive: a command, 1 in flight',
      'exclusive: a query, 64 in flight',
      'exclusive: a command, 64 in flight',
      'exclusive: an idle actor in memory'
    ]
  },
  { name: 'calls', only: 'deposit, majority, 64', expected: ['deposit, majority, 64 in flight'] },
  { name: 'links', only: 'link, 8', expected: ['link, 8 in flight'] },
  {
    name: 'hand-off',
    only: 'lease',
    expected: ['nothing moves', 'the owner leaves', 'a node joins'].flatMap(what => [
      `lease: ${what}`,
      `lease: ${what}, accounts of the others`
    ])
  }
]) {
  test(`the ${name} benchmark of ${only} runs and says what it measured, where and on what`, async t => {
    const { printed, result } = await bench(t, name, only)
    checkResult(result, name)
    assert.deepEqual(
      result.cases.map(each => each.name).toSorted(),
      expected.toSorted(),
      'the cases that were asked for, and no others'
    )
    for (const each of expected) assert.ok(printed.includes(each), `${each} is in the table`)
  })
}

test('a benchmark that does not exist is refused with the names of those that do', async () => {
  const wrong = run(process.execPath, ['--conditions=shoal-source', 'bench/run.ts', 'speed'], { cwd: root })
  await assert.rejects(wrong, (error: { code: number; stderr: string }) => {
    assert.equal(error.code, 1)
    assert.match(error.stderr, /there is no benchmark speed[\s\S]*convergence\|deltas/)
    return true
  })
})
