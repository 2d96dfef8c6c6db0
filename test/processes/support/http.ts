/** Calls of the HTTP door over kept connections, answered as status and JSON. */
import assert from 'node:assert/strict'
import { Agent, request } from 'node:http'
import { text } from 'node:stream/consumers'

const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY })

export interface Answer {
  readonly status: number
  readonly body: unknown
}

/** Rejects when the connection breaks, or after `timeoutMs`: then nobody knows whether the call took effect. */
export function ask(
  method: 'GET' | 'POST',
  http: string,
  path: string,
  body?: unknown,
  timeoutMs = 60_000
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(new URL(path, http), { method, agent }, incoming => {
      text(incoming).then(
        json => resolve({ status: incoming.statusCode ?? 0, body: json === '' ? undefined : JSON.parse(json) }),
        reject
      )
    })
    outgoing.setTimeout(timeoutMs, () => outgoing.destroy(new Error(`${method} ${path}: no answer in ${timeoutMs} ms`)))
    outgoing.on('error', reject)
    outgoing.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

/** The body of a 200. */
export async function get<T>(http: string, path: string, timeoutMs = 60_000): Promise<T> {
  const { status, body } = await ask('GET', http, path, undefined, timeoutMs)
  assert.equal(status, 200, `GET ${path}: ${JSON.stringify(body)}`)
  return body as T
}

/** The body of a 200. */
export async function post<T>(http: string, path: string, argument?: unknown): Promise<T> {
  const { status, body } = await ask('POST', http, path, argument)
  assert.equal(status, 200, `POST ${path}: ${JSON.stringify(body)}`)
  return body as T
}

/** The result of a command or query, such as `counter/c/add`. */
export async function call<T>(http: string, path: string, argument?: unknown): Promise<T> {
  return (await post<{ result: T }>(http, `/v1/actors/${path}`, argument)).result
}

export async function stateOf<T>(http: string, path: string): Promise<T> {
  return (await get<{ state: T }>(http, `/v1/actors/${path}`)).state
}
