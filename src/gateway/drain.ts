/**
 * Reads and drops the rest of a request that is answered early.
 *
 * Many clients send everything before they listen. Hung up on in the middle, they see a broken pipe and never the answer.
 */
import type { IncomingMessage } from 'node:http'

/** What is dropped for one request, in bytes; a client that sends more is hung up on. */
export const maxDrainedBytes = 64 * 1024 * 1024

/** Resolves when nothing more will come, or too much did. The server's request timeout bounds the wait. */
export function drain(request: IncomingMessage): Promise<void> {
  if (request.complete || request.destroyed) {
    request.resume()
    return Promise.resolve()
  }
  return new Promise(resolve => {
    let drained = 0
    const count = (chunk: Buffer) => {
      drained += chunk.length
      if (drained > maxDrainedBytes) finish()
    }
    const finish = () => {
      request.off('data', count).off('end', finish).off('close', finish).off('error', finish)
      resolve()
    }
    request.on('data', count).on('end', finish).on('close', finish).on('error', finish)
  })
}
