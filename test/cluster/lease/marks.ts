/**
 * Clients who add their marks to lists, which are actors of a `lease` kind, and read them. What they see tells everything: a mark is there
 * once or not at all; nobody is shown what does not begin with all that was shown before; what was acknowledged stays; and what was
 * refused as without effect is never there.
 */
import { command, exclusive, isShoalError, lwwRegister, query } from 'shoal'
import type { TestCluster } from 'shoal/testing'
import { z } from 'zod'
import { SeededRandom } from '../../../src/simulation/random.ts'

/** `pause`: how long a slow handler waits. */
export function listOf(pause: () => Promise<void>) {
  return exclusive(
    'list',
    { marks: lwwRegister('') },
    {
      add: command(z.string(), ({ state }, mark) => {
        state.marks.set(`${state.marks.value} ${mark}`.trim())
        return state.marks.value
      }),
      addSlowly: command(z.string(), async ({ state }, mark) => {
        await pause()
        state.marks.set(`${state.marks.value} ${mark}`.trim())
        return state.marks.value
      }),
      read: query(({ state }) => state.marks.value)
    },
    { partition: 'lease' }
  )
}

export const lists = ['a', 'b']

const withoutEffect = new Set(['SHOAL_DEADLINE', 'SHOAL_OVERLOADED', 'SHOAL_UNAVAILABLE'])
/** Longer than an owner stands still, so that some callers are told what became of their calls there. */
const deadlineMs = 4_500
const patienceMs = deadlineMs + 1_000

interface Known {
  shown: readonly string[]
  readonly acknowledged: Set<string>
  readonly refused: Set<string>
}

export class Marks {
  /** What must never be. */
  readonly faults: string[] = []
  answers = 0
  /** Nothing is added but at the end. */
  onlyReads = false
  readonly #cluster: TestCluster
  readonly #known = new Map<string, Known>()
  #isStopped = false
  #underWay = 0

  constructor(cluster: TestCluster, seed: number | string, { clients = 12, paceMs = 40 } = {}) {
    this.#cluster = cluster
    for (const id of lists) this.#known.set(id, { shown: [], acknowledged: new Set(), refused: new Set() })
    for (let client = 0; client < clients; client++)
      void this.#go(client, new SeededRandom(`marks/${seed}/${client}`), paceMs)
  }

  get isIdle(): boolean {
    return this.#underWay === 0
  }

  stop(): void {
    this.#isStopped = true
  }

  /** Whether this node answers for all lists, and with all that they must hold. */
  async isServedBy(node: number, mark: string): Promise<boolean> {
    for (const id of lists)
      if (!(await this.#ask(node, id, `${mark}.${id}`)) || !(await this.#ask(node, id))) return false
    return true
  }

  async #go(client: number, random: SeededRandom, paceMs: number): Promise<void> {
    const { time } = this.#cluster.world
    for (let count = 0; !this.#isStopped; count++) {
      await new Promise<void>(resolve => time.schedule(random.between(0, 2_000 * paceMs), undefined, resolve))
      // At home for the most part, so that of an owner that is cut off somebody asks what it has.
      const node = random.chance(0.8) ? client % this.#cluster.size : random.below(this.#cluster.size)
      const id = random.pick(lists)
      this.#underWay++
      const mark = random.chance(0.6) && !this.onlyReads ? `${client}.${count}` : undefined
      await this.#ask(node, id, mark, random.chance(0.6) ? 'addSlowly' : 'add')
      this.#underWay--
    }
  }

  /** Adds the mark, or reads. Answers whether it was answered. */
  async #ask(number: number, id: string, mark?: string, method = 'add'): Promise<boolean> {
    const known = this.#known.get(id)
    const node = this.#cluster.running(number)
    if (known === undefined || node === undefined) return false
    const { shown } = known
    const acknowledged = [...known.acknowledged]
    const { time } = this.#cluster.world
    const call = node.call('list', id, mark === undefined ? 'read' : method, mark, { deadlineMs })
    const silence = new Promise<undefined>(resolve =>
      time.schedule(patienceMs * 1000, undefined, () => resolve(undefined))
    )
    try {
      const answer = await Promise.race([call, silence])
      if (answer === undefined) return false
      this.answers++
      const list = answer === '' ? [] : String(answer).split(' ')
      this.#check(id, list, { shown, acknowledged })
      if (mark !== undefined) {
        if (list.at(-1) !== mark) this.#wrong(id, `${mark} was added, and is not the last`, list)
        known.acknowledged.add(mark)
      }
      return true
    } catch (error) {
      if (!isShoalError(error)) this.faults.push(String(error))
      else if (mark !== undefined && withoutEffect.has(error.code)) known.refused.add(mark)
      return false
    }
  }

  #check(id: string, list: readonly string[], before: { shown: readonly string[]; acknowledged: string[] }): void {
    const known = this.#known.get(id)
    if (known === undefined) return
    const there = new Set(list)
    if (there.size !== list.length) this.#wrong(id, 'a mark is there twice', list)
    const lost = before.acknowledged.find(mark => !there.has(mark))
    if (lost !== undefined) this.#wrong(id, `the acknowledged mark ${lost} is missing`, list)
    const undone = list.find(mark => known.refused.has(mark))
    if (undone !== undefined) this.#wrong(id, `${undone} was refused, and is there`, list)
    if (list.length < before.shown.length) this.#wrong(id, 'it has shown more before', list)
    const [longer, shorter] = list.length > known.shown.length ? [list, known.shown] : [known.shown, list]
    if (!shorter.every((mark, i) => mark === longer[i])) this.#wrong(id, 'another list was shown before', list)
    known.shown = longer
  }

  #wrong(id: string, why: string, list: readonly string[]): void {
    this.faults.push(`${id} at ${this.#cluster.world.time.nowMs.toFixed(1)} ms: ${why}: […${list.slice(-8)}]`)
  }
}
