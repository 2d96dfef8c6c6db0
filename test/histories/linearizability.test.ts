/** The checker, on histories whose verdict a person can see, and on random ones. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { SeededRandom } from '../../src/simulation/random.ts'
import { type Input, isAnswered, type Operation, type Output } from './history.ts'
import { check, explain } from './linearizability.ts'
import { initialState, models, step } from './models.ts'
import { mutated, randomHistory } from './random-history.ts'

const read: Input = { op: 'read' }
const write = (value: number): Input => ({ op: 'write', value })
const add = (amount: number): Input => ({ op: 'add', amount })
const cas = (from: number, to: number): Input => ({ op: 'cas', from, to })

/** [called, answered, asked, answer], or without the last two of these where nobody knows; all of one cell, each by a client of its own. */
type Row = readonly [call: number, at: number | undefined, input: Input, output?: Output]

function historyOf(rows: readonly Row[], key = 'cell'): Operation[] {
  return rows.map(([call, at, input, output = null], client) => ({
    client,
    key,
    input,
    call,
    ...(at === undefined ? {} : { answer: { at, output } })
  }))
}

function verdict(...rows: Row[]): string {
  return check(historyOf(rows)).verdict
}

test('a read sees the last write before it, and one of those beside it', () => {
  assert.equal(verdict([1, 2, write(1)], [3, 4, read, 1]), 'linearizable')
  assert.equal(verdict([1, 2, write(1)], [3, 4, read, 0]), 'refused')
  assert.equal(verdict([1, 10, write(1)], [3, 4, read, 0], [5, 6, read, 1]), 'linearizable')
  assert.equal(
    verdict([1, 10, write(1)], [3, 4, read, 1], [5, 6, read, 0]),
    'refused',
    'a value is not seen and then unseen'
  )
  assert.equal(verdict([1, 2, read, 0]), 'linearizable', 'a cell begins with 0')
  assert.equal(verdict([1, 2, read, 7]), 'refused', 'nobody wrote it')
})

test('calls that touch are concurrent', () => {
  assert.equal(verdict([1, 3, write(1)], [3, 4, read, 0]), 'linearizable')
  assert.equal(verdict([3, 3, write(1)], [3, 3, read, 0], [3, 3, read, 1]), 'linearizable')
})

test('two readers see two writes in one order', () => {
  const writes: Row[] = [
    [1, 20, write(1)],
    [1, 20, write(2)]
  ]
  assert.equal(verdict(...writes, [2, 3, read, 1], [4, 5, read, 2]), 'linearizable')
  assert.equal(verdict(...writes, [2, 3, read, 1], [4, 5, read, 2], [6, 7, read, 1]), 'refused')
})

test('every addition sees another sum', () => {
  assert.equal(verdict([1, 9, add(1), 2], [2, 8, add(1), 1], [3, 7, add(1), 3]), 'linearizable')
  assert.equal(verdict([1, 9, add(1), 1], [2, 8, add(1), 1]), 'refused', 'both sides of a cut')
  assert.equal(verdict([1, 2, add(1), 1], [3, 4, add(1), 3]), 'refused', 'something ran twice')
})

test('of two compare-and-sets with the same expectation one takes place', () => {
  assert.equal(verdict([1, 9, cas(0, 1), true], [2, 8, cas(0, 2), false]), 'linearizable')
  assert.equal(verdict([1, 9, cas(0, 1), true], [2, 8, cas(0, 2), true]), 'refused')
  assert.equal(verdict([1, 9, cas(0, 1), true], [2, 8, cas(1, 0), true], [3, 7, cas(0, 2), true]), 'linearizable')
})

test('what was never answered took effect after its call, once or never', () => {
  assert.equal(verdict([1, undefined, write(1)], [3, 4, read, 0]), 'linearizable')
  assert.equal(verdict([1, undefined, write(1)], [3, 4, read, 1]), 'linearizable')
  assert.equal(verdict([1, undefined, write(1)], [3, 4, read, 0], [90, 91, read, 1]), 'linearizable')
  assert.equal(verdict([1, undefined, write(1)], [3, 4, read, 1], [5, 6, read, 0]), 'refused')
  assert.equal(verdict([3, undefined, write(1)], [1, 2, read, 1]), 'refused', 'not before its call')
  assert.equal(verdict([1, undefined, add(1)], [3, 4, add(1), 3]), 'refused', 'not twice')
  assert.equal(verdict([1, undefined, add(1)], [1, undefined, add(1)], [3, 4, add(1), 3]), 'linearizable')
  assert.equal(verdict([1, undefined, cas(0, 1)], [3, 4, cas(1, 2), true]), 'linearizable')
})

test('cells are judged apart, and the one that is wrong is named', () => {
  const right = historyOf([[1, 2, write(1)]], 'right')
  const wrong = historyOf([[3, 4, read, 1]], 'wrong')
  const said = check([...right, ...wrong])
  assert.deepEqual({ verdict: said.verdict, key: 'key' in said && said.key }, { verdict: 'refused', key: 'wrong' })
})

test('a refusal is explained by the first answer that cannot be, and the few operations around it', () => {
  const history = historyOf([
    [1, 2, write(1)],
    [3, 4, read, 1],
    [5, 6, write(2)],
    [7, 8, read, 2],
    [9, 10, read, 1],
    [11, 12, write(3)]
  ])
  assert.deepEqual(explain(history, check(history)), [
    'client 0: write 1 -> done [1, 2]',
    'client 2: write 2 -> done [5, 6]',
    'client 4: read -> 1 [9, 10]: cannot be'
  ])
})

test('too large a search ends as unknown, and not as accepted or refused', () => {
  // Thirty additions beside each other, and a sum that none of them can explain.
  const additions = Array.from({ length: 30 }, (_, i): Row => [1, 100, write(i)])
  assert.equal(check(historyOf([...additions, [2, 90, read, 31]]), { maxConfigurations: 10_000 }).verdict, 'unknown')
  assert.equal(
    check(historyOf([...additions, [2, 90, read, 29]]), { maxConfigurations: 10_000 }).verdict,
    'linearizable'
  )
})

test('twenty equal operations that were never answered cost no more than their number', () => {
  const lost = Array.from({ length: 20 }, (): Row => [1, undefined, add(1)])
  assert.equal(check(historyOf([...lost, [2, 3, read, 21]]), { maxConfigurations: 1000 }).verdict, 'refused')
  assert.equal(check(historyOf([...lost, [2, 3, read, 20]]), { maxConfigurations: 1000 }).verdict, 'linearizable')
})

const numRuns = Number(process.env['SHOAL_CASES'] ?? 300)

test('what ran one at a time is accepted, however calls and answers overlap', () => {
  fc.assert(
    fc.property(fc.nat(), fc.constantFrom(...models), (seed, model) => {
      const history = randomHistory({ seed, model })
      assert.equal(check(history).verdict, 'linearizable', JSON.stringify(history))
    }),
    { numRuns }
  )
})

/** Every order, without any cleverness. */
function isLinearizable(history: readonly Operation[], state = initialState): boolean {
  const answered = history.filter(isAnswered)
  if (answered.length === 0) return true
  const firstAnswer = Math.min(...answered.map(({ answer }) => answer.at))
  return history.some(operation => {
    if (operation.call > firstAnswer) return false
    const after = step(state, operation.input, operation.answer?.output)
    return (
      after !== undefined &&
      isLinearizable(
        history.filter(other => other !== operation),
        after
      )
    )
  })
}

test('the verdict on a short history, right or wrong, is that of trying every order', () => {
  const seen = new Map<string, number>()
  fc.assert(
    fc.property(fc.nat(), fc.nat({ max: 3 }), (seed, mutations) => {
      const random = new SeededRandom(`short/${seed}`)
      let history = randomHistory({ seed, operations: 7, clients: 4 })
      for (let i = 0; i < mutations; i++) history = mutated(history, random)
      const expected = [...Map.groupBy(history, ({ key }) => key).values()].every(cell => isLinearizable(cell))
      const { verdict } = check(history)
      assert.equal(verdict, expected ? 'linearizable' : 'refused', JSON.stringify(history))
      seen.set(verdict, (seen.get(verdict) ?? 0) + 1)
    }),
    { numRuns: 2 * numRuns }
  )
  for (const each of ['linearizable', 'refused'])
    assert.ok((seen.get(each) ?? 0) > numRuns / 5, `${each} is seldom tried`)
})

test('what is left of an explained history is still refused', () => {
  fc.assert(
    fc.property(fc.nat(), seed => {
      const random = new SeededRandom(`explained/${seed}`)
      let history = randomHistory({ seed })
      for (let i = 0; i < 4; i++) history = mutated(history, random)
      const verdict = check(history)
      assert.equal(explain(history, verdict).length > 0, verdict.verdict === 'refused')
    }),
    { numRuns: Math.ceil(numRuns / 3) }
  )
})
