/**
 * The sandbox's thread: merges the documents of one engine, one job at a time. Whoever started it watches the clock and the
 * memory, and ends it where a merge fails, so nothing here has to survive one.
 */
import { parentPort, workerData } from 'node:worker_threads'
import type { SandboxAnswer, SandboxEngine } from '../../ports/sandbox.ts'
import { OpenDocuments } from '../../ports/sandbox-room.ts'
import type { ThreadJob, ThreadMessage, ThreadOrders } from './thread-messages.ts'

type EngineOf = (engine: string, content: string) => SandboxEngine

const { engine, modules, maxOpenBytes } = workerData as ThreadOrders

function tell(message: ThreadMessage): void {
  const snapshot = message.type === 'answer' && message.answer.outcome === 'merged' && message.answer.snapshot
  parentPort?.postMessage(message, snapshot instanceof Uint8Array && isWhole(snapshot) ? [snapshot.buffer] : [])
}

/** A view of a larger buffer, such as a WebAssembly memory or a pool, cannot be given away. */
function isWhole(bytes: Uint8Array): bytes is Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer && bytes.byteLength === bytes.buffer.byteLength
}

async function load(): Promise<EngineOf> {
  let last: { engineOf?: unknown } = {}
  for (const module of modules) last = await import(module)
  if (typeof last.engineOf !== 'function') throw new TypeError(`${modules.at(-1)} exports no engineOf`)
  return last.engineOf as EngineOf
}

function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 500)
}

try {
  const engineOf = await load()
  const open = new OpenDocuments(content => engineOf(engine, content), maxOpenBytes)
  parentPort?.on('message', (job: ThreadJob) => {
    let answer: SandboxAnswer
    try {
      answer = open.merge(job, job.mark)
      if (answer.outcome === 'merged' && answer.snapshot !== undefined && !isWhole(answer.snapshot))
        answer = { ...answer, snapshot: answer.snapshot.slice() }
    } catch (error) {
      answer = { outcome: 'failed', failure: 'refused', reason: reasonOf(error) }
    }
    tell({ type: 'answer', answer })
  })
  tell({ type: 'ready' })
} catch (error) {
  tell({ type: 'unavailable', reason: reasonOf(error) })
}
