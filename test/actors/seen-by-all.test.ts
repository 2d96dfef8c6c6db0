/** What all members have seen of an actor: as far as they were asked, and said so. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SeenByAll } from '../../src/actors/requests/seen-by-all.ts'
import type { Cluster } from '../../src/cluster/cluster.ts'
import { type IndexPositions, noPositions, withSeq } from '../../src/cluster/index-positions.ts'
import { CausalContext } from '../../src/crdt/index.ts'
import type { Clock } from '../../src/ports/clock.ts'

/** A cluster of which only what is asked of it is there, and a clock that is wound by hand. */
class Asked {
  readonly present = new Set(['a', 'b', 'c'])
  readonly answers: (() => void)[] = []
  readonly followed = new Map<number, (isStored: boolean) => void>()
  readonly seen: SeenByAll
  #index: IndexPositions = withSeq(noPositions, 'a.1', 5)
  #nowMs = 0
  readonly #timers = new Set<{ atMs: number; task: () => void }>()

  constructor() {
    const cluster = {
      membership: { alive: () => [...this.present], admitted: () => ['a', 'b', 'c'] },
      ownership: { isSettled: true },
      replicas: { quorum: () => () => ({ enough: false }) },
      store: {
        origin: 'a.1',
        isVerified: () => true,
        durable: async () => {},
        actor: () => ({ index: this.#index, gaps: CausalContext.empty, extra: CausalContext.empty })
      },
      replication: {
        vouch: () => {},
        tracker: {
          admit() {},
          follow: (push: number, _: unknown, over: (isStored: boolean) => void) => this.followed.set(push, over),
          wait: () => ({ tracked() {}, stored: new Promise<void>(done => this.answers.push(done)), cancel() {} })
        }
      }
    } as unknown as Cluster
    const after = (ms: number, task: () => void) => {
      const timer = { atMs: this.#nowMs + ms, task }
      this.#timers.add(timer)
      return { cancel: () => this.#timers.delete(timer) }
    }
    this.seen = new SeenByAll({ cluster, clock: { elapsed: () => this.#nowMs, after } as unknown as Clock })
  }

  write(seq: number): void {
    this.#index = withSeq(this.#index, 'a.1', seq)
  }

  wind(ms: number): void {
    this.#nowMs += ms
    for (const { atMs, task } of [...this.#timers]) if (atMs <= this.#nowMs) task()
  }

  answer(): void {
    for (const answer of this.answers.splice(0)) answer()
  }
}

const turn = () => new Promise<void>(resolve => setImmediate(resolve))

test('what came after the question is not taken for seen', async () => {
  const asked = new Asked()
  const told = asked.seen.ask(1, 'k/i')
  await turn()
  asked.write(9)
  asked.answer()
  assert.ok((await told).has('a.1', 5))
  assert.ok(asked.seen.of('k/i').has('a.1', 5) && !asked.seen.of('k/i').has('a.1', 6))
})

test('nobody is asked while a member is away, and those who do not answer have seen nothing', async () => {
  const asked = new Asked()
  asked.present.delete('c')
  assert.ok((await asked.seen.ask(1, 'k/i')).isEmpty())
  assert.equal(asked.answers.length, 0)
  asked.present.add('c')
  asked.wind(250)
  const told = asked.seen.ask(1, 'k/i')
  const again = asked.seen.ask(1, 'k/i')
  await turn()
  assert.equal(asked.answers.length, 1)
  asked.wind(3000)
  assert.ok((await told).isEmpty() && (await again).isEmpty())
})

test('it is remembered of ten thousand actors', async () => {
  const asked = new Asked()
  const all = Array.from({ length: 10_001 }, (_, i) => asked.seen.ask(1, `k/${i}`))
  await turn()
  asked.answer()
  await Promise.all(all)
  const isSeen = (i: number) => asked.seen.of(`k/${i}`).has('a.1', 5)
  assert.ok(!isSeen(0))
  assert.ok(isSeen(1) && isSeen(10_000))
})

test('what all have confirmed is seen without a question, of each actor the last thirty-two', async () => {
  const asked = new Asked()
  asked.seen.leaves(1, 0, 'k/i', 7)
  asked.seen.leaves(1, 0, 'k/j', 8)
  asked.seen.leaves(2, 0, 'k/i', 9)
  assert.ok(!asked.seen.of('k/i').has('a.1', 7))
  asked.followed.get(1)?.(true)
  asked.followed.get(2)?.(false)
  const seen = asked.seen.of('k/i')
  assert.ok(seen.has('a.1', 7) && !seen.has('b.1', 7) && !seen.has('a.1', 8) && !seen.has('a.1', 9))
  assert.ok(asked.seen.of('k/j').has('a.1', 8))
  const told = asked.seen.ask(1, 'k/i')
  await turn()
  for (let seq = 10; seq < 42; seq++) {
    asked.seen.leaves(seq, 0, 'k/i', seq)
    asked.followed.get(seq)?.(true)
  }
  asked.answer()
  await told
  const later = asked.seen.of('k/i')
  assert.ok(later.has('a.1', 5), 'as all have answered')
  assert.ok(!later.has('a.1', 7) && later.has('a.1', 10) && later.has('a.1', 41))
})
