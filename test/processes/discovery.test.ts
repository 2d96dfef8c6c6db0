/** Nodes on one network find each other by multicast DNS, without being told an address. */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { test } from 'node:test'
import { emptyCluster } from './support/cluster.ts'

/** Whether this machine delivers multicast to itself. Some containers do not. */
async function hasMulticast(): Promise<boolean> {
  const group = '224.0.0.251'
  const socket = createSocket({ type: 'udp4', reuseAddr: true })
  try {
    socket.bind(0)
    await once(socket, 'listening')
    socket.addMembership(group)
    const heard = once(socket, 'message', { signal: AbortSignal.timeout(3000) })
    socket.send('shoal', socket.address().port, group)
    await heard
    return true
  } catch {
    return false
  } finally {
    socket.close()
  }
}

test('two nodes that know no address find each other by multicast DNS', { timeout: 300_000 }, async t => {
  if (!(await hasMulticast())) {
    t.skip('NOT TESTED: this machine delivers no multicast to itself')
    return
  }
  const cluster = await emptyCluster(t)
  for (const name of ['a', 'b']) await cluster.add(name, undefined, '--mdns')
  await Promise.all(cluster.nodes.map(node => node.start()))
  t.diagnostic(`both alive after ${Math.round(await cluster.allAlive(10_000))} ms`)
})
