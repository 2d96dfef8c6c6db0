/**
 * Rounds of random faults over real processes, with exact books: in each round all nodes are written to while some are killed,
 * stopped, cut off one way or both, lose packets or have a full disk; then all is mended, and all must be equal, hold what was
 * acknowledged and nothing that nobody wrote, and hear each other.
 */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createKey } from '../../../src/cli/cluster-key.ts'
import { SeededRandom } from '../../../src/simulation/random.ts'
import { membersOf } from './cluster.ts'
import { Books, Depositor } from './depositor.ts'
import { ask, call, stateOf } from './http.ts'
import { Ledger } from './ledger.ts'
import { openNetwork, type TestNetwork } from './networks.ts'
import { NodeProcess } from './node-process.ts'
import { Shopper, shopOf } from './shopper.ts'
import { fill, makeRoom, mountSmallDisk, unmount } from './small-disks.ts'
import { pause, until } from './until.ts'

export const faultKinds = ['kill', 'stop', 'cut', 'one-way cut', 'loss', 'full disk'] as const
export type FaultKind = (typeof faultKinds)[number]

export interface RoundsOptions {
  readonly seed: number
  /** @default 5 */
  readonly nodes?: number
  /** Longest outage, in milliseconds. @default 6000 */
  readonly outageMs?: number
}

export interface RoundReport {
  readonly round: number
  readonly faults: readonly string[]
  readonly kinds: readonly FaultKind[]
  readonly outageMs: number
  readonly writes: number
  readonly uncertain: number
  /** From the moment that all was mended. */
  readonly aliveMs: number
  readonly equalMs: number
  /** The longest time until what one node wrote was seen on all, once they held each other for alive. */
  readonly heardMs: number
}

const aliveDeadlineMs = 30_000
const equalDeadlineMs = 15_000
/** No peer may be connected and deaf for longer. */
const heardDeadlineMs = 2_000
const diskMegabytes = 192

export class Rounds {
  readonly network: TestNetwork
  readonly canFill: boolean
  readonly nodes: readonly NodeProcess[]
  readonly #random: SeededRandom
  readonly #directory: string
  readonly #outageMs: number
  readonly #books = new Books(['ann', 'ben', 'cleo', 'dan', 'eve', 'fay'])
  readonly #ledgers = new Map<string, Ledger>()
  #round = 0

  private constructor(parts: {
    network: TestNetwork
    nodes: readonly NodeProcess[]
    canFill: boolean
    directory: string
    random: SeededRandom
    outageMs: number
  }) {
    this.network = parts.network
    this.nodes = parts.nodes
    this.canFill = parts.canFill
    this.#directory = parts.directory
    this.#random = parts.random
    this.#outageMs = parts.outageMs
  }

  static async start({ seed, nodes: count = 5, outageMs = 6_000 }: RoundsOptions): Promise<Rounds> {
    const directory = await mkdtemp(join(tmpdir(), 'shoal-rounds-'))
    const keyFile = join(directory, 'cluster.key')
    await createKey(keyFile)
    const network = openNetwork()
    const names = Array.from({ length: count }, (_, n) => String.fromCharCode(97 + n))
    const addresses = new Map<string, string>()
    const nodes: NodeProcess[] = []
    let canFill = true
    for (const name of names) {
      const { host, port, within } = await network.address(name)
      addresses.set(name, `/ip4/${host}/tcp/${port}`)
      canFill = mountSmallDisk(join(directory, name), diskMegabytes) && canFill
      const own = ['--data', join(directory, name), '--cluster-key', keyFile, '--chaos', '--http', `${host}:0`]
      nodes.push(new NodeProcess(name, [...own, '--listen', `/ip4/${host}/tcp/${port}`], {}, within))
    }
    const random = new SeededRandom(`rounds ${seed}`)
    const rounds = new Rounds({ network, nodes, canFill, directory, random, outageMs })
    try {
      await Promise.all(nodes.map((node, n) => node.start(...joins(addresses, names, n))))
      await rounds.#allAlive()
      return rounds
    } catch (error) {
      await rounds.close()
      throw error
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.nodes.map(node => node.end()))
    this.network.close()
    for (const { name } of this.nodes) unmount(join(this.#directory, name))
    if (process.env['SHOAL_KEEP'] === undefined) await rm(this.#directory, { recursive: true, force: true })
  }

  async run(): Promise<RoundReport> {
    const round = ++this.#round
    const shop = `shop-${round}`
    const ledger = new Ledger()
    this.#ledgers.set(shop, ledger)
    const shoppers = this.nodes.map(
      node => new Shopper(node, { shop, name: `${round}${node.name}`, ledger, paceMs: 20 })
    )
    const depositors = this.nodes.map((node, n) => new Depositor(node, this.#books, { offset: n, paceMs: 30 }))
    await pause(200 + this.#random.below(500))
    const faults = await this.#breakThings()
    const outageMs = Math.round(500 + this.#random.next() * (this.#outageMs - 500))
    await pause(outageMs)
    await this.#mend()
    const mendedMs = performance.now()
    const aliveMs = await this.#allAlive()
    const heardMs = await this.#allHeard(`heard ${round}`)
    await Promise.all([...shoppers, ...depositors].map(client => client.stop()))
    await until(`all nodes are equal in round ${round}: ${faults.map(({ text }) => text)}`, equalDeadlineMs, () =>
      this.#isRight(shop)
    )
    const uncertain = shoppers.reduce((sum, { refusals }) => sum + refusals.length, 0)
    return {
      round,
      faults: faults.map(({ text }) => text),
      kinds: faults.map(({ kind }) => kind),
      outageMs,
      writes: shoppers.reduce((sum, { writes }) => sum + writes, 0),
      uncertain,
      aliveMs: Math.round(aliveMs),
      equalMs: Math.round(performance.now() - mendedMs),
      heardMs: Math.round(heardMs)
    }
  }

  /** All that was ever written is still there, on all nodes. */
  async isAllRight(): Promise<void> {
    for (const shop of this.#ledgers.keys()) await this.#isRight(shop)
  }

  async #isRight(shop: string): Promise<void> {
    const ledger = this.#ledgers.get(shop) ?? new Ledger()
    const [first, ...others] = await Promise.all(this.nodes.map(node => shopOf(node, shop)))
    assert.ok(first !== undefined)
    for (const other of others) assert.deepEqual(other, first)
    assert.deepEqual(ledger.complaints(first), [], shop)
    for (const node of this.nodes) assert.deepEqual(await this.#books.complaints(node), [], `as ${node.name} answers`)
  }

  // ---- faults ------------------------------------------------------------------------------------------------------------------

  async #breakThings(): Promise<{ kind: FaultKind; text: string }[]> {
    const possible = faultKinds.filter(kind => {
      if (kind === 'one-way cut') return this.network.can.oneWay
      if (kind === 'loss') return this.network.can.loss
      return kind !== 'full disk' || this.canFill
    })
    const faults: { kind: FaultKind; text: string }[] = []
    // A node that is stopped or killed cannot be told to cut links; so those come last.
    const victims = this.#random.shuffle([...this.nodes])
    const count = 1 + this.#random.below(3)
    for (let n = 0; n < count; n++) {
      const [victim] = victims.splice(0, 1)
      if (victim === undefined) break
      const kind = this.#random.pick(possible)
      faults.push({ kind, text: await this.#inflict(kind, victim) })
    }
    return faults
  }

  async #inflict(kind: FaultKind, victim: NodeProcess): Promise<string> {
    const others = this.nodes.filter(node => node !== victim)
    switch (kind) {
      case 'kill':
        await victim.kill()
        return `${victim.name} killed`
      case 'stop':
        victim.signal('SIGSTOP')
        return `${victim.name} stopped`
      case 'cut': {
        const far = this.#random.chance(0.5) ? others : this.#random.shuffle([...others]).slice(0, 2)
        await this.network.cut([victim], far)
        if (this.network.can.oneWay) await this.network.cut(far, [victim])
        return `${victim.name} cut from ${far.map(({ name }) => name).join('')}`
      }
      case 'one-way cut': {
        const isDeaf = this.#random.chance(0.5)
        await (isDeaf ? this.network.cut(others, [victim]) : this.network.cut([victim], others))
        return isDeaf ? `${victim.name} hears nobody` : `nobody hears ${victim.name}`
      }
      case 'loss': {
        const share = this.#random.pick([0.01, 0.05, 0.2])
        await this.network.lose(victim, share)
        return `${victim.name} loses ${share * 100} %`
      }
      case 'full disk':
        fill(join(this.#directory, victim.name))
        return `${victim.name} has a full disk`
    }
  }

  async #mend(): Promise<void> {
    for (const node of this.nodes) {
      makeRoom(join(this.#directory, node.name))
      if (node.isRunning) node.signal('SIGCONT')
    }
    await Promise.all(this.nodes.filter(({ isRunning }) => !isRunning).map(node => node.start()))
    await this.network.heal(this.nodes)
  }

  // ---- afterwards ----------------------------------------------------------------------------------------------------------------

  async #allAlive(): Promise<number> {
    const ids = this.nodes.map(({ id }) => id).toSorted()
    const { elapsedMs } = await until('all nodes serve and hold each other for alive', aliveDeadlineMs, async () => {
      for (const node of this.nodes) {
        assert.equal((await ask('GET', node.http, '/readyz', undefined, 5_000)).status, 200, `${node.name} serves`)
        const { members } = await membersOf(node)
        const alive = members.flatMap(({ id, status }) => (status === 'alive' ? [id] : [])).toSorted()
        assert.deepEqual(alive, ids, `as ${node.name} sees it`)
      }
    })
    return elapsedMs
  }

  async #allHeard(tag: string): Promise<number> {
    const times = await Promise.all(
      this.nodes.map(async writer => {
        const text = `${tag} ${writer.name}`
        await call(writer.http, 'tags/heard/add', text)
        const { elapsedMs } = await until(`all hear ${writer.name}`, heardDeadlineMs, async () => {
          for (const node of this.nodes) {
            const tags = await stateOf<string[]>(node.http, 'tags/heard')
            assert.ok(tags.includes(text), `${node.name} has not heard it`)
          }
        })
        return elapsedMs
      })
    )
    return Math.max(...times)
  }
}

/** Each node is told of the next one in the ring, and of no other. */
function joins(addresses: ReadonlyMap<string, string>, names: readonly string[], n: number): string[] {
  return ['--join', addresses.get(names[(n + 1) % names.length] ?? '') ?? '']
}
