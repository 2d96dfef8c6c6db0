/**
 * One demo per data directory.
 *
 * The lock is that of an empty LevelDB: the system lets go of it however the process ends. Beside it lies a file that says where
 * the demo that has it shows its page.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { LevelDisk } from '../../adapters/level/disk.ts'
import { isShoalError } from '../../ports/errors.ts'
import { UsageError } from '../usage-error.ts'

export class DemoLock {
  readonly #disk: LevelDisk
  readonly #noteFile: string
  readonly #directory: string

  constructor(directory: string) {
    this.#directory = directory
    this.#disk = new LevelDisk(join(directory, 'lock'))
    this.#noteFile = join(directory, 'page')
  }

  /** Throws UsageError when another demo has it. */
  async take(): Promise<void> {
    try {
      await this.#disk.open()
    } catch (error) {
      if (!isShoalError(error) || error.code !== 'SHOAL_DISK_LOCKED') throw error
      const page = await readFile(this.#noteFile, 'utf8').catch(() => '')
      const where = page === '' ? '' : `; its page is ${page.trim()}`
      throw new UsageError(
        `a demo runs on ${this.#directory} already${where}. Stop it with Ctrl-C, or give this one another --data`,
        { cause: error }
      )
    }
  }

  async note(page: string): Promise<void> {
    await writeFile(this.#noteFile, `${page}\n`)
  }

  async release(): Promise<void> {
    await this.#disk.close()
  }
}
