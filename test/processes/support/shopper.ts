/** A client that writes to one shop through one node, one call after the other, and notes in a ledger what came of each. */
import { ask, stateOf } from './http.ts'
import type { Ledger, Outcome, Shop } from './ledger.ts'
import type { NodeProcess } from './node-process.ts'
import { pause } from './until.ts'

export interface ShopperOptions {
  /** Name of the shop: the id of its four actors. */
  readonly shop: string
  /** Makes what this client writes its own. */
  readonly name: string
  readonly ledger: Ledger
  /** Between two writes, in milliseconds. @default 10 */
  readonly paceMs?: number
}

/** A node may be stopped for a while with our call in its hands: wait for what becomes of it. */
const patienceMs = 600_000

/** Two clients at different nodes add to one of these lines. */
const skus = ['tea', 'milk', 'bread']

export class Shopper {
  readonly #http: string
  readonly #options: ShopperOptions
  readonly #done: Promise<void>
  #stopped = false
  #number = 0
  /** Answers other than 200: replicated actors take writes whoever else is there. */
  readonly refusals: string[] = []

  constructor(node: NodeProcess, options: ShopperOptions) {
    this.#http = node.http
    this.#options = options
    this.#done = this.#run()
  }

  get writes(): number {
    return this.#number
  }

  /** Resolves when the last write has its answer. */
  async stop(): Promise<void> {
    this.#stopped = true
    await this.#done
  }

  async #run(): Promise<void> {
    const { paceMs = 10 } = this.#options
    const removable: string[] = []
    while (!this.#stopped) {
      const number = ++this.#number
      const isOver = await this.#write(number, removable)
      if (isOver) return
      await pause(paceMs)
    }
  }

  /** Answers whether the node is gone. */
  async #write(number: number, removable: string[]): Promise<boolean> {
    const { ledger, name } = this.#options
    const sku = skus[number % skus.length] ?? ''
    const own = `${name}-${number}`
    switch (number % 6) {
      case 0:
        return this.#send('counter', 'add', 1, outcome => ledger.counter.add(outcome))
      case 1: {
        removable.push(own)
        return this.#send('tags', 'add', own, outcome => ledger.tags.added(own, outcome))
      }
      case 2:
        return this.#send('cart', 'addLine', { sku, quantity: 1 }, outcome => ledger.line(sku).add(outcome))
      case 3:
        return this.#send('document', 'insert', { at: 0, text: `<${own}>` }, outcome =>
          ledger.tokens.added(`<${own}>`, outcome)
        )
      case 4: {
        if (removable.length < 3) return this.#setNote(own)
        const tag = removable.shift() ?? ''
        return this.#send('tags', 'remove', tag, outcome => ledger.tags.removed(tag, outcome))
      }
      default:
        return this.#setNote(own)
    }
  }

  #setNote(note: string): Promise<boolean> {
    this.#options.ledger.notes.add(note)
    return this.#send('cart', 'setNote', note, () => {})
  }

  async #send(kind: string, method: string, argument: unknown, note: (outcome: Outcome) => void): Promise<boolean> {
    const path = `/v1/actors/${kind}/${this.#options.shop}/${method}`
    try {
      const { status, body } = await ask('POST', this.#http, path, argument, patienceMs)
      if (status === 200) note('acknowledged')
      else {
        note('uncertain')
        this.refusals.push(`${path}: ${status} ${JSON.stringify(body)}`)
      }
      return false
    } catch {
      note('uncertain')
      return true
    }
  }
}

export async function shopOf(node: NodeProcess, shop: string): Promise<Shop> {
  const [counter, tags, cart, text] = await Promise.all([
    stateOf<number>(node.http, `counter/${shop}`),
    stateOf<string[]>(node.http, `tags/${shop}`),
    stateOf<{ lines: Record<string, number>; note: string }>(node.http, `cart/${shop}`),
    stateOf<string>(node.http, `document/${shop}`)
  ])
  const { lines, note } = cart
  return { counter, tags: tags.toSorted(), lines, note, text }
}
