/**
 * Real LevelDB directories made from a history, as a process leaves them that is killed: with tables, a log that ends anywhere, and
 * nothing closed. And what may befall them.
 */
import { cp, mkdir, mkdtemp, open, readdir, rename, rm, stat, truncate, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { LevelDisk } from '../../src/adapters/level/disk.ts'
import type { DiskWrite } from '../../src/ports/disk.ts'
import type { SeededRandom } from '../../src/simulation/random.ts'

/** A copy of the directory while its process ran, and how many batches were on it. */
export interface Copy {
  readonly directory: string
  readonly batches: number
}

/** Writes the batches to a LevelDB with a small write buffer, and copies its directory at each of the given numbers of batches. */
export async function makeCopies(
  under: string,
  batches: readonly (readonly DiskWrite[])[],
  at: readonly number[]
): Promise<Copy[]> {
  const working = await mkdtemp(join(under, 'working-'))
  const disk = new LevelDisk(working, { writeBufferBytes: 64 * 1024 })
  await disk.open()
  const copies: Copy[] = []
  for (const [i, batch] of batches.entries()) {
    await disk.write(batch)
    if (!at.includes(i + 1)) continue
    const directory = join(under, `copy-${i + 1}`)
    await copyAtRest(working, directory)
    copies.push({ directory, batches: i + 1 })
  }
  await disk.close()
  await rm(working, { recursive: true })
  return copies
}

/** Another thread may be compacting: a copy counts when nothing was made or removed while it was taken, as a kill would find it. */
async function copyAtRest(from: string, to: string): Promise<void> {
  for (;;) {
    const before = await readdir(from)
    try {
      await cp(from, to, { recursive: true })
      if ((await readdir(from)).join() === before.join()) return
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
    await rm(to, { recursive: true, force: true })
  }
}

export interface Image {
  readonly directory: string
  /** Batches that were acknowledged. */
  readonly batches: number
  /** What was done to it, in words. */
  readonly damage: string
  readonly kind: DamageKind
  /** Whether the first life on it lasts until the files have been looked at. */
  readonly isChecked: boolean
}

export const damageKinds = [
  'none',
  'kill in the middle of a write',
  'truncate',
  'flip a bit',
  'zero a page',
  'delete a file',
  'swap two files',
  'old copy of a file',
  'old copy of all'
] as const
export type DamageKind = (typeof damageKinds)[number]

const pageBytes = 4096

/** A copy's tables are of the moment in which it was made: too young to be looked at. */
async function age(directory: string): Promise<void> {
  const then = new Date(Date.now() - 3_600_000)
  for (const name of await readdir(directory)) await utimes(join(directory, name), then, then)
}

export async function makeImage(
  under: string,
  copies: readonly Copy[],
  random: SeededRandom,
  kind: DamageKind
): Promise<Image> {
  const directory = join(under, 'image')
  await rm(directory, { recursive: true, force: true })
  const copy = random.pick(copies.length > 1 ? copies.slice(1) : copies)
  await cp(copy.directory, directory, { recursive: true })
  // The process had run for a while when it died, or it had not.
  if (random.chance(0.7)) await rm(join(directory, 'STARTING'), { force: true })
  const older = copies.filter(({ batches }) => batches < copy.batches)
  const damage = await inflict(directory, kind, random, older)
  await age(directory)
  return { directory, batches: copy.batches, damage, kind, isChecked: random.chance(0.5) }
}

async function inflict(
  directory: string,
  kind: DamageKind,
  random: SeededRandom,
  older: readonly Copy[]
): Promise<string> {
  const names = (await readdir(directory)).filter(name => !/^(LOCK|LOG.*|STARTING)$/.test(name)).sort()
  const sizes = new Map<string, number>()
  for (const name of names) sizes.set(name, (await stat(join(directory, name))).size)
  const full = names.filter(name => (sizes.get(name) ?? 0) > 0)
  const name = random.pick(full)
  const path = join(directory, name)
  const size = sizes.get(name) ?? 0
  switch (kind) {
    case 'none':
      return 'nothing'
    case 'kill in the middle of a write': {
      const log = names.filter(other => other.endsWith('.log')).at(-1) ?? name
      // The last record was being written: some of its bytes are there, or those of another one.
      const file = await open(join(directory, log), 'a')
      const noise = random.bytes(1 + random.below(40))
      await file.write(noise)
      await file.close()
      return `${noise.length} bytes of a torn record at the end of ${log}`
    }
    case 'truncate': {
      const length = random.below(size)
      await truncate(path, length)
      return `${name} cut from ${size} to ${length} bytes`
    }
    case 'flip a bit': {
      const bit = random.below(size * 8)
      await change(path, bit >> 3, 1, bytes => {
        bytes[0] = (bytes[0] ?? 0) ^ (1 << (bit & 7))
      })
      return `bit ${bit & 7} of byte ${bit >> 3} of ${size} of ${name} flipped`
    }
    case 'zero a page': {
      const page = random.below(Math.ceil(size / pageBytes))
      const length = Math.min(pageBytes, size - page * pageBytes)
      await change(path, page * pageBytes, length, bytes => bytes.fill(0))
      return `page ${page} of ${name} zeroed`
    }
    case 'delete a file':
      await rm(path)
      return `${name} deleted`
    case 'swap two files': {
      const alike = full.filter(other => other !== name && other.split('.').at(-1) === name.split('.').at(-1))
      const other = random.pick(alike.length > 0 ? alike : full)
      const aside = join(directory, 'aside')
      await rename(path, aside)
      if (other !== name) await rename(join(directory, other), path)
      await rename(aside, join(directory, other))
      return `${name} and ${other} swapped`
    }
    case 'old copy of a file': {
      const sources = older.length > 0 ? older : [{ directory, batches: 0 }]
      const source = random.pick(sources)
      const there = (await readdir(source.directory)).filter(other => full.includes(other))
      const old = random.pick(there.length > 0 ? there : [name])
      if (source.directory !== directory) await cp(join(source.directory, old), join(directory, old))
      return `${old} as it was after ${source.batches} batches`
    }
    case 'old copy of all': {
      const [source] = older.length > 0 ? [random.pick(older)] : []
      if (source === undefined) return 'nothing'
      await rm(directory, { recursive: true })
      await mkdir(directory)
      await cp(source.directory, directory, { recursive: true })
      return `all as it was after ${source.batches} batches`
    }
  }
}

async function change(path: string, at: number, length: number, edit: (bytes: Uint8Array) => void): Promise<void> {
  const file = await open(path, 'r+')
  try {
    const bytes = new Uint8Array(length)
    await file.read(bytes, 0, length, at)
    edit(bytes)
    await file.write(bytes, 0, length, at)
  } finally {
    await file.close()
  }
}
