/**
 * A request's body as one JSON value.
 *
 * JSON is read whatever the content type says, and an empty body is `undefined`. Too long is SHOAL_LIMIT, anything else that is
 * not JSON text in UTF-8 is SHOAL_BAD_ARGUMENT. The rest of a body that is too long is left unread; see drain.ts.
 */
import type { IncomingMessage } from 'node:http'
import { ShoalError } from '../ports/errors.ts'

/** Longest body, in bytes. */
export const maxBodyBytes = 1024 * 1024
/** Deepest nesting of arrays and objects: parsed values are walked recursively by schemas and by JSON.stringify. */
export const maxJsonDepth = 64

export async function readJsonBody(request: IncomingMessage): Promise<unknown> {
  const encoding = request.headers['content-encoding']
  if (encoding !== undefined && encoding !== 'identity') {
    throw new ShoalError('SHOAL_BAD_ARGUMENT', `content-encoding ${encoding}: send the body as it is`)
  }
  if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes) throw tooLong()
  return parseJson(await readBytes(request))
}

function tooLong(): ShoalError {
  return new ShoalError('SHOAL_LIMIT', `the body has more than ${maxBodyBytes} bytes`)
}

/** Listens instead of iterating: leaving an iteration early would destroy the connection, and with it the answer. */
function readBytes(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let length = 0
    const settle = (then: () => void) => {
      request.off('data', take).off('end', done).off('error', fail).off('aborted', fail)
      then()
    }
    const take = (chunk: Buffer) => {
      length += chunk.length
      if (length <= maxBodyBytes) chunks.push(chunk)
      else settle(() => reject(tooLong()))
    }
    const done = () => settle(() => resolve(Buffer.concat(chunks, length)))
    const fail = () =>
      settle(() => reject(new ShoalError('SHOAL_BAD_ARGUMENT', 'the connection ended before the body did')))
    request.on('data', take).on('end', done).on('error', fail).on('aborted', fail)
  })
}

export function parseJson(bytes: Uint8Array): unknown {
  if (bytes.length === 0) return undefined
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new ShoalError('SHOAL_BAD_ARGUMENT', 'the body is not UTF-8')
  }
  if (jsonDepth(text) > maxJsonDepth) {
    throw new ShoalError('SHOAL_BAD_ARGUMENT', `the body nests arrays and objects deeper than ${maxJsonDepth}`)
  }
  try {
    return JSON.parse(text)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new ShoalError('SHOAL_BAD_ARGUMENT', `the body is not JSON: ${reason}`)
  }
}

/** Deepest nesting in a JSON text, without building it; of a text that is not JSON, some number. */
function jsonDepth(text: string): number {
  let depth = 0
  let deepest = 0
  let quoted = false
  for (let at = 0; at < text.length; at++) {
    const char = text[at]
    if (quoted) {
      if (char === '\\') at++
      else if (char === '"') quoted = false
    } else if (char === '"') quoted = true
    else if (char === '[' || char === '{') deepest = Math.max(deepest, ++depth)
    else if (char === ']' || char === '}') depth--
  }
  return deepest
}
