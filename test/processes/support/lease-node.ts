/**
 * A node whose actors may be of `lease` kinds, as a process that is asked and told as `shoal start` is. `--leases` has the option of that
 * name of `createNode`, as JSON.
 */
import { parseArgs } from 'node:util'
import { createNode } from 'shoal'
import { PinoLogger } from '../../../src/adapters/system/pino-logger.ts'
import { PrometheusMetrics } from '../../../src/adapters/system/prometheus-metrics.ts'
import { readKey } from '../../../src/cli/cluster-key.ts'
import { loadActors } from '../../../src/cli/load-actors.ts'
import { createHttpDoor } from '../../../src/gateway/http-door.ts'

const [text, texts, flag] = [
  { type: 'string', default: '' },
  { type: 'string', multiple: true, default: [] as string[] },
  { type: 'boolean', default: false }
] as const
const { values } = parseArgs({
  allowPositionals: true,
  options: {
    name: text,
    data: text,
    'cluster-key': text,
    http: text,
    leases: text,
    listen: texts,
    join: texts,
    actors: texts,
    chaos: flag
  }
})

const leaveDeadlineMs = 10_000

const stopped = new Promise<void>(resolve => process.on('SIGTERM', resolve))
const logger = new PinoLogger({ level: 'info', fields: { node: values.name } })
const metrics = new PrometheusMetrics()
const node = await createNode({
  name: values.name,
  data: values.data,
  listen: values.listen,
  join: values.join,
  actors: await loadActors(values.actors),
  clusterKey: (await readKey(values['cluster-key'])).key,
  leases: JSON.parse(values.leases),
  logger,
  metrics
})
const [host = '', port] = values.http.split(':')
const door = await createHttpDoor({ node, metrics, logger, host, port: Number(port), chaos: values.chaos, leave() {} })
const ready = { http: door.address, listen: node.addresses(), id: node.id, pid: process.pid }
process.stdout.write(`ready ${JSON.stringify(ready)}\n`)
await stopped
await Promise.race([node.leave(), new Promise(resolve => setTimeout(resolve, leaveDeadlineMs))])
await node.stop()
await door.close()
process.exit()
