/**
 * Many nodes: they join, do nothing for a while, are written to at a steady rate, are cut in two and written to on both sides, and are
 * healed; all must end equal, with every acknowledged write. Says what each part took: how far the simulator and the protocols go.
 */
import { TestCluster } from 'shoal/testing'
import { Counter } from '../../examples/shop.ts'
import { SeededRandom } from '../../src/simulation/random.ts'

export interface CrowdOptions {
  readonly seed: number
  readonly nodes: number
  /** How long each of the parts lasts: idle, written to, cut. */
  readonly seconds: number
  /** Told of every part that is over. */
  readonly progress?: (part: CrowdPart) => void
}

export interface CrowdPart {
  readonly name: string
  readonly virtualMs: number
  /** Of all threads, as other work on the machine must not count. */
  readonly cpuMs: number
  readonly realMs: number
  readonly events: number
}

export interface CrowdReport {
  readonly parts: readonly CrowdPart[]
  readonly acknowledged: number
  readonly trace: string
  readonly maxRssMiB: number
}

const counters = 20
const writesPerSecond = 15
const lookEveryMs = 50
const boundMs = 120_000

export async function crowd(options: CrowdOptions): Promise<CrowdReport> {
  const { seed, nodes, seconds, progress } = options
  const parts: CrowdPart[] = []
  await using cluster = new TestCluster({ actors: [Counter], nodes, seed })
  const load = new Load(cluster, new SeededRandom(`crowd/${seed}`))
  const isEqual = () => load.isDone && new Set(cluster.nodes().map(node => node.digest())).size === 1
  const part = async (name: string, run: () => Promise<void>) => {
    const measured = await measure(cluster, run)
    parts.push({ name, ...measured })
    progress?.({ name, ...measured })
  }
  await part('join', async () => {
    for (let i = 0; i < nodes; i++) cluster.boot(i)
    await until(cluster, () => cluster.isWhole())
  })
  await part('idle', () => cluster.run(seconds * 1000))
  await part('writes', () => load.run(seconds))
  await part('become equal', () => until(cluster, isEqual))
  await part('cut in two', async () => {
    const numbers = load.random.shuffle(Array.from({ length: nodes }, (_, i) => i))
    cluster.partition(numbers.slice(0, nodes >> 1), numbers.slice(nodes >> 1))
    await load.run(seconds)
  })
  await part('heal', async () => {
    cluster.heal()
    await until(cluster, () => cluster.isWhole() && isEqual())
  })
  const { acknowledged } = load
  const sum = await load.sum()
  if (sum !== acknowledged) throw new Error(`${acknowledged} writes were acknowledged, and ${sum} are there`)
  return { parts, acknowledged, trace: cluster.world.trace.digest(), maxRssMiB: process.resourceUsage().maxRSS / 1024 }
}

/** Writes to a few counters at random nodes. */
class Load {
  readonly random: SeededRandom
  readonly #cluster: TestCluster
  #acknowledged = 0
  #underWay = 0

  constructor(cluster: TestCluster, random: SeededRandom) {
    this.#cluster = cluster
    this.random = random
  }

  get acknowledged(): number {
    return this.#acknowledged
  }

  get isDone(): boolean {
    return this.#underWay === 0
  }

  async run(seconds: number): Promise<void> {
    for (let left = Math.round(seconds * writesPerSecond); left > 0; left--) {
      void this.#write()
      await this.#cluster.run(1000 / writesPerSecond)
    }
  }

  async sum(): Promise<number> {
    let sum = 0
    for (let i = 0; i < counters; i++)
      sum += await this.#cluster.settle(this.#cluster.actor(0)(Counter, `c${i}`).value())
    return sum
  }

  async #write(): Promise<void> {
    const id = `c${this.random.below(counters)}`
    this.#underWay++
    await this.#cluster.actor(this.random.below(this.#cluster.size))(Counter, id).add(1)
    this.#underWay--
    this.#acknowledged++
  }
}

async function until(cluster: TestCluster, condition: () => boolean): Promise<void> {
  const endMs = cluster.world.time.nowMs + boundMs
  while (!condition()) {
    if (cluster.world.time.nowMs >= endMs) throw new Error(`not within ${boundMs} ms of virtual time: ${condition}`)
    await cluster.run(lookEveryMs)
  }
}

async function measure(cluster: TestCluster, run: () => Promise<void>): Promise<Omit<CrowdPart, 'name'>> {
  const { time } = cluster.world
  const before = { virtualMs: time.nowMs, cpu: process.cpuUsage(), realMs: performance.now(), events: time.events }
  await run()
  const { user, system } = process.cpuUsage(before.cpu)
  return {
    virtualMs: time.nowMs - before.virtualMs,
    cpuMs: (user + system) / 1000,
    realMs: performance.now() - before.realMs,
    events: time.events - before.events
  }
}
