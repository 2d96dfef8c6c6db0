/** Requests as bytes on a socket, so that no client library tidies up what a test wants to send. */
import { type IncomingHttpHeaders, request } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  /** The body as JSON; fails where it is none. */
  json(): unknown
}

export interface SendOptions {
  readonly method?: string
  readonly body?: string | Uint8Array
  readonly headers?: Readonly<Record<string, string>>
}

export function send(address: string, path: string, options: SendOptions = {}): Promise<Answer> {
  const { hostname, port } = new URL(address)
  const { method = 'GET', body, headers = {} } = options
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { host: hostname.replace(/^\[|\]$/g, ''), port, path, method, headers, agent: false },
      async incoming => {
        try {
          const body = await text(incoming)
          resolve({
            status: incoming.statusCode ?? 0,
            headers: incoming.headers,
            text: body,
            json: () => JSON.parse(body)
          })
        } catch (error) {
          reject(error)
        }
      }
    )
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

export function post(address: string, path: string, body?: unknown): Promise<Answer> {
  return send(address, path, { method: 'POST', ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
}

/** Sends the text as it is, then the end, and answers all that comes back until the server hangs up. */
export function sendRaw(address: string, bytes: string): Promise<string> {
  const { hostname, port } = new URL(address)
  return new Promise(resolve => {
    let answer = ''
    const socket = connect({ host: hostname, port: Number(port) })
    socket.setEncoding('utf8').on('data', chunk => {
      answer += chunk
    })
    // A server that hangs up before it has read everything resets the connection; what it said before still counts.
    socket.on('error', () => {})
    socket.on('close', () => resolve(answer))
    socket.end(bytes)
  })
}
