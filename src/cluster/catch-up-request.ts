/**
 * What a receiver asks of a sender, as a record and back: of each shard its context, and how far an earlier stream had come.
 */
import type { shoal } from '#proto/generated/peer.js'
import { decodeFragments, FragmentWriter } from '../crdt/fragments.ts'
import { CausalContext, type Dot } from '../crdt/index.ts'
import type { Asked } from './catch-up-receiver.ts'
import type { WantedShard } from './catch-up-sender.ts'
import { checkOrigins } from './origin-limits.ts'
import type { ShardStore } from './shard-store.ts'
import { actorName, copied, malformed, shardNumber } from './wire.ts'

export interface Want extends Asked {
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
    const size = store.context(want.shard).encode().length + 32
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

export function requestOf(store: ShardStore, wants: readonly Want[]): Pick<shoal.peer.ICatchUp, 'shards' | 'contexts'> {
  const contexts = new FragmentWriter()
  const shards = wants.map(({ shard, what, resumed }) => {
    contexts.shard(shard)
    contexts.context(store.context(shard))
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

/** Throws `SHOAL_MALFORMED`. */
export function wantedFrom(request: shoal.peer.ICatchUp, shardCount: number): WantedShard[] {
  const known = new Map<number, { context: CausalContext; cursor: Dot | string | undefined }>()
  let shard = -1
  for (const entry of decodeFragments(copied(request.contexts))) {
    const told = known.get(shard)
    if (entry.is === 'shard') {
      shard = entry.shard
      if (known.has(shard)) throw malformed('catch-up: a shard named twice')
      known.set(shard, { context: CausalContext.empty, cursor: undefined })
    } else if (told === undefined) throw malformed('catch-up: an entry without a shard')
    else if (entry.is === 'context') told.context = checkOrigins(entry.context)
    else if (entry.is === 'cursor') told.cursor = entry.cursor
    else if (entry.is === 'reached') told.cursor = actorName(entry.name)
    else throw malformed('catch-up: an entry of another kind')
  }
  const wanted: WantedShard[] = []
  for (const want of request.shards ?? []) {
    const number = shardNumber(want.shard, shardCount)
    const { context, cursor } = known.get(number) ?? { context: CausalContext.empty, cursor: undefined }
    // Each is asked for once.
    if (!known.delete(number)) throw malformed('catch-up: a shard without a context, or named twice')
    const names = (want.actors ?? []).map(actorName)
    const what = want.everything === true ? 'everything' : names.length > 0 ? names : 'missing'
    const hash = want.hash == null || want.hash.length === 0 ? undefined : copied(want.hash)
    wanted.push({ shard: number, context, what, cursor, hash })
  }
  return wanted
}
