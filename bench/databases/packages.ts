/** The packages to compare with, installed on first use, in npm/, from the lock file there: who clones Shoal need not have them. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

const directory = join(import.meta.dirname, 'npm')

export function installPackages(): void {
  if (existsSync(join(directory, 'node_modules', '@orbitdb', 'core'))) return
  process.stderr.write('  installing the databases to compare with (bench/databases/npm/package-lock.json)\n')
  const args = ['ci', '--silent', '--no-audit', '--no-fund']
  const { status } = spawnSync('npm', args, { cwd: directory, stdio: ['ignore', 'ignore', 'inherit'] })
  if (status !== 0) throw new Error('npm ci in bench/databases/npm failed')
}

/** A module of one of those packages, of which `T` says what is used. */
export async function load<T>(name: string): Promise<T> {
  const { load } = (await import(join(directory, 'load.js'))) as { load(name: string): Promise<T> }
  return load(name)
}
