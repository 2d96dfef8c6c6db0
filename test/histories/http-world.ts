/** Clients of real processes, over HTTP: each has a node, and goes to another where that one is down. */
import { ShoalError, type ShoalErrorCode } from 'shoal'
import type { SeededRandom } from '../../src/simulation/random.ts'
import { ask } from '../processes/support/http.ts'
import type { NodeProcess } from '../processes/support/node-process.ts'
import { pause } from '../processes/support/until.ts'
import { type Cell, kindOf, outputOf, requestOf } from './cells.ts'
import type { World } from './clients.ts'
import type { Input } from './history.ts'

const patienceMs = 20_000

const standardDeadlineMs = 5_000

export function httpWorld(nodes: readonly NodeProcess[], random: SeededRandom, deadlineMs = standardDeadlineMs): World {
  const send = async (client: number, cell: Cell, input: Input): Promise<unknown> => {
    const { method, argument } = requestOf(input)
    return sendTo(nodes, random, client, `${kindOf(cell)}/${cell.id}/${method}`, argument, deadlineMs)
  }
  const call: World['call'] = (...asked) => outputOf(send(...asked))
  return { sleep: pause, call }
}

/** Calls `kind/id/method` for a client, and answers its result. Throws a `ShoalError` where a node said what is wrong, or none heard of it. */
export async function sendTo(
  nodes: readonly NodeProcess[],
  random: SeededRandom,
  client: number,
  path: string,
  argument: unknown,
  deadlineMs = standardDeadlineMs
): Promise<unknown> {
  const home = nodes[client % nodes.length]
  const up = nodes.filter(isServing)
  const node = home !== undefined && isServing(home) ? home : up.length > 0 ? random.pick(up) : undefined
  if (node === undefined) throw notSent('all nodes are down')
  const url = `/v1/actors/${path}?deadlineMs=${deadlineMs}`
  const { status, body } = await ask('POST', node.http, url, argument, patienceMs).catch(error => {
    throw (error as NodeJS.ErrnoException).code === 'ECONNREFUSED' ? notSent(String(error)) : error
  })
  if (status === 200) return (body as { result?: unknown }).result
  const { code, message } = body as { code: ShoalErrorCode; message: string }
  throw new ShoalError(code, message, { retryable: false })
}

function isServing(node: NodeProcess): boolean {
  try {
    return node.isRunning && node.http !== ''
  } catch {
    return false
  }
}

/** No node heard of it. */
function notSent(message: string): ShoalError {
  return new ShoalError('SHOAL_OVERLOADED', message, { retryable: true })
}
