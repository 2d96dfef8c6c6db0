/** Looking for overlaps takes little of a turn, however many actors there are to look at. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OverlapTelling } from '../../src/actors/requests/overlap-telling.ts'
import { requestsField } from '../../src/actors/requests/ran-commands.ts'
import {
  CausalContext,
  emptyState,
  type Json,
  lwwRegister,
  openView,
  orMap,
  Transaction
} from '../../src/crdt/index.ts'
import { silentLogger } from '../../src/ports/logger.ts'

const actors = 1000

/** Two owners, one command each. */
function overlapped() {
  const schema = { [requestsField]: orMap(lwwRegister<Json>(null)) }
  let state = emptyState
  for (const origin of ['a.0000000000000000000001', 'b.0000000000000000000002']) {
    const nextDot = () => ({ origin, seq: 1 })
    const covers = CausalContext.empty
    const transaction = new Transaction({ state, covers, origin, nextDot, now: () => 0, clientId: () => 1 })
    openView(schema, transaction)[requestsField].at(`${origin}/1`).set([1, null, 'add'])
    state = transaction.state
  }
  return state
}

/** One node whose shards are as `isOpen` says, with `actors` to look at. `look` answers which it has looked at, and how many it told of. */
function world(isOpen: () => boolean) {
  const state = overlapped()
  let nowMs = 0
  let looked: string[] = []
  let told = 0
  const pending: (() => void)[] = []
  const noted: (() => void)[] = []
  const clock = {
    elapsed: () => nowMs,
    after(_: number, run: () => void) {
      pending.push(run)
      return { cancel() {} }
    }
  }
  const store = {
    actor(_: number, name: string) {
      looked.push(name)
      return { state, gaps: CausalContext.empty }
    },
    durable: () => Promise.resolve()
  }
  const membership = { alive: () => ['a'], admitted: () => ['a'], records: () => [] }
  const telling = new OverlapTelling({
    cluster: { membership, ownership: { isOpen }, store },
    runtime: { between: () => new Promise<void>(resolve => noted.push(resolve)) },
    clock,
    logger: silentLogger,
    metrics: { counter: () => ({ add() {} }) },
    kinds: [{ kind: 'k' }],
    actorOf: undefined,
    tell: () => told++
  } as never)
  for (let i = 0; i < actors; i++) telling.consider({ name: `k/${i}`, shard: 1, state })
  const look = async () => {
    nowMs += 1000
    looked = []
    told = 0
    for (const run of pending.splice(0)) run()
    for (let turn = 0; turn < 5; turn++) await Promise.resolve()
    return { looked, told }
  }
  const noteAll = async () => {
    for (const done of noted.splice(0)) done()
    for (let turn = 0; turn < 5; turn++) await Promise.resolve()
  }
  return { look, noteAll }
}

test('of actors that others serve few are looked at in one turn, and all in their time', async () => {
  const { look } = world(() => false)
  const seen = new Set<string>()
  for (let i = 0; i < actors / 10 && seen.size < actors; i++) {
    const { looked, told } = await look()
    assert.ok(looked.length <= 16, `${looked.length} in one turn`)
    assert.equal(told, 0)
    for (const name of looked) seen.add(name)
  }
  assert.equal(seen.size, actors)
})

test('of its own actors a node tells some at a time, the next when those are noted, and of others what becomes its own at once', async () => {
  let isOpen = false
  const { look, noteAll } = world(() => isOpen)
  await look()
  isOpen = true
  assert.equal((await look()).told, 64)
  assert.equal((await look()).told, 0)
  await noteAll()
  assert.equal((await look()).told, 64)
})
