/**
 * Inputs on disk: `corpus/<target>.txt`, those that ran code that no input before them had, and `failures/<target>.txt`, those that
 * once showed a fault. One input a line, in base64; the rest of a line, after a space, is a remark.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('..', import.meta.url))

/** Longest file of a target's corpus, in characters. The shortest inputs are kept. */
const maxCorpusCharacters = 16 * 1024
const maxFailureCharacters = 256 * 1024

export type Shelf = 'corpus' | 'failures'

export interface Kept {
  readonly bytes: Uint8Array
  readonly remark: string
}

function pathOf(shelf: Shelf, target: string): string {
  return `${folder}${shelf}/${target}.txt`
}

export async function readInputs(shelf: Shelf, target: string): Promise<Kept[]> {
  let text: string
  try {
    text = await readFile(pathOf(shelf, target), 'utf8')
  } catch {
    return []
  }
  return text
    .split('\n')
    .filter(line => line !== '')
    .map(line => {
      const [base64 = '', ...remark] = line.split(' ')
      return { bytes: Uint8Array.from(Buffer.from(base64, 'base64')), remark: remark.join(' ') }
    })
}

/** Adds inputs that are not there yet. Answers where they are. */
export async function keepInputs(shelf: Shelf, target: string, inputs: readonly Kept[]): Promise<string> {
  const lines = new Map<string, string>()
  for (const { bytes, remark } of [...(await readInputs(shelf, target)), ...inputs]) {
    const base64 = Buffer.from(bytes).toString('base64') || '='
    if (!lines.has(base64)) lines.set(base64, `${base64} ${remark}`.trimEnd())
  }
  const limit = shelf === 'corpus' ? maxCorpusCharacters : maxFailureCharacters
  let left = limit
  const kept = [...lines.values()]
    .sort((a, b) => a.length - b.length || (a < b ? -1 : 1))
    .filter(line => {
      left -= line.length + 1
      return left >= 0
    })
  const path = pathOf(shelf, target)
  await mkdir(`${folder}${shelf}`, { recursive: true })
  if (kept.length > 0) await writeFile(path, `${kept.join('\n')}\n`)
  return path
}
