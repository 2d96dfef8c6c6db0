/**
 * One node of a benchmark's cluster as a process of its own, made as `shoal start` makes it, but called through the typed API by
 * tasks that the bench names. Ends with its parent.
 */
import { Account, Cart, Counter, Document, Tags } from '../../examples/shop.ts'
import { PrometheusMetrics } from '../../src/adapters/system/prometheus-metrics.ts'
import { createHttpDoor } from '../../src/gateway/http-door.ts'
import { createNode } from '../../src/node.ts'
import { silentLogger } from '../../src/ports/logger.ts'
import { LeasedAccount } from './accounts.ts'
import { loseUpdates } from './lost-updates.ts'
import type { FromWorker, ToWorker, WorkerOptions } from './worker-protocol.ts'
import { tasksOn } from './worker-tasks.ts'

function tell(message: FromWorker): void {
  process.send?.(message)
}

async function start(options: WorkerOptions): Promise<void> {
  const { name, data, clusterKey, join, listen, voters, dissemination = 'auto', lostShare = 0 } = options
  if (lostShare > 0) loseUpdates(lostShare, name)
  const metrics = new PrometheusMetrics()
  const shop = [Account, Cart, Counter, Document, Tags]
  const leased =
    voters === undefined ? { actors: shop } : { actors: [...shop, LeasedAccount], leases: { store: { voters } } }
  const node = await createNode({ name, data, clusterKey, join, listen: [listen], dissemination, metrics, ...leased })
  node.on('failed', ({ error }) => {
    throw error
  })
  const door = options.http ? await createHttpDoor({ node, metrics, logger: silentLogger }) : undefined
  const tasks = tasksOn(node, () => metrics.text())
  process.on('message', (message: ToWorker) => {
    if (message.type === 'task') void perform(message)
    else if (message.type === 'stop') void stop(message.leaves)
  })

  async function perform({ number, name, options }: ToWorker & { type: 'task' }): Promise<void> {
    try {
      const task = tasks[name] as (options: unknown) => unknown
      tell({ type: 'done', number, result: await task(options) })
    } catch (error) {
      tell({ type: 'failed', number, message: error instanceof Error ? (error.stack ?? error.message) : String(error) })
    }
  }

  async function stop(leaves: boolean): Promise<void> {
    await door?.close()
    if (leaves) await node.leave()
    await node.stop()
    process.exit(0)
  }

  tell({ type: 'ready', ready: { id: node.id, addresses: node.addresses(), http: door?.address } })
}

process.on('disconnect', () => process.exit(1))
process.once('message', (message: ToWorker) => {
  if (message.type === 'start') void start(message.options)
})
tell({ type: 'loaded' })
