/**
 * What a receiver asks of a sender, as a record and back: of each shard its context, and how far an earlier stream had come.
 *
 * Contexts are said shortly. A sender that has other ended lives than the receiver cannot tell by that what is missing, and is asked
 * again in full.
 */
import type { shoal } from '#proto/generated/peer.js'
import { decodeFragments, FragmentWriter } from '../crdt/fragments.ts'
import { CausalContext, type Dot } from '../crdt/index.ts'
import { expanded, type ShortContext, shortened } from '../crdt/short-context.ts'
import type { Asked } from './catch-up-receiver.ts'
import type { WantedShard } from './catch-up-sender.ts'
import { checkOrigins } from './origin-limits.ts'
import type { ShardStore } from './shard-store.ts'
import { actorName, copied, malformed, shardNumber } from './wire.ts'

export interface Want extends Omit<Asked, 'context'> {
  readonly shard: number
}

/** Contexts in one request; what a node with a long past wants of many shards is asked for in several. */
const maxWantedBytes = 1024 * 1024
const maxWantedShards = 2048

/** The wants in lists of which each fits into a record. */
export function* inRecords(store: ShardStore, wants: Iterable<Want>): Generator<Want[]> {
  let some: Want[] = []
  let bytes = 0
  for (const want of wants) {
    const context = store.context(want.shard)
    const size = (want.inFull ? context : context.last()).bytesAtMost() + 32
    if (some.length > 0 && (bytes + size > maxWantedBytes || some.length === maxWantedShards)) {
      yield some
      some = []
      bytes = 0
    }
    some.push(want)
    bytes += size
  }
  if (some.length > 0) yield some
}

export function requestOf(
  store: ShardStore,
  wants: readonly (Want & Asked)[]
): Pick<shoal.peer.ICatchUp, 'shards' | 'contexts'> {
  const contexts = new FragmentWriter()
  const shards = wants.map(({ shard, what, resumed, context, inFull }) => {
    contexts.shard(shard)
    if (inFull || context.ended().isEmpty()) contexts.context(context)
    else contexts.short(shortened(context))
    if (typeof resumed?.cursor === 'string') contexts.reached(resumed.cursor)
    else if (resumed !== undefined) contexts.cursor(resumed.cursor)
    const { hash, isSettled } = store.durableShard(shard)
    const want: shoal.peer.IShardState = { shard }
    if (isSettled) want.hash = hash
    if (what === 'everything') want.everything = true
    else if (what !== 'missing') want.actors = [...what]
    return want
  })
  return { shards, contexts: contexts.finish() }
}

/** What a request says of a shard. */
interface Told {
  context: CausalContext
  short: ShortContext | undefined
  cursor: Dot | string | undefined
}

/**
 * What is wanted, and the shards that must be asked for in full. `own` is what this node has seen of a shard, where it stores it;
 * `mayHash` says whether so many lives may be hashed. Throws `SHOAL_MALFORMED`.
 */
export function wantedFrom(
  request: shoal.peer.ICatchUp,
  shardCount: number,
  own: (shard: number) => CausalContext | undefined,
  mayHash: (lives: number) => boolean
): { readonly wanted: WantedShard[]; readonly inFull: number[] } {
  const known = toldFrom(copied(request.contexts))
  const wanted: WantedShard[] = []
  const inFull: number[] = []
  for (const want of request.shards ?? []) {
    const shard = shardNumber(want.shard, shardCount)
    const told = known.get(shard) ?? nothingTold()
    // Each is asked for once.
    if (!known.delete(shard)) throw malformed('catch-up: a shard without a context, or named twice')
    const names = (want.actors ?? []).map(actorName)
    const what = want.everything === true ? 'everything' : names.length > 0 ? names : 'missing'
    const hash = want.hash == null || want.hash.length === 0 ? undefined : copied(want.hash)
    const mine = own(shard)
    const whole = told.short === undefined || mine === undefined ? told.context : expanded(told.short, mine, mayHash)
    if (whole === undefined && what === 'missing') inFull.push(shard)
    else
      wanted.push({
        shard,
        context: whole ?? told.context,
        isWhole: whole !== undefined,
        what,
        cursor: told.cursor,
        hash
      })
  }
  return { wanted, inFull }
}

function toldFrom(contexts: Uint8Array): Map<number, Told> {
  const known = new Map<number, Told>()
  let shard = -1
  for (const entry of decodeFragments(contexts)) {
    const told = known.get(shard)
    if (entry.is === 'shard') {
      shard = entry.shard
      if (known.has(shard)) throw malformed('catch-up: a shard named twice')
      known.set(shard, nothingTold())
    } else if (told === undefined) throw malformed('catch-up: an entry without a shard')
    else if (entry.is === 'context') told.context = checkOrigins(entry.context)
    else if (entry.is === 'short') {
      told.context = checkOrigins(entry.short.last)
      told.short = entry.short
    } else if (entry.is === 'cursor') told.cursor = entry.cursor
    else if (entry.is === 'reached') told.cursor = actorName(entry.name)
    else throw malformed('catch-up: an entry of another kind')
  }
  return known
}

function nothingTold(): Told {
  return { context: CausalContext.empty, short: undefined, cursor: undefined }
}
