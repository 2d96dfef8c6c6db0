/** The calls of the HTTP door, each a function from a request to a plain answer. docs/http-api.md describes them to users. */
import type { IncomingMessage } from 'node:http'
import { ShoalError } from '../ports/errors.ts'
import type { ShoalNode } from '../shoal-node.ts'
import { callOptions, callParameters } from './call-query.ts'
import { readJsonBody } from './json-body.ts'

/** The text of `GET /metrics`. */
export interface MetricsPage {
  readonly contentType: string
  text(): Promise<string>
}

export interface RouteParts {
  readonly node: ShoalNode
  readonly metrics: MetricsPage
  /** Whether peers can be cut off over HTTP. */
  readonly chaos: boolean
  /** Only programs of this machine can reach the door. */
  readonly isLoopback: boolean
  /** Asks the owner of the door to leave the cluster and end. */
  leave(): void
}

export interface RouteRequest {
  readonly params: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, unknown>>
  readonly raw: IncomingMessage
}

export type RouteAnswer =
  | { readonly json: unknown; readonly status?: number; readonly afterwards?: () => void }
  | { readonly text: string; readonly contentType: string }
  /** A stream that is ended when its reader goes away. */
  | { readonly bytes: AsyncIterableIterator<Uint8Array>; readonly contentType: string }
  /** Server-sent events: one for the first state, as JSON, and for each that follows. */
  | { readonly first: string; readonly states: AsyncIterator<string> }

export interface Route {
  readonly method: 'GET' | 'POST'
  readonly url: string
  /** Names that may follow the `?`; any other is refused. @default none */
  readonly parameters?: readonly string[]
  answer(request: RouteRequest): Promise<RouteAnswer> | RouteAnswer
}

export function routesOf(parts: RouteParts): Route[] {
  return [
    ...healthRoutes(parts),
    ...clusterRoutes(parts),
    backupRoute(parts),
    setAsideRoute(parts.node),
    ...actorRoutes(parts.node),
    ...chaosRoutes(parts)
  ]
}

function healthRoutes({ node, metrics }: RouteParts): Route[] {
  let failure: string | undefined
  node.on('failed', ({ error }) => {
    failure = error instanceof Error ? error.message : String(error)
  })
  const health = (reason: string | undefined): RouteAnswer =>
    reason === undefined
      ? { json: { status: 'ok' } }
      : { status: 503, json: { code: 'SHOAL_UNAVAILABLE', message: reason, retryable: true } }
  return [
    { method: 'GET', url: '/healthz', answer: () => health(failure) },
    { method: 'GET', url: '/readyz', answer: () => health(failure ?? node.unready()) },
    {
      method: 'GET',
      url: '/metrics',
      answer: async () => ({ text: await metrics.text(), contentType: metrics.contentType })
    }
  ]
}

function clusterRoutes({ node, leave }: RouteParts): Route[] {
  const startedMs = performance.now()
  const status = () => ({
    id: node.id,
    name: node.name,
    region: node.region,
    zone: node.zone,
    incarnation: node.incarnation,
    uptimeMs: Math.round(performance.now() - startedMs),
    pid: process.pid,
    addresses: node.addresses(),
    links: node.links(),
    shards: node.shards,
    ring: node.ring(),
    digest: node.digest(),
    kinds: node.definitions().map(({ kind, mode, partition = 'merge', methods }) => ({
      kind,
      mode,
      ...(mode === 'exclusive' ? { partition } : {}),
      methods: methodsOf(methods)
    }))
  })
  return [
    { method: 'GET', url: '/v1/members', answer: () => ({ json: node.members() }) },
    { method: 'GET', url: '/v1/status', answer: () => ({ json: status() }) },
    {
      method: 'POST',
      url: '/v1/members/:id/forget',
      answer({ params: { id = '' } }) {
        node.forget(id)
        return { json: { forgotten: id } }
      }
    },
    { method: 'POST', url: '/v1/leave', answer: () => ({ json: { leaving: true }, afterwards: leave }) }
  ]
}

function methodsOf(methods: Readonly<Record<string, { type: 'command' | 'query' }>>) {
  return Object.entries(methods).map(([name, { type }]) => ({ name, type }))
}

function actorRoutes(node: ShoalNode): Route[] {
  const url = '/v1/actors/:kind/:id'
  return [
    {
      method: 'GET',
      url,
      answer: async ({ params: { kind = '', id = '' } }) => ({ json: await node.describe(kind, id) })
    },
    {
      method: 'GET',
      url: `${url}/watch`,
      async answer({ params: { kind = '', id = '' } }) {
        const states = node.watchText(kind, id)
        // The first state is read before the answer begins, so that an unknown kind is a 404 and not an empty stream.
        const first = await states.next()
        if (first.done === true) throw new ShoalError('SHOAL_STOPPED', 'this node is stopping', { retryable: true })
        return { first: first.value, states }
      }
    },
    {
      method: 'POST',
      url: `${url}/:method`,
      parameters: callParameters,
      async answer({ params: { kind = '', id = '', method = '' }, query, raw }) {
        const definition = node.definitions().find(definition => definition.kind === kind)
        const isThere = definition !== undefined && Object.hasOwn(definition.methods, method)
        const options = callOptions(query, isThere ? definition.methods[method]?.type : undefined)
        const argument = await readJsonBody(raw)
        const result = await node.call(kind, id, method, argument, options)
        return { json: { result: result ?? null } }
      }
    }
  ]
}

/** One at a time: each keeps a snapshot, and the disk what was replaced since. */
function backupRoute({ node, isLoopback }: RouteParts): Route {
  let isUnderWay = false
  return {
    method: 'GET',
    url: '/v1/backup',
    parameters: ['identity'],
    answer({ query: { identity } }) {
      const withIdentity = identity === 'true'
      if (identity !== undefined && !withIdentity)
        throw new ShoalError('SHOAL_BAD_ARGUMENT', 'identity is true, or left out')
      if (withIdentity && !isLoopback) {
        const message =
          'the private key of this node is given to programs of its own machine only: bind the door to loopback'
        throw new ShoalError('SHOAL_FORBIDDEN', message)
      }
      if (isUnderWay) throw new ShoalError('SHOAL_OVERLOADED', 'a backup is under way already', { retryable: true })
      isUnderWay = true
      const bytes = endingWith(node.backup({ withIdentity }), () => {
        isUnderWay = false
      })
      return { bytes, contentType: 'application/octet-stream' }
    }
  }
}

/** A line of JSON for each. */
function setAsideRoute(node: ShoalNode): Route {
  const lines = async function* () {
    for await (const record of node.setAside()) yield new TextEncoder().encode(`${JSON.stringify(record)}\n`)
  }
  return {
    method: 'GET',
    url: '/v1/set-aside',
    answer: () => ({ bytes: lines(), contentType: 'application/x-ndjson; charset=utf-8' })
  }
}

/** `ended` is called also where nobody ever asks for the first value, as a generator's `finally` is not. */
function endingWith<T>(values: AsyncIterableIterator<T>, ended: () => void): AsyncIterableIterator<T> {
  return {
    async next() {
      try {
        const result = await values.next()
        if (result.done === true) ended()
        return result
      } catch (error) {
        ended()
        throw error
      }
    },
    async return() {
      ended()
      await values.return?.()
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]() {
      return this
    }
  }
}

/** Most peers that one drill may cut off. */
const maxCutPeers = 1000

function chaosRoutes({ node, chaos }: RouteParts): Route[] {
  const cut = new Set<string>()
  const apply = (): RouteAnswer => {
    node.refuse([...cut])
    return { json: { cut: [...cut] } }
  }
  const guarded = (answer: Route['answer']): Route['answer'] =>
    chaos
      ? answer
      : () => {
          throw new ShoalError('SHOAL_NOT_FOUND', 'drills are off: start the node with --chaos to cut links over HTTP')
        }
  return [
    {
      method: 'POST',
      url: '/v1/chaos/cut',
      answer: guarded(async ({ raw }) => {
        for (const peer of peersOf(await readJsonBody(raw))) for (const id of idsOf(node, peer)) cut.add(id)
        return apply()
      })
    },
    {
      method: 'POST',
      url: '/v1/chaos/heal',
      answer: guarded(() => {
        cut.clear()
        return apply()
      })
    }
  ]
}

function peersOf(body: unknown): string[] {
  const peers = typeof body === 'object' && body !== null ? (body as { peers?: unknown }).peers : undefined
  if (!Array.isArray(peers) || peers.length > maxCutPeers || !peers.every(isPeerId)) {
    throw new ShoalError('SHOAL_BAD_ARGUMENT', `the body is {"peers":[id,…]}, up to ${maxCutPeers} ids of nodes`)
  }
  return peers
}

/** Of all members with this name; else it is taken for the id of a node, which need not be known yet. */
function idsOf(node: ShoalNode, peer: string): string[] {
  const { members } = node.members()
  const named = members.some(({ id }) => id === peer) ? [] : members.filter(({ name }) => name === peer)
  return named.length === 0 ? [peer] : named.map(({ id }) => id)
}

function isPeerId(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= 128
}
