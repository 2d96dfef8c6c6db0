/**
 * A client that pays 1 into one account after the other through one node, and the books of what was paid.
 *
 * The books know three outcomes: acknowledged, certainly without effect, and uncertain (`SHOAL_INDETERMINATE`, a broken
 * connection): the balance lies between what is acknowledged and that plus what is uncertain.
 */
import { ask, call } from './http.ts'
import type { NodeProcess } from './node-process.ts'
import { pause } from './until.ts'

interface Paid {
  acknowledged: number
  uncertain: number
}

const patienceMs = 600_000

export class Books {
  readonly #paid = new Map<string, Paid>()
  /** Calls that were not answered with 200. */
  readonly failures: string[] = []
  calls = 0

  constructor(accounts: readonly string[]) {
    for (const account of accounts) this.#paid.set(account, { acknowledged: 0, uncertain: 0 })
  }

  get accounts(): string[] {
    return [...this.#paid.keys()]
  }

  of(account: string): Paid {
    const paid = this.#paid.get(account)
    if (paid === undefined) throw new Error(`no account ${account}`)
    return paid
  }

  /** What about the balances, as this node answers them, cannot be, in words. */
  async complaints(node: NodeProcess): Promise<string[]> {
    const complaints: string[] = []
    for (const account of this.accounts) {
      const balance = await balanceOf(node, account)
      const { acknowledged, uncertain } = this.of(account)
      if (balance >= acknowledged && balance <= acknowledged + uncertain) continue
      complaints.push(`${account} holds ${balance}, and ${acknowledged} to ${acknowledged + uncertain} were paid`)
    }
    return complaints
  }
}

export interface DepositorOptions {
  /** Between two deposits, in milliseconds. @default 5 */
  readonly paceMs?: number
  /** Where in the accounts this client begins, so that several do not march together. @default 0 */
  readonly offset?: number
}

export class Depositor {
  readonly #http: string
  readonly #books: Books
  readonly #done: Promise<void>
  #stopped = false

  constructor(node: NodeProcess, books: Books, { paceMs = 5, offset = 0 }: DepositorOptions = {}) {
    this.#http = node.http
    this.#books = books
    this.#done = this.#run(offset, paceMs)
  }

  /** Resolves when the last deposit has its answer. */
  async stop(): Promise<void> {
    this.#stopped = true
    await this.#done
  }

  async #run(offset: number, paceMs: number): Promise<void> {
    const { accounts } = this.#books
    for (let i = offset; !this.#stopped; i++) {
      const isGone = await this.#deposit(accounts[i % accounts.length] ?? '')
      if (isGone) return
      await pause(paceMs)
    }
  }

  /** Answers whether the node is gone. */
  async #deposit(account: string): Promise<boolean> {
    const paid = this.#books.of(account)
    this.#books.calls++
    try {
      const { status, body } = await ask(
        'POST',
        this.#http,
        `/v1/actors/account/${account}/deposit`,
        { amount: 1 },
        patienceMs
      )
      if (status === 200) paid.acknowledged++
      else {
        const { code, message } = body as { code: string; message: string }
        if (code !== 'SHOAL_DEADLINE') paid.uncertain++
        this.#books.failures.push(`deposit to ${account}: ${status} ${code} ${message}`)
      }
      return false
    } catch (error) {
      paid.uncertain++
      this.#books.failures.push(`deposit to ${account}: ${String(error)}`)
      return true
    }
  }
}

export async function balanceOf(node: NodeProcess, account: string): Promise<number> {
  return call<number>(node.http, `account/${account}/balance`)
}
