/** The worker threads and the simulated sandbox keep the same promises. */
import { WorkerSandbox } from '../../src/adapters/sandbox/worker-sandbox.ts'
import { silentLogger } from '../../src/ports/logger.ts'
import { noMetrics } from '../../src/ports/metrics.ts'
import { SimulatedProcess } from '../../src/simulation/process.ts'
import { SimulatedSandbox } from '../../src/simulation/sandbox.ts'
import { settled } from '../../src/simulation/settle.ts'
import { SimulatedTime } from '../../src/simulation/time.ts'
import { sandboxConformance } from './sandbox-conformance.ts'
import { engineOf, part } from './toy-engine.ts'

const toy = [new URL('./toy-engine.ts', import.meta.url).href]
const engines = new Map([
  ['toy', toy],
  ['other', toy]
])

sandboxConformance(
  'worker threads',
  limits => ({
    sandbox: new WorkerSandbox({ engines, logger: silentLogger, metrics: noMetrics }, limits),
    settle: promise => promise
  }),
  part('!hang')
)

const slow = part('slow')

sandboxConformance(
  'simulated',
  limits => {
    const time = new SimulatedTime()
    const sandbox = new SimulatedSandbox(
      new SimulatedProcess('one', time),
      { names: new Set(engines.keys()), engineOf },
      { limits, trouble: job => (job.parts.includes(slow) ? 'deadline' : undefined) }
    )
    return { sandbox, settle: promise => settled(time, promise) }
  },
  slow
)
