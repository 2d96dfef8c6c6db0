/** What an outbox does where its shard, its record or the way to a target comes to its end, each in a shard of its own that is made of plain maps. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { command, exclusive, ShoalError, value } from 'shoal'
import { overMethod } from '../../src/actors/calls/call-messages.ts'
import { LeaseActors, type LeaseActorsParts } from '../../src/actors/leased/lease-actors.ts'
import { appendEntry } from '../../src/actors/leased/lease-entry.ts'
import { formOf } from '../../src/actors/leased/lease-forms.ts'
import type { LeasedActor } from '../../src/actors/leased/lease-holding.ts'
import { Holding, leasedMemory } from '../../src/actors/leased/lease-holding.ts'
import { noRequests } from '../../src/actors/leased/lease-requests.ts'
import { OutboxDelivery } from '../../src/actors/outbox/outbox-delivery.ts'
import { withSent } from '../../src/actors/outbox/outbox-log.ts'
import { WaitingActors, waitingIn } from '../../src/actors/outbox/outbox-waiting.ts'
import type { Lease } from '../../src/cluster/lease/lease.ts'
import { silentLogger } from '../../src/ports/logger.ts'
import { noMetrics } from '../../src/ports/metrics.ts'
import { settled } from '../../src/simulation/settle.ts'
import { SimulatedWorld } from '../../src/simulation/world.ts'

const Account = exclusive('account', value(0), { note: command(() => {}) }, { partition: 'lease' })
const form = formOf(Account)

/** Its only replica, so that what is appended is accepted. */
class PlainLease {
  readonly epoch = 1
  readonly records = new Map<string, Uint8Array>()
  readonly written: number[] = []
  readonly #fenced = Promise.withResolvers<void>()
  readonly fenced = this.#fenced.promise
  isOwner = true
  isFull = false

  isValid(): boolean {
    return this.isOwner
  }

  peek(name: string): Uint8Array | undefined {
    return this.records.get(name)
  }

  async read(name: string): Promise<Uint8Array | undefined> {
    return this.peek(name)
  }

  append(name: string, bytes: Uint8Array): Promise<void> {
    if (!this.isOwner) throw new ShoalError('SHOAL_UNAVAILABLE', 'no lease', { retryable: true })
    if (this.isFull && !name.startsWith('outbox:')) throw new ShoalError('SHOAL_LIMIT', 'no room')
    this.records.set(name, bytes)
    this.written.push(bytes.length)
    return Promise.resolve()
  }

  fence(holding: Holding): void {
    this.isOwner = false
    holding.isFenced = true
    this.#fenced.resolve()
  }
}

interface Delivered {
  readonly id: string
  answer(): void
}

function outboxWorld() {
  const world = new SimulatedWorld({ seed: 1 })
  const { clock, random } = world.machine('node-0').boot({ clusterKey: new Uint8Array(32), facts: {} as never })
  const lease = new PlainLease()
  const holding = new Holding(lease as unknown as Lease, leasedMemory(10))
  const delivered: Delivered[] = []
  const gauges = new Map<string, number>()
  const outbox = new OutboxDelivery({
    ...{ clock, random, logger: silentLogger, definitions: new Map([['account', Account]]) },
    metrics: { ...noMetrics, gauge: name => ({ set: value => void gauges.set(name, value) }) },
    router: () => ({
      deliver: (_, id) => new Promise(resolve => delivered.push({ id, answer: () => resolve(undefined) })),
      shardOf: (_, id) => Number(id.slice(0, id.indexOf('.')))
    })
  })
  outbox.opened(holding)
  /** An entry of the actor with commands to these. */
  const send = (id: string, ids: readonly string[]): LeasedActor => {
    const name = `account/${id}`
    const actor = holding.actor(name, form, clock.elapsed())
    const of = { holding, actor, name, format: form.format }
    const intents = ids.map(to => ({ to: `account/${to}`, method: 'note', argument: '' }))
    const mail = withSent(actor.record.mail, intents, 0)
    const append = () => appendEntry(of, { requests: noRequests, mail }, 'majority')
    void outbox.sending(of, ids.length, append).then(() => outbox.accepted(holding, name, actor))
    return actor
  }
  const run = (ms: number) => world.time.run({ untilMs: world.time.nowMs + ms })
  const names = () => waitingIn(record => lease.peek(record))
  return { world, clock, lease, holding, outbox, delivered, gauges, send, run, names }
}

test('what is told to an owner that is one no more is forgotten by nobody', async () => {
  const { world, clock, lease, holding, outbox } = outboxWorld()
  const holdings = { holding: async () => holding, held: () => [holding] }
  const parts = { holdings, clock, outbox, metrics: noMetrics, logger: silentLogger } as unknown as LeaseActorsParts
  const actors = new LeaseActors(parts)
  const sent = { sender: 'account/s', number: 1, stamp: 1 }
  const told = {
    definition: Account,
    shard: 0,
    id: 't',
    name: 'account/t',
    method: overMethod,
    argument: undefined,
    sent
  }
  const ask = () =>
    settled(world.time, actors.run({ ...told, acknowledge: 'majority', read: 'local', deadlineMs: 1e6 }))
  assert.deepEqual(await ask(), { moved: false, result: undefined })
  // It is in memory, and knows of no such sender.
  lease.isOwner = false
  const outcome = await ask()
  assert.equal(outcome.moved && outcome.refused?.code, 'SHOAL_UNAVAILABLE')
})

test('what was under way when the shard went to another counts for that one', async () => {
  const { lease, holding, delivered, gauges, send, run } = outboxWorld()
  send('a', ['1.a', '1.a', '1.a'])
  await run(50)
  assert.deepEqual([delivered.length, gauges.get('shoal_outbox_waiting')], [1, 3])
  lease.fence(holding)
  await run(50)
  assert.equal(gauges.get('shoal_outbox_waiting'), 0)
  delivered[0]?.answer()
  await run(1000)
  assert.equal(gauges.get('shoal_outbox_waiting'), 0)
})

test('of a command that has no effect, because its record is too large, no name stays behind', async () => {
  const { lease, names, run, send } = outboxWorld()
  lease.isFull = true
  assert.throws(() => send('a', ['1.a']), { code: 'SHOAL_LIMIT' })
  await run(10_000)
  assert.deepEqual(names(), [])
  lease.isFull = false
  send('a', ['1.a'])
  lease.isFull = true
  assert.throws(() => send('a', ['1.b']), { code: 'SHOAL_LIMIT' })
  await run(10_000)
  assert.deepEqual(names(), ['account/a'], 'it has sent another before')
})

test('shards that nobody serves do not keep commands to others waiting', async () => {
  const { delivered, run, send } = outboxWorld()
  const many = (letter: string) => Array.from({ length: 400 }, (_, i) => `1.${letter}${i}`)
  for (const letter of ['a', 'b', 'c']) send(letter, many(letter))
  await run(100)
  const before = delivered.length
  assert.ok(before > 20 && before < 500, `${before} at once`)
  send('d', ['1.d', '2.d'])
  await run(100)
  assert.deepEqual(
    delivered.slice(before).map(({ id }) => id),
    ['2.d']
  )
})

test('an actor stays in memory while somebody sees to its outbox, and what it sends then is seen to', async () => {
  const { clock, lease, holding, delivered, names, run, send } = outboxWorld()
  const actor = send('a', ['1.a'])
  // The command, and that it is over.
  for (const i of [0, 1]) {
    await run(200)
    delivered[i]?.answer()
  }
  await run(0)
  lease.isOwner = false
  await run(20_000)
  for (let i = 0; i < 1000 && actor.saving !== undefined; i++) await run(1)
  lease.isOwner = true
  // It is told so by another entry, before whoever sees to it tries again.
  send('a', [])
  await run(1)
  for (let i = 0; i < 40; i++) holding.actor(`account/${i}`, form, clock.elapsed())
  send('a', ['1.b'])
  await run(9000)
  assert.equal(delivered.at(-1)?.id, '1.b')
  assert.deepEqual(names(), ['account/a'])
})

// ---- the names of those who have commands ----------------------------------------------------------------------------------------

test('thousands of actors of one shard that send are written down by about a kilobyte each, and so are long names', async () => {
  for (const [count, length] of [
    [2000, 10],
    [500, 1000]
  ] as const) {
    const { clock, lease, holding, names } = outboxWorld()
    const waiting = new WaitingActors(holding, clock)
    const ids = Array.from({ length: count }, (_, i) => `account/${String(i).padEnd(length, 'x')}`)
    for (const id of ids) waiting.add(id)
    assert.deepEqual(names(), ids)
    assert.ok(Math.max(...lease.written) <= 1024 + 8)
    assert.deepEqual(new WaitingActors(holding, clock).names(), ids)
  }
})

test('where there is room for no more names, a command waits, and not longer', async () => {
  const { clock, lease, holding, run } = outboxWorld()
  const waiting = new WaitingActors(holding, clock)
  const fill = () => {
    for (let i = 0; i < 100_000; i++) waiting.add(`account/${String(i).padEnd(1000, 'x')}`)
  }
  assert.throws(fill, { code: 'SHOAL_OVERLOADED', retryable: true })
  assert.ok([...lease.records.values()].reduce((sum, { length }) => sum + length, 0) <= 2 ** 20 + 2 ** 14)
  for (const name of waiting.names()) waiting.remove(name)
  await run(10_000)
  assert.throws(fill, { code: 'SHOAL_OVERLOADED', retryable: true })
  assert.ok(waiting.names().length > 500)
})

test('whoever comes and goes, and whichever owner follows, all who are in use are found', async () => {
  const step = fc.record({
    deed: fc.constantFrom('add', 'add', 'remove', 'pass', 'next owner'),
    id: fc.nat(60),
    length: fc.constantFrom(1, 200, 900)
  })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 80 }), async steps => {
      const { clock, holding, names, run } = outboxWorld()
      let waiting = new WaitingActors(holding, clock)
      const used = new Set<string>()
      for (const { deed, id, length } of steps) {
        const name = `account/${String(id).padEnd(length, 'x')}`
        if (deed === 'add') {
          waiting.add(name)
          used.add(name)
        } else if (deed === 'remove' && used.has(name)) {
          waiting.remove(name)
          used.delete(name)
        } else if (deed === 'pass') await run(2000)
        else if (deed === 'next owner') {
          waiting.stop()
          waiting = new WaitingActors(holding, clock)
          // As it finds them idle.
          for (const found of waiting.names()) if (!used.has(found)) waiting.remove(found)
        }
        const found = names()
        assert.equal(new Set(found).size, found.length)
        for (const one of used) assert.ok(found.includes(one))
      }
      await run(20_000)
      assert.deepEqual(new Set(names()), used)
    }),
    { numRuns: 100 }
  )
})
