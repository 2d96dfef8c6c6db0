/** A real lease store beside the nodes of a test, that can go away and come back with what it has confirmed. */

import { execFile } from 'node:child_process'
import { globSync } from 'node:fs'
import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { programAt, Server } from '../../adapters/lease-stores/server.ts'
import { freePort } from '../../support/free-ports.ts'

export const storeKinds = ['postgres', 'etcd'] as const
export type StoreKind = (typeof storeKinds)[number]

export class LeaseStoreServer implements AsyncDisposable {
  /** The `store` of a node's `leases`. */
  readonly choice: object
  /** The same for `shoal start --leases`. */
  readonly flag: string
  readonly #server: Server
  readonly #program: string
  readonly #args: readonly string[]
  readonly #isReady: () => Promise<boolean>

  private constructor(parts: {
    choice: object
    flag: string
    server: Server
    program: string
    args: readonly string[]
    isReady: () => Promise<boolean>
  }) {
    this.choice = parts.choice
    this.flag = parts.flag
    this.#server = parts.server
    this.#program = parts.program
    this.#args = parts.args
    this.#isReady = parts.isReady
  }

  /** Why there is none of this kind here. */
  static missing(kind: StoreKind): string | undefined {
    if (programOf(kind) !== undefined) return undefined
    return `this machine has no ${kind} server`
  }

  static async start(kind: StoreKind, host: string): Promise<LeaseStoreServer> {
    const server = await Server.in(`lease-store-${kind}`)
    const store = await (kind === 'postgres' ? postgres(server, host) : etcd(server, host))
    const started = new LeaseStoreServer({ server, ...store })
    await started.come()
    return started
  }

  /** At once, as when its machine loses power; what it has confirmed is on the disk. */
  go(): Promise<void> {
    return this.#server.stop()
  }

  come(): Promise<void> {
    return this.#server.start(this.#program, this.#args, this.#isReady)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#server[Symbol.asyncDispose]()
  }
}

function programOf(kind: StoreKind): string | undefined {
  if (kind === 'etcd') return programAt(process.env['SHOAL_ETCD'], '/usr/bin/etcd', '/usr/local/bin/etcd')
  return postgresProgram('postgres')
}

function postgresProgram(name: string): string | undefined {
  return programAt(...globSync(`/usr/lib/postgresql/*/bin/${name}`), `/usr/local/bin/${name}`, `/usr/bin/${name}`)
}

async function postgres(server: Server, host: string) {
  const [initdb = '', program = ''] = [postgresProgram('initdb'), postgresProgram('postgres')]
  await server.run(initdb, ['-D', 'data', '-U', 'shoal', '--auth=trust', '-E', 'UTF8', '--no-locale', '--no-sync'])
  await appendFile(join(server.directory, 'data', 'pg_hba.conf'), `host all all ${host}/24 trust\n`)
  const port = await freePort()
  const settings = { port, listen_addresses: `127.0.0.1,${host}`, unix_socket_directories: '', fsync: 'off' }
  const args = ['-D', 'data', ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])]
  const isReady = async () => {
    await promisify(execFile)(postgresProgram('pg_isready') ?? '', ['-h', '127.0.0.1', '-p', String(port)])
    return true
  }
  const url = `postgres://shoal@${host}:${port}/postgres`
  return { program, args, isReady, choice: { postgres: { url } }, flag: url }
}

async function etcd(server: Server, host: string) {
  const [client, peer] = [`http://${host}:${await freePort()}`, `http://127.0.0.1:${await freePort()}`]
  const options = {
    name: 'one',
    'data-dir': 'data',
    'listen-client-urls': client,
    'advertise-client-urls': client,
    'listen-peer-urls': peer,
    'initial-advertise-peer-urls': peer,
    'initial-cluster': `one=${peer}`,
    logger: 'zap'
  }
  const isReady = async () => {
    const answer = await fetch(`${client}/v3/kv/range`, { method: 'POST', body: JSON.stringify({ key: 'AA==' }) })
    return answer.status === 200 && server.directory !== ''
  }
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value])
  return {
    program: programOf('etcd') ?? '',
    args,
    isReady,
    choice: { etcd: { endpoints: [client] } },
    flag: `etcd:${client}`
  }
}
