/**
 * Everything that is sent at once leaves in one write.
 *
 * libp2p's connections (3.3) hand the parts of a frame, its header and its data, to their socket one by one: each became a TLS record, a
 * segment, a wake-up of the receiver, and the second waited until the first was written. So their socket is corked meanwhile.
 */
import type { MessageStream } from '@libp2p/interface'

/** What connections over a socket have and their interface leaves out. */
interface SocketInternals {
  socket?: { cork?: unknown; uncork?: unknown }
  sendData?: unknown
}

/** Where it is no connection over a socket, nothing is changed. */
export function writeWhole(connection: MessageStream): void {
  const internals = connection as SocketInternals
  const { sendData, socket } = internals
  if (typeof sendData !== 'function' || typeof socket?.cork !== 'function' || typeof socket.uncork !== 'function')
    return
  const { cork, uncork } = socket
  internals.sendData = (data: unknown) => {
    cork.call(socket)
    try {
      return sendData.call(connection, data)
    } finally {
      uncork.call(socket)
    }
  }
}
