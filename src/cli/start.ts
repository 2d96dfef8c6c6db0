/**
 * `shoal start`: one node as a process.
 *
 * Prints one line to stdout when it serves; logs go to stderr. SIGTERM, SIGINT and `POST /v1/leave` leave the cluster gracefully
 * and end with 0, also when they come twice; a node that cannot go on ends with 1.
 */
import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { type LogLevel, PinoLogger } from '../adapters/system/pino-logger.ts'
import { PrometheusMetrics } from '../adapters/system/prometheus-metrics.ts'
import { createHttpDoor, type HttpDoor } from '../gateway/http-door.ts'
import type { LeaseStoreChoice, LeasesOptions } from '../lease-stores.ts'
import { createNode } from '../node.ts'
import type { Logger } from '../ports/logger.ts'
import type { ShoalNode } from '../shoal-node.ts'
import { createKey, readKey } from './cluster-key.ts'
import type { HostPort } from './flags.ts'
import { loadActors } from './load-actors.ts'
import type { StopRequest } from './stop-request.ts'
import { UsageError } from './usage-error.ts'

export interface StartFlags {
  readonly name?: string
  readonly region?: string
  readonly zone?: string
  readonly weight?: number
  readonly cluster?: string
  readonly shards?: number
  readonly replication?: 'all' | number
  readonly actors: readonly string[]
  readonly data: string
  readonly http: HostPort
  readonly listen: readonly string[]
  readonly announce: readonly string[]
  readonly join: readonly string[]
  readonly clusterKey?: string
  readonly shardKey?: string
  readonly leases?: LeaseStoreChoice
  readonly leaseMs?: number
  readonly leaseReplicas?: number
  readonly maxActors?: number
  readonly mdns?: boolean
  readonly chaos?: boolean
  readonly logLevel: LogLevel
}

/** Longest time to hand over and let the others catch up, in milliseconds. */
const leaveDeadlineMs = 25_000
const stopDeadlineMs = 2_000

/** Resolves with the exit code when the node has ended. */
export async function start(flags: StartFlags, stop: StopRequest): Promise<number> {
  const logger = new PinoLogger({
    level: flags.logLevel,
    ...(flags.name === undefined ? {} : { fields: { node: flags.name } })
  })
  logFatalErrors(logger)
  try {
    const served = serve(flags, logger, reason => stop.request(reason))
    const early = await Promise.race([served.then(() => undefined), stop.requested])
    // Not serving yet: nothing was acknowledged, and what is on disk survives any end.
    if (early !== undefined) return 0
    return await (await served).until(stop.requested)
  } finally {
    await logger.flush()
  }
}

async function serve(flags: StartFlags, logger: Logger, leave: (reason: string) => void): Promise<ServingNode> {
  const leases = leasesOf(flags)
  const actors = await loadActors(flags.actors)
  const clusterKey = await keyFor(flags, logger)
  const shardKey = flags.shardKey === undefined ? undefined : (await readKey(flags.shardKey)).key
  const { name, region, zone, weight, cluster, shards, replication, data, listen, announce, join, mdns } = flags
  const metrics = new PrometheusMetrics()
  const options = { data, listen, announce, join, clusterKey, actors, logger, metrics }
  const node = await createNode({
    ...options,
    ...defined({ shardKey, name, region, zone, weight, cluster, shards, replication, leases, mdns }),
    ...defined({ maxActorsInMemory: flags.maxActors })
  })
  const failed = failureOf(node, logger)
  try {
    const door = await createHttpDoor({
      node,
      metrics,
      logger,
      ...flags.http,
      chaos: flags.chaos ?? false,
      leave: () => leave('POST /v1/leave')
    })
    const ready = { http: door.address, listen: node.addresses(), id: node.id, pid: process.pid }
    process.stdout.write(`ready ${JSON.stringify(ready)}\n`)
    return { until: stop => runUntil(stop, { node, door, failed, logger }) }
  } catch (error) {
    await node.stop()
    throw error
  }
}

function leasesOf({ leases: store, leaseMs, leaseReplicas: replicas }: StartFlags): LeasesOptions | undefined {
  if (store !== undefined) return { store, ...defined({ leaseMs, replicas }) }
  if (leaseMs !== undefined || replicas !== undefined)
    throw new UsageError('--lease-ms and --lease-replicas need --leases STORE')
  return undefined
}

interface ServingNode {
  /** Runs on until the stop is requested, for a reason, or the node fails. Answers the exit code. */
  until(stop: Promise<string>): Promise<number>
}

function failureOf(node: ShoalNode, logger: Logger): Promise<'failed'> {
  return new Promise(resolve => {
    node.on('failed', ({ error }) => {
      logger.error('this node cannot go on', { err: error })
      resolve('failed')
    })
  })
}

interface NodeParts {
  readonly node: ShoalNode
  readonly door: HttpDoor
  readonly failed: Promise<'failed'>
  readonly logger: Logger
}

async function runUntil(stop: Promise<string>, { node, door, failed, logger }: NodeParts): Promise<number> {
  const reason = await Promise.race([failed, stop])
  if (reason !== 'failed') {
    logger.info('leaving the cluster', { reason })
    await within(leaveDeadlineMs, 'leaving', Promise.race([node.leave(), failed]), logger)
  }
  await within(stopDeadlineMs, 'stopping', node.stop(), logger)
  await door.close()
  return (await Promise.race([failed, 'left'])) === 'failed' ? 1 : 0
}

/** An end that hangs or fails must not keep the process: the disk is safe against its being cut short. */
async function within(deadlineMs: number, what: string, task: Promise<unknown>, logger: Logger): Promise<void> {
  const late = Promise.withResolvers<'late'>()
  const timer = setTimeout(late.resolve, deadlineMs, 'late')
  try {
    const outcome = await Promise.race([task, late.promise])
    if (outcome === 'late') logger.warn(`${what} took more than ${deadlineMs} ms and was cut short`)
  } catch (error) {
    logger.error(`${what} failed`, { err: error })
  } finally {
    clearTimeout(timer)
  }
}

function logFatalErrors(logger: PinoLogger): void {
  process.on('uncaughtException', error => {
    logger.error('a fault that nothing handled; the process ends', { err: error })
    void logger.flush().finally(() => process.exit(1))
  })
}

/** The key of `--cluster-key`, or the node's own, made at its first start. */
async function keyFor(flags: StartFlags, logger: Logger): Promise<Uint8Array> {
  const path = flags.clusterKey ?? join(flags.data, 'cluster.key')
  if (flags.clusterKey === undefined) {
    const isNew = await ownKey(path, flags.join.length > 0)
    if (isNew) logger.info('made a cluster key; nodes that join this one need the same file', { file: path })
  }
  const { key, isExposed } = await readKey(path)
  if (isExposed)
    logger.warn('other users of this machine can read the cluster key; chmod 600 mends that', { file: path })
  return key
}

async function ownKey(path: string, isJoining: boolean): Promise<boolean> {
  const exists = await access(path).then(
    () => true,
    () => false
  )
  if (exists) return false
  if (isJoining) {
    throw new UsageError(
      `to join a cluster a node needs its key: --cluster-key FILE, the same file on every node ("shoal keygen --out FILE" makes one)`
    )
  }
  await createKey(path)
  return true
}

/** Without the entries that are undefined. */
function defined<T extends object>(flags: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}
