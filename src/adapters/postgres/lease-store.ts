/**
 * Lease registers in PostgreSQL: one row each, one statement per call.
 *
 * A conditional UPDATE waits for the row's lock and then looks at the version again, so of two writers on one version one finds no
 * row: that is the compare-and-set. Versions are drawn at random and not from a sequence, which could come back with a restored backup.
 * Needs a primary. After a failover to a standby that had not yet got a write, that write is lost: replicate synchronously.
 */
import { randomUUID } from 'node:crypto'
import { Socket } from 'node:net'
import type pg from 'pg'
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

export interface PostgresLeaseStoreOptions {
  /** Such as `postgres://user@host:5432/database`. The rest as for `libpq`: `sslmode`, `PGPASSWORD`, … */
  url: string
  /** Clusters with different names have different registers in one table. */
  cluster: string
  clock: Clock
}

const maxConnections = 4
/** Also bounds the wait for a free connection. */
const connectDeadlineMs = 3_000
/** What a statement whose caller has given up may still take of the server. */
const statementTimeoutMs = 10_000

const createTable = `CREATE TABLE IF NOT EXISTS shoal_lease (
  cluster text NOT NULL, key text NOT NULL, value bytea NOT NULL, version text NOT NULL, PRIMARY KEY (cluster, key))`
const read = 'SELECT key, value, version FROM shoal_lease WHERE cluster = $1 AND key = $2'
const list = 'SELECT key, value, version FROM shoal_lease WHERE cluster = $1 AND left(key, length($2)) = $2 LIMIT $3'
const insert = `INSERT INTO shoal_lease (cluster, key, value, version) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`
const update = 'UPDATE shoal_lease SET value = $3, version = $4 WHERE cluster = $1 AND key = $2 AND version = $5'
const remove = 'DELETE FROM shoal_lease WHERE cluster = $1 AND key = $2 AND version = $3'
/** A database may have weaker defaults: a commit that is not on disk, an update that fails where it should look again. */
const prepare = `SELECT pg_is_in_recovery() AS standby,
  set_config('default_transaction_isolation', 'read committed', false),
  set_config('statement_timeout', '${statementTimeoutMs}', false),
  CASE WHEN current_setting('synchronous_commit') IN ('off', 'local')
    THEN set_config('synchronous_commit', 'on', false) END`

const undefinedTable = '42P01'
/** What the losers of a race to create a table are told. */
const isCreatedMeanwhile = new Set(['23505', '42P07', '42710'])

export async function openPostgresLeaseStore(options: PostgresLeaseStoreOptions): Promise<LeaseStore> {
  const { Pool } = await import('pg').catch(error => {
    throw new ShoalError('SHOAL_BAD_CONFIGURATION', 'the lease store postgres needs the package pg (npm install pg)', {
      cause: error
    })
  })
  return new LeaseCalls(new PostgresBackend(options, Pool), options.clock)
}

class PostgresBackend implements RegisterBackend {
  readonly name = 'postgres'
  readonly #cluster: string
  readonly #pool: pg.Pool
  readonly #prepared = new WeakSet<pg.PoolClient>()
  readonly #sockets = new Set<Socket>()

  constructor(options: PostgresLeaseStoreOptions, Pool: typeof pg.Pool) {
    this.#cluster = options.cluster
    this.#pool = new Pool({
      connectionString: options.url,
      application_name: 'shoal',
      max: maxConnections,
      connectionTimeoutMillis: connectDeadlineMs,
      keepAlive: true,
      allowExitOnIdle: true,
      stream: () => this.#socket()
    })
    // A connection that ends is replaced when it is needed; a query on it fails besides.
    this.#pool.on('connect', client => client.on('error', () => {}))
    this.#pool.on('error', () => {})
  }

  async read(key: string, signal: AbortSignal): Promise<Register | undefined> {
    const { rows } = await this.#query(read, [this.#cluster, key], signal)
    return rows[0] === undefined ? undefined : registerOf(rows[0])
  }

  async list(prefix: string, limit: number, signal: AbortSignal): Promise<Register[]> {
    const { rows } = await this.#query(list, [this.#cluster, prefix, limit + 1], signal)
    return rows.map(registerOf)
  }

  async write(
    key: string,
    value: Uint8Array,
    expected: RegisterVersion | undefined,
    signal: AbortSignal
  ): Promise<WriteOutcome> {
    const version = randomUUID()
    const row = [this.#cluster, key, Buffer.from(value), version]
    const { rowCount } =
      expected === undefined
        ? await this.#query(insert, row, signal)
        : await this.#query(update, [...row, expected], signal)
    return rowCount === 1 ? { version } : 'conflict'
  }

  async remove(key: string, version: RegisterVersion, signal: AbortSignal): Promise<void> {
    await this.#query(remove, [this.#cluster, key, version], signal)
  }

  /** A server that says nothing is not waited for. */
  async close(): Promise<void> {
    const ended = this.#pool.end()
    for (const socket of this.#sockets) socket.destroy()
    await ended
  }

  #socket(): Socket {
    const socket = new Socket()
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    return socket
  }

  async #query(text: string, values: unknown[], signal: AbortSignal): Promise<pg.QueryResult> {
    try {
      return await this.#queryOnce(text, values, signal)
    } catch (error) {
      // So it has not run.
      if (sqlState(error) !== undefinedTable) throw error
    }
    await this.#queryOnce(createTable, [], signal).catch(error => {
      if (!isCreatedMeanwhile.has(sqlState(error) ?? '')) throw error
    })
    return await this.#queryOnce(text, values, signal)
  }

  /** The connection of a call that failed or was given up is not used again: nobody knows what it will say next. */
  async #queryOnce(text: string, values: unknown[], signal: AbortSignal): Promise<pg.QueryResult> {
    signal.throwIfAborted()
    const client = await this.#pool.connect()
    let isReleased = false
    const release = (isBroken: boolean) => {
      if (isReleased) return
      isReleased = true
      client.release(isBroken)
    }
    const giveUp = () => release(true)
    signal.addEventListener('abort', giveUp, { once: true })
    try {
      signal.throwIfAborted()
      await this.#prepare(client)
      signal.throwIfAborted()
      const result = await client.query(text, values)
      release(false)
      return result
    } finally {
      signal.removeEventListener('abort', giveUp)
      release(true)
    }
  }

  async #prepare(client: pg.PoolClient): Promise<void> {
    if (this.#prepared.has(client)) return
    const { rows } = await client.query(prepare)
    if (rows[0]?.standby !== false) throw new Error('this server is a standby, whose registers may be old')
    this.#prepared.add(client)
  }
}

function registerOf(row: { key: unknown; value: unknown; version: unknown }): Register {
  const { key, value, version } = row
  if (typeof key !== 'string' || !(value instanceof Uint8Array) || typeof version !== 'string')
    throw storeSpoilt(`postgres: ${key}`, 'the table shoal_lease has columns of other types')
  return { key, value, version }
}

function sqlState(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
