/**
 * What twenty clients see of exclusive actors in `merge` mode, in the simulator. `npm run histories -- --simulated 100` tries more
 * seeds.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createTestCluster } from 'shoal/testing'
import { cells, outputOf, Register } from './cells.ts'
import { type Input, isAnswered, type Operation, type Output } from './history.ts'
import { judge, judgeButForEarlyReads } from './judges.ts'
import { Porcupine } from './porcupine.ts'
import { Recorder } from './recorder.ts'
import { churn, cut, faultsWithoutCuts, longPause, scarceMoves, simulatedHistory } from './simulated.ts'

const first = Number(process.env['SHOAL_SEED'] ?? 1)
const seeds = Array.from({ length: Number(process.env['SHOAL_SEEDS'] ?? 3) }, (_, i) => first + i)

let porcupine: Porcupine
before(async () => {
  porcupine = await Porcupine.build()
})
after(() => porcupine[Symbol.asyncDispose]())

test('without cuts, each cell is as if it ran one operation at a time, through kills, lost messages, short pauses and wrong clocks', async t => {
  if (porcupine.missing !== undefined) t.diagnostic(`SKIPPED: Porcupine, ${porcupine.missing}`)
  for (const seed of seeds) {
    const { history, failures, doubted } = await simulatedHistory({ seed, trouble: faultsWithoutCuts })
    assert.ok(history.filter(isAnswered).length > 500)
    const { verdict, why, earlyReads } = await judgeButForEarlyReads(porcupine, history)
    if (doubted.length === 0) assert.equal(verdict, 'linearizable', `SHOAL_SEED=${seed}\n${why.join('\n')}`)
    else t.diagnostic(`seed ${seed}: no promise: ${doubted.join(', ')}: ${verdict}`)
    t.diagnostic(
      `seed ${seed}: ${history.length} operations, ${earlyReads} forgiven; failed: ${JSON.stringify([...failures])}`
    )
  }
})

test('without cuts, each cell is as if it ran one operation at a time, while members leave, die and return', async () => {
  for (const seed of seeds) {
    const { history } = await simulatedHistory({ seed, ...(seed % 2 === 0 ? scarceMoves : { trouble: churn }) })
    assert.ok(history.filter(isAnswered).length > 200)
    const { verdict, why } = await judgeButForEarlyReads(porcupine, history)
    assert.equal(verdict, 'linearizable', `SHOAL_SEED=${seed}\n${why.join('\n')}`)
  }
})

test('both judges refuse what clients see on the two sides of a cut in merge mode', async () => {
  for (const seed of seeds) {
    const { history, doubted } = await simulatedHistory({ seed, trouble: cut })
    const { verdict } = await judge(porcupine, history)
    assert.equal(verdict, 'refused', `SHOAL_SEED=${seed}`)
    assert.ok(doubted.length >= 12, `each side holds the other for dead: ${doubted}`)
  }
})

test('after a stop so long that others went on, merge mode may yet acknowledge what was under way at the stop, and nothing else out of order', async () => {
  for (const seed of seeds) {
    let returnedUs = 0
    const trouble = longPause(atUs => {
      returnedUs = atUs
    })
    const { history } = await simulatedHistory({ seed, trouble })
    const isUnderWay = (operation: Operation) =>
      isAnswered(operation) && operation.call <= returnedUs && operation.answer.at >= returnedUs
    const forgotten = history.flatMap(operation => {
      if (!isUnderWay(operation)) return [operation]
      const { client, key, input, call } = operation
      return input.op === 'read' ? [] : [{ client, key, input, call }]
    })
    const { verdict, why } = await judge(porcupine, forgotten)
    assert.equal(verdict, 'linearizable', `SHOAL_SEED=${seed}\n${why.join('\n')}`)
  }
})

test('a query in merge mode may show a command that is on no other disk yet, and gone with its owner: both judges refuse that', async () => {
  await using cluster = await createTestCluster({ actors: cells, seed: 1, replication: { dissemination: 'gossip' } })
  const owner = cluster.world.machines().findIndex(({ id }) => id === cluster.node(0).owner(Register, 'r'))
  const other = (owner + 1) % cluster.size
  const recorder = new Recorder(() => cluster.world.time.nowUs)
  const ask = (node: number, input: Input): Promise<Output | undefined> => {
    const register = cluster.actor(node)(Register, 'r')
    const call = () => outputOf(input.op === 'write' ? register.write(input) : register.read())
    return recorder.record({ client: node, key: 'r', input }, call)
  }
  await cluster.settle(ask(other, { op: 'write', value: 1 }))
  cluster.world.fabric.setConditions({ publishLoss: 1 })
  void ask(owner, { op: 'write', value: 2 })
  await cluster.run(5)
  assert.equal(await cluster.settle(ask(owner, { op: 'read' })), 2)
  cluster.kill(owner)
  await cluster.run(1)
  assert.equal(await cluster.settle(ask(other, { op: 'read' })), 1)
  assert.equal((await judge(porcupine, recorder.history())).verdict, 'refused')
})

test('of reads in merge mode only those are forgiven that show a lost command before its loss was told', async () => {
  const [client, key] = [1, 'register-cell/r']
  const write = (value: number, call: number) => ({ client, key, input: { op: 'write', value } as const, call })
  const read = (output: number, call: number): Operation => ({
    client: 2,
    key,
    input: { op: 'read' },
    call,
    answer: { at: call + 1, output }
  })
  const acknowledged: Operation = { ...write(1, 0), answer: { at: 10, output: null } }
  const lost: Operation = { ...write(2, 20), lostAt: 100 }
  const judged = async (...reads: Operation[]) => {
    const { verdict, earlyReads } = await judgeButForEarlyReads(porcupine, [acknowledged, lost, ...reads])
    return [verdict, earlyReads]
  }
  assert.deepEqual(await judged(read(2, 50), read(2, 99), read(1, 120)), ['linearizable', 2])
  assert.deepEqual((await judged(read(2, 50), read(2, 110), read(1, 120)))[0], 'refused', 'it was gone by then')
  assert.deepEqual((await judged(read(0, 50)))[0], 'refused', 'what was acknowledged is lost')
})
