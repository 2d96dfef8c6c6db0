/**
 * The HTTP door of a node.
 *
 * Every request gets an answer in JSON, errors always as `{"code","message","retryable"}`, also for what never reaches a route:
 * bad URLs, unknown paths, other methods, broken requests. Nothing that a client sends ends the process or piles up without a
 * limit. The routes are in routes.ts; this file is the hull around them.
 */
import type { AddressInfo, Socket } from 'node:net'
import { Readable } from 'node:stream'
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify'
import { ShoalError } from '../ports/errors.ts'
import type { Logger } from '../ports/logger.ts'
import type { Metrics } from '../ports/metrics.ts'
import type { ShoalNode } from '../shoal-node.ts'
import { assertKnown } from './call-query.ts'
import { drain } from './drain.ts'
import { eventStream } from './event-stream.ts'
import { answerFor, internalAnswer } from './http-errors.ts'
import { hostnameOf, isLoopbackHost, refusalOf } from './origin-guard.ts'
import { type MetricsPage, type Route, type RouteAnswer, type RouteRequest, routesOf } from './routes.ts'

export interface HttpDoorOptions {
  readonly node: ShoalNode
  readonly metrics: Metrics & MetricsPage
  readonly logger: Logger
  /** Name or address to bind to. @default '127.0.0.1' */
  readonly host?: string
  /** 0 takes a free one. @default 0 */
  readonly port?: number
  /** Whether `POST /v1/chaos/…` can cut links. @default false */
  readonly chaos?: boolean
  /** What `POST /v1/leave` does once it is answered. @default `node.leave()` */
  readonly leave?: () => void
  /** Quiet time on a watch after which a comment is sent, in milliseconds. @default 15000 */
  readonly heartbeatMs?: number
  /** Requests under way at once, watches not counted; one more is refused as SHOAL_OVERLOADED. @default 4096 */
  readonly maxRequests?: number
  /** Watches open at once; one more is refused as SHOAL_OVERLOADED. @default 1024 */
  readonly maxWatches?: number
}

export interface HttpDoor {
  /** `http://127.0.0.1:7101` */
  readonly address: string
  /** Ends watches, lets requests under way finish for up to two seconds, then hangs up. Harmless when called twice. */
  close(): Promise<void>
}

const closeGraceMs = 2000
/** A request must have arrived in whole within this time. Watches are answers, and not bound by it. */
const requestTimeoutMs = 60_000
const maxConnections = 8192
/** A stream whose reader takes nothing for so long is ended. */
const stalledAfterMs = 60_000

export async function createHttpDoor(options: HttpDoorOptions): Promise<HttpDoor> {
  const door = new Door(options)
  await door.open()
  return door
}

class Door implements HttpDoor {
  address = ''
  readonly #options: HttpDoorOptions
  readonly #app: FastifyInstance
  readonly #watches = new Set<Readable>()
  readonly #isLoopback: boolean
  readonly #figures
  #requests = 0
  #closing: Promise<void> | undefined

  constructor(options: HttpDoorOptions) {
    this.#options = options
    this.#isLoopback = isLoopbackHost(hostnameOf(options.host ?? '127.0.0.1'))
    this.#figures = {
      requests: options.metrics.counter('shoal_http_requests_total', 'HTTP requests answered'),
      errors: options.metrics.counter('shoal_http_errors_total', 'HTTP requests answered with a status of 500 or more'),
      seconds: options.metrics.histogram(
        'shoal_http_request_seconds',
        'Time to answer an HTTP request, watches not counted'
      ),
      watches: options.metrics.gauge('shoal_http_watches', 'Watches open over HTTP')
    }
    this.#app = fastify({
      logger: false,
      routerOptions: { maxParamLength: 16 * 1024 },
      exposeHeadRoutes: false,
      forceCloseConnections: 'idle',
      return503OnClosing: false,
      requestTimeout: requestTimeoutMs,
      frameworkErrors: (error, _request, reply) => this.#sendError(reply, error),
      clientErrorHandler: (error, socket) => answerBrokenRequest(error, socket)
    })
    this.#app.server.maxConnections = maxConnections
    this.#app.setErrorHandler((error, _request, reply) => this.#sendError(reply, error))
    this.#app.setNotFoundHandler((request, reply) => this.#sendError(reply, unknownRoute(request)))
    this.#readNoBodies()
    this.#guard()
    this.#count()
    const routes = routesOf({
      node: options.node,
      metrics: options.metrics,
      chaos: options.chaos ?? false,
      isLoopback: this.#isLoopback,
      leave: options.leave ?? (() => this.#leave())
    })
    for (const route of routes) this.#serve(route)
    for (const url of new Set(routes.map(route => route.url))) this.#refuseOtherMethods(url, routes)
  }

  async open(): Promise<void> {
    const { host = '127.0.0.1', port = 0 } = this.#options
    await this.#app.listen({ host, port })
    const { address, family, port: bound } = this.#app.server.address() as AddressInfo
    this.address = `http://${family === 'IPv6' ? `[${address}]` : address}:${bound}`
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    for (const watch of this.#watches) watch.destroy()
    const hangUp = setTimeout(() => this.#app.server.closeAllConnections(), closeGraceMs)
    await this.#app.close()
    clearTimeout(hangUp)
  }

  /** Routes read the body themselves, whatever its content type: the framework's parsers are switched off. */
  #readNoBodies(): void {
    this.#app.removeAllContentTypeParsers()
    this.#app.addContentTypeParser('*', (_request, _payload, done) => done(null))
    this.#app.addHook('onRequest', async request => {
      // A content type that is no media type would be refused before the parser above is asked.
      if (request.headers['content-type'] !== undefined) request.headers['content-type'] = 'application/json'
    })
  }

  #guard(): void {
    this.#app.addHook('onRequest', async (request, reply) => {
      const { host, origin } = request.headers
      const refusal = refusalOf({ method: request.method, host, origin }, this.#isLoopback)
      if (refusal !== undefined) throw new ShoalError('SHOAL_FORBIDDEN', refusal)
      if (this.#closing !== undefined) {
        reply.header('connection', 'close')
        throw new ShoalError('SHOAL_STOPPED', 'this node is stopping', { retryable: true })
      }
    })
  }

  #count(): void {
    this.#app.addHook('onResponse', async (_request, reply) => {
      this.#figures.requests.add()
      if (reply.statusCode >= 500) this.#figures.errors.add()
    })
  }

  #serve(route: Route): void {
    this.#app.route({
      method: route.method === 'GET' ? ['GET', 'HEAD'] : route.method,
      url: route.url,
      handler: (request, reply) => this.#answer(route, request, reply)
    })
  }

  #refuseOtherMethods(url: string, routes: readonly Route[]): void {
    const allowed = routes
      .filter(route => route.url === url)
      .flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : method))
    const method = this.#app.supportedMethods.filter(method => !allowed.includes(method))
    this.#app.route({
      method,
      url,
      handler(request, reply) {
        reply.header('allow', allowed.join(', '))
        throw new ShoalError(
          'SHOAL_METHOD_NOT_ALLOWED',
          `${request.method} is not understood here, but ${allowed.join(' and ')}`
        )
      }
    })
  }

  async #answer(route: Route, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    if (this.#requests >= (this.#options.maxRequests ?? 4096)) throw overloaded('requests')
    const startedMs = performance.now()
    this.#requests++
    try {
      assertKnown(request.query as RouteRequest['query'], route.parameters)
      return this.#send(await route.answer(request as unknown as RouteRequest), request, reply)
    } finally {
      this.#requests--
      this.#figures.seconds.observe((performance.now() - startedMs) / 1000)
    }
  }

  #send(answer: RouteAnswer, request: FastifyRequest, reply: FastifyReply): FastifyReply {
    reply.header('cache-control', 'no-store').header('x-content-type-options', 'nosniff')
    if ('states' in answer) return this.#watch(answer, request, reply)
    if ('text' in answer) return reply.type(answer.contentType).send(answer.text)
    if ('bytes' in answer) return this.#stream(answer, request, reply)
    const { afterwards } = answer
    if (afterwards !== undefined) reply.raw.once('close', afterwards)
    return reply
      .code(answer.status ?? 200)
      .type('application/json; charset=utf-8')
      .send(JSON.stringify(answer.json))
  }

  #stream(
    answer: { bytes: AsyncIterableIterator<Uint8Array>; contentType: string },
    request: FastifyRequest,
    reply: FastifyReply
  ): FastifyReply {
    const stream = Readable.from(answer.bytes, { objectMode: false })
    reply.type(answer.contentType)
    if (request.method === 'HEAD' || reply.raw.destroyed) {
      stream.destroy()
      return reply.send('')
    }
    stream.on('error', error => this.#options.logger.warn('a stream over HTTP broke off', { err: error }))
    // A reader that stands still must not hold what the stream holds.
    reply.raw.setTimeout(stalledAfterMs, () => stream.destroy())
    return reply.send(stream)
  }

  #watch(
    answer: { first: string; states: AsyncIterator<string> },
    request: FastifyRequest,
    reply: FastifyReply
  ): FastifyReply {
    const { first, states } = answer
    const stream = eventStream(states, {
      first,
      heartbeatMs: this.#options.heartbeatMs ?? 15_000,
      failure: error => answerFor(error)?.body
    })
    if (request.method === 'HEAD' || reply.raw.destroyed || this.#watches.size >= (this.#options.maxWatches ?? 1024)) {
      stream.destroy()
      if (request.method !== 'HEAD') throw overloaded('watches')
      return reply.type('text/event-stream').send('')
    }
    this.#watches.add(stream)
    this.#figures.watches.set(this.#watches.size)
    stream.once('close', () => {
      this.#watches.delete(stream)
      this.#figures.watches.set(this.#watches.size)
    })
    stream.on('error', error => this.#options.logger.warn('a watch over HTTP broke off', { err: error }))
    return reply.type('text/event-stream').header('x-accel-buffering', 'no').send(stream)
  }

  async #sendError(reply: FastifyReply, error: unknown): Promise<FastifyReply> {
    const answer = answerFor(error)
    if (answer === undefined) this.#options.logger.error('an HTTP request failed', { err: error })
    const { status, body } = answer ?? internalAnswer
    await drain(reply.request.raw)
    if (!reply.request.raw.complete) reply.header('connection', 'close')
    // Clients repeat by themselves what has this header: not a command that may have taken effect.
    const mayRepeat = body.retryable && body.code !== 'SHOAL_INDETERMINATE'
    if (status === 503 && mayRepeat) reply.header('retry-after', '1')
    return reply
      .code(status)
      .header('cache-control', 'no-store')
      .type('application/json; charset=utf-8')
      .send(JSON.stringify(body))
  }

  #leave(): void {
    const { node, logger } = this.#options
    node.leave().catch(error => logger.error('leaving failed', { err: error }))
  }
}

function unknownRoute(request: FastifyRequest): ShoalError {
  return new ShoalError(
    'SHOAL_NOT_FOUND',
    `${request.method} ${request.url.slice(0, 200)}: no such route; see docs/http-api.md`
  )
}

function overloaded(what: string): ShoalError {
  return new ShoalError('SHOAL_OVERLOADED', `this node has as many ${what} under way as it takes`, { retryable: true })
}

/** A request that the HTTP parser could not read: there is no reply object, only the socket. */
function answerBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return
  const [status, code, message] =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? ['431 Request Header Fields Too Large', 'SHOAL_LIMIT', 'the URL and headers have more than 16 KiB']
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? ['408 Request Timeout', 'SHOAL_DEADLINE', 'the request did not arrive in time']
        : ['400 Bad Request', 'SHOAL_BAD_ARGUMENT', 'this is not an HTTP request']
  const body = JSON.stringify({ code, message, retryable: false })
  const head = `HTTP/1.1 ${status}\r\ncontent-type: application/json; charset=utf-8\r\nconnection: close`
  socket.end(`${head}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
}
