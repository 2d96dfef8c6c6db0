/** What all members have seen of an actor: as far as they were asked, and said so. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SeenByAll } from '../../src/actors/seen-by-all.ts'
import type { Cluster } from '../../src/cluster/cluster.ts'
import { type IndexPositions, noPositions, withSeq } from '../../src/cluster/index-positions.ts'
import { CausalContext } from '../../src/crdt/index.ts'
import type { Clock } from '../../src/ports/clock.ts'

/** A cluster of which only what is asked of it is there, and a clock that is wound by hand. */
class Asked {
  readonly present = new Set(['a', 'b', 'c'])
  readonly answers: (() => void)[] = []
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
        isVerified: () => true,
        durable: async () => {},
        actor: () => ({ index: this.#index, gaps: CausalContext.empty, extra: CausalContext.empty })
      },
      replication: {
        vouch: () => {},
        tracker: {
          admit() {},
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
  assert.ok(asked.seen.of('k/0').isEmpty())
  assert.ok(!asked.seen.of('k/1').isEmpty() && !asked.seen.of('k/10000').isEmpty())
})
