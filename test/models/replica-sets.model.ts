/**
 * One shard with a number of replicas while members join, leave, die, are replaced, forgotten and come back: no write is
 * lost, and what a majority of its home acknowledged, every majority of the home that may answer a read has.
 *
 * All see one view. The home is the first R admitted members; who of them has been gone for long has a substitute. A write is on
 * one disk, then on others, by push or by catch-up. Members of the home change one at a time, and only once those that are up are
 * whole: that is what an operator is asked to wait for, and what `settled` says here.
 */
import type { Model } from './explore.ts'

export type ReplicaSetsMistake =
  /** A member of a home counts at once. */
  | 'counts before it has fetched'
  /** A substitute that enters the home need not fetch again. */
  | 'keeps what it had as a substitute'
  | 'fetches from one member only'
  | 'counts itself among those it has fetched from'
  | 'drops before others have it'
  | 'counts substitutes in majorities'
  /** A forgotten member counts when it is back, as if it had not been away. */
  | 'returns as whole'
  /** No mistake of the nodes: an operator who does not wait. */
  | 'forgets the next before the first is replaced'

export interface ReplicaSetsBounds {
  readonly nodes: number
  /** Of these so many are members at the start. */
  readonly members: number
  readonly replicas: number
  readonly joins: number
  readonly deaths: number
  readonly forgets: number
  readonly leaves: number
}

interface Node {
  readonly isMember: boolean
  readonly isUp: boolean
  /** Gone for so long that it has a substitute. */
  readonly isLongGone: boolean
  /** Not counted on any more. */
  readonly isForgotten: boolean
  readonly stores: boolean
  readonly isWhole: boolean
  /** It was in the home when it last looked. */
  readonly wasHome: boolean
  /** The write is on its disk. */
  readonly has: boolean
  /** Nodes from whom it has fetched all since it began to, as bits. */
  readonly fetched: number
}

interface World {
  readonly nodes: readonly Node[]
  readonly written: boolean
  readonly acknowledged: boolean
  readonly left: { readonly joins: number; readonly deaths: number; readonly forgets: number; readonly leaves: number }
}

const outside: Node = {
  isMember: false,
  isUp: false,
  isLongGone: false,
  isForgotten: false,
  stores: false,
  isWhole: false,
  wasHome: false,
  has: false,
  fetched: 0
}

export function replicaSetsModel(bounds: ReplicaSetsBounds, mistake?: ReplicaSetsMistake): Model<World> {
  const { replicas } = bounds
  const numbers = Array.from({ length: bounds.nodes }, (_, i) => i)

  const first = (nodes: readonly Node[], isFit: (node: Node) => boolean) =>
    numbers.filter(i => isFit(nodes[i] ?? outside)).slice(0, replicas)
  const isAdmitted = (node: Node) => node.isMember && !node.isForgotten
  const homeOf = (nodes: readonly Node[]) => first(nodes, isAdmitted)
  const hostsOf = (nodes: readonly Node[]) => first(nodes, node => isAdmitted(node) && !node.isLongGone)
  const storingOf = (nodes: readonly Node[]) => [...new Set([...homeOf(nodes), ...hostsOf(nodes)])]
  const countedOf = (nodes: readonly Node[]) =>
    mistake === 'counts substitutes in majorities' ? hostsOf(nodes) : homeOf(nodes)

  /** Those that are up see the new view, and begin to store what they are to store. */
  const placed = (nodes: readonly Node[]): Node[] => {
    const home = homeOf(nodes)
    const storing = storingOf(nodes)
    return nodes.map((node, i) => {
      if (!node.isUp) return node
      const isHome = home.includes(i)
      const entersHome = isHome && !node.wasHome
      const keeps = mistake === 'keeps what it had as a substitute' && node.stores
      const isNew = (entersHome && !keeps) || (storing.includes(i) && !node.stores)
      return {
        ...node,
        stores: node.stores || storing.includes(i),
        wasHome: isHome,
        isWhole: isNew ? mistake === 'counts before it has fetched' : node.isWhole,
        fetched: isNew ? 0 : node.fetched
      }
    })
  }

  const changed = (world: World, i: number, change: Partial<Node>): World => ({
    ...world,
    nodes: world.nodes.map((node, at) => (at === i ? { ...node, ...change } : node))
  })
  const spent = (world: World, what: keyof World['left']): World => ({
    ...world,
    left: { ...world.left, [what]: world.left[what] - 1 }
  })
  const seen = (world: World): World => ({ ...world, nodes: placed(world.nodes) })

  /** Those of the home that are up have fetched what they are to have. */
  const isSettled = ({ nodes }: World) => homeOf(nodes).every(i => !nodes[i]?.isUp || nodes[i]?.isWhole === true)

  return {
    starts: [
      {
        nodes: numbers.map(i => {
          // Who joins is preferred to all others.
          const place = i - (bounds.nodes - bounds.members)
          const isMember = place >= 0
          const isHome = isMember && place < replicas
          return { ...outside, isMember, isUp: isMember, stores: isHome, isWhole: isHome, wasHome: isHome }
        }),
        written: false,
        acknowledged: false,
        left: { joins: bounds.joins, deaths: bounds.deaths, forgets: bounds.forgets, leaves: bounds.leaves }
      }
    ],

    next(world, emit) {
      const { nodes, left } = world
      const home = homeOf(nodes)
      const hosts = hostsOf(nodes)
      const storing = storingOf(nodes)
      const counted = countedOf(nodes)
      const isMajority = (list: readonly number[]) => list.length > counted.length / 2
      if (!world.acknowledged && isMajority(counted.filter(i => nodes[i]?.has === true)))
        emit('acknowledge', { ...world, acknowledged: true })
      for (const i of numbers) {
        const node = nodes[i]
        if (node === undefined) continue
        if (node.isUp && node.isWhole && !world.written)
          emit(`write ${i}`, { ...changed(world, i, { has: true }), written: true })
        if (node.isUp && node.stores) {
          for (const j of numbers) {
            const from = nodes[j]
            if (j === i || from === undefined || !from.isUp || !from.stores) continue
            if (from.has && !node.has && storing.includes(i)) emit(`push ${j}→${i}`, changed(world, i, { has: true }))
            if (node.isWhole || (node.fetched & (1 << j)) !== 0) continue
            emit(`fetch ${j}→${i}`, changed(world, i, { has: node.has || from.has, fetched: node.fetched | (1 << j) }))
          }
          const sources = numbers.filter(j => j !== i && nodes[j]?.isUp === true && nodes[j]?.stores === true)
          const isFetched =
            mistake === 'fetches from one member only'
              ? node.fetched !== 0 || sources.length === 0
              : sources.every(j => (node.fetched & (1 << j)) !== 0)
          const isHeard = mistake === 'fetches from one member only' || isEnough(i, node, home)
          if (!node.isWhole && storing.includes(i) && isFetched && isHeard)
            emit(`complete ${i}`, changed(world, i, { isWhole: true, fetched: 0 }))
          const mayDrop = hosts.every(
            j =>
              nodes[j]?.isUp === true &&
              (mistake === 'drops before others have it' ||
                (nodes[j]?.isWhole === true && (!node.has || nodes[j]?.has === true)))
          )
          if (!storing.includes(i) && mayDrop)
            emit(`drop ${i}`, changed(world, i, { stores: false, isWhole: false, has: false, fetched: 0 }))
        }
        if (node.isUp && left.deaths > 0 && mayDie(world, i))
          emit(`die ${i}`, spent(changed(world, i, { isUp: false }), 'deaths'))
        if (!node.isUp && isAdmitted(node)) {
          if (!node.isLongGone) emit(`replace ${i}`, seen(changed(world, i, { isLongGone: true })))
          emit(`return ${i}`, seen(changed(world, i, { isUp: true, isLongGone: false })))
        }
        const mayChange = isSettled(world) || mistake === 'forgets the next before the first is replaced'
        if (!mayChange) continue
        if (!node.isMember && left.joins > 0)
          emit(`join ${i}`, seen(spent(changed(world, i, { isMember: true, isUp: true }), 'joins')))
        if (!node.isUp && isAdmitted(node) && left.forgets > 0)
          emit(`forget ${i}`, seen(spent(changed(world, i, { isForgotten: true }), 'forgets')))
        if (node.isForgotten) {
          const isWhole = node.isWhole && mistake === 'returns as whole'
          const back = { isUp: true, isForgotten: false, isLongGone: false, isWhole, wasHome: isWhole, fetched: 0 }
          emit(`readmit ${i}`, seen(changed(world, i, back)))
        }
        if (node.isUp && left.leaves > 0 && mayDie(world, i)) {
          const without = nodes.map((other, at) => (at === i ? outside : other))
          const heirs = storingOf(without)
          // Its farewell: whoever is to store the shard then, and is up, has all that it had.
          const after = without.map((other, at) =>
            heirs.includes(at) && other.isUp ? { ...other, stores: true, has: other.has || node.has } : other
          )
          if (heirs.some(at => nodes[at]?.isUp === true))
            emit(`leave ${i}`, seen(spent({ ...world, nodes: after }, 'leaves')))
        }
      }
    },

    key: ({ nodes, written, acknowledged, left }) =>
      `${nodes.map(keyOf).join()}|${written}${acknowledged}|${left.joins}${left.deaths}${left.forgets}${left.leaves}`,

    check({ nodes, written, acknowledged }) {
      if (written && !nodes.some(node => node.has)) return 'a write is on no disk'
      if (!acknowledged) return undefined
      const counted = countedOf(nodes)
      const blind = counted.filter(i => nodes[i]?.isUp === true && nodes[i]?.isWhole === true && !nodes[i]?.has)
      return blind.length > counted.length / 2
        ? `a majority (${blind.join()}) would not tell an acknowledged write`
        : undefined
    }
  }

  /** So many others of the home that every majority of the home before had one of them. */
  function isEnough(i: number, node: Node, home: readonly number[]): boolean {
    const others = home.filter(j => j !== i && (node.fetched & (1 << j)) !== 0).length
    if (mistake === 'counts itself among those it has fetched from') return others + 1 > home.length / 2
    return home.length === 1 || others >= home.length / 2
  }

  /** Less than a majority of the home is down at a time. */
  function mayDie({ nodes }: World, i: number): boolean {
    const home = homeOf(nodes)
    const down = home.filter(j => j === i || nodes[j]?.isUp !== true)
    return !home.includes(i) || down.length < home.length / 2
  }
}

function keyOf(node: Node): string {
  const { isMember, isUp, isLongGone, isForgotten, stores, isWhole, wasHome, has, fetched } = node
  const flags = [isMember, isUp, isLongGone, isForgotten, stores, isWhole, wasHome, has]
  return `${flags.map(Number).join('')}${fetched}`
}
