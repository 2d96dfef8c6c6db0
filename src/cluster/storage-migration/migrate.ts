/**
 * Brings a disk of an older storage format to the present one before anything else reads it, one step per format.
 *
 * Every step can be broken off at any batch and is carried on by the next start; the format in the note `disk` changes with its last
 * batch. What is not known is refused and not touched.
 */
import type { Disk } from '../../ports/disk.ts'
import { ShoalError } from '../../ports/errors.ts'
import type { Logger } from '../../ports/logger.ts'
import type { ClusterFacts } from '../../ports/network.ts'
import { assertSameDisk, diskNoteOf, storageFormat } from '../meta.ts'
import { pagesOf } from '../shard-keys.ts'
import { decodeText, everyMeta, metaKeys, nameOfMetaKey } from '../storage-layout.ts'
import { readOldNote } from './format-2.ts'
import { migrateFrom2To3, progressNote } from './from-2-to-3.ts'

/** By the format that they start from: the note `disk` that the step ends with makes it the next one. */
const steps: ReadonlyMap<number, (disk: Disk, diskNote: string, logger: Logger) => Promise<void>> = new Map([
  [2, migrateFrom2To3]
])

/** From this one on, a note's checksum is over its name, too. */
const firstNamedFormat = 3

/**
 * Throws, and changes nothing: `SHOAL_BAD_CONFIGURATION` where the disk's format is none that this program knows,
 * `SHOAL_CLUSTER_MISMATCH` where an older disk is another cluster's, `SHOAL_CORRUPT` where its format cannot be told.
 */
export async function migrateDisk(disk: Disk, facts: ClusterFacts, logger: Logger): Promise<void> {
  for (;;) {
    const note = await noteOfDisk(disk)
    if (note === undefined || note.format === storageFormat) return
    const step = steps.get(note.format)
    if (step === undefined) throw unknownFormat(note.format)
    assertSameDisk(note.text, diskNoteOf(facts, note.format))
    await step(disk, diskNoteOf(facts, note.format + 1), logger)
  }
}

/** For those who only look. Throws `SHOAL_BAD_CONFIGURATION` where the disk's format is another, and `SHOAL_CORRUPT` as above. */
export async function assertMigrated(disk: Disk): Promise<void> {
  const note = await noteOfDisk(disk)
  if (note === undefined || note.format === storageFormat) return
  if (!steps.has(note.format)) throw unknownFormat(note.format)
  const message = `this data directory is of storage format ${note.format}; start its node once, which rewrites it as ${storageFormat}`
  throw new ShoalError('SHOAL_BAD_CONFIGURATION', message)
}

interface DiskNote {
  readonly format: number
  readonly text: string
}

/** `undefined` where there is none, and nothing speaks against the present format. */
async function noteOfDisk(disk: Disk): Promise<DiskNote | undefined> {
  const copies = metaKeys('disk').flatMap(key => disk.get(key) ?? [])
  for (const copy of copies) {
    const [named, bare] = [readNote(copy, 'disk'), readOldNote(copy)]
    const text = named ?? bare
    if (text === undefined) continue
    const format = formatIn(text)
    if (format !== undefined && format >= firstNamedFormat === (named !== undefined)) return { format, text }
    throw new ShoalError('SHOAL_CORRUPT', `this data directory does not say which storage format it has: ${text}`)
  }
  const others = await otherNotes(disk)
  if (!others.isHalfMigrated && (others.named > 0 || (copies.length === 0 && others.bare === 0))) return undefined
  const message = 'the note of the storage format of this data directory is damaged or lost: restore a backup'
  throw new ShoalError('SHOAL_CORRUPT', message)
}

/** How many notes there are of either kind, where the one that matters says nothing. */
async function otherNotes(disk: Disk): Promise<{ named: number; bare: number; isHalfMigrated: boolean }> {
  const found = { named: 0, bare: 0, isHalfMigrated: false }
  for (const range of everyMeta) {
    for await (const page of pagesOf(disk, range)) {
      for (const { key, value } of page) {
        const name = nameOfMetaKey(key)
        if (name === progressNote) found.isHalfMigrated = true
        if (readNote(value, name) !== undefined) found.named++
        else if (readOldNote(value) !== undefined) found.bare++
      }
    }
  }
  return found
}

function readNote(value: Uint8Array, name: string): string | undefined {
  try {
    return decodeText(value, name)
  } catch {
    return undefined
  }
}

function formatIn(text: string): number | undefined {
  try {
    const { format } = JSON.parse(text) as { readonly format?: unknown }
    return typeof format === 'number' && Number.isSafeInteger(format) && format > 0 ? format : undefined
  } catch {
    return undefined
  }
}

function unknownFormat(format: number): ShoalError {
  const known = `${[...steps.keys()].join(', ')} and ${storageFormat}`
  const advice = format > storageFormat ? 'start it with the program that wrote it, or a newer one' : 'it is too old'
  const message = `this data directory is of storage format ${format}, and this program reads ${known}: ${advice}`
  return new ShoalError('SHOAL_BAD_CONFIGURATION', message)
}
