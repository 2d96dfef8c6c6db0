/**
 * The key under which actors are hashed to shards, so that nobody outside can choose ids that pile up on one node (Crosby and Wallach,
 * "Denial of service via algorithmic complexity attacks", 2003).
 *
 * It is made of the cluster's secret and can never change, because data lies in these shards: every disk notes a hash of it
 * (`placement`), and so does every handshake. A disk without that note is from before, when the cluster's name was the key. See ADR 36.
 */
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import type { DiskReader } from '../ports/disk.ts'
import { isShoalError, ShoalError } from '../ports/errors.ts'
import type { ClusterFacts } from '../ports/network.ts'
import { shardOf } from './hash-ring.ts'
import { readMeta } from './meta.ts'
import { nameOf } from './shard-scan.ts'
import { everyState, shardOfKey } from './storage-layout.ts'

/** Of a disk without its note. */
const actorsAsked = 64

export interface ShardKey {
  /** For `shardOf`. */
  readonly key: string
  /** 16 hexadecimal digits that tell it from others, and not what it is; none where it is the cluster's name. */
  readonly placement?: string
}

export function shardKeyFrom(secret: Uint8Array, cluster: string): ShardKey {
  const key = bytesToHex(hmac(sha256, secret, utf8ToBytes(`shoal shard key 1\n${cluster}`)))
  return { key, placement: bytesToHex(sha256(utf8ToBytes(`shoal placement 1\n${key}`))).slice(0, 16) }
}

/**
 * The key of a node with this disk. `secret`: that it was made of, or `name`; `standard`: what it is made of where nobody says and the
 * disk does not tell otherwise. A disk that has lost its note tells by the shards in which its actors lie. Throws
 * `SHOAL_CLUSTER_MISMATCH` where the disk's shards were made under another.
 */
export async function shardKeyOn(
  disk: DiskReader,
  { cluster, shards }: Pick<ClusterFacts, 'cluster' | 'shards'>,
  secret: Uint8Array | 'name' | undefined,
  standard: Uint8Array
): Promise<ShardKey> {
  const byName: ShardKey = { key: cluster }
  const given = secret === 'name' ? byName : shardKeyFrom(secret ?? standard, cluster)
  const possible = secret === undefined ? [given, byName] : [given]
  const noted = noteOf(disk)
  // Another cluster's disk is refused as such, later.
  if (noted !== undefined && noted.cluster !== cluster) return given
  const isNoted = ({ placement }: ShardKey) => noted?.placement === placement
  const own = noted === undefined ? await keyOfActors(disk, shards, possible) : possible.find(isNoted)
  if (own !== undefined) return own
  throw new ShoalError(
    'SHOAL_CLUSTER_MISMATCH',
    'the shards of this data directory were made under another key: where the cluster key has been changed, start the node with the first one as shardKey (--shard-key)'
  )
}

/** What the disk says of itself; one that cannot be read is taken away and written anew, later. */
function noteOf(disk: DiskReader): Partial<Record<keyof ClusterFacts, unknown>> | undefined {
  try {
    const note = readMeta(disk, 'disk')
    return note === undefined ? undefined : JSON.parse(note)
  } catch (error) {
    if (isShoalError(error) && error.code === 'SHOAL_CORRUPT') return undefined
    throw error
  }
}

/** The first of these under which most of the actors that the disk has lie where they do; any will do for an empty disk. */
async function keyOfActors(
  disk: DiskReader,
  shards: number,
  possible: readonly ShardKey[]
): Promise<ShardKey | undefined> {
  const stored = await disk.range({ ...everyState, limit: actorsAsked })
  const liesAsBy = (key: string, stateKey: Uint8Array): boolean => {
    const shard = shardOfKey(stateKey)
    const [kind = '', ...id] = nameOf(stateKey)?.split('/') ?? []
    return shard !== undefined && shard % shards === shardOf(kind, id.join('/'), shards, key)
  }
  return possible.find(({ key }) => 2 * stored.filter(entry => liesAsBy(key, entry.key)).length >= stored.length)
}
