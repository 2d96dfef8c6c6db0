/** Directories that can be full: each a file system of its own in memory, where this machine lets us mount one. */
import { execFileSync } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, unlinkSync, writeSync } from 'node:fs'
import { join } from 'node:path'

const mounted = new Set<string>()

process.on('exit', () => {
  for (const directory of mounted) unmount(directory)
})

/** Whether the directory is a disk of its own now. */
export function mountSmallDisk(directory: string, megabytes: number): boolean {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  try {
    const options = `size=${megabytes}m,mode=700`
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'shoal-test', directory], { stdio: 'ignore' })
    mounted.add(directory)
    return true
  } catch {
    return false
  }
}

export function unmount(directory: string): void {
  if (!mounted.delete(directory)) return
  try {
    execFileSync('umount', ['--lazy', directory], { stdio: 'ignore' })
  } catch {
    // Somebody else took it away.
  }
}

/** Leaves no room at all. */
export function fill(directory: string): void {
  const file = openSync(join(directory, 'filler'), 'w')
  for (const length of [1 << 20, 4096, 1]) {
    const chunk = Buffer.alloc(length)
    try {
      for (;;) writeSync(file, chunk)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    }
  }
  closeSync(file)
}

export function makeRoom(directory: string): void {
  const filler = join(directory, 'filler')
  if (existsSync(filler)) unlinkSync(filler)
}
