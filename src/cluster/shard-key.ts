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
import { ShoalError } from '../ports/errors.ts'
import type { ClusterFacts } from '../ports/network.ts'
import { readMeta } from './meta.ts'

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
 * disk does not tell otherwise. Throws `SHOAL_CLUSTER_MISMATCH` where the disk's shards were made under another.
 */
export function shardKeyOn(
  disk: DiskReader,
  cluster: string,
  secret: Uint8Array | 'name' | undefined,
  standard: Uint8Array
): ShardKey {
  const note = readMeta(disk, 'disk')
  const noted = note === undefined ? undefined : (JSON.parse(note) as Partial<Record<keyof ClusterFacts, unknown>>)
  const isByName = secret === 'name' || (secret === undefined && noted !== undefined && noted.placement === undefined)
  const own = isByName ? { key: cluster } : shardKeyFrom(secret === undefined ? standard : secret, cluster)
  // Another cluster's disk is refused as such, later.
  if (noted === undefined || noted.cluster !== cluster || noted.placement === own.placement) return own
  throw new ShoalError(
    'SHOAL_CLUSTER_MISMATCH',
    'the shards of this data directory were made under another key: where the cluster key has been changed, start the node with the first one as shardKey (--shard-key)'
  )
}
