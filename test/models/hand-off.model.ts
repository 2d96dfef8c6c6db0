/**
 * Model of who may run exclusive actors of one shard in `merge` mode, through joins, leaves, crashes, restarts and wrong suspicions.
 *
 * Three nodes; node 0 comes first on the ring, so the owner is the smallest present node of a view that has weight. Each life of a node
 * begins without, is idle, and takes its weight at any time after it belongs to the cluster; where all are idle they own alike. Views spread in any order
 * and at any speed; claims and their answers may be overtaken or lost with a link; a copy of a request may reach any node at any
 * time, as a caller that retries may bring about. What a node stores reaches others one by one, or never.
 */
import { at } from './dots.ts'
import type { Model } from './explore.ts'

/** A rule that is left out. Those from the fifth on go beyond "claim from every present member", which is not enough. */
export type Omission =
  | 'a running handler ends before the grant'
  | 'a grant brings the state'
  | 'who was held for dead asks everybody again'
  | 'a leaver says so after all have what it has'
  | 'a leaver waits for who joins meanwhile'
  | 'a leaver confirms nothing any more'
  | 'a newcomer waits until a member names it'
  | 'a newcomer waits until all members name it'
  | 'a newcomer has what the members have before it owns'
  | 'when a member goes without a grant, the others are asked again'
  | 'while views differ all must confirm'
  | 'an idle member is asked for what is not served yet'
  | 'an idle life that takes its weight asks those that serve'

export interface Bounds {
  /** Members at the start, with equal views: every such choice is explored. The others may join. */
  readonly members: readonly (readonly number[])[]
  readonly requests: number
  readonly joins: number
  readonly leaves: number
  readonly crashes: number
  /** How often a node that crashed may begin another life, with its disk. */
  readonly restarts: number
  /** How often a node may hold a living one for dead. */
  readonly wrongAccusations: number
}

type Phase = 'out' | 'in' | 'leaving' | 'left' | 'crashed'

interface Node {
  readonly phase: Phase
  /** Per node a version of what is known of it, 0 for nothing: see `versionOf`. The larger is the newer. */
  readonly view: readonly number[]
  /** It may own shards: it founded the cluster, or the members know it. */
  readonly isSettled: boolean
  /** While not settled: present members that have named it. */
  readonly namedBy: number
  /** Members whose grant it holds. */
  readonly grants: number
  /** Effects on its disk: bit `request * nodes + node that ran it`. */
  readonly effects: number
  /** Of those, what a life before has run: its callers have lost their link, and are not answered any more. */
  readonly inherited: number
  /** The request whose handler runs, or -1. */
  readonly running: number
  /** While leaving: members that have all it has. */
  readonly flushed: number
  readonly key: string
}

/** What is under way between a claimer and a member. */
interface Claim {
  readonly stage: 'asked' | 'sealed' | 'granted' | 'refused'
  /** Of the claimer while asked; of the member when granted or refused. */
  readonly view: readonly number[]
  readonly effects: number
  /** The claimer has not granted the shard to another, and the member has not been away, since it asked. */
  readonly isCurrent: boolean
}

export interface World {
  readonly nodes: readonly Node[]
  /** By `claimer * nodes + member`. */
  readonly claims: readonly (Claim | undefined)[]
  /** Effects whose callers have their answer. */
  readonly acknowledged: number
  readonly left: {
    readonly joins: number
    readonly leaves: number
    readonly crashes: number
    readonly restarts: number
    readonly wrongAccusations: number
  }
  /** What went wrong on the way here, where the state alone does not show it. */
  readonly fault: string | undefined
}

const size = 3
const ids = [0, 1, 2]

export function handOffModel(bounds: Bounds, omissions: readonly Omission[] = []): Model<World> {
  const keeps = (rule: Omission): boolean => !omissions.includes(rule)
  return {
    starts: bounds.members.map(members => startOf(members, bounds)),
    next(world, emit) {
      for (const id of ids) {
        ownEvents(world, id, bounds, keeps, emit)
        for (const other of ids) if (other !== id) pairEvents(world, id, other, keeps, emit)
      }
    },
    key: keyOf,
    check: world => wrong(world, bounds)
  }
}

type Emit = (event: string, after: World) => void
type Keeps = (rule: Omission) => boolean

function startOf(members: readonly number[], bounds: Bounds): World {
  const present = maskOf(members)
  const view = ids.map(id => (members.includes(id) ? versionOf({ life: 1, word: 1, hasWeight: true }) : 0))
  const nodes = ids.map(id =>
    members.includes(id)
      ? nodeOf({ ...outside, phase: 'in', view, isSettled: true, grants: id === members[0] ? present & ~(1 << id) : 0 })
      : nodeOf(outside)
  )
  const { joins, leaves, crashes, restarts, wrongAccusations } = bounds
  const claims = Array<undefined>(size * size).fill(undefined)
  return {
    nodes,
    claims,
    acknowledged: 0,
    left: { joins, leaves, crashes, restarts, wrongAccusations },
    fault: undefined
  }
}

const outside: Omit<Node, 'key'> = {
  phase: 'out',
  view: ids.map(() => 0),
  isSettled: false,
  namedBy: 0,
  grants: 0,
  effects: 0,
  inherited: 0,
  running: -1,
  flushed: 0
}

// ---- what a node does by itself ----------------------------------------------------------------------------------------------

function ownEvents(world: World, id: number, bounds: Bounds, keeps: Keeps, emit: Emit): void {
  const node = at(world.nodes, id)
  const { left } = world
  if (node.phase === 'out' && left.joins > 0) {
    const joiner = nodeOf({ ...outside, phase: 'in', view: node.view.with(id, newLife(0)) })
    emit(`join of ${id}`, { ...withNode(world, id, joiner), left: { ...left, joins: left.joins - 1 } })
  }
  if (node.phase === 'crashed' && left.restarts > 0) {
    // It knows whom it knew; with its process all links went.
    const view = node.view.with(id, newLife(at(node.view, id)))
    const again = nodeOf({ ...outside, phase: 'in', view, effects: node.effects, inherited: node.effects })
    const claims = world.claims.map((claim, slot) =>
      Math.floor(slot / size) === id || slot % size === id ? undefined : claim
    )
    emit(`restart of ${id}`, {
      ...withNode({ ...world, claims }, id, again),
      left: { ...left, restarts: left.restarts - 1 }
    })
  }
  if (!isRunning(node)) return
  if (left.crashes > 0) {
    const crashed = nodeOf({
      ...node,
      phase: 'crashed',
      running: -1,
      grants: 0,
      flushed: 0,
      isSettled: false,
      namedBy: 0
    })
    emit(`crash of ${id}`, { ...withNode(world, id, crashed), left: { ...left, crashes: left.crashes - 1 } })
  }
  if (node.phase === 'in' && left.leaves > 0) {
    const leaving = nodeOf({ ...node, phase: 'leaving', flushed: 0 })
    emit(`seal of ${id}, which leaves`, { ...withNode(world, id, leaving), left: { ...left, leaves: left.leaves - 1 } })
  }
  if (node.phase === 'in' && node.isSettled && !hasWeight(at(node.view, id))) {
    const heavy = told(world, id, node.view.with(id, withWeight(at(node.view, id))), keeps)
    const isAsking = keeps('an idle life that takes its weight asks those that serve')
    const grants = isAsking ? at(heavy.nodes, id).grants : presentIn(node.view) & ~(1 << id)
    emit(`weight of ${id}`, withNode(heavy, id, nodeOf({ ...at(heavy.nodes, id), grants })))
  }
  if (node.phase === 'leaving' && mayGo(node, id, keeps)) {
    const view = node.view.with(id, leftFor(at(node.view, id)))
    const gone = nodeOf({ ...node, phase: 'left', view, grants: 0, flushed: 0 })
    emit(`left by ${id}`, withNode(world, id, gone))
  }
  runHandlers(world, id, bounds, keeps, emit)
}

function mayGo(node: Node, id: number, keeps: Keeps): boolean {
  if (!keeps('a leaver says so after all have what it has')) return true
  const others = presentIn(node.view) & ~(1 << id)
  return node.running < 0 && (others & ~node.flushed) === 0
}

function runHandlers(world: World, id: number, bounds: Bounds, keeps: Keeps, emit: Emit): void {
  const node = at(world.nodes, id)
  for (let request = 0; request < bounds.requests; request++) {
    // Requests are alike: the second is not seen before the first.
    if (request > 0 && !world.nodes.some(other => other.running === request - 1 || ran(other.effects, request - 1)))
      continue
    if (serves(node, id) && node.running < 0 && !ran(node.effects, request)) {
      emit(`start of request ${request} on ${id}`, withNode(world, id, nodeOf({ ...node, running: request })))
    }
    const effect = 1 << (request * size + id)
    if (node.running === request) {
      const committed = nodeOf({ ...node, running: -1, effects: node.effects | effect })
      emit(`commit of request ${request} on ${id}`, withNode(world, id, committed))
    }
    if (
      (node.effects & effect & ~node.inherited & ~world.acknowledged) !== 0 &&
      isStored(world, node, effect, id, keeps)
    ) {
      emit(`acknowledge request ${request} by ${id}`, { ...world, acknowledged: world.acknowledged | effect })
    }
  }
}

/** A majority of the present members; all of them while the owner cannot know that they hold the same view. */
function isStored(world: World, node: Node, effect: number, id: number, keeps: Keeps): boolean {
  let members = 0
  let stored = 0
  let doViewsDiffer = false
  for (const other of ids) {
    if (!isPresent(at(node.view, other))) continue
    members++
    const { effects, view, phase } = at(world.nodes, other)
    if (isNewer(view, node.view) || isNewer(node.view, view)) doViewsDiffer = true
    const isLeaving = keeps('a leaver confirms nothing any more') && phase === 'leaving'
    if ((effects & effect) !== 0 && (other === id || !isLeaving)) stored++
  }
  if (doViewsDiffer && keeps('while views differ all must confirm')) return stored === members
  return stored > members / 2
}

// ---- what passes between two nodes -------------------------------------------------------------------------------------------

function pairEvents(world: World, id: number, other: number, keeps: Keeps, emit: Emit): void {
  const node = at(world.nodes, id)
  const peer = at(world.nodes, other)
  const isNews = isNewer(node.view, peer.view) || namesAnew(node, peer, id, other)
  if (isRunning(peer) && (isRunning(node) || node.phase === 'left') && isNews) {
    emit(`view of ${id} told to ${other}`, named(told(world, other, node.view, keeps), id, other, keeps))
  }
  if (isRunning(node) && isPresent(at(node.view, other))) {
    const accused = told(world, id, node.view.with(other, accusationOf(at(node.view, other))), keeps)
    const { wrongAccusations } = world.left
    if (peer.phase === 'crashed' || peer.phase === 'left') emit(`find ${other} dead at ${id}`, accused)
    else if (wrongAccusations > 0) {
      const left = { ...world.left, wrongAccusations: wrongAccusations - 1 }
      emit(`wrong accusation of ${other} by ${id}`, { ...accused, left })
    }
  }
  if (isRunning(node) && isRunning(peer) && (node.effects & ~peer.effects) !== 0) {
    emit(`push of ${id} to ${other}`, withNode(world, other, nodeOf({ ...peer, effects: peer.effects | node.effects })))
  }
  if (
    node.phase === 'leaving' &&
    node.running < 0 &&
    isRunning(peer) &&
    (node.flushed & (1 << other)) === 0 &&
    isPresent(at(node.view, other))
  ) {
    const after = withNode(world, other, nodeOf({ ...peer, effects: peer.effects | node.effects }))
    emit(`flush of ${id} to ${other}`, withNode(after, id, nodeOf({ ...node, flushed: node.flushed | (1 << other) })))
  }
  claimEvents(world, id, other, keeps, emit)
}

function namesAnew(node: Node, newcomer: Node, id: number, other: number): boolean {
  if (newcomer.isSettled || !isPresent(at(node.view, other)) || !isPresent(at(newcomer.view, id))) return false
  const says = (1 << id) | (node.isSettled ? byMember : 0)
  return (says & ~newcomer.namedBy) !== 0
}

/** `id` claims the shard, `other` is the member. */
function claimEvents(world: World, id: number, other: number, keeps: Keeps, emit: Emit): void {
  const node = at(world.nodes, id)
  const peer = at(world.nodes, other)
  const claim = world.claims[id * size + other]
  const lacks = isPresent(at(node.view, other)) && (node.grants & (1 << other)) === 0
  if (claim === undefined) {
    if (mayOwn(node, id) && lacks) {
      const asked: Claim = { stage: 'asked', view: node.view, effects: 0, isCurrent: true }
      emit(`claim of ${id} to ${other}`, withClaim(world, id, other, asked))
    }
    return
  }
  emit(`loss of what is between ${id} and ${other}`, withClaim(world, id, other, undefined))
  if (claim.stage === 'asked' && isRunning(peer))
    emit(`asked: ${other} by ${id}`, asked(world, id, other, claim, keeps))
  if (
    claim.stage === 'sealed' &&
    isRunning(peer) &&
    (peer.running < 0 || !keeps('a running handler ends before the grant'))
  ) {
    const granted: Claim = { ...claim, stage: 'granted', view: peer.view, effects: peer.effects }
    emit(`grant of ${other} to ${id}`, withClaim(world, id, other, granted))
  }
  if ((claim.stage === 'granted' || claim.stage === 'refused') && isRunning(node)) {
    emit(`${claim.stage}: ${id} by ${other}`, answered(world, id, other, claim, keeps))
  }
}

function asked(world: World, id: number, other: number, claim: Claim, keeps: Keeps): World {
  const merged = told(world, other, claim.view, keeps)
  const member = at(merged.nodes, other)
  const isCurrent = isStillCurrent(merged, id, other)
  if (ownerOf(member.view) === other && member.phase === 'in') {
    return withClaim(merged, id, other, { stage: 'refused', view: member.view, effects: 0, isCurrent })
  }
  return withoutGrants(withClaim(merged, id, other, { stage: 'sealed', view: [], effects: 0, isCurrent }), other)
}

/** Own grants end, and those under way will come too late. */
function withoutGrants(world: World, id: number): World {
  const claims = world.claims.map((claim, slot) =>
    claim !== undefined && Math.floor(slot / size) === id ? { ...claim, isCurrent: false } : claim
  )
  return withNode({ ...world, claims }, id, nodeOf({ ...at(world.nodes, id), grants: 0 }))
}

function answered(world: World, id: number, other: number, claim: Claim, keeps: Keeps): World {
  const merged = told(world, id, claim.view, keeps)
  const isCurrent = isStillCurrent(merged, id, other)
  const node = at(merged.nodes, id)
  const brings = claim.stage === 'granted' && keeps('a grant brings the state')
  const effects = brings ? node.effects | claim.effects : node.effects
  const counts = claim.stage === 'granted' && isCurrent && ownerOf(node.view) === id
  const grants = counts ? node.grants | (1 << other) : node.grants
  return withClaim(withNode(merged, id, nodeOf({ ...node, effects, grants })), id, other, undefined)
}

/**
 * A node learns a view: who is gone or came back has granted nothing; who is held for dead says that it lives. Of a life that this node
 * has not heard of, and that is idle, it needs no grant of what it serves: that life serves nothing before this node grants it.
 */
function told(world: World, id: number, news: readonly number[], keeps: Keeps): World {
  const node = at(world.nodes, id)
  const view = node.view.map((version, member) => Math.max(version, at(news, member)))
  const heldForDead = node.phase !== 'left' && !isPresent(at(view, id))
  if (heldForDead) view[id] = refutationOf(at(view, id))
  const changed = maskOf(ids.filter(member => member !== id && !isSameStay(at(node.view, member), at(view, member))))
  const gone = presentIn(node.view) & ~presentIn(view)
  const isBereft = (gone & ~node.grants) !== 0
  const again =
    (heldForDead && keeps('who was held for dead asks everybody again')) ||
    (isBereft && keeps('when a member goes without a grant, the others are asked again'))
  const isUnasked = !keeps('an idle member is asked for what is not served yet')
  const needless = serves(node, id) ? newAndIdle(node, view, changed) : isUnasked ? idleIn(view) : 0
  const grants = again || ownerOf(view) !== id ? 0 : (node.grants & ~changed) | needless
  const isLost = ownerOf(node.view) === id && ownerOf(view) !== id
  const claims = world.claims.map((claim, slot) => {
    const isVoid = Math.floor(slot / size) === id && (again || isLost || (changed & (1 << (slot % size))) !== 0)
    return claim?.isCurrent === true && isVoid ? { ...claim, isCurrent: false } : claim
  })
  const namedBy = (gone & ~node.namedBy) !== 0 ? 0 : node.namedBy & ~changed
  const flushed = keeps('a leaver waits for who joins meanwhile')
    ? node.flushed
    : node.flushed | (changed & presentIn(view))
  return withNode({ ...world, claims }, id, nodeOf(settled({ ...node, view, grants, namedBy, flushed }, id, keeps)))
}

/**
 * A newcomer belongs to the cluster once every present member has told it a view in which it is, and given it its state; at
 * least one of them must belong to the cluster itself.
 */
function named(world: World, teller: number, id: number, keeps: Keeps): World {
  const member = at(world.nodes, teller)
  const newcomer = at(world.nodes, id)
  if (newcomer.isSettled) return world
  if (!keeps('a newcomer waits until a member names it')) {
    return withNode(world, id, nodeOf({ ...newcomer, isSettled: true }))
  }
  if (!isPresent(at(member.view, id)) || !isPresent(at(newcomer.view, teller))) return world
  const caughtUp = keeps('a newcomer has what the members have before it owns')
    ? newcomer.effects | member.effects
    : newcomer.effects
  const namedBy = newcomer.namedBy | (1 << teller) | (member.isSettled ? byMember : 0)
  return withNode(world, id, nodeOf(settled({ ...newcomer, namedBy, effects: caughtUp }, id, keeps)))
}

function settled(node: Omit<Node, 'key'>, id: number, keeps: Keeps): Omit<Node, 'key'> {
  if (node.isSettled || (node.namedBy & byMember) === 0) return node
  const others = presentIn(node.view) & ~(1 << id)
  const isEnough = !keeps('a newcomer waits until all members name it') || (others & ~node.namedBy) === 0
  return isEnough ? { ...node, isSettled: true, namedBy: 0 } : node
}

/** Of those whose stay is another than before, the lives that are new to this node and idle. */
function newAndIdle(node: Node, view: readonly number[], changed: number): number {
  const isNew = (member: number) => lifeOf(at(view, member)) !== lifeOf(at(node.view, member))
  return idleIn(view) & maskOf(ids.filter(member => (changed & (1 << member)) !== 0 && isNew(member)))
}

function idleIn(view: readonly number[]): number {
  return maskOf(ids.filter(member => isPresent(at(view, member)) && !hasWeight(at(view, member))))
}

/** In `namedBy`: one of them belongs to the cluster. */
const byMember = 1 << size

// ---- what must hold ----------------------------------------------------------------------------------------------------------

function wrong(world: World, bounds: Bounds): string | undefined {
  const { nodes, acknowledged } = world
  const serving = ids.filter(id => serves(at(nodes, id), id))
  const working = ids.filter(id => serving.includes(id) || at(nodes, id).running >= 0)
  const isCalm = bounds.wrongAccusations === 0
  if (isCalm && working.length > 1) return `${working.join(' and ')} are at work at once`
  for (const id of serving) {
    if (isCalm && (acknowledged & ~at(nodes, id).effects) !== 0) return `${id} serves without an acknowledged effect`
  }
  const stored = nodes.reduce((all, node) => (isRunning(node) ? all | node.effects : all), acknowledged)
  for (let request = 0; request < bounds.requests; request++) {
    const times = ids.filter(id => (stored & (1 << (request * size + id))) !== 0).length
    // An effect that died with its node before it was acknowledged is made again, and comes back with that node's disk.
    if (isCalm && bounds.crashes === 0 && times > 1) return `request ${request} took effect ${times} times`
  }
  return stuck(world, serving)
}

/** Nothing under way and nothing to learn: then the owner serves, alone, and has all that was acknowledged. */
function stuck(world: World, serving: readonly number[]): string | undefined {
  const { nodes, claims } = world
  if (claims.some(claim => claim !== undefined)) return undefined
  const members = ids.filter(id => isRunning(at(nodes, id)))
  const truth = maskOf(members)
  const first = members[0]
  if (first === undefined || members.some(id => at(nodes, id).phase === 'leaving')) return undefined
  // Newcomers that found no cluster have none to serve.
  if (!members.some(id => at(nodes, id).isSettled)) return undefined
  if (members.some(id => presentIn(at(nodes, id).view) !== truth)) return undefined
  if (members.some(id => members.some(other => isNewer(at(nodes, id).view, at(nodes, other).view)))) return undefined
  for (const id of members) {
    const node = at(nodes, id)
    if (members.some(teller => teller !== id && namesAnew(at(nodes, teller), node, teller, id))) return undefined
    if (!node.isSettled) return `all is quiet, and ${id} still waits to be named`
    if (mayOwn(node, id) && !serves(node, id)) return undefined
  }
  if (serving.length !== 1) return `all is quiet, and ${serving.length} serve`
  const [owner = first] = serving
  if ((world.acknowledged & ~at(nodes, owner).effects) !== 0)
    return `all is quiet, and ${owner} serves without an acknowledged effect`
  return undefined
}

function mayOwn(node: Node, id: number): boolean {
  return node.phase === 'in' && node.isSettled && ownerOf(node.view) === id
}

function serves(node: Node, id: number): boolean {
  return mayOwn(node, id) && (presentIn(node.view) & ~(1 << id) & ~node.grants) === 0
}

// ---- small tools -------------------------------------------------------------------------------------------------------------

function isRunning(node: Node): boolean {
  return node.phase === 'in' || node.phase === 'leaving'
}

// A version is a life, whether it has left, its own last word, whether it is held for dead, and whether it has its weight, in this order.

const oneLife = 256
const hasLeft = 128
const oneWord = 4
const isHeldForDead = 2
const weightBit = 1

function versionOf({ life, word, hasWeight }: { life: number; word: number; hasWeight: boolean }): number {
  return life * oneLife + word * oneWord + (hasWeight ? weightBit : 0)
}

function lifeOf(version: number): number {
  return Math.floor(version / oneLife)
}

function newLife(version: number): number {
  return versionOf({ life: lifeOf(version) + 1, word: 0, hasWeight: false })
}

function hasWeight(version: number): boolean {
  return (version & weightBit) !== 0
}

function withWeight(version: number): number {
  return version + oneWord + weightBit
}

function leftFor(version: number): number {
  return version + hasLeft
}

function accusationOf(version: number): number {
  return version + isHeldForDead
}

function refutationOf(version: number): number {
  return version + oneWord - isHeldForDead
}

function isPresent(version: number): boolean {
  return version > 0 && (version & (hasLeft | isHeldForDead)) === 0
}

/** Present in the same life all the while, as far as two versions can tell: a word that only brings the weight contradicts no accusation. */
function isSameStay(before: number, after: number): boolean {
  if (before === after) return true
  return isPresent(before) && isPresent(after) && before + oneWord + weightBit === after
}

function presentIn(view: readonly number[]): number {
  return maskOf(ids.filter(id => isPresent(at(view, id))))
}

/** The first with weight; where none has any, the first. */
function ownerOf(view: readonly number[]): number {
  const heavy = view.findIndex(version => isPresent(version) && hasWeight(version))
  return heavy < 0 ? view.findIndex(isPresent) : heavy
}

function isNewer(a: readonly number[], b: readonly number[]): boolean {
  return a.some((version, id) => version > at(b, id))
}

function ran(effects: number, request: number): boolean {
  return ((effects >> (request * size)) & ((1 << size) - 1)) !== 0
}

function maskOf(members: readonly number[]): number {
  return members.reduce((mask, id) => mask | (1 << id), 0)
}

const phases: readonly Phase[] = ['out', 'in', 'leaving', 'left', 'crashed']
const stages: readonly Claim['stage'][] = ['asked', 'sealed', 'granted', 'refused']

function nodeOf(node: Omit<Node, 'key'>): Node {
  const { phase, view, isSettled, namedBy, grants, effects, inherited, running, flushed } = node
  const key = String.fromCharCode(
    phases.indexOf(phase),
    ...view,
    isSettled ? 1 : 0,
    namedBy,
    grants,
    effects,
    inherited,
    running + 1,
    flushed
  )
  return { phase, view, isSettled, namedBy, grants, effects, inherited, running, flushed, key }
}

function withNode(world: World, id: number, node: Node): World {
  return { ...world, nodes: world.nodes.with(id, node) }
}

function withClaim(world: World, id: number, other: number, claim: Claim | undefined): World {
  return { ...world, claims: world.claims.with(id * size + other, claim) }
}

function keyOf({ nodes, claims, acknowledged, left }: World): string {
  const { joins, leaves, crashes, restarts, wrongAccusations } = left
  let key = String.fromCharCode(acknowledged, joins, leaves, crashes, restarts, wrongAccusations)
  for (const node of nodes) key += node.key
  claims.forEach((claim, slot) => {
    if (claim === undefined) return
    key += String.fromCharCode(
      100 + slot,
      stages.indexOf(claim.stage),
      claim.isCurrent ? 1 : 0,
      claim.effects,
      ...claim.view
    )
  })
  return key
}

/** An event may have made the claim that it is about void. */
function isStillCurrent(world: World, id: number, other: number): boolean {
  return world.claims[id * size + other]?.isCurrent ?? false
}
