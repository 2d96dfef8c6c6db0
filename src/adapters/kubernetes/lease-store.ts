/**
 * Lease registers in Kubernetes: one Lease object (coordination.k8s.io/v1) each, its value in an annotation.
 *
 * A replacement names the object's uid and resource version, and the API server refuses it (409) where either is another. It writes
 * nothing, and keeps the resource version, where nothing has changed: so each write has an annotation of its own. Reads without
 * a resource version are served from etcd's quorum, not from a cache. The official client reads the configuration and authenticates;
 * requests are made here, because that client makes a connection for each and takes no deadline.
 *
 * The service account needs the verbs get, list, create, update and delete on `leases` of its namespace.
 */
import { createHash, randomUUID } from 'node:crypto'
import type { KubeConfig } from '@kubernetes/client-node'
import type { Clock } from '../../ports/clock.ts'
import { ShoalError } from '../../ports/errors.ts'
import { LeaseCalls, type RegisterBackend } from '../../ports/lease-calls.ts'
import {
  type LeaseStore,
  type Register,
  type RegisterVersion,
  storeSpoilt,
  type WriteOutcome
} from '../../ports/lease-store.ts'
import { type Json, type KubernetesAnswer, KubernetesApi } from './api.ts'

export interface KubernetesLeaseStoreOptions {
  /** Clusters with different names have different Leases in one namespace. */
  cluster: string
  clock: Clock
  /** @default the pod's own, else `default` */
  namespace?: string
  /** A kubeconfig file. @default the pod's service account */
  kubeconfig?: string
}

const pageRegisters = 500
const valueName = 'shoal-value'
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/
/** An object's uid and resource version. Neither may be empty: then the API would compare nothing. */
const versionPattern = /^([0-9A-Za-z-]{1,64})\/([0-9A-Za-z-]{1,64})$/

export async function openKubernetesLeaseStore(options: KubernetesLeaseStoreOptions): Promise<LeaseStore> {
  const { KubeConfig } = await import('@kubernetes/client-node').catch(error => {
    const message = 'the lease store kubernetes needs the package @kubernetes/client-node (npm install it)'
    throw new ShoalError('SHOAL_BAD_CONFIGURATION', message, { cause: error })
  })
  const config = new KubeConfig()
  try {
    if (options.kubeconfig === undefined) config.loadFromCluster()
    else config.loadFromFile(options.kubeconfig)
  } catch (error) {
    throw new ShoalError('SHOAL_BAD_CONFIGURATION', 'the configuration for Kubernetes cannot be read', { cause: error })
  }
  return new LeaseCalls(new KubernetesBackend(options, config), options.clock)
}

class KubernetesBackend implements RegisterBackend {
  readonly name = 'kubernetes'
  readonly #api: KubernetesApi
  readonly #path: string
  /** Names of objects cannot have all letters that a cluster's name may have. */
  readonly #hash: string
  readonly #cluster: string

  constructor(options: KubernetesLeaseStoreOptions, config: KubeConfig) {
    const current = config.getContextObject(config.getCurrentContext())
    const namespace = options.namespace ?? current?.namespace ?? 'default'
    this.#api = new KubernetesApi(config, options.clock)
    this.#path = `/apis/coordination.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/leases`
    this.#cluster = options.cluster
    this.#hash = createHash('sha256').update(options.cluster).digest('hex').slice(0, 16)
  }

  async read(key: string, signal: AbortSignal): Promise<Register | undefined> {
    const answer = await this.#api.ask('GET', `${this.#path}/${this.#nameOf(key)}`, undefined, signal)
    if (answer.status === 404 && answer.reason === 'NotFound') return undefined
    return this.#registerOf(key, expectOk(answer))
  }

  /** Pages of one list are of one moment. */
  async list(prefix: string, limit: number, signal: AbortSignal): Promise<Register[]> {
    const registers: Register[] = []
    for (let go: string | undefined = ''; go !== undefined && registers.length <= limit; ) {
      const query = new URLSearchParams({ labelSelector: `shoal-cluster=${this.#hash}`, limit: String(pageRegisters) })
      if (go !== '') query.set('continue', go)
      const { items, metadata } = expectOk(await this.#api.ask('GET', `${this.#path}?${query}`, undefined, signal))
      for (const item of Array.isArray(items) ? (items as Json[]) : []) {
        const key = this.#keyOf(item)
        if (key?.startsWith(prefix) === true) registers.push(this.#registerOf(key, item))
      }
      const next: unknown = (metadata as Json | undefined)?.['continue']
      go = typeof next === 'string' && next !== '' ? next : undefined
    }
    return registers
  }

  async write(
    key: string,
    value: Uint8Array,
    expected: RegisterVersion | undefined,
    signal: AbortSignal
  ): Promise<WriteOutcome> {
    const name = this.#nameOf(key)
    const [, uid, resourceVersion] = versionPattern.exec(expected ?? '') ?? []
    if (expected !== undefined && (uid === undefined || resourceVersion === '0')) return 'conflict'
    const lease = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: {
        name,
        labels: { 'app.kubernetes.io/managed-by': 'shoal', 'shoal-cluster': this.#hash },
        annotations: {
          'shoal-cluster-name': this.#cluster,
          'shoal-key': key,
          [valueName]: Buffer.from(value).toString('base64'),
          'shoal-write': randomUUID()
        },
        ...(expected === undefined ? {} : { uid, resourceVersion })
      },
      spec: {}
    }
    const answer =
      expected === undefined
        ? await this.#api.ask('POST', this.#path, lease, signal)
        : await this.#api.ask('PUT', `${this.#path}/${name}`, lease, signal)
    if (answer.status === 409 && (answer.reason === 'Conflict' || answer.reason === 'AlreadyExists')) return 'conflict'
    return { version: versionOf(key, expectOk(answer)) }
  }

  async remove(key: string, version: RegisterVersion, signal: AbortSignal): Promise<void> {
    const [, uid, resourceVersion] = versionPattern.exec(version) ?? []
    if (uid === undefined || resourceVersion === '0') return
    const options = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid, resourceVersion } }
    const answer = await this.#api.ask('DELETE', `${this.#path}/${this.#nameOf(key)}`, options, signal)
    if (answer.status === 404 && answer.reason === 'NotFound') return
    if (answer.status === 202 || (answer.status === 409 && answer.reason === 'Conflict')) return
    expectOk(answer)
  }

  async close(): Promise<void> {
    this.#api.close()
  }

  #nameOf(key: string): string {
    return `shoal-${this.#hash}.${key.replaceAll('/', '.')}`
  }

  #keyOf(lease: Json): string | undefined {
    const name = (lease['metadata'] as Json | undefined)?.['name']
    const start = this.#nameOf('')
    return typeof name === 'string' && name.startsWith(start)
      ? name.slice(start.length).replaceAll('.', '/')
      : undefined
  }

  #registerOf(key: string, lease: Json): Register {
    const annotations = (lease['metadata'] as Json | undefined)?.['annotations'] as Json | null | undefined
    const value = annotations?.[valueName]
    if (typeof value !== 'string' || !base64.test(value))
      throw storeSpoilt(`kubernetes: ${key}`, `its Lease has no sound annotation ${valueName}`)
    return { key, value: Buffer.from(value, 'base64'), version: versionOf(key, lease) }
  }
}

function versionOf(key: string, lease: Json): RegisterVersion {
  const metadata = lease['metadata'] as Json | undefined
  const version = `${metadata?.['uid']}/${metadata?.['resourceVersion']}`
  if (!versionPattern.test(version)) throw storeSpoilt(`kubernetes: ${key}`, 'its Lease has no version')
  return version
}

function expectOk({ status, reason, message, body }: KubernetesAnswer): Json {
  if (status === 200 || status === 201) return body
  throw new Error(`the API server answered ${status} ${reason}: ${message.slice(0, 500)}`)
}
