/** Judges images in processes of their own: one that crashes LevelDB is judged again by the next, as after a restart. */
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Judged, Tried } from './campaign.ts'

const worker = fileURLToPath(new URL('./worker.ts', import.meta.url))

export interface Crashed extends Tried {
  readonly signal: string
  readonly stderr: string
}

export interface Told {
  judged(image: Judged): void
  /** The process died over this image, and again after a restart. */
  crashed(image: Crashed): void
}

/** Images `first` to `images` of the seed, in one process after the other. */
export async function judgeAll(images: number, seed: number, told: Told, first = 0): Promise<void> {
  let left: string | undefined
  for (let from = first; from < images; ) {
    let trying: Tried | undefined
    let stderr = ''
    const child = fork(worker, [String(images), String(seed), String(from), ...(left === undefined ? [] : [left])], {
      execArgv: ['--conditions=shoal-source'],
      stdio: ['ignore', 'inherit', 'pipe', 'ipc']
    })
    const kill = () => child.kill('SIGKILL')
    process.once('exit', kill)
    child.stderr?.setEncoding('utf8').on('data', chunk => {
      stderr = (stderr + chunk).slice(-2000)
    })
    child.on('message', (message: { trying?: Tried; judged?: Judged }) => {
      if (message.trying !== undefined) trying = message.trying
      if (message.judged === undefined) return
      trying = undefined
      left = undefined
      from = message.judged.number + 1
      told.judged(message.judged)
    })
    const [code, signal] = await new Promise<[number | null, string | null]>(resolve =>
      child.on('close', (...end) => resolve(end))
    )
    process.off('exit', kill)
    if (trying !== undefined && left === undefined) left = trying.directory
    else if (trying !== undefined) {
      left = undefined
      told.crashed({ ...trying, signal: signal ?? String(code), stderr })
      from = trying.number + 1
    } else if (code !== 0) throw new Error(`the judge ended with ${signal ?? code} before any image:\n${stderr}`)
  }
}
