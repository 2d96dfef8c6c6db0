/**
 * docs/data-types.md: its examples do what they say, and its table of costs is what the encodings give. After a change of the
 * encodings: SHOAL_WRITE_DOCS=1 npm test -- test/docs
 */
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import * as automerge from '../../src/automerge.ts'
import * as crdt from '../../src/crdt/index.ts'
import { decodeDelta, decodeState, encodeBatch, encodeState, type FieldType, Replica } from '../../src/crdt/index.ts'

const page = 'docs/data-types.md'
const text = readFileSync(page, 'utf8')

/** What stands in backticks in the cells of the rows between two marks, without the head. */
function rowsBetween(mark: string): string[][] {
  const part = text.split(`<!-- ${mark} -->`)[1]?.split(`<!-- /${mark} -->`)[0] ?? ''
  const rows = part.trim().split('\n').slice(2)
  return rows.map(row => {
    const cells = row.split('|').slice(1, -1)
    return cells.map(cell => cell.trim().replace(/^`|`$/g, ''))
  })
}

type Schema = { it: FieldType }

/** The page's code sees what a program sees that imports everything. */
function evaluated(code: string): unknown {
  const names = { ...crdt, ...automerge }
  return new Function(...Object.keys(names), `return (${code})`)(...Object.values(names))
}

function changeOf(code: string): (view: { it: unknown }) => void {
  const change = new Function('it', code)
  return ({ it }) => change(it)
}

function fieldOf(code: string): FieldType {
  return evaluated(code) as FieldType
}

/** As long as those of nodes. */
const origins = ['WMcQJrVcFzN1.0mi1vq3kc4q5t8s0d2f6g7', 'XqJcFzNWMcr1.0mi1vq3kcs0d2f6g74q5t8'] as const

function replicas(field: FieldType): [Replica<Schema>, Replica<Schema>] {
  const replica = (i: 0 | 1) => new Replica({ it: field }, { origin: origins[i], now: () => 1_800_000_000_000 + i })
  return [replica(0), replica(1)]
}

for (const [field = '', first = '', onA = '', onB = '', shown = ''] of rowsBetween('examples')) {
  test(`${field}: after ${first || 'nothing'}, ${onA || 'nothing'} beside ${onB || 'nothing'} shows ${shown}`, () => {
    const [a, b] = replicas(fieldOf(field))
    a.change(changeOf(first))
    b.apply(a.save())
    a.change(changeOf(onA))
    b.change(changeOf(onB))
    const fromA = a.diff(b.version())
    a.apply(b.diff(a.version()))
    b.apply(fromA)
    const expected = evaluated(shown)
    assert.deepEqual(a.plain.it, expected)
    assert.deepEqual(b.plain.it, expected)
  })
}

test('there is an example of every type', () => {
  const examples = rowsBetween('examples').map(([field = '']) => field.split('(')[0] ?? '')
  const fields = text
    .split('\n')
    .filter(line => /^\| `[a-zA-Z<>]+\(/.test(line))
    .map(line => /`([a-zA-Z]+)/.exec(line)?.[1] ?? '')
  assert.ok(fields.length > 10)
  for (const field of new Set(fields)) assert.ok(examples.includes(field), `${field} has no example`)
})

test('the program without a cluster prints what its comment says', () => {
  const program = text.split('```ts\n').at(-1)?.split('```')[0] ?? ''
  const [statements = '', comment = ''] = program.replace(/^import .*\n/, '').split('console.log(a.plain, b.plain) // ')
  const shown = evaluated(`(() => { ${statements}; return [a.plain, b.plain] })()`)
  assert.deepEqual(shown, evaluated(`[${comment.trim().replace('} } {', '} }, {')}]`))
})

/** A field, a change, and the change whose cost is called "the next", by A or by B. */
const costed: readonly [field: string, change: string, next: string, by: 'A' | 'B'][] = [
  ['gCounter()', 'it.add(1)', 'it.add(1)', 'B'],
  ['pnCounter()', 'it.add(-5)', 'it.add(-5)', 'B'],
  ['boundedCounter()', 'it.add(10)', 'it.add(10)', 'B'],
  ['gSet()', "it.add('tea')", "it.add('rum')", 'A'],
  ['orSet()', "it.add('tea')", "it.add('rum')", 'A'],
  ['flag()', 'it.enable()', 'it.enable()', 'B'],
  ["lwwRegister('')", "it.set('red')", "it.set('tan')", 'B'],
  ['mvRegister()', "it.set('red')", "it.set('tan')", 'B'],
  ['orMap(pnCounter())', "it.at('tea').add(1)", "it.at('rum').add(1)", 'A'],
  ['lwwMap(0)', "it.set('tea', 1)", "it.set('rum', 1)", 'A'],
  ['vote()', 'it.cast(true)', 'it.cast(true)', 'B'],
  ['text()', "it.insert(0, 'hello')", "it.insert(5, '!')", 'A'],
  ['list()', 'it.push(1)', 'it.push(2)', 'A'],
  ['json()', "it.set(['a'], 1)", "it.set(['b'], 1)", 'A'],
  ['automergeText()', "it.insert(0, 'hello')", "it.insert(5, '!')", 'A'],
  ['automergeList()', 'it.push(1)', 'it.push(2)', 'A'],
  ['automergeJson()', "it.set(['a'], 1)", "it.set(['b'], 1)", 'A']
]

function costs(field: string, change: string, next: string, by: 'A' | 'B'): number[] {
  const [a, b] = replicas(fieldOf(field))
  const delta = made(a, change)
  const before = storedLength(a)
  // B has not seen A's change, so that neither replaces the other.
  if (by === 'A') made(a, next)
  else a.apply(made(b, next))
  return [delta.length, pushed(field, change) / 64, before, storedLength(a) - before]
}

function made(replica: Replica<Schema>, change: string): Uint8Array {
  const delta = replica.change(changeOf(change))
  assert.ok(delta)
  return delta
}

function storedLength(replica: Replica<Schema>): number {
  const { state } = decodeDelta(replica.save())
  const bytes = encodeState(state)
  assert.deepEqual(encodeState(decodeState(bytes)), bytes)
  return bytes.length
}

/** The bytes of a push with this change to 64 actors of one shard, made one after the other. */
function pushed(field: string, change: string): number {
  const [a] = replicas(fieldOf(field))
  const origin = a.origin
  const updates = Array.from({ length: 64 }, (_, i) => {
    const seq = 1000 + i
    const transaction = new crdt.Transaction({
      state: crdt.emptyState,
      covers: crdt.CausalContext.empty,
      origin,
      nextDot: () => ({ origin, seq }),
      now: () => 1_800_000_000_000,
      clientId: () => 2 ** 52 + i
    })
    changeOf(change)(crdt.openView({ it: a.schema.it }, transaction) as { it: unknown })
    const { delta } = transaction
    assert.ok(delta)
    const seqs = crdt.CausalContext.empty.with(origin, seq)
    return {
      shard: 7,
      name: `cart/${String(i * 7919)
        .padStart(4, '0')
        .slice(-4)}`,
      seqs,
      after: 0,
      delta
    }
  })
  return encodeBatch({ origin, updates }).length
}

test('the table of costs says what the encodings give', () => {
  const rows = costed.map(([field, change, next, by]) => {
    const [delta, push, state, more] = costs(field, change, next, by)
    return `| \`${field}\` | \`${change}\` | ${delta} | ${push?.toFixed(1)} | ${state} | ${more} |\n`
  })
  const head = '| field | change | delta | in a push | state | the next |\n| --- | --- | ---: | ---: | ---: | ---: |\n'
  const table = `<!-- costs -->\n${head}${rows.join('')}<!-- /costs -->`
  const expected = text.replace(/<!-- costs -->[\s\S]*<!-- \/costs -->/, () => table)
  if (process.env['SHOAL_WRITE_DOCS'] === '1') writeFileSync(page, expected)
  assert.equal(readFileSync(page, 'utf8'), expected)
})
