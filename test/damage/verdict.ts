/**
 * What becomes of a damaged store: the shipping node starts on what LevelDB shows of it, alone or as one of three.
 *
 * It may be right, show an older state that once was, refuse to start, or repair itself and say so. It may not show a hole in
 * silence, take from its peers what it lost, keep apart from them, or use a dot again.
 */
import { LevelDisk } from '../../src/adapters/level/disk.ts'
import type { DiskEntry } from '../../src/ports/disk.ts'
import { isShoalError } from '../../src/ports/errors.ts'
import type { Logger } from '../../src/ports/logger.ts'
import { type StoreRoot, withEntry } from '../../src/simulation/sorted-store.ts'
import { TestCluster } from '../../src/testing.ts'
import { actors } from '../support/shop.ts'
import { type History, type Holder, shards, victim } from './history.ts'
import type { Image } from './images.ts'
import type { Prefixes } from './prefixes.ts'

export const outcomes = ['right', 'older', 'repaired', 'refused', 'harmless', 'wrong'] as const

export interface Verdict {
  readonly outcome: (typeof outcomes)[number]
  /** Why it is wrong, or what the node said. */
  readonly reason: string
}

export type Scene = 'alone' | 'one of three'

const convergeMs = 60_000
/** A node that has lost something and is alone looks for others for ten seconds before it refuses. */
const settleMs = 15_000

export interface Shown {
  readonly entries: DiskEntry[]
  readonly damage: string | undefined
  /** Entries that a scan shows and a get does not. */
  readonly hidden: number
  /** What is wrong with the files although they have just been put in order. */
  readonly left: string | undefined
}

/**
 * What LevelDB shows, or why it does not open. What it meets unreadable ends a life of the node, and is mended for the next one, as is
 * what a look at its files finds, where there was time for one.
 */
export async function entriesOf(directory: string, isChecked: boolean): Promise<Shown | string> {
  let reason = ''
  for (let life = 0; life < 2; life++) {
    const disk = new LevelDisk(directory)
    try {
      await disk.open()
      const left = isChecked || life > 0 ? await disk.check(async () => {}) : undefined
      if (left !== undefined && life === 0) continue
      const entries = await disk.range({
        gte: Uint8Array.of(0),
        lt: Uint8Array.of(0xff),
        limit: Number.MAX_SAFE_INTEGER
      })
      const hidden = entries.filter(({ key, value }) => !isSame(disk.get(key), value))
      // A key that is bent where it stands in a table; what runs on such a store in a simulation is sorted, and hides nothing.
      const isBent = life === 0 && hidden.length > 0 && (await disk.check(async () => {})) !== undefined
      if (isBent) continue
      return { entries, damage: disk.damage, hidden: hidden.length, left: left?.about }
    } catch (error) {
      if (!isShoalError(error)) throw error
      reason = error.message
    } finally {
      await disk.close()
    }
  }
  return reason
}

function isSame(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a !== undefined && Buffer.compare(a, b) === 0
}

export async function judge(history: History, prefixes: Prefixes, image: Image, scene: Scene): Promise<Verdict> {
  const shown = await entriesOf(image.directory, image.isChecked)
  if (typeof shown === 'string') return { outcome: 'refused', reason: shown }
  const { entries, damage, hidden, left } = shown
  if (left !== undefined) return { outcome: 'wrong', reason: `it was put in order, and is not: ${left}` }
  if (hidden > 0) return { outcome: 'wrong', reason: `${hidden} entries that a scan shows are not there for a get` }
  const prefix = prefixes.of(entries, image.batches)
  let root: StoreRoot
  for (const entry of entries) root = withEntry(root, entry)
  const said: string[] = damage === undefined ? [] : [`the disk: ${damage}`]
  const nodes = scene === 'alone' ? 1 : 3
  const logger = (node: string) => listening(node === 'node-0' ? said : [])
  await using cluster = new TestCluster({ actors, nodes, seed: `verdict ${history.seed}`, shards, logger })
  cluster.machine(victim).disk.restore(root)
  // It is later than when the disks were written: a clock that stands still must not take part in this.
  for (let i = 0; i < nodes; i++) cluster.machine(i).wall.jump(3_600_000)
  for (const [i, peer] of (scene === 'alone' ? [] : history.peers).entries()) cluster.machine(i + 1).disk.restore(peer)
  for (let i = 0; i < nodes; i++) cluster.boot(i)
  await cluster.run(settleMs)
  const startError = cluster.startError(victim)
  if (startError !== undefined) return { outcome: 'refused', reason: String(startError) }
  const whole = prefix === image.batches
  if (scene === 'alone') return await alone(history, cluster, { prefix, acknowledged: image.batches, whole, said })
  try {
    await converge(cluster)
    const complaints = [...(await complaintsOf(history, cluster, prefix)), ...(await freshWrites(cluster, history))]
    if (complaints.length > 0) return { outcome: 'wrong', reason: complaints.slice(0, 5).join('; ') }
  } catch (error) {
    return {
      outcome: 'wrong',
      reason: `${error instanceof Error ? error.message : error}; it said: ${said.slice(0, 3)}`
    }
  }
  if (whole) return { outcome: 'right', reason: '' }
  if (prefix !== undefined) return { outcome: 'older', reason: `${image.batches - prefix} batches` }
  return said.length > 0 ? { outcome: 'repaired', reason: said[0] ?? '' } : { outcome: 'harmless', reason: '' }
}

async function alone(
  history: History,
  cluster: TestCluster,
  {
    prefix,
    acknowledged,
    whole,
    said
  }: { prefix: number | undefined; acknowledged: number; whole: boolean; said: readonly string[] }
): Promise<Verdict> {
  let complaints: string[]
  try {
    complaints = await complaintsOf(history, cluster, prefix ?? acknowledged, ['peers'])
  } catch (error) {
    if (!isShoalError(error)) throw error
    return { outcome: 'refused', reason: error.message }
  }
  if (prefix !== undefined && complaints.length > 0)
    return { outcome: 'wrong', reason: complaints.slice(0, 5).join('; ') }
  if (whole) return { outcome: 'right', reason: '' }
  if (prefix !== undefined) return { outcome: 'older', reason: '' }
  if (said.length > 0) return { outcome: 'repaired', reason: said[0] ?? '' }
  if (complaints.length === 0) return { outcome: 'harmless', reason: '' }
  return { outcome: 'wrong', reason: `a silent hole: ${complaints.slice(0, 5).join('; ')}` }
}

async function converge(cluster: TestCluster): Promise<void> {
  const digests = () => cluster.nodes().map(node => node.digest())
  await cluster.until(() => cluster.isWhole() && new Set(digests()).size === 1, convergeMs)
}

/** After it all the node writes to every actor, and the others see it: none of its dots is one that was used before. */
async function freshWrites(cluster: TestCluster, history: History): Promise<string[]> {
  const ids = idsOf(history)
  for (const id of ids) await cluster.settle(cluster.node(victim).call('tags', id, 'add', 'fresh'))
  await converge(cluster)
  const complaints: string[] = []
  for (const id of ids) {
    for (const [n, node] of cluster.nodes().entries()) {
      const tags = (await cluster.settle(node.describe('tags', id))).state as string[]
      if (!tags.includes('fresh')) complaints.push(`node-${n} has not heard what node-0 wrote to tags/${id} afterwards`)
    }
  }
  return complaints
}

function idsOf(history: History): string[] {
  return [...new Set([...history.tokens.map(({ actor }) => actor), ...history.counters.keys()])].sort()
}

/**
 * What the nodes show that cannot be. `prefix` is the number of batches that the victim's disk holds, `undefined` where it holds
 * no state that once was: then nobody can say which of its own writes are left.
 */
async function complaintsOf(
  history: History,
  cluster: TestCluster,
  prefix: number | undefined,
  absent: readonly Holder[] = []
): Promise<string[]> {
  const complaints: string[] = []
  const isAlone = absent.length > 0
  /** Whether a write had reached a disk that counts: certainly, certainly not, or nobody knows. */
  const reached = (holder: Holder, batch: number): boolean | undefined => {
    if (absent.includes(holder)) return false
    if (holder === 'peers' || (holder === 'all' && !isAlone)) return true
    // Everybody's came to the victim's disk at some time before the cut.
    if (prefix === undefined) return undefined
    if (holder === 'all') return prefix >= history.batchesBeforeCut ? true : undefined
    return prefix >= batch ? true : undefined
  }
  for (const id of idsOf(history)) {
    const views: { state: unknown }[] = []
    for (const node of cluster.nodes()) views.push(await cluster.settle(node.describe('tags', id)))
    const shown = views.map(({ state }) => [...(state as string[])].sort().join('\n'))
    if (new Set(shown).size > 1) complaints.push(`tags/${id} is not the same on all nodes`)
    const present = new Set((views[0]?.state ?? []) as string[])
    for (const token of history.tokens.filter(({ actor }) => actor === id)) {
      const isAdded = reached(token.added, token.addedBatch)
      const isRemoved = token.removed === undefined ? false : reached(token.removed, token.removedBatch)
      const name = `${JSON.stringify(token.text.trim())} of tags/${id}`
      if (isRemoved === true && present.has(token.text)) complaints.push(`${name} came back`)
      if (isAdded === true && isRemoved === false && !present.has(token.text)) complaints.push(`${name} is lost`)
      if (isAdded === false && present.has(token.text)) complaints.push(`${name} is there and cannot be`)
      present.delete(token.text)
    }
    if (present.size > 0) complaints.push(`tags/${id} holds what nobody wrote: ${[...present].slice(0, 3)}`)
    const additions = (history.counters.get(id) ?? []).map(({ holder, batch }) => reached(holder, batch))
    const least = additions.filter(isReached => isReached === true).length
    const most = additions.filter(isReached => isReached !== false).length
    for (const node of cluster.nodes()) {
      const value = (await cluster.settle(node.describe('counter', id))).state as number
      if (value < least || value > most) complaints.push(`counter/${id} is ${value}, not ${least} to ${most}`)
    }
  }
  return complaints
}

function listening(said: string[]): Logger {
  const hear = (message: string, fields?: Readonly<Record<string, unknown>>) => {
    said.push(
      `${message} ${JSON.stringify(fields?.['err'] ?? fields ?? {}, (_, value) => (value instanceof Error ? value.message : value))}`
    )
  }
  return { debug() {}, info() {}, warn() {}, error: hear }
}
