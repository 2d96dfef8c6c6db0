/** Where and on what a benchmark ran: without it a figure says nothing. */
import { execFileSync } from 'node:child_process'
import { closeSync, fdatasyncSync, openSync, statfsSync, writeSync } from 'node:fs'
import { cpus, loadavg, release, totalmem } from 'node:os'
import { join } from 'node:path'
import { monotonicMs } from './monotonic.ts'
import { quantile } from './statistics.ts'

const root = join(import.meta.dirname, '../..')

export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryGiB: number
  readonly system: string
  /** The file system's magic number, as `statfs` gives it, of the directory that was written to. */
  readonly fileSystem: string
  /** Median time to append 4 KiB to a file there and sync it, in milliseconds. */
  readonly syncMs: number
}

export function describeMachine(dataDir: string): Machine {
  const [cpu] = cpus()
  return {
    cpu: cpu?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${release()} ${process.arch}`,
    fileSystem: `0x${statfsSync(dataDir).type.toString(16)}`,
    syncMs: syncMs(dataDir)
  }
}

/** Processes that ran or waited to run, on average over the last minute. Above the number of cores the machine was busy. */
export function loadAverage(): number {
  return Math.round((loadavg()[0] ?? 0) * 100) / 100
}

/** The commit, and whether what was measured differs from it. */
export function describeSource(): { commit: string; isModified: boolean } {
  const git = (...args: string[]) => execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: 'pipe' }).trim()
  try {
    const changes = git('status', '--porcelain', '--', 'src', 'proto', 'bench', 'examples', 'package-lock.json')
    const isModified = changes.split('\n').some(line => line !== '' && !line.includes('bench/results/'))
    return { commit: git('rev-parse', 'HEAD'), isModified }
  } catch {
    return { commit: 'unknown', isModified: true }
  }
}

function syncMs(dataDir: string): number {
  const file = openSync(join(dataDir, 'sync'), 'w')
  const block = Buffer.alloc(4096, 1)
  const samples: number[] = []
  for (let i = 0; i < 40; i++) {
    const startMs = monotonicMs()
    writeSync(file, block)
    fdatasyncSync(file)
    samples.push(monotonicMs() - startMs)
  }
  closeSync(file)
  return Math.round(quantile(samples, 0.5) * 1000) / 1000
}
