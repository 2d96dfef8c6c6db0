/**
 * Lease registers in etcd 3.4 or later: one key each, a transaction per write that compares the key's revision.
 *
 * Through etcd's own JSON gateway, because the clients for Node have not been maintained for years. Reads are etcd's default,
 * linearizable. A revision names one change of the whole store, so it is a version as it stands; but a store that is restored from a
 * snapshot counts on from there: give it a higher revision (`etcdutl snapshot restore --bump-revision`), or other keys.
 */
import type { Clock } from '../../ports/clock.ts'
import { LeaseCalls, type RegisterBackend } from '../../ports/lease-calls.ts'
import {
  type LeaseStore,
  type Register,
  type RegisterVersion,
  storeSpoilt,
  type WriteOutcome
} from '../../ports/lease-store.ts'
import { EtcdGateway, type EtcdGatewayOptions } from './gateway.ts'

export interface EtcdLeaseStoreOptions extends EtcdGatewayOptions {
  /** Clusters with different names have different keys, below `/shoal/`. */
  cluster: string
  clock: Clock
}

const pageRegisters = 500
/** A revision that may be compared with: from 1, because 0 stands for a key that is not there, and within 63 bits. */
const revision = /^[1-9][0-9]{0,18}$/
const maxRevision = 2n ** 63n

export async function openEtcdLeaseStore(options: EtcdLeaseStoreOptions): Promise<LeaseStore> {
  return new LeaseCalls(new EtcdBackend(options), options.clock)
}

class EtcdBackend implements RegisterBackend {
  readonly name = 'etcd'
  readonly #gateway: EtcdGateway
  readonly #root: string

  constructor(options: EtcdLeaseStoreOptions) {
    this.#gateway = new EtcdGateway(options)
    this.#root = `/shoal/${encodeURIComponent(options.cluster)}/`
  }

  async read(key: string, signal: AbortSignal): Promise<Register | undefined> {
    const { kvs = [] } = await this.#range({ key: base64(this.#root + key) }, signal)
    return kvs[0] === undefined ? undefined : this.#registerOf(kvs[0])
  }

  /** In the order of their keys, so pages that are read one after the other lack none that was there all the time. */
  async list(prefix: string, limit: number, signal: AbortSignal): Promise<Register[]> {
    const registers: Register[] = []
    const first = this.#root + prefix
    // '0' comes after '/', with which every prefix ends.
    const rangeEnd = base64(`${first.slice(0, -1)}0`)
    for (let key = first; registers.length <= limit; ) {
      const page = await this.#range({ key: base64(key), range_end: rangeEnd, limit: pageRegisters }, signal)
      const { kvs = [] } = page
      registers.push(...kvs.map(kv => this.#registerOf(kv)))
      const last = registers.at(-1)
      if (page.more !== true || kvs.length === 0 || last === undefined) break
      key = `${this.#root}${last.key}\0`
    }
    return registers
  }

  async write(
    key: string,
    value: Uint8Array,
    expected: RegisterVersion | undefined,
    signal: AbortSignal
  ): Promise<WriteOutcome> {
    if (expected !== undefined && !isRevision(expected)) return 'conflict'
    const name = base64(this.#root + key)
    const condition =
      expected === undefined ? { target: 'VERSION', version: '0' } : { target: 'MOD', mod_revision: expected }
    const answer = await this.#gateway.post(
      '/v3/kv/txn',
      {
        compare: [{ key: name, result: 'EQUAL', ...condition }],
        success: [{ request_put: { key: name, value: Buffer.from(value).toString('base64') } }]
      },
      signal
    )
    if (answer['succeeded'] !== true) return 'conflict'
    const header = answer['header'] as { revision?: unknown } | undefined
    if (typeof header?.revision !== 'string') throw new Error('a transaction was answered without its revision')
    return { version: header.revision }
  }

  async remove(key: string, version: RegisterVersion, signal: AbortSignal): Promise<void> {
    if (!isRevision(version)) return
    const name = base64(this.#root + key)
    const compare = [{ key: name, result: 'EQUAL', target: 'MOD', mod_revision: version }]
    const success = [{ request_delete_range: { key: name } }]
    await this.#gateway.post('/v3/kv/txn', { compare, success }, signal)
  }

  async close(): Promise<void> {
    this.#gateway.close()
  }

  async #range(request: object, signal: AbortSignal): Promise<{ kvs?: readonly KeyValue[]; more?: unknown }> {
    const { kvs, more } = await this.#gateway.post('/v3/kv/range', request, signal)
    return Array.isArray(kvs) ? { kvs, more } : {}
  }

  #registerOf(kv: KeyValue): Register {
    const { key, value = '', mod_revision: version } = kv
    const name = typeof key === 'string' ? Buffer.from(key, 'base64').toString() : ''
    if (!name.startsWith(this.#root) || typeof value !== 'string' || typeof version !== 'string')
      throw storeSpoilt(`etcd: ${name}`, 'this is no key of Shoal')
    return { key: name.slice(this.#root.length), value: Buffer.from(value, 'base64'), version }
  }
}

interface KeyValue {
  readonly key?: unknown
  readonly value?: unknown
  readonly mod_revision?: unknown
}

function isRevision(version: RegisterVersion): boolean {
  return revision.test(version) && BigInt(version) < maxRevision
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}
