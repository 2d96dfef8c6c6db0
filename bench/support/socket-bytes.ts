/** Bytes that this process has given to its TCP sockets since this module was loaded: all that a node sends to its peers. */
import diagnostics from 'node:diagnostics_channel'
import type { Socket } from 'node:net'

const open = new Set<Socket>()
let closedBytes = 0

for (const side of ['net.client.socket', 'net.server.socket']) {
  diagnostics.subscribe(side, message => {
    const { socket } = message as { socket: Socket }
    open.add(socket)
    socket.once('close', () => {
      open.delete(socket)
      closedBytes += socket.bytesWritten
    })
  })
}

export function sentBytes(): number {
  let bytes = closedBytes
  for (const socket of open) bytes += socket.bytesWritten
  return bytes
}
