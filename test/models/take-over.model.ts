/**
 * A bounded counter whose replicas crash, come back under new origins, also with an old disk, and take over the rights of their
 * ended lives.
 *
 * A life of a node asks every other member which rows of the node's lives it has, and whoever answers takes no push of an earlier
 * life any more. It takes over when all have answered it, and none had a row that it lacks. Pushes are lost, late and double; a
 * push on its way to a node is gone when that node crashes. It runs the shipping functions.
 */
import {
  absorbRights,
  type BoundedCounterState,
  giveRights,
  heightOf,
  rightsOf,
  spendRights
} from '../../src/crdt/bounded-counter.ts'
import { nodeOf } from '../../src/crdt/origin-parts.ts'
import { counterKey, filled, joinCounters } from './escrow.model.ts'
import type { Model } from './explore.ts'

export type TakeOverMistake =
  | 'asks nobody'
  | 'asks only those that are up'
  | 'counts answers to an earlier life'
  | 'takes pushes of ended lives'
  | 'compares only the row of the life it takes over'

export interface TakeOverBounds {
  readonly nodes: number
  /** Rights that the first life of node 0 has at the start, and everybody knows of. */
  readonly start: number
  /** Times that rights are spent or given. */
  readonly operations: number
  readonly crashes: number
  /** How many of the crashes lose what the disk had since the backup. */
  readonly restores: number
}

interface Node {
  readonly life: number
  readonly isUp: boolean
  /** On its disk. */
  readonly state: BoundedCounterState
  readonly backup: BoundedCounterState
  /** By member: the rows of this node's lives that it said it had. */
  readonly answers: readonly (BoundedCounterState | undefined)[]
  /** By member: earlier lives of it are not listened to. */
  readonly promised: readonly number[]
  readonly key: string
}

interface Push {
  readonly from: number
  readonly life: number
  readonly to: number
  readonly delta: BoundedCounterState
  readonly key: string
}

interface World {
  readonly nodes: readonly Node[]
  readonly pushes: readonly Push[]
  readonly operations: number
  readonly crashes: number
  readonly restores: number
}

function originOf(node: number, life: number): string {
  return `${'abc'[node]}.${life}`
}

function nodeWith(node: Omit<Node, 'key'>): Node {
  const answers = node.answers.map(answer => (answer === undefined ? '-' : counterKey(answer))).join('/')
  const key = `${node.life}${node.isUp ? '' : 'x'}${counterKey(node.state)}^${counterKey(node.backup)}?${answers}!${node.promised}`
  return { ...node, key }
}

/** The rows of one node's lives. */
function rowsOf(state: BoundedCounterState, node: string): BoundedCounterState {
  let rows = state
  state.each((_, origin) => {
    if (nodeOf(origin) !== node) rows = rows.delete(origin)
  })
  return rows
}

/** No row that is newer than what `state` has, and no later life. */
function knowsNothingNew(rows: BoundedCounterState, state: BoundedCounterState, only: string | undefined): boolean {
  let isKnown = true
  rows.each(({ seq }, origin) => {
    if ((only === undefined || origin === only) && seq > (state.get(origin)?.seq ?? 0)) isKnown = false
  })
  return isKnown
}

export function takeOverModel(bounds: TakeOverBounds, mistake?: TakeOverMistake): Model<World> {
  const start = filled(originOf(0, 1), bounds.start)
  const ids = Array.from({ length: bounds.nodes }, (_, id) => id)
  const nobody = ids.map(() => undefined)
  const first = nodeWith({
    life: 1,
    isUp: true,
    state: start,
    backup: start,
    answers: nobody,
    promised: ids.map(() => 0)
  })

  const change = (world: World, id: number, node: Node): World => ({ ...world, nodes: world.nodes.with(id, node) })

  /** Commits at a node, and pushes to all others. */
  const write = (
    world: World,
    id: number,
    node: Node,
    made: { state: BoundedCounterState; fragment: BoundedCounterState } | undefined
  ): World => {
    if (made === undefined) throw new Error('an event without effect')
    const pushes = ids
      .filter(to => to !== id)
      .map((to): Push => {
        const { life } = node
        return { from: id, life, to, delta: made.fragment, key: `${id}.${life}>${to}${counterKey(made.fragment)}` }
      })
    const after = change(world, id, nodeWith({ ...node, state: made.state }))
    return { ...after, pushes: [...world.pushes, ...pushes].sort((a, b) => (a.key < b.key ? -1 : 1)) }
  }

  const mayAbsorb = (world: World, id: number, node: Node, ended: string): boolean => {
    if (mistake === 'asks nobody') return true
    const only = mistake === 'compares only the row of the life it takes over' ? ended : undefined
    return ids.every(other => {
      if (other === id) return true
      const answer = node.answers[other]
      if (answer === undefined) return mistake === 'asks only those that are up' && world.nodes[other]?.isUp === false
      return knowsNothingNew(answer, node.state, only)
    })
  }

  const ownEvents = (world: World, id: number, node: Node, emit: (event: string, after: World) => void): void => {
    const origin = originOf(id, node.life)
    if (!node.isUp) {
      const { answers } = node
      const next = { ...node, isUp: true, life: node.life + 1, promised: ids.map(() => 0) }
      const kept = mistake === 'counts answers to an earlier life' ? answers : nobody
      emit(`boot ${id}`, change(world, id, nodeWith({ ...next, answers: kept })))
      return
    }
    const draw = () => ({ origin, seq: (node.state.get(origin)?.seq ?? 0) + 1 })
    if (world.operations > 0 && rightsOf(node.state, origin) > 0) {
      const spent = { ...world, operations: world.operations - 1 }
      emit(`spend at ${origin}`, write(spent, id, node, spendRights(node.state, origin, draw, 1)))
      for (const [to, other] of world.nodes.entries()) {
        if (to === id) continue
        const asker = originOf(to, other.life)
        emit(`give from ${origin} to ${asker}`, write(spent, id, node, giveRights(node.state, origin, draw, asker, 1)))
      }
    }
    for (let life = 1; life < node.life; life++) {
      const ended = originOf(id, life)
      if (rightsOf(node.state, ended) > 0 && mayAbsorb(world, id, node, ended))
        emit(`absorb ${ended} by ${origin}`, write(world, id, node, absorbRights(node.state, origin, draw, ended)))
    }
    if (world.crashes > 0) {
      const crashed = { ...world, crashes: world.crashes - 1, pushes: world.pushes.filter(push => push.to !== id) }
      const down = { ...node, isUp: false }
      emit(`crash ${id}`, change(crashed, id, nodeWith({ ...down, backup: node.state })))
      if (world.restores > 0 && node.backup !== node.state) {
        const restored = { ...crashed, restores: world.restores - 1 }
        emit(`restore ${id}`, change(restored, id, nodeWith({ ...down, state: node.backup })))
      }
    }
  }

  return {
    starts: [{ ...bounds, nodes: ids.map(() => first), pushes: [] }],
    next(world, emit) {
      for (const [id, node] of world.nodes.entries()) {
        ownEvents(world, id, node, emit)
        if (!node.isUp) continue
        for (const [other, peer] of world.nodes.entries()) {
          if (other === id || !peer.isUp) continue
          const state = joinCounters(node.state, peer.state)
          if (state !== node.state) emit(`sync ${other} to ${id}`, change(world, id, nodeWith({ ...node, state })))
          if (node.life === 1 || node.answers[other] !== undefined) continue
          const answer = rowsOf(peer.state, 'abc'[id] ?? '')
          const asked = change(world, id, nodeWith({ ...node, answers: node.answers.with(other, answer) }))
          const promised = peer.promised.with(id, mistake === 'takes pushes of ended lives' ? 0 : node.life)
          emit(`ask ${other} by ${id}`, change(asked, other, nodeWith({ ...peer, promised })))
        }
      }
      for (const [number, push] of world.pushes.entries()) {
        const receiver = world.nodes[push.to]
        if (receiver === undefined || !receiver.isUp || push.life < (receiver.promised[push.from] ?? 0)) continue
        const state = joinCounters(receiver.state, push.delta)
        const pushes = world.pushes.toSpliced(number, 1)
        emit(`push ${push.key}`, change({ ...world, pushes }, push.to, nodeWith({ ...receiver, state })))
      }
    },
    key: ({ nodes, pushes, operations, crashes, restores }) =>
      `${nodes.map(({ key }) => key).join('|')}#${pushes.map(({ key }) => key).join('|')}#${operations},${crashes},${restores}`,
    check({ nodes }) {
      const all = nodes.map(({ state }) => state)
      for (const [id, state] of all.entries())
        if (heightOf(state) < 0) return `node ${id} is ${-heightOf(state)} below the bound`
      const union = all.reduce(joinCounters)
      return heightOf(union) < 0 ? `all together are ${-heightOf(union)} below the bound` : undefined
    }
  }
}
