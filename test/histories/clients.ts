/**
 * Clients that share a few cells: each asks one thing after the other, of whatever node it is given, until they are stopped. What they
 * write they write once, so that a read tells whose write it saw.
 */
import { SeededRandom } from '../../src/simulation/random.ts'
import type { Cell } from './cells.ts'
import type { Input, Output } from './history.ts'
import { type Model, models } from './models.ts'
import type { Recorder } from './recorder.ts'

export interface World {
  sleep(ms: number): Promise<void>
  /** By the node that this client uses now. Rejects with a ShoalError, or after a while without an answer. */
  call(client: number, cell: Cell, input: Input): Promise<Output>
}

export interface ClientOptions {
  /** Also names the cells. */
  readonly seed: number | string
  /** @default 20 */
  readonly clients?: number
  /** Cells of each model. @default 2 */
  readonly cells?: number
  /** Longest time between two calls of a client, in milliseconds. @default 50 */
  readonly paceMs?: number
}

export class Clients {
  readonly #world: World
  readonly #recorder: Recorder
  readonly #options: Required<ClientOptions>
  readonly #all: Promise<unknown>
  /** How many times longer they wait between two calls than at first. */
  #slowness = 1
  #values = 0
  #isStopped = false

  constructor(world: World, recorder: Recorder, { seed, clients = 20, cells = 2, paceMs = 50 }: ClientOptions) {
    this.#world = world
    this.#recorder = recorder
    this.#options = { seed, clients, cells, paceMs }
    this.#all = Promise.all(Array.from({ length: clients }, (_, client) => this.#run(client)))
  }

  /** From now on they call so many times less often. */
  slow(times: number): void {
    this.#slowness = times
  }

  /** Resolves when the last call has its answer or is given up, and every client has read every cell once more. */
  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#all
  }

  async #run(client: number): Promise<void> {
    const random = new SeededRandom(`client/${this.#options.seed}/${client}`)
    /** What this client last knew of each cell. */
    const known = new Map<string, number>()
    while (!this.#isStopped) {
      const cell = this.#cell(random.pick(models), random.below(this.#options.cells))
      await this.#ask(client, cell, this.#draw(cell, random, known), known)
      await this.#world.sleep(random.between(0, this.#slowness * this.#options.paceMs))
    }
    for (const model of models)
      for (let n = 0; n < this.#options.cells; n++) await this.#ask(client, this.#cell(model, n), { op: 'read' }, known)
  }

  #cell(model: Model, n: number): Cell {
    return { model, id: `${model}-${this.#options.seed}-${n}` }
  }

  async #ask(client: number, cell: Cell, input: Input, known: Map<string, number>): Promise<void> {
    const call = () => this.#world.call(client, cell, input)
    const output = await this.#recorder.record({ client, key: cell.id, input }, call)
    if (typeof output === 'number') known.set(cell.id, output)
    else if (input.op === 'cas' && output === true) known.set(cell.id, input.to)
    else if (input.op === 'write' && output === null) known.set(cell.id, input.value)
  }

  #draw({ model, id }: Cell, random: SeededRandom, known: ReadonlyMap<string, number>): Input {
    if (random.chance(0.4)) return { op: 'read' }
    if (model === 'counter') return { op: 'add', amount: 1 + random.below(5) }
    const value = ++this.#values
    if (model === 'register' || random.chance(0.1)) return { op: 'write', value }
    return { op: 'cas', from: known.get(id) ?? 0, to: value }
  }
}
