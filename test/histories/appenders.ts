/** Clients that append to logs of effects, each through its own node's door or, while that is down, another's; see effect-log.ts. */
import { ShoalError } from 'shoal'
import type { SeededRandom } from '../../src/simulation/random.ts'
import { call } from '../processes/support/http.ts'
import type { NodeProcess } from '../processes/support/node-process.ts'
import { pause, until } from '../processes/support/until.ts'
import { type Append, type Effect, type EffectJudgement, judgeEffects, nowUs } from './effect-log.ts'
import { sendTo } from './http-world.ts'
import { leaseWithoutEffect } from './leased-cells.ts'

const logCount = 4
const pageSize = 1_000
const readDeadlineMs = 30_000

export interface AppendersOptions {
  /** Begins the names of their logs. */
  readonly prefix: string
  /** Longest time between two calls of a client, in milliseconds. */
  readonly paceMs: number
}

export class Appenders {
  readonly #nodes: readonly NodeProcess[]
  readonly #random: SeededRandom
  readonly #options: AppendersOptions
  readonly #appends: Append[] = []
  readonly #all: Promise<unknown>
  #calls = 0
  #isStopped = false

  /** One for each node. */
  constructor(nodes: readonly NodeProcess[], random: SeededRandom, options: AppendersOptions) {
    this.#nodes = nodes
    this.#random = random
    this.#options = options
    this.#all = Promise.all(nodes.map((_, client) => this.#run(client)))
  }

  /** Resolves when each has the answer to its last call, or has given it up. */
  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#all
  }

  /** After `stop`, when all nodes serve: what the logs show. */
  async judged(): Promise<EffectJudgement> {
    const logs = new Map<string, Effect[]>()
    for (let n = 0; n < logCount; n++) {
      const log = this.#log(n)
      const { value } = await until(`${log} answers`, readDeadlineMs, () => this.#read(log))
      logs.set(log, value)
    }
    return judgeEffects(logs, this.#appends)
  }

  #log(n: number): string {
    return `log-${this.#options.prefix}-${n}`
  }

  async #read(log: string): Promise<Effect[]> {
    const effects: Effect[] = []
    for (;;) {
      const range = { from: effects.length + 1, limit: pageSize }
      const http = this.#nodes[0]?.http ?? ''
      const page = await call<{ event: Effect }[]>(http, `effect-log/${log}/history`, range)
      if (page.length === 0) return effects
      effects.push(...page.map(({ event }) => event))
    }
  }

  async #run(client: number): Promise<void> {
    while (!this.#isStopped) {
      const [log, number, fromUs] = [this.#log(this.#random.below(logCount)), this.#calls++, nowUs()]
      let outcome: Append['outcome']
      try {
        outcome = (await sendTo(this.#nodes, this.#random, client, `effect-log/${log}/append`, {
          call: number
        })) as number
      } catch (error) {
        const isNone = error instanceof ShoalError && leaseWithoutEffect.includes(error.code)
        outcome = isNone ? 'none' : 'unknown'
      }
      this.#appends.push({ log, call: number, fromUs, toUs: nowUs(), outcome })
      await pause(this.#random.between(0, this.#options.paceMs))
    }
  }
}
