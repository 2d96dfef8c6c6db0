/**
 * One shard whose members differ in who they hold for admitted: what a majority of its home acknowledged, no majority hides that
 * is asked later, whatever views those two were counted in.
 *
 * A view is a list of members and a number that grows with each change a node learns of. An answer counts only in the view in which it
 * was given, and a node only in the view in which it is whole: of every view that may have been counted in before, it has
 * fetched from a majority of the home, each of them in this view by then. Which views those are, they tell: all that they were in since
 * the last in which they saw a majority of every home whole (after DynaStore: Aguilera, Keidar, Malkhi,
 * Shraer, "Dynamic atomic storage without consensus", 2011).
 */
import type { Model } from './explore.ts'

export type HomeViewsMistake =
  | 'counts answers of all views'
  | 'is whole when it has fetched from anybody'
  | 'fetches from members in other views'
  | 'does not tell which views it was in'
  | 'does not pass on what it was told'
  | 'does not ask strangers where they come from'
  /** The views of those who have never counted say nothing of the time before. */
  | 'begins with what newcomers were in'
  | 'takes a view for settled when it is whole itself'
  /** Who was away while the list changed and changed back notices nothing. */
  | 'names a view by its members alone'

export interface HomeViewsBounds {
  readonly nodes: number
  /** Of these so many are members at the start. */
  readonly members: number
  /** `nodes` or more: every member is in the home. */
  readonly replicas: number
  readonly joins: number
  readonly deaths: number
  readonly forgets: number
  readonly cuts: number
  /** At the start the members know each other and have not been counted in any view. */
  readonly areNew?: boolean
  /** The last so many of them are another cluster, and have not met the first. */
  readonly island?: number
}

/** Number · 64 + members, as bits. */
type View = number

interface Node {
  readonly isUp: boolean
  /** Per member: 0 unknown, odd: admitted, even: forgotten; a new life makes the number odd again. */
  readonly rows: readonly number[]
  readonly view: View
  /** It was in these, or was told of them, since the last in which it saw a majority whole, that one included. */
  readonly prior: readonly View[]
  /** It was whole once, or was told all this by one that was. */
  readonly isRooted: boolean
  /** Members of views in which it was whole, or was told that somebody was: they are of one cluster. */
  readonly familiar: number
  readonly isWhole: boolean
  readonly fetched: number
  readonly has: boolean
}

interface World {
  readonly nodes: readonly Node[]
  /** As bits: who is on the far side of a cut. */
  readonly far: number
  readonly written: boolean
  readonly acknowledged: boolean
  /** Per view who has confirmed the write in it, and who has since answered a read without it. */
  readonly confirmed: ReadonlyMap<View, number>
  readonly blind: ReadonlyMap<View, number>
  readonly left: { readonly joins: number; readonly deaths: number; readonly forgets: number; readonly cuts: number }
}

const none: View = -1
const size = 64

export function homeViewsModel(bounds: HomeViewsBounds, mistake?: HomeViewsMistake): Model<World> {
  const numbers = Array.from({ length: bounds.nodes }, (_, i) => i)
  const bit = (i: number) => 1 << i
  const countOf = (mask: number) => numbers.filter(i => mask & bit(i)).length
  const membersOf = (view: View) => view % size
  const numberOf = (view: View) => (view < 0 ? -1 : Math.floor(view / size))
  /** Who joined later is preferred, so that each join changes the home. */
  const homes = new Map<number, number>()
  const homeOf = (view: View) => {
    const members = membersOf(view)
    const known = homes.get(members)
    if (known !== undefined) return known
    let home = 0
    for (const i of numbers) if (members & bit(i) && countOf(home) < bounds.replicas) home |= bit(i)
    homes.set(members, home)
    return home
  }
  const isMajority = (mask: number, home: number) => countOf(mask & home) > countOf(home) / 2
  const viewsMatch = (a: View, b: View) =>
    mistake === 'names a view by its members alone' ? membersOf(a) === membersOf(b) : a === b

  const with_ = (world: World, ...changes: [number, Partial<Node>][]): World => {
    const nodes = [...world.nodes]
    for (const [i, change] of changes) nodes[i] = { ...(nodes[i] as Node), ...change }
    return { ...world, nodes }
  }
  const spent = (world: World, what: keyof World['left']): World => ({
    ...world,
    left: { ...world.left, [what]: world.left[what] - 1 }
  })

  /** Takes in rows, and what is settled; a list that has changed is a new view. */
  function learned(node: Node, self: number, rows: readonly number[], view: View): Node {
    const merged = node.rows.map((row, i) => Math.max(row, rows[i] ?? 0))
    // Forgotten and alive: it contradicts.
    if ((merged[self] ?? 0) % 2 === 0) merged[self] = (merged[self] ?? 0) + 1
    const members = merged.reduce((mask, row, i) => (row % 2 === 1 ? mask | bit(i) : mask), 0)
    const isSame = members === membersOf(node.view)
    const isLater = isSame && membersOf(view) === members && numberOf(view) > numberOf(node.view)
    if ((isSame && !isLater) || (isLater && mistake === 'names a view by its members alone'))
      return { ...node, rows: merged }
    const number = isLater ? numberOf(view) : Math.max(numberOf(node.view), numberOf(view)) + 1
    const told = mistake === 'does not tell which views it was in' ? [] : [node.view]
    return {
      ...node,
      rows: merged,
      view: (mistake === 'names a view by its members alone' ? 0 : number) * size + members,
      prior: priorOf(node.prior, node.view === none ? [] : told),
      isWhole: false,
      fetched: 0
    }
  }

  function priorOf(prior: readonly View[], more: readonly View[]): readonly View[] {
    return [...new Set([...prior, ...more])].sort((a, b) => a - b)
  }

  function canComplete(node: Node, i: number): boolean {
    if (mistake === 'is whole when it has fetched from anybody') return node.fetched !== 0
    const members = membersOf(node.view)
    // Nobody was ever counted: all of them say so.
    const isRooted = node.isRooted || (mistake === 'begins with what newcomers were in' && node.prior.length > 0)
    if (!isRooted) return ((node.fetched | bit(i)) & members) === members
    const known = node.familiar | node.fetched | bit(i)
    const asksStrangers =
      mistake !== 'does not ask strangers where they come from' && mistake !== 'begins with what newcomers were in'
    if (asksStrangers && (members & ~known) !== 0) return false
    return node.prior.every(view => {
      const home = homeOf(view)
      const asked = (node.fetched | bit(i)) & home
      // Who was forgotten answers nobody, in whatever view.
      return isMajority(asked, home) || (home & members & ~asked) === 0
    })
  }

  /** What follows by itself: who is whole confirms what it has, and answers without what it has not. */
  function answered(world: World): World {
    const confirmed = new Map(world.confirmed)
    const blind = new Map(world.blind)
    const key = (view: View) => (mistake === 'counts answers of all views' ? 0 : view)
    for (const i of numbers) {
      const node = world.nodes[i]
      if (!node?.isUp || !node.isWhole) continue
      if (node.has) confirmed.set(key(node.view), (confirmed.get(key(node.view)) ?? 0) | bit(i))
    }
    let { acknowledged } = world
    for (const i of numbers) {
      const { view, isUp = false } = world.nodes[i] ?? {}
      if (view === undefined || !isUp || acknowledged) continue
      acknowledged = isMajority(confirmed.get(key(view)) ?? 0, homeOf(view))
    }
    for (const i of numbers) {
      const node = world.nodes[i]
      if (!acknowledged || !node?.isUp || !node.isWhole || node.has) continue
      blind.set(key(node.view), (blind.get(key(node.view)) ?? 0) | bit(i))
    }
    return { ...world, acknowledged, confirmed: acknowledged ? new Map() : confirmed, blind }
  }

  const members = numbers.filter(i => i >= bounds.nodes - bounds.members)
  const island = members.slice(bounds.members - (bounds.island ?? 0)).reduce((bits, i) => bits | bit(i), 0)

  const start = (): World => {
    const isOld = bounds.areNew !== true
    return {
      nodes: numbers.map(i => {
        const met = members.filter(j => ((island >> i) & 1) === ((island >> j) & 1))
        const mask = met.reduce((bits, j) => bits | bit(j), 0)
        const isMember = members.includes(i)
        return {
          isUp: isMember,
          rows: numbers.map(j => (isMember && met.includes(j) ? 1 : 0)),
          view: isMember ? mask : none,
          prior: isMember && isOld ? [mask] : [],
          isRooted: isMember && isOld,
          familiar: isMember && isOld ? mask : 0,
          isWhole: isMember && isOld && (homeOf(mask) & bit(i)) !== 0,
          fetched: 0,
          has: false
        }
      }),
      far: island,
      written: false,
      acknowledged: false,
      confirmed: new Map(),
      blind: new Map(),
      left: { joins: bounds.joins, deaths: bounds.deaths, forgets: bounds.forgets, cuts: bounds.cuts }
    }
  }

  return {
    starts: [start()],

    next(world, emitRaw) {
      const emit = (event: string, after: World) => emitRaw(event, answered(gossiped(after)))
      const { nodes, left, far } = world
      const meets = (i: number, j: number) => ((far >> i) & 1) === ((far >> j) & 1)
      for (const i of numbers) {
        const node = nodes[i]
        if (node === undefined) continue
        if (node.isUp && node.isWhole && !world.written)
          emit(`write ${i}`, { ...with_(world, [i, { has: true }]), written: true })
        for (const j of numbers) {
          const other = nodes[j]
          if (i === j || other === undefined || !other.isUp || !meets(i, j)) continue
          if (node.view === none) {
            if (left.joins === 0) continue
            const fresh = { ...node, isUp: true, rows: numbers.map(k => Number(k === i)) }
            emit(`join ${i} at ${j}`, spent(met(with_(world, [i, fresh]), i, j), 'joins'))
            continue
          }
          if (!node.isUp) continue
          if (other.has && !node.has && (homeOf(node.view) & bit(i)) !== 0)
            emit(`push ${j}→${i}`, with_(world, [i, { has: true }]))
          const inHome = (homeOf(node.view) & bit(i)) !== 0
          const isInView = viewsMatch(node.view, other.view) || mistake === 'fetches from members in other views'
          if (inHome && !node.isWhole && isInView && (node.fetched & bit(j)) === 0) {
            const told = mistake === 'does not pass on what it was told' ? [] : other.prior
            emit(
              `fetch ${j}→${i}`,
              with_(world, [
                i,
                {
                  fetched: node.fetched | bit(j),
                  has: node.has || other.has,
                  isRooted: node.isRooted || other.isRooted,
                  familiar: node.familiar | other.familiar,
                  prior: priorOf(node.prior, told)
                }
              ])
            )
          }
        }
        if (!node.isUp && node.view !== none) {
          const rows = node.rows.map((row, at) => (at === i ? row + 2 - ((row + 1) % 2) : row))
          emit(`return ${i}`, with_(world, [i, { isUp: true, rows }]))
        }
        if (!node.isUp) continue
        const inHome = (homeOf(node.view) & bit(i)) !== 0
        if (inHome && !node.isWhole && canComplete(node, i))
          emit(
            `complete ${i}`,
            with_(world, [i, { isWhole: true, isRooted: true, familiar: node.familiar | membersOf(node.view) }])
          )
        const wholes = numbers.filter(
          j => nodes[j]?.isUp && meets(i, j) && nodes[j]?.isWhole && nodes[j]?.view === node.view
        )
        const mask = wholes.reduce((bits, j) => bits | bit(j), 0)
        const isSettled =
          mistake === 'takes a view for settled when it is whole itself'
            ? node.isWhole
            : isMajority(mask, homeOf(node.view))
        const isNews = node.prior.length !== 1 || node.prior[0] !== node.view
        if (isSettled && isNews) emit(`settle ${i}`, with_(world, [i, { prior: [node.view] }]))
        if (left.deaths > 0) emit(`die ${i}`, spent(with_(world, [i, { isUp: false }]), 'deaths'))
        for (const j of numbers) {
          const isLost = j !== i && (node.rows[j] ?? 0) % 2 === 1 && (!nodes[j]?.isUp || !meets(i, j))
          if (!isLost || left.forgets === 0) continue
          const rows = node.rows.map((row, at) => (at === j ? row + 1 : row))
          emit(`forget ${j} at ${i}`, spent(with_(world, [i, learned(node, i, rows, node.view)]), 'forgets'))
        }
      }
      if (far !== 0) emit('heal', { ...world, far: 0 })
      else if (left.cuts > 0)
        for (let side = 1; side < bit(bounds.nodes - 1); side++)
          emit(`cut ${side}`, spent({ ...world, far: side }, 'cuts'))
    },

    key: ({ nodes, far, written, acknowledged, confirmed, blind, left }) =>
      `${nodes.map(keyOf).join(' ')}|${far}|${Number(written)}${Number(acknowledged)}|${masksOf(confirmed)}|${masksOf(blind)}|${left.joins}${left.deaths}${left.forgets}${left.cuts}`,

    check({ nodes, blind }) {
      for (const { view, isUp } of nodes) {
        if (view === none || !isUp) continue
        // Before they met nobody could know of the other.
        if (island !== 0 && ((membersOf(view) & island) === 0 || (membersOf(view) & ~island) === 0)) continue
        const mask = blind.get(mistake === 'counts answers of all views' ? 0 : view) ?? 0
        if (isMajority(mask, homeOf(view)))
          return `a majority of the home in view ${numberOf(view)} of ${list(membersOf(view))} hides an acknowledged write`
      }
      return undefined
    }
  }

  function list(mask: number): string {
    return numbers.filter(i => mask & bit(i)).join()
  }

  /** Those on one side of a cut know the same. */
  function gossiped(world: World): World {
    let now = world
    for (let before: World | undefined; before !== now; ) {
      before = now
      for (const i of numbers) for (const j of numbers) if (i !== j) now = met(now, i, j)
    }
    return now
  }

  /** What the second knows the first learns. */
  function met(world: World, i: number, j: number): World {
    const a = world.nodes[i]
    const b = world.nodes[j]
    if (!a?.isUp || !b?.isUp || ((world.far >> i) & 1) !== ((world.far >> j) & 1)) return world
    const isNews =
      b.rows.some((row, at) => row > (a.rows[at] ?? 0)) || (membersOf(a.view) === membersOf(b.view) && b.view > a.view)
    return isNews ? with_(world, [i, learned(a, i, b.rows, b.view)]) : world
  }
}

function keyOf({ isUp, rows, view, prior, isRooted, familiar, isWhole, fetched, has }: Node): string {
  return `${Number(isUp)}${rows.join('')},${view},${prior.join('.')},${Number(isRooted)}${familiar},${Number(isWhole)}${Number(has)}${fetched}`
}

function masksOf(masks: ReadonlyMap<View, number>): string {
  return [...masks].sort((a, b) => a[0] - b[0]).join(';')
}
