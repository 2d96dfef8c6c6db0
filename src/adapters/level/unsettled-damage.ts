/**
 * What a store has lost, until somebody has acted upon it: a file beside it, on the disk before anything is put in order, as LevelDB's
 * own order leaves no trace of what was wrong, and this process may end at any moment.
 */
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { syncDirectory } from './sync-directory.ts'

export class UnsettledDamage {
  readonly #directory: string
  readonly #file: string
  /** The first that was noted and is not settled. */
  damage: string | undefined

  constructor(directory: string) {
    this.#directory = directory
    this.#file = join(directory, 'UNSETTLED')
  }

  async load(): Promise<void> {
    this.damage = await readFile(this.#file, 'utf8').catch(() => undefined)
  }

  async note(damage: string): Promise<void> {
    if (this.damage !== undefined) return
    this.damage = damage
    await writeFile(this.#file, damage, { flush: true })
    await syncDirectory(this.#directory)
  }

  async settle(): Promise<void> {
    this.damage = undefined
    await rm(this.#file, { force: true })
  }
}
