/** A node's lease store as its options name it. The adapter, and the package that it needs, are loaded by who has one. */
import type { EtcdLeaseStoreOptions } from './adapters/etcd/lease-store.ts'
import type { KubernetesLeaseStoreOptions } from './adapters/kubernetes/lease-store.ts'
import type { PostgresLeaseStoreOptions } from './adapters/postgres/lease-store.ts'
import type { VotersChoice } from './cluster/cluster-options.ts'
import { faultOfVoters, listIdOf, type VoterName, voterFrom } from './cluster/lease/voters-names.ts'
import { maxReplicas } from './cluster/placement.ts'
import type { Clock } from './ports/clock.ts'
import { ShoalError } from './ports/errors.ts'
import type { LeaseStore } from './ports/lease-store.ts'

/** One of the four. All nodes of a cluster share it, and clusters with different names may share a service. */
export interface LeaseStoreChoice {
  /**
   * Three or five nodes of the cluster keep it themselves, and no service is needed: their names `PEER/DISK`, as `shoal voter` and
   * `voterName` tell them; the same on all nodes.
   */
  voters?: readonly string[]
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
  ['voters', settings => faultOfNames(Object.values(settings))],
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
/** Of an Ed25519 key, as every node has. */
const peerPattern = /^12D3KooW[1-9A-HJ-NP-Za-km-z]{44}$/
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
  const isFitting = typeof settings === 'object' && Array.isArray(settings) === (name === 'voters')
  const why = isFitting && settings !== null ? fault(settings as Settings) : faultOfForm(name)
  if (why !== undefined) throw bad(`the store ${name} ${why}`)
  if (!Number.isInteger(leaseMs) || leaseMs < minLeaseMs || leaseMs > maxLeaseMs)
    throw bad(`leaseMs is a number of milliseconds from ${minLeaseMs} to ${maxLeaseMs}`)
  if (!Number.isInteger(replicas) || replicas < 1 || replicas > maxReplicas)
    throw bad(`replicas is a number from 1 to ${maxReplicas}`)
}

function faultOfForm(name: string | undefined): string {
  return name === 'voters' ? 'needs an array of names' : 'needs an object with its settings'
}

function faultOfNames(names: readonly unknown[]): string | undefined {
  const voters = names.map(name => (typeof name === 'string' ? voterFrom(name) : undefined))
  const at = voters.findIndex(voter => voter === undefined || !peerPattern.test(voter.peer))
  if (at >= 0) return `has names like PEER/DISK, as \`shoal voter\` prints them, and not ${JSON.stringify(names[at])}`
  return faultOfVoters(voters.flatMap(voter => voter ?? []))
}

function isRecord(value: unknown): value is Settings {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** What nodes of one cluster must have in common: the kind of the store, and of voters which they are. */
export function leasesFact({ voters, ...others }: LeaseStoreChoice): string {
  if (voters !== undefined) return `voters ${listIdOf(votersFrom(voters))}`
  return Object.entries(others).find(([, settings]) => settings !== undefined)?.[0] ?? ''
}

function votersFrom(names: readonly string[]): VoterName[] {
  return names.flatMap(name => voterFrom(name) ?? [])
}

/** Counts deadlines on this clock. Voters are opened by the cluster, over its own links. */
export async function openLeaseStore(
  store: LeaseStoreChoice,
  cluster: string,
  clock: Clock
): Promise<LeaseStore | VotersChoice> {
  const { voters, postgres, etcd, kubernetes } = store
  if (voters !== undefined) return { voters: votersFrom(voters) }
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
