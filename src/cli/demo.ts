/**
 * `npm start`: a cluster of three real processes on this machine, and a page that shows it live.
 *
 * Everything is on loopback and under one directory. Ctrl-C, SIGTERM and SIGHUP stop it, also when they come twice; its nodes
 * end with it, however it ends.
 */
import { access, mkdir, truncate } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { PageModel, Snapshot } from '../admin/page-model.ts'
import { createPageServer, type PageServer } from '../admin/page-server.ts'
import { refusalOf } from '../gateway/origin-guard.ts'
import { createKey } from './cluster-key.ts'
import { DemoCluster } from './demo/demo-cluster.ts'
import { DemoLock } from './demo/demo-lock.ts'
import { NodeProcess } from './demo/node-process.ts'
import { Observer } from './demo/observer.ts'
import { Prober } from './demo/prober.ts'

export interface DemoOptions {
  /** Port of the page on loopback. @default 7100, or a free one where that is taken */
  readonly port?: number
  /** Where the nodes keep their data, and the cluster its key. */
  readonly data: string
}

const usualPort = 7100
const host = '127.0.0.1'
/** Longest time for a node to leave, in milliseconds. What it acknowledged is on disk, so it may be killed after that. */
const stopDeadlineMs = 12_000
const enforceIntervalMs = 250

const places = [
  { name: 'a', region: 'eu' },
  { name: 'b', region: 'us' },
  { name: 'c', region: 'ap' }
]

/** Resolves when everything has stopped. */
export async function demo(options: DemoOptions): Promise<void> {
  const stop = stopRequested()
  const directory = join(options.data, 'demo')
  await mkdir(directory, { recursive: true })
  const lock = new DemoLock(directory)
  await lock.take()
  const cluster = new DemoCluster(await prepareNodes(options.data, directory))
  const observer = new Observer(cluster)
  const prober = new Prober(cluster, observer)
  const page = await openPage(pageModel(cluster, observer, prober), options.port)
  const enforcing = new AbortController()
  try {
    await lock.note(page.address)
    say(
      `Shoal: three nodes on this machine, starting\n\n  page  ${page.address}\n  data  ${relative('.', directory) || directory}\n`
    )
    observer.start()
    void enforceCuts(cluster, enforcing.signal)
    const started = cluster.start().then(() => 'started')
    const outcome = await Promise.race([started, stop])
    if (outcome === 'started') {
      for (const { name, region, ready } of cluster.nodes) {
        say(`  ${name}     ${ready?.http.origin}  region ${region}, pid ${ready?.pid}`)
      }
      say('\nCtrl-C stops them; the data stays.')
      prober.start()
      await stop
    }
    say('\nstopping')
  } finally {
    enforcing.abort()
    prober.stop()
    observer.stop()
    await Promise.all([page.close(), cluster.stop(stopDeadlineMs)])
    await lock.release()
  }
}

/** Nodes that did not answer, or that were started again, are told again whom to refuse. */
async function enforceCuts(cluster: DemoCluster, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await cluster.enforceCuts()
    await pause(enforceIntervalMs, undefined, { signal }).catch(() => {})
  }
}

async function prepareNodes(data: string, directory: string): Promise<NodeProcess[]> {
  const clusterKey = join(data, 'demo.key')
  const hasKey = await access(clusterKey).then(
    () => true,
    () => false
  )
  if (!hasKey) await createKey(clusterKey)
  return Promise.all(
    places.map(async place => {
      const logFile = join(directory, `${place.name}.log`)
      await truncate(logFile).catch(() => {})
      return new NodeProcess({ ...place, data: join(directory, place.name), clusterKey, logFile })
    })
  )
}

function pageModel(cluster: DemoCluster, observer: Observer, prober: Prober): PageModel {
  return {
    select: selection => observer.select(selection),
    act: action => cluster.act(action),
    snapshot(selection, afterProbe): Snapshot {
      const atMs = Date.now()
      return {
        atMs,
        nodes: cluster.nodes.map(node => {
          const { name, region, state, lastEnd, pid, ready } = node
          return {
            name,
            region,
            process: state,
            lastEnd: lastEnd ?? null,
            pid: pid ?? null,
            id: ready?.id ?? null,
            ...doorsOf(node),
            isCut: cluster.isCut(name),
            says: observer.says(name)
          }
        }),
        actor: selection === undefined ? null : { ...selection, on: observer.actor(selection) },
        probes: prober.log.since(afterProbe, atMs)
      }
    }
  }
}

/** Where a node can be reached: nowhere unless it serves, since a new process takes new ports. */
function doorsOf({ state, ready }: NodeProcess): { http: string | null; address: string | null } {
  if (ready === undefined || state === 'down' || state === 'starting') return { http: null, address: null }
  return { http: ready.http.origin, address: ready.listen[0]?.replace(/\/p2p\/.*/, '') ?? null }
}

/** On the usual port, or on any where that is taken; on exactly the one that was asked for. */
async function openPage(model: PageModel, port: number | undefined): Promise<PageServer> {
  const open = (port: number) => createPageServer({ model, host, port, guard: request => refusalOf(request, true) })
  if (port !== undefined) return open(port)
  return open(usualPort).catch(error => {
    if (error.code !== 'EADDRINUSE') throw error
    return open(0)
  })
}

/** Signals may come twice (a terminal and npm both send them); the first counts, and none may end us before our nodes. */
function stopRequested(): Promise<'stop'> {
  const { promise, resolve } = Promise.withResolvers<'stop'>()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => resolve('stop'))
  return promise
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
