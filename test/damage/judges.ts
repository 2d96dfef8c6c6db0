/** Judges images in processes of their own, so that one that crashes LevelDB is counted and the others go on. */
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
  /** The process died over this image. */
  crashed(image: Crashed): void
}

/** Images 0 to `images` of the seed, in one process after the other. */
export async function judgeAll(images: number, seed: number, told: Told): Promise<void> {
  for (let from = 0; from < images; ) {
    let trying: Tried | undefined
    let stderr = ''
    const child = fork(worker, [String(images), String(seed), String(from)], {
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
      from = message.judged.number + 1
      told.judged(message.judged)
    })
    const [code, signal] = await new Promise<[number | null, string | null]>(resolve =>
      child.on('close', (...end) => resolve(end))
    )
    process.off('exit', kill)
    if (trying !== undefined) {
      told.crashed({ ...trying, signal: signal ?? String(code), stderr })
      from = trying.number + 1
    } else if (code !== 0) throw new Error(`the judge ended with ${signal ?? code} before any image:\n${stderr}`)
  }
}
