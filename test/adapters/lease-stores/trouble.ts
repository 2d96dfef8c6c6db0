/** What can come between a client and its store. The suite makes it; each store's world carries it out. */
export interface Trouble {
  /** Nobody is there: connections end, and new ones are refused. */
  cut(): void
  /** Nothing passes in either direction, and nothing is closed. What was sent is on its way and arrives after `heal`. */
  stall(): void
  /** What the client sends arrives; what the store answers does not, until `heal`. */
  mute(): void
  heal(): void
}

/** A relay of TCP that makes such trouble. What it has taken from one side it delivers to the other even when the one has gone. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

export class TroubledRelay implements Trouble {
  readonly #server: Server
  readonly #pairs = new Set<{ near: Socket; far: Socket }>()
  #isCut = false
  #held: { requests: boolean; answers: boolean } = { requests: false, answers: false }
  #waiting: (() => void)[] = []

  static async to(port: number): Promise<TroubledRelay> {
    const relay = new TroubledRelay(port)
    relay.#server.listen(0, '127.0.0.1')
    await once(relay.#server, 'listening')
    return relay
  }

  private constructor(targetPort: number) {
    this.#server = createServer({ allowHalfOpen: true }, near => {
      if (this.#isCut) {
        near.resetAndDestroy()
        return
      }
      const far = connect({ port: targetPort, host: '127.0.0.1', allowHalfOpen: true })
      const pair = { near, far }
      this.#pairs.add(pair)
      this.#carry(near, far, 'requests')
      this.#carry(far, near, 'answers')
      far.on('close', () => this.#pairs.delete(pair))
    })
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  cut(): void {
    this.#isCut = true
    for (const { near, far } of this.#pairs) {
      reset(near)
      reset(far)
    }
    this.#release()
  }

  stall(): void {
    this.#held = { requests: true, answers: true }
  }

  mute(): void {
    this.#held = { requests: false, answers: true }
  }

  heal(): void {
    this.#isCut = false
    this.#release()
  }

  close(): void {
    this.cut()
    this.#server.close()
  }

  #release(): void {
    this.#held = { requests: false, answers: false }
    for (const deliver of this.#waiting.splice(0)) deliver()
  }

  #carry(from: Socket, to: Socket, direction: 'requests' | 'answers'): void {
    const deliver = (act: () => void) => {
      if (this.#held[direction]) this.#waiting.push(act)
      else act()
    }
    from.on('data', bytes => deliver(() => void to.write(bytes)))
    from.on('end', () => deliver(() => void to.end()))
    from.on('error', () => {})
    // A reset after data is an end here: what was sent before it still arrives.
    from.on('close', () => deliver(() => void to.end()))
  }
}

/** A socket whose writing has ended cannot be reset any more: Node would keep its handle for ever. */
function reset(socket: Socket): void {
  if (socket.writableEnded) socket.destroy()
  else socket.resetAndDestroy()
}
