/** A node's lease store as its options name it. The adapter, and the package that it needs, are loaded by who has one. */
import type { EtcdLeaseStoreOptions } from './adapters/etcd/lease-store.ts'
import type { KubernetesLeaseStoreOptions } from './adapters/kubernetes/lease-store.ts'
import type { PostgresLeaseStoreOptions } from './adapters/postgres/lease-store.ts'
import { maxReplicas } from './cluster/placement.ts'
import type { Clock } from './ports/clock.ts'
import { ShoalError } from './ports/errors.ts'
import type { LeaseStore } from './ports/lease-store.ts'

/** One of the three. All nodes of a cluster share it, and clusters with different names may. */
export interface LeaseStoreChoice {
  postgres?: Omit<PostgresLeaseStoreOptions, 'cluster' | 'clock'>
  etcd?: Omit<EtcdLeaseStoreOptions, 'cluster' | 'clock'>
  kubernetes?: Omit<KubernetesLeaseStoreOptions, 'cluster' | 'clock'>
}

type Settings = Readonly<Partial<Record<string, unknown>>>

export interface LeasesOptions {
  /** Where it is written down who owns what. */
  store: LeaseStoreChoice
  /** How long a node's lease outlives its last word to the store, in milliseconds, from 500; the same on all nodes. @default 5000 */
  leaseMs?: number
  /** On how many nodes an actor of a `lease` kind is, 1 to 15; a majority of them has what was acknowledged. @default 3 */
  replicas?: number
}

const isText = (value: unknown) => typeof value === 'string' && value !== ''
const isTextOrNone = (value: unknown) => value === undefined || isText(value)

/** What is wrong with the settings of a store. What is left out must not become another database by a default of its client. */
const stores = new Map<string, (settings: Settings) => string | undefined>([
  ['postgres', ({ url }) => (isText(url) ? undefined : 'needs a url')],
  [
    'etcd',
    ({ endpoints }) =>
      Array.isArray(endpoints) && endpoints.length > 0 && endpoints.every(isText) ? undefined : 'needs endpoints'
  ],
  [
    'kubernetes',
    ({ namespace, kubeconfig }) =>
      isTextOrNone(namespace) && isTextOrNone(kubeconfig) ? undefined : 'has a namespace and a kubeconfig that are text'
  ]
])
const options = new Set(['store', 'leaseMs', 'replicas'])
const minLeaseMs = 500
const maxLeaseMs = 600_000

/** Throws `SHOAL_BAD_CONFIGURATION`. */
export function checkLeases(leases: LeasesOptions): void {
  const bad = (why: string) => new ShoalError('SHOAL_BAD_CONFIGURATION', `leases: ${why}`)
  if (!isRecord(leases)) throw bad('an object with a store')
  for (const name of Object.keys(leases)) if (!options.has(name)) throw bad(`there is no option ${name}`)
  const { store, leaseMs = minLeaseMs, replicas = 1 } = leases
  const [name, ...others] = isRecord(store)
    ? Object.entries(store).flatMap(([name, it]) => (it === undefined ? [] : [name]))
    : []
  const fault = stores.get(name ?? '')
  if (fault === undefined || others.length > 0 || !isRecord(store))
    throw bad(`the store is one of ${[...stores.keys()].join(', ')}`)
  const settings: unknown = store[`${name}`]
  const why = isRecord(settings) ? fault(settings) : 'needs an object with its settings'
  if (why !== undefined) throw bad(`the store ${name} ${why}`)
  if (!Number.isInteger(leaseMs) || leaseMs < minLeaseMs || leaseMs > maxLeaseMs)
    throw bad(`leaseMs is a number of milliseconds from ${minLeaseMs} to ${maxLeaseMs}`)
  if (!Number.isInteger(replicas) || replicas < 1 || replicas > maxReplicas)
    throw bad(`replicas is a number from 1 to ${maxReplicas}`)
}

function isRecord(value: unknown): value is Settings {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Counts deadlines on this clock. */
export async function openLeaseStore(store: LeaseStoreChoice, cluster: string, clock: Clock): Promise<LeaseStore> {
  const { postgres, etcd, kubernetes } = store
  if (postgres !== undefined) {
    const { openPostgresLeaseStore } = await import('./adapters/postgres/lease-store.ts')
    return openPostgresLeaseStore({ ...postgres, cluster, clock })
  }
  if (etcd !== undefined) {
    const { openEtcdLeaseStore } = await import('./adapters/etcd/lease-store.ts')
    return openEtcdLeaseStore({ ...etcd, cluster, clock })
  }
  const { openKubernetesLeaseStore } = await import('./adapters/kubernetes/lease-store.ts')
  return openKubernetesLeaseStore({ ...kubernetes, cluster, clock })
}
