/**
 * Stands in for Kubernetes' API server, as far as Leases of one namespace go: what it answers, with which status and reason, follows
 * the API conventions and the registry of k8s.io/apiserver. No watch, no admission, no cache.
 */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { isDeepStrictEqual } from 'node:util'

interface Lease {
  apiVersion: string
  kind: string
  metadata: {
    name: string
    namespace?: string
    uid?: string
    resourceVersion?: string
    labels?: Record<string, string>
    annotations?: Record<string, string>
    creationTimestamp?: string
  }
  spec?: object
}

interface DeleteOptions {
  preconditions?: { uid?: string; resourceVersion?: string }
}

const root = '/apis/coordination.k8s.io/v1/namespaces/apples/leases'
const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
const labelValue = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/

export const token = 'let-me-in'

export class KubernetesStandIn {
  readonly leases = new Map<string, Lease>()
  /** So many requests to come are turned away for too much work. */
  busy = 0
  requests = 0
  #revision = 100
  readonly #lists = new Map<string, readonly Lease[]>()
  readonly #server: Server

  static async start(): Promise<KubernetesStandIn> {
    const standIn = new KubernetesStandIn()
    standIn.#server.listen(0, '127.0.0.1')
    await once(standIn.#server, 'listening')
    return standIn
  }

  private constructor() {
    this.#server = createServer((request, response) => void this.#serve(request, response))
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.requests++
    const chunks: Buffer[] = []
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer)
    } catch {
      return
    }
    if (this.busy > 0) {
      this.busy--
      response.setHeader('retry-after', '1')
      refuse(response, 429, 'TooManyRequests')
      return
    }
    if (request.headers.authorization !== `Bearer ${token}`) {
      refuse(response, 401, 'Unauthorized')
      return
    }
    const url = new URL(request.url ?? '/', 'http://stand-in')
    const name = url.pathname.startsWith(`${root}/`) ? url.pathname.slice(root.length + 1) : undefined
    const body =
      chunks.length === 0 ? undefined : (JSON.parse(Buffer.concat(chunks).toString()) as Lease & DeleteOptions)
    if (name === undefined && url.pathname !== root) refuse(response, 404, 'NotFound')
    else if (request.method === 'GET' && name === undefined) this.#list(url.searchParams, response)
    else if (request.method === 'GET' && name !== undefined) this.#get(name, response)
    else if (request.method === 'POST' && name === undefined && body !== undefined) this.#create(body, response)
    else if (request.method === 'PUT' && name !== undefined && body !== undefined) this.#replace(name, body, response)
    else if (request.method === 'DELETE' && name !== undefined) this.#delete(name, body, response)
    else refuse(response, 405, 'MethodNotAllowed')
  }

  #get(name: string, response: ServerResponse): void {
    const lease = this.leases.get(name)
    if (lease === undefined) refuse(response, 404, 'NotFound')
    else answer(response, 200, lease)
  }

  #create(lease: Lease, response: ServerResponse): void {
    const { metadata } = lease
    if (metadata.resourceVersion !== undefined) refuse(response, 400, 'BadRequest')
    else if (!isValid(lease)) refuse(response, 422, 'Invalid')
    else if (this.leases.has(metadata.name)) refuse(response, 409, 'AlreadyExists')
    else answer(response, 201, this.#store(lease, randomUUID()))
  }

  /** A Lease may be created by a PUT, but not where the body names a uid that is not there. */
  #replace(name: string, lease: Lease, response: ServerResponse): void {
    const { metadata } = lease
    const present = this.leases.get(name)
    if (metadata.name !== name) refuse(response, 400, 'BadRequest')
    else if (!isValid(lease)) refuse(response, 422, 'Invalid')
    else if (metadata.uid !== undefined && metadata.uid !== present?.metadata.uid) refuse(response, 409, 'Conflict')
    else if (present === undefined) answer(response, 201, this.#store(lease, randomUUID()))
    else if (metadata.resourceVersion === undefined) refuse(response, 422, 'Invalid')
    else if (metadata.resourceVersion !== present.metadata.resourceVersion) refuse(response, 409, 'Conflict')
    else if (isUnchanged(lease, present)) answer(response, 200, present)
    else answer(response, 200, this.#store(lease, present.metadata.uid ?? ''))
  }

  /** Without preconditions whatever is there goes. */
  #delete(name: string, { preconditions = {} }: DeleteOptions = {}, response: ServerResponse): void {
    const present = this.leases.get(name)
    const { uid, resourceVersion } = preconditions
    if (present === undefined) refuse(response, 404, 'NotFound')
    else if (uid !== undefined && uid !== present.metadata.uid) refuse(response, 409, 'Conflict')
    else if (resourceVersion !== undefined && resourceVersion !== present.metadata.resourceVersion)
      refuse(response, 409, 'Conflict')
    else {
      this.leases.delete(name)
      answer(response, 200, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success' })
    }
  }

  #store(lease: Lease, uid: string): Lease {
    const resourceVersion = String(++this.#revision)
    const stored = { ...lease, metadata: { ...lease.metadata, uid, resourceVersion, namespace: 'apples' } }
    this.leases.set(lease.metadata.name, stored)
    return stored
  }

  /** What is left of a list is of the moment at which it began. */
  #list(query: URLSearchParams, response: ServerResponse): void {
    const [, label = '', wanted = ''] = /^([^=]+)=(.*)$/.exec(query.get('labelSelector') ?? '') ?? []
    const go = query.get('continue')
    const all = go === null ? undefined : this.#lists.get(go)
    if (go !== null && all === undefined) {
      refuse(response, 410, 'Expired')
      return
    }
    const found = all ?? [...this.leases.values()].filter(({ metadata }) => metadata.labels?.[label] === wanted)
    const limit = Number(query.get('limit') ?? found.length)
    const rest = found.slice(limit)
    const next = rest.length === 0 ? '' : randomUUID()
    if (next !== '') this.#lists.set(next, rest)
    answer(response, 200, {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'LeaseList',
      metadata: { resourceVersion: String(this.#revision), ...(next === '' ? {} : { continue: next }) },
      items: found.slice(0, limit)
    })
  }
}

/** The API server writes nothing then, and the resource version stays (GuaranteedUpdate of k8s.io/apiserver). */
function isUnchanged(lease: Lease, present: Lease): boolean {
  const contentOf = ({ metadata: { labels, annotations }, spec }: Lease) => ({ labels, annotations, spec })
  return isDeepStrictEqual(contentOf(lease), contentOf(present))
}

function isValid({ apiVersion, kind, metadata }: Lease): boolean {
  const { name, labels = {}, annotations = {} } = metadata
  const annotationBytes = Object.entries(annotations).reduce((sum, [key, value]) => sum + key.length + value.length, 0)
  return (
    apiVersion === 'coordination.k8s.io/v1' &&
    kind === 'Lease' &&
    name.length <= 253 &&
    subdomain.test(name) &&
    annotationBytes <= 256 * 1024 &&
    Object.values(labels).every(value => value.length <= 63 && labelValue.test(value))
  )
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

function refuse(response: ServerResponse, code: number, reason: string): void {
  assert.ok(code >= 400)
  const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message: reason, reason, code }
  answer(response, code, status)
}
