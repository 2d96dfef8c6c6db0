/** What a node's process does when the bench asks: writes, watches and calls, through the typed API, with the time of each. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Account, Cart, Counter, Document, Tags } from '../../examples/shop.ts'
import type { ShoalNode } from '../../src/shoal-node.ts'
import { SeededRandom } from '../../src/simulation/random.ts'
import { type AccountKind, accountKinds, onceServed } from './accounts.ts'
import { monotonicMs, pause } from './monotonic.ts'
import { PacedCallers, type PacedCalls, type PacedOptions } from './paced-callers.ts'
import { sentBytes } from './socket-bytes.ts'

/** Kinds of which the bench writes a numbered series: after write k the actor's progress is k. */
export type SeriesKind = 'counter' | 'tags' | 'cart' | 'document'

export interface CallLoad {
  readonly method: 'deposit' | 'balance'
  readonly acknowledge: 'local' | 'majority'
  readonly accounts: number
  readonly inFlight: number
  readonly durationMs: number
  readonly seed: string
}

export interface AskLoad {
  readonly kind: 'account' | 'counter'
  readonly method: 'query' | 'command'
  readonly actors: number
  readonly inFlight: number
  readonly durationMs: number
}

/** Asks of one caller after which it lets a turn of the event loop go by; a command waits for the disk anyhow. */
const asksPerTurn = { query: 100, command: 1 }

const watchDeadlineMs = 60_000

export function tasksOn(node: ShoalNode, metricsPage: () => Promise<string>) {
  const watches = new Map<string, Watch>()
  let paced: PacedCallers | undefined

  return {
    /** Resolves when this node serves, and is linked with all others of so many. */
    async settled({ nodes, deadlineMs }: { nodes: number; deadlineMs: number }): Promise<void> {
      const startMs = monotonicMs()
      for (;;) {
        const alive = node.members().members.filter(({ status }) => status === 'alive').length
        const why = node.unready()
        if (alive === nodes && node.links().length === nodes - 1 && why === undefined) return
        if (monotonicMs() - startMs > deadlineMs)
          throw new Error(`${node.name}: ${alive} of ${nodes} alive, ${node.links().length} links; ${why ?? 'ready'}`)
        await pause(20)
      }
    },

    /** Begins to note when each of `count` writes becomes visible here. Resolves when the present state was seen. */
    async watch({ kind, id, count }: { kind: SeriesKind; id: string; count: number }): Promise<void> {
      const watch = new Watch(node, kind, id, count)
      watches.set(`${kind}/${id}`, watch)
      await watch.started
    },

    /** Moments at which the writes 1 to `count` were visible here, once all are. */
    async seen({ kind, id }: { kind: SeriesKind; id: string }): Promise<number[]> {
      const watch = watches.get(`${kind}/${id}`)
      if (watch === undefined) throw new Error(`no watch on ${kind}/${id}`)
      watches.delete(`${kind}/${id}`)
      return watch.finished
    },

    /** Writes a series, one write after the other, at random moments. Answers when each was begun and acknowledged. */
    async writeSeries(series: { kind: SeriesKind; id: string; count: number; paceMs: number; seed: string }) {
      const { kind, id, count, paceMs, seed } = series
      const random = new SeededRandom(seed)
      const startedMs: number[] = []
      const acknowledgedMs: number[] = []
      for (let k = 1; k <= count; k++) {
        await pause(paceMs * (0.5 + random.next()))
        startedMs.push(monotonicMs())
        await write(node, kind, id, k)
        acknowledgedMs.push(monotonicMs())
      }
      return { startedMs, acknowledgedMs }
    },

    /** Adds 1 to one counter after another, so many at once. Answers when the first was begun and the last acknowledged. */
    async flood(flood: { prefix: string; from?: number; actors: number; updates: number; inFlight: number }) {
      const { prefix, from = 0, actors, updates, inFlight } = flood
      let next = 0
      const write = async () => {
        while (next < updates) await node.actor(Counter, `${prefix}-${from + (next++ % actors)}`).add(1)
      }
      const startedMs = monotonicMs()
      await Promise.all(Array.from({ length: inFlight }, write))
      return { startedMs, acknowledgedMs: monotonicMs() }
    },

    /** A closed loop of calls: each that ends makes room for the next. Answers the time that each call took. */
    async callAccounts({ method, acknowledge, accounts, inFlight, durationMs, seed }: CallLoad) {
      const tookMs: number[] = []
      const endMs = monotonicMs() + durationMs
      const call = async (_: unknown, caller: number) => {
        const random = new SeededRandom(`${seed}/${caller}`)
        for (let nowMs = monotonicMs(); nowMs < endMs; ) {
          const account = node.actor(Account, accountName(random.below(accounts)))
          if (method === 'deposit') await account.deposit({ amount: 1 }, { acknowledge })
          else await account.balance(undefined)
          const doneMs = monotonicMs()
          tookMs.push(doneMs - nowMs)
          nowMs = doneMs
        }
      }
      await Promise.all(Array.from({ length: inFlight }, call))
      return tookMs
    },

    /** A closed loop of calls to actors of this node, by callers that hold their references. */
    async askActors({ kind, method, actors, inFlight, durationMs }: AskLoad) {
      const asks = Array.from({ length: actors }, (_, i) => askOf(node, kind, method, i))
      let done = 0
      const call = async (_: unknown, caller: number) => {
        for (let next = caller, nowMs = startMs; nowMs < startMs + durationMs; nowMs = monotonicMs()) {
          for (let i = 0; i < asksPerTurn[method]; i++, next += inFlight) await asks[next % actors]?.()
          done += asksPerTurn[method]
          await nextTurn()
        }
      }
      const before = process.cpuUsage()
      const startMs = monotonicMs()
      await Promise.all(Array.from({ length: inFlight }, call))
      const tookMs = monotonicMs() - startMs
      const { user, system } = process.cpuUsage(before)
      return { asks: done, tookMs, cpuMs: (user + system) / 1000 }
    },

    /** Adds 1 to each of so many actors. */
    async fill({ kind, actors }: { kind: AskLoad['kind']; actors: number }): Promise<void> {
      await Promise.all(Array.from({ length: actors }, (_, i) => askOf(node, kind, 'command', i)()))
    },

    async readAll({ kind, actors }: { kind: AskLoad['kind']; actors: number }): Promise<void> {
      for (let i = 0; i < actors; i++) await askOf(node, kind, 'query', i)()
    },

    /** Of what is in use. */
    async heapBytes(_: Record<string, never>): Promise<number> {
      setFlagsFromString('--expose-gc')
      const collect = runInNewContext('gc') as () => void
      for (let i = 0; i < 4; i++) {
        await nextTurn()
        collect()
      }
      const { heapUsed, external } = process.memoryUsage()
      return heapUsed + external
    },

    /** Pays 1 into each of so many accounts, and answers for each its balance and the node that owns it. */
    async payAll({ accounts, kind = 'account' }: { accounts: number; kind?: AccountKind }) {
      const pay = async (_: unknown, i: number) => {
        const name = accountName(i)
        const account = node.actor(accountKinds[kind], name)
        const balance = await onceServed(() => account.deposit({ amount: 1 }, { deadlineMs: 60_000 }))
        return { name, balance, owner: node.owner(accountKinds[kind], name) }
      }
      return Promise.all(Array.from({ length: accounts }, pay))
    },

    /** Of each of so many accounts, the node that owns it in this node's view. */
    async ownersOf({ accounts, kind }: { accounts: number; kind: AccountKind }) {
      const names = Array.from({ length: accounts }, (_, i) => accountName(i))
      return names.map(name => ({ name, owner: node.owner(accountKinds[kind], name) }))
    },

    /** Asks for these balances, all at once, and again where nobody serves one. Answers each, and when it came. */
    async balances({ names, kind = 'account' }: { names: readonly string[]; kind?: AccountKind }) {
      return Promise.all(
        names.map(async name => {
          const account = node.actor(accountKinds[kind], name)
          const balance = await onceServed(() => account.balance(undefined, { deadlineMs: 60_000 }))
          return { name, balance, answeredMs: monotonicMs() }
        })
      )
    },

    /** Begins to call each of these accounts, one call after the other. */
    async callPaced(options: PacedOptions): Promise<void> {
      if (paced !== undefined) throw new Error('the callers from before were not stopped')
      paced = new PacedCallers(node, options)
    },

    /** Ends them, and answers what they saw. */
    async pacedCalls(_: Record<string, never>): Promise<PacedCalls[]> {
      const calls = (await paced?.stop()) ?? []
      paced = undefined
      return calls
    },

    /** This node has no links any more, and takes none. */
    async cut(_: Record<string, never>): Promise<void> {
      node.refuse(node.members().members.flatMap(({ id }) => (id === node.id ? [] : [id])))
    },

    async mend(_: Record<string, never>): Promise<void> {
      node.refuse([])
    },

    /** Equal on two nodes if their replicas are. */
    async digest(_: Record<string, never>): Promise<string> {
      return node.digest()
    },

    /**
     * What this process has used so far: CPU time in milliseconds, bytes given to sockets, the node's counters; and its memory now,
     * and at most, in bytes.
     */
    async usage(_: Record<string, never>) {
      const { user, system } = process.cpuUsage()
      const rssBytes = process.memoryUsage.rss()
      const maxRssBytes = process.resourceUsage().maxRSS * 1024
      const cpuMs = (user + system) / 1000
      return { cpuMs, sentBytes: sentBytes(), rssBytes, maxRssBytes, counters: countersIn(await metricsPage()) }
    }
  }
}

export type Tasks = ReturnType<typeof tasksOn>

export function accountName(i: number): string {
  return `account-${i}`
}

function askOf(node: ShoalNode, kind: AskLoad['kind'], method: AskLoad['method'], i: number): () => Promise<number> {
  const counter = node.actor(Counter, `counter-${i}`)
  const account = node.actor(Account, accountName(i))
  if (kind === 'counter') return method === 'query' ? () => counter.value() : () => counter.add(1)
  return method === 'query' ? () => account.balance() : () => account.deposit({ amount: 1 })
}

async function write(node: ShoalNode, kind: SeriesKind, id: string, k: number): Promise<void> {
  if (kind === 'counter') await node.actor(Counter, id).add(1)
  else if (kind === 'tags') await node.actor(Tags, id).add(`tag-${k}`)
  else if (kind === 'cart') await node.actor(Cart, id).addLine({ sku: `sku-${k % 20}`, quantity: 1 })
  else await node.actor(Document, id).insert({ at: k - 1, text: 'x' })
}

/** How many writes of its series a state shows. */
function progressOf(kind: SeriesKind, state: unknown): number {
  if (kind === 'counter') return state as number
  if (kind === 'cart') {
    const { lines } = state as { lines: Record<string, number> }
    return Object.values(lines).reduce((sum, quantity) => sum + quantity, 0)
  }
  return (state as string | string[]).length
}

/** Waits for states, not for time: a write is visible when the first state that shows it comes out of `watch()`. */
class Watch {
  readonly started: Promise<void>
  readonly finished: Promise<number[]>

  constructor(node: ShoalNode, kind: SeriesKind, id: string, count: number) {
    const started = Promise.withResolvers<void>()
    this.started = started.promise
    const states = node.watch(kind, id)
    this.finished = this.#follow(states, state => progressOf(kind, state), count, started.resolve)
    this.finished.catch(started.reject)
  }

  async #follow(
    states: AsyncIterableIterator<unknown>,
    progress: (state: unknown) => number,
    count: number,
    started: () => void
  ): Promise<number[]> {
    const seenMs: number[] = []
    const timer = setTimeout(() => void states.return?.(), watchDeadlineMs)
    try {
      for await (const state of states) {
        const nowMs = monotonicMs()
        const reached = Math.min(progress(state), count)
        while (seenMs.length < reached) seenMs.push(nowMs)
        started()
        if (seenMs.length === count) return seenMs
      }
      throw new Error(`only ${seenMs.length} of ${count} writes became visible within ${watchDeadlineMs} ms`)
    } finally {
      clearTimeout(timer)
    }
  }
}

/** Figures without labels of a page in Prometheus' text format. */
function countersIn(page: string): Record<string, number> {
  const counters: Record<string, number> = {}
  for (const [, name, value] of page.matchAll(/^(shoal_\w+) (\S+)$/gm)) {
    if (name !== undefined) counters[name] = Number(value)
  }
  return counters
}
