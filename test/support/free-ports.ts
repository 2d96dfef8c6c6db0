/**
 * Free ports for nodes and servers whose address must be known before they run, and that keep it over a restart. They are taken below the
 * range from which the system serves outgoing connections and listeners that name no port, so that none of those sits on the port when
 * it is wanted.
 */
import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

const lowest = 15_000
const highest = 32_000
const taken = new Set<number>()

export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(lowest, highest)
    if (taken.has(port) || !(await isFree(port))) continue
    taken.add(port)
    return port
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
