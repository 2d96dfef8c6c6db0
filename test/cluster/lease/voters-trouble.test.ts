/** Three voters and one who asks: what one wrong answer, slow disks, and an absence of years do to the registers. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Voter } from '../../../src/cluster/lease/voter.ts'
import { VotersDisk } from '../../../src/cluster/lease/voters-disk.ts'
import { type Ask, maxLeap, type Question, type Reply } from '../../../src/cluster/lease/voters-messages.ts'
import { listIdOf } from '../../../src/cluster/lease/voters-names.ts'
import { VotersRounds } from '../../../src/cluster/lease/voters-rounds.ts'
import { VotersBackend } from '../../../src/cluster/lease/voters-store.ts'
import { isShoalError } from '../../../src/ports/errors.ts'
import { LeaseCalls } from '../../../src/ports/lease-calls.ts'
import { silentLogger } from '../../../src/ports/logger.ts'
import { noMetrics } from '../../../src/ports/metrics.ts'
import { settled } from '../../../src/simulation/settle.ts'
import { SimulatedWorld } from '../../../src/simulation/world.ts'

const admission = { clusterKey: new Uint8Array(32), facts: { cluster: 'one', shards: 1, protocol: 3 } }
const key = 'session/61'

/** Three voters on disks of their own, asked without a network. */
async function three() {
  const world = new SimulatedWorld({ seed: 1 })
  const settle = <T>(promise: Promise<T>) => settled(world.time, promise)
  const machines = ['a', 'b', 'c'].map(name => world.machine(name))
  const disks = []
  for (const machine of machines) {
    const ports = machine.boot(admission)
    await settle(ports.disk.open())
    disks.push({ ports, peer: machine.id, disk: await settle(VotersDisk.open(ports.disk, ports.random)) })
  }
  const voters = disks.map(({ peer, disk }) => ({ peer, disk: disk.id }))
  const listId = listIdOf(voters)
  const acceptors = disks.map(
    ({ disk, peer }) =>
      [
        peer,
        new Voter({ disk, listId, logger: silentLogger, metrics: noMetrics, mayBegin: () => true, failed() {} })
      ] as const
  )
  const away = new Set<string>()
  const [first] = disks
  if (first === undefined) throw new TypeError('there are three')
  const { clock, random } = first.ports
  const backend = (bend: (peer: string, question: Question, reply: Reply) => Reply = (_, __, reply) => reply) => {
    const rounds: VotersRounds = new VotersRounds(voters, clock, random, (peer, question) => {
      if (away.has(peer)) return false
      const voter = new Map(acceptors).get(peer)
      clock.soon(() => voter?.receive('asker', question, reply => rounds.receive(peer, bend(peer, question, reply))))
      return true
    })
    return new VotersBackend(rounds, clock, random)
  }
  const asker = (...how: Parameters<typeof backend>) => new LeaseCalls(backend(...how), clock)
  const names = voters.map(({ peer }) => peer)
  return {
    world,
    settle,
    machines,
    names,
    backend,
    asker,
    acceptors,
    listId,
    away,
    clock,
    disks,
    in: (ms: number) => clock.elapsed() + ms
  }
}

test('one answer of one voter does not keep a node from a register for good', async () => {
  const it = await three()
  const [a, b] = it.names
  let isBending = false
  const store = it.asker((peer, question, reply) => {
    const isBent = isBending && peer === a && question.kind === 'promise' && question.ballot.counter > 1
    if (!isBent) return reply
    isBending = false
    const promised = { counter: 2 ** 40, proposer: 'f'.repeat(24) }
    return { number: reply.number, voter: reply.voter, kind: 'refused', promised }
  })
  const first = await it.settle(store.write(key, Uint8Array.of(1), undefined, it.in(1000)))
  assert.notEqual(first, 'conflict')
  // Another voter is away for 100 ms, as at a restart: the round has no majority. The one answer comes then.
  isBending = true
  it.away.add(b ?? '')
  it.clock.after(100, () => it.away.clear())
  const version = first === 'conflict' ? undefined : first.version
  await it.settle(store.write(key, Uint8Array.of(2), version, it.in(2000)).catch(() => {}))
  assert.equal(isBending, false)
  for (let tries = 0; tries < 10; tries++) {
    const now = await it.settle(store.read(key, it.in(2000)))
    const outcome = await it.settle(store.write(key, Uint8Array.of(3), now?.version, it.in(2000)).catch(error => error))
    if (typeof outcome === 'object' && 'version' in outcome) return
  }
  assert.fail('all voters are there and honest, and the node cannot write')
})

test('voters whose disks take 1.1 s for a write are slow, and not away', async () => {
  const it = await three()
  const store = it.asker()
  for (const machine of it.machines) machine.disk.conditions.writeMs = { min: 1050, max: 1150 }
  const outcome = await it.settle(store.write(key, Uint8Array.of(1), undefined, it.in(200_000)))
  assert.notEqual(outcome, 'conflict')
})

test('a voter that is behind by more ballots than it takes at once votes again', async () => {
  const it = await three()
  const [a] = it.names
  const store = it.asker()
  const first = await it.settle(store.write(key, Uint8Array.of(1), undefined, it.in(1000)))
  assert.notEqual(first, 'conflict')
  const far = { counter: 3 * maxLeap + 7, proposer: 'a'.repeat(24) }
  for (const { disk, peer } of it.disks) {
    const accepted = disk.read(key)?.accepted
    if (peer !== a) await it.settle(disk.write(new Map([[key, { promised: far, accepted }]])))
  }
  // Now it takes all that are left.
  it.away.add(it.names[2] ?? '')
  const found = await it.settle(it.asker().read(key, it.in(20_000)))
  const outcome = await it.settle(store.write(key, Uint8Array.of(2), found?.version, it.in(20_000)))
  assert.notEqual(outcome, 'conflict')
})

test('a damaged vote is mended by the others, above all that its voter may have promised', async () => {
  const it = await three()
  const [a, b, c] = it.names
  const [first] = it.disks
  const voter = it.acceptors[0]?.[1] ?? assert.fail()
  assert.ok(first !== undefined && a !== undefined)
  const store = it.asker()
  const ask = async (asked: Ask): Promise<string> => {
    const { promise, resolve } = Promise.withResolvers<string>()
    voter.receive('asker', { number: 1, voter: first.disk.id, listId: it.listId, ...asked }, ({ kind }) =>
      resolve(kind)
    )
    return it.settle(promise)
  }
  // Of the last two writes the voter has the first only, and then it promises much to somebody who is heard of by nobody else.
  const old = await it.settle(store.write(key, Uint8Array.of(1), undefined, it.in(1000)))
  assert.ok(old !== 'conflict')
  it.away.add(a)
  const present = await it.settle(store.write(key, Uint8Array.of(2), old.version, it.in(5000)))
  assert.ok(present !== 'conflict')
  it.away.clear()
  const late = { counter: 9000, proposer: 'a'.repeat(24) }
  assert.equal(await ask({ kind: 'promise', key, ballot: late }), 'registers')
  const place = Uint8Array.of(0x6c, 0x76, ...new TextEncoder().encode(key))
  await it.settle(first.ports.disk.write([{ type: 'put', key: place, value: Uint8Array.of(1, 2, 3) }]))
  const disk = await it.settle(VotersDisk.open(first.ports.disk, first.ports.random))
  assert.ok(disk.id === first.disk.id && disk.ceiling >= late.counter, `${disk.ceiling}`)
  assert.deepEqual((await it.settle(disk.leftovers(10))).damaged, [key])

  const { signal } = new AbortController()
  it.away.add(b ?? '')
  assert.equal(await it.settle(it.backend().mend(key, disk.ceiling, signal)), undefined)
  it.away.clear()
  const vote = await it.settle(it.backend().mend(key, disk.ceiling, signal))
  assert.ok(vote !== undefined && vote.promised.counter > late.counter)
  voter.mend(key, vote)
  const accepted = { ballot: late, version: old.version, value: Uint8Array.of(3) }
  assert.equal(await ask({ kind: 'accept', key, accepted }), 'refused')
  it.away.add(c ?? '')
  const found = await it.settle(store.read(key, it.in(5000)))
  assert.deepEqual([found?.version, found?.value], [present.version, Uint8Array.of(2)])
  // One that is sound is let be.
  voter.mend(key, { promised: { counter: 1, proposer: 'b'.repeat(24) }, accepted: undefined })
  assert.equal(await ask({ kind: 'accept', key, accepted }), 'refused')
})

test('a write on nothing that was done and removed, before its writer heard of it, is not done again', async () => {
  const it = await three()
  let isLost = true
  const slow = it.asker((_, { kind }, reply) => (isLost && kind === 'accept' ? { ...reply, number: 0 } : reply))
  const quick = it.asker()
  const writing = slow.write(key, Uint8Array.of(1), undefined, it.in(20_000)).catch((error: unknown) => error)
  await it.world.time.run({ untilMs: it.world.time.nowMs + 300 })
  const found = await it.settle(quick.read(key, it.in(5000)))
  assert.deepEqual(found?.value, Uint8Array.of(1))
  await it.settle(quick.remove(key, found?.version ?? '', it.in(5000)))
  isLost = false
  const outcome = await it.settle(writing)
  assert.ok(isShoalError(outcome) && outcome.code === 'SHOAL_LEASE_STORE' && outcome.retryable, String(outcome))
  assert.equal(await it.settle(quick.read(key, it.in(5000))), undefined)
})

test('what the others made of a damaged vote is not taken any more when its voter may have promised more since', async () => {
  const it = await three()
  const [first] = it.disks
  const voter = it.acceptors[0]?.[1] ?? assert.fail()
  assert.ok(first !== undefined)
  const ask = async (asked: Ask): Promise<string> => {
    const { promise, resolve } = Promise.withResolvers<string>()
    const question = { number: 1, voter: first.disk.id, listId: it.listId, ...asked }
    voter.receive('asker', question, ({ kind }) => resolve(kind))
    return it.settle(promise)
  }
  const place = Uint8Array.of(0x6c, 0x76, ...new TextEncoder().encode(key))
  const damage = () => it.settle(first.ports.disk.write([{ type: 'put', key: place, value: Uint8Array.of(1, 2, 3) }]))
  const written = await it.settle(it.asker().write(key, Uint8Array.of(1), undefined, it.in(1000)))
  assert.ok(written !== 'conflict')
  await damage()
  const vote = await it.settle(it.backend().mend(key, voter.ceiling, new AbortController().signal))
  assert.ok(vote !== undefined)
  voter.mend(key, vote)
  const above = (by: number) => ({ counter: vote.promised.counter + by, proposer: 'a'.repeat(24) })
  assert.equal(await ask({ kind: 'promise', key, ballot: above(100) }), 'registers')
  // The same answer again, as of another look that took longer.
  await damage()
  voter.mend(key, vote)
  const late = { ballot: above(50), version: 'e'.repeat(24), value: Uint8Array.of(2) }
  assert.equal(await ask({ kind: 'accept', key, accepted: late }), 'problem')
  const again = await it.settle(it.backend().mend(key, voter.ceiling, new AbortController().signal))
  assert.ok(again !== undefined)
  voter.mend(key, again)
  assert.equal(await ask({ kind: 'accept', key, accepted: late }), 'refused')
})
