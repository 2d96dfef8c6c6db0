/**
 * Everything that is sent at once leaves in one write.
 *
 * libp2p's connections (3.3) hand the parts of a frame, its header and its data, to their socket one by one: each became a TLS record, a
 * segment, a wake-up of the receiver, and the second waited until the first was written. So their socket is corked meanwhile, and so it is while
 * a link hands over what each of its channels has.
 */
import type { MessageStream } from '@libp2p/interface'

/** What connections over a socket have and their interface leaves out. */
interface SocketInternals {
  socket?: { cork?: unknown; uncork?: unknown }
  sendData?: unknown
}

/** All that `send` gives to this connection leaves in one write, where it is one over a socket. */
export function inOneWrite<T>(connection: MessageStream, send: () => T): T {
  const { socket } = connection as SocketInternals
  if (typeof socket?.cork !== 'function' || typeof socket.uncork !== 'function') return send()
  socket.cork()
  try {
    return send()
  } finally {
    socket.uncork()
  }
}

/** Where it is no connection over a socket, nothing is changed. */
export function writeWhole(connection: MessageStream): void {
  const internals = connection as SocketInternals
  const { sendData, socket } = internals
  if (typeof sendData !== 'function' || typeof socket?.cork !== 'function') return
  internals.sendData = (data: unknown) => inOneWrite(connection, () => sendData.call(connection, data))
}
