/**
 * Asks a node's HTTP door.
 *
 * On node:http and not on fetch, because a URL library takes `.` and `..` for steps of a path in every encoding, and an actor may
 * be called that.
 */
import { type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'

/** An answer that says why not; or none, then the code is that of the system (ECONNREFUSED). */
export class DoorError extends Error {
  readonly code: string
  readonly retryable: boolean

  constructor(code: string, message: string, retryable: boolean) {
    super(message)
    this.name = 'DoorError'
    this.code = code
    this.retryable = retryable
  }
}

export interface AskOptions {
  readonly method?: 'GET' | 'POST'
  /** JSON text. */
  readonly body?: string
  readonly signal?: AbortSignal
}

/** `/v1/actors/cart/user-42/addLine` */
export function actorPath(kind: string, id: string, ...rest: readonly string[]): string {
  return ['/v1/actors', ...[kind, id, ...rest].map(encode)].join('/')
}

function encode(segment: string): string {
  return encodeURIComponent(segment).replace(/^\.{1,2}$/, dots => dots.replaceAll('.', '%2E'))
}

/** The answer's body. Throws DoorError. */
export async function ask(door: URL, path: string, options: AskOptions = {}): Promise<unknown> {
  const response = await open(door, path, options)
  return parse(await text(response), door)
}

const dataField = 'data: '
const failedEvent = `event: failed\n${dataField}`

/** The states that a watch sends, until either side ends it, or it fails. Throws DoorError. */
export async function* watch(door: URL, path: string, options: AskOptions = {}): AsyncGenerator<unknown> {
  const response = await open(door, path, options)
  response.setEncoding('utf8')
  let waiting = ''
  for await (const chunk of response) {
    const events = (waiting + chunk).split('\n\n')
    waiting = events.pop() ?? ''
    for (const event of events) {
      if (event.startsWith(dataField)) yield parse(event.slice(dataField.length), door)
      else if (event.startsWith(failedEvent)) throw errorFrom(parse(event.slice(failedEvent.length), door), door)
    }
  }
}

/** The answer's bytes as they come. Throws DoorError. */
export function download(door: URL, path: string, options: AskOptions = {}): Promise<IncomingMessage> {
  return open(door, path, options)
}

function open(door: URL, path: string, options: AskOptions): Promise<IncomingMessage> {
  const { method = 'GET', body, signal } = options
  const host = door.hostname.replace(/^\[|\]$/g, '')
  const headers = { accept: 'application/json', ...(body === undefined ? {} : { 'content-type': 'application/json' }) }
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { host, port: door.port || 80, path, method, headers, ...(signal && { signal }) },
      response => {
        if (response.statusCode === 200) resolve(response)
        else failure(response, door).then(reject, reject)
      }
    )
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      reject(new DoorError(error.code ?? 'SHOAL_UNAVAILABLE', `no answer from ${door.origin}: ${error.message}`, true))
    })
    outgoing.end(body)
  })
}

async function failure(response: IncomingMessage, door: URL): Promise<DoorError> {
  return errorFrom(parse(await text(response), door), door)
}

function errorFrom(body: unknown, door: URL): DoorError {
  const { code, message, retryable } = (body ?? {}) as { code?: unknown; message?: unknown; retryable?: unknown }
  if (typeof code !== 'string' || typeof message !== 'string') throw notOurs(door)
  return new DoorError(code, message, retryable === true)
}

function parse(body: string, door: URL): unknown {
  try {
    return JSON.parse(body)
  } catch {
    throw notOurs(door)
  }
}

function notOurs(door: URL): DoorError {
  return new DoorError('SHOAL_MALFORMED', `what answers at ${door.origin} is not the door of a Shoal node`, false)
}
