/** What a data directory is called: the key of its node, and its name among voters. Both are drawn when somebody asks first, and stay with the data. */
import { join } from 'node:path'
import { LevelDisk } from './adapters/level/disk.ts'
import { decodeNodeKey, generateNodeKey, idOfKey } from './adapters/libp2p/node-key.ts'
import { SystemRandom } from './adapters/system/random.ts'
import { settleLostMemory } from './cluster/lease/lost-memory.ts'
import { VotersDisk } from './cluster/lease/voters-disk.ts'
import { voterText } from './cluster/lease/voters-names.ts'
import { decodeVotes, encodeVotes, merged } from './cluster/lease/votes-file.ts'
import { mendMeta, readMeta, writeMeta } from './cluster/meta.ts'
import { assertMigrated } from './cluster/storage-migration/migrate.ts'
import type { Disk } from './ports/disk.ts'
import { ShoalError } from './ports/errors.ts'
import { silentLogger } from './ports/logger.ts'

/** A `known` key is put back where the disk has lost it. */
export async function nodeKey(disk: Disk, known?: Uint8Array): Promise<Uint8Array> {
  const stored = readMeta(disk, 'key')
  if (stored !== undefined) return Uint8Array.from(Buffer.from(stored, 'base64'))
  const key = known ?? generateNodeKey()
  await writeMeta(disk, { key: Buffer.from(key).toString('base64') })
  return key
}

/** For `voterName`: before the name is told. */
export interface Votes {
  /** Files of most voters of a list that is given up, to begin with. */
  readonly taken?: readonly Uint8Array[]
  /** Is told what the disk has voted, and that it never votes again under its name. */
  give?(votes: Uint8Array): Promise<void>
  /** Files of the store were damaged, and the node has forgotten what it promised. */
  damaged?(what: string): void
}

/**
 * `PEER/DISK`: how the node with this data directory is named where it is to vote in the built-in lease store (`leases.store.voters`). Makes the
 * directory, and all that it takes for a name, where they are missing. The node must not run: `SHOAL_DISK_LOCKED`.
 */
export async function voterName({ data }: { data: string }): Promise<string> {
  return voterNameOf(data)
}

/** Throws `SHOAL_BAD_CONFIGURATION` where votes cannot be given or taken, and where they were given away: the name is of no use then. */
export async function voterNameOf(data: string, { taken, give, damaged }: Votes = {}): Promise<string> {
  const disk = new LevelDisk(join(data, 'store'))
  await disk.open()
  try {
    if (disk.damage !== undefined) damaged?.(disk.damage)
    await assertMigrated(disk)
    await mendMeta(disk, silentLogger)
    await settleLostMemory(disk, silentLogger)
    const random = new SystemRandom()
    if (taken !== undefined) await VotersDisk.take(disk, merged(taken.map(decodeVotes)), random)
    const own = await VotersDisk.open(disk, random)
    if (give !== undefined) await give(encodeVotes(await own.give()))
    else if (own.hasGivenUp)
      throw new ShoalError(
        'SHOAL_BAD_CONFIGURATION',
        `this disk has given its votes away and never votes again as ${own.id}: make it another voter with --import, or, where files that it takes are lost, accept the loss: docs/operations.md`
      )
    return voterText({ peer: idOfKey(decodeNodeKey(await nodeKey(disk))), disk: own.id })
  } finally {
    await disk.close()
  }
}
