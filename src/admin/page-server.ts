/**
 * Serves the live page on loopback: static files, one stream of snapshots per open page, and the actions of its buttons.
 *
 * The page has no build step: its modules, and the two libraries it uses, are sent as they are. It loads nothing from elsewhere,
 * and a guard keeps other sites' pages from pressing its buttons.
 */
import type { AddressInfo } from 'node:net'
import { dirname } from 'node:path'
import { Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import fastifyStatic from '@fastify/static'
import { type FastifyInstance, fastify } from 'fastify'
import { actionSchema, type PageModel, type Selection, selectionSchema } from './page-model.ts'

export interface PageServerOptions {
  readonly model: PageModel
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  /** Why a request is refused, or `undefined`: it keeps other sites away. */
  readonly guard: (request: GuardedRequest) => string | undefined
}

export interface GuardedRequest {
  readonly method: string
  readonly host: string | undefined
  readonly origin: string | undefined
}

export interface PageServer {
  /** `http://127.0.0.1:7100` */
  readonly address: string
  close(): Promise<void>
}

const snapshotIntervalMs = 300
/** Open pages at once. Each costs a snapshot three times a second and may have the nodes asked for one more actor. */
const maxPages = 32
const maxBodyBytes = 64 * 1024

const pageDirectory = fileURLToPath(new URL('./page/', import.meta.url))

/** Files of packages, by the name under which the page asks for them. */
const libraries: Readonly<Record<string, string>> = {
  '/lib/preact.js': 'htm/preact/standalone',
  '/lib/uplot.js': 'uplot/dist/uPlot.esm.js',
  '/lib/uplot.css': 'uplot/dist/uPlot.min.css'
}

/** Nothing from elsewhere, nothing inline, and not inside another page, where its buttons could be covered up. */
const headers = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store'
}

export async function createPageServer({ model, host, port, guard }: PageServerOptions): Promise<PageServer> {
  const app = fastify({ logger: false, forceCloseConnections: true, bodyLimit: maxBodyBytes })
  const closing = new AbortController()
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(headers)
    const { host, origin } = request.headers
    const refusal = guard({ method: request.method, host, origin })
    if (refusal !== undefined) {
      return reply.code(403).send({ code: 'SHOAL_FORBIDDEN', message: refusal, retryable: false })
    }
    return undefined
  })
  await serveFiles(app)
  serveSnapshots(app, model, closing.signal)
  serveActions(app, model)
  await app.listen({ host, port })
  const { port: bound } = app.server.address() as AddressInfo
  return {
    address: `http://${host}:${bound}`,
    async close() {
      closing.abort()
      await app.close()
    }
  }
}

async function serveFiles(app: FastifyInstance): Promise<void> {
  await app.register(fastifyStatic, { root: pageDirectory, cacheControl: false })
  for (const [url, specifier] of Object.entries(libraries)) {
    const file = fileURLToPath(import.meta.resolve(specifier))
    const directory = dirname(file)
    app.get(url, (_request, reply) => reply.sendFile(file.slice(directory.length + 1), directory))
  }
}

function serveSnapshots(app: FastifyInstance, model: PageModel, signal: AbortSignal): void {
  let pages = 0
  app.get('/snapshots', (request, reply) => {
    if (pages >= maxPages) {
      const message = `${maxPages} pages are open already`
      return reply.code(503).send({ code: 'SHOAL_OVERLOADED', message, retryable: true })
    }
    pages++
    const selection = selectionSchema.safeParse(request.query).data
    const stream = Readable.from(snapshots(model, selection, signal), { highWaterMark: 1 })
    stream.once('close', () => pages--)
    return reply.type('text/event-stream').send(stream)
  })
}

/** A page that reads slowly gets fewer snapshots, not older ones. */
async function* snapshots(model: PageModel, selection: Selection | undefined, signal: AbortSignal) {
  const deselect = selection === undefined ? undefined : model.select(selection)
  let lastProbe = 0
  try {
    while (!signal.aborted) {
      const snapshot = model.snapshot(selection, lastProbe)
      lastProbe = snapshot.probes.samples.at(-1)?.number ?? lastProbe
      yield `data: ${JSON.stringify(snapshot)}\n\n`
      await pause(snapshotIntervalMs, undefined, { signal }).catch(() => {})
    }
  } finally {
    deselect?.()
  }
}

function serveActions(app: FastifyInstance, model: PageModel): void {
  app.post('/actions', async (request, reply) => {
    const action = actionSchema.safeParse(request.body)
    if (!action.success) {
      const message = 'this is not an action that the page knows'
      return reply.code(400).send({ code: 'SHOAL_BAD_ARGUMENT', message, retryable: false })
    }
    const startedMs = performance.now()
    try {
      const result = await model.act(action.data)
      return { result: result ?? null, tookMs: performance.now() - startedMs }
    } catch (error) {
      const { code, message, retryable } = (error ?? {}) as { code?: unknown; message?: unknown; retryable?: unknown }
      const isKnown = typeof code === 'string' && typeof message === 'string'
      return reply.code(isKnown ? 422 : 500).send({
        code: isKnown ? code : 'SHOAL_INTERNAL',
        message: String(message ?? error),
        retryable: retryable === true
      })
    }
  })
}
