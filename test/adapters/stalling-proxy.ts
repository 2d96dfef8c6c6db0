/** A TCP relay on loopback that can be told to stand still, as a cable that was pulled: nothing passes, nothing is closed. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

export class StallingProxy implements Disposable {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #forgotten = new WeakSet<Socket>()
  readonly #stallAfterBytes: number
  #isStalled = false
  /** What has passed, in both directions together. */
  bytes = 0

  /** `stallAfterBytes`: stands still by itself when so much has passed. */
  static async to(address: string, stallAfterBytes = Number.POSITIVE_INFINITY): Promise<StallingProxy> {
    const port = Number(/\/tcp\/(\d+)/.exec(address)?.[1])
    const proxy = new StallingProxy(port, stallAfterBytes)
    proxy.#server.listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  private constructor(targetPort: number, stallAfterBytes: number) {
    this.#stallAfterBytes = stallAfterBytes
    this.#server = createServer(near => {
      const far = connect(targetPort, '127.0.0.1')
      for (const socket of [near, far]) {
        this.#sockets.add(socket)
        if (this.#isStalled) socket.pause()
        socket.on('error', () => {})
        socket.on('close', () => this.#sockets.delete(socket))
      }
      this.#relay(near, far)
      this.#relay(far, near)
    })
  }

  get address(): string {
    return `/ip4/127.0.0.1/tcp/${(this.#server.address() as AddressInfo).port}`
  }

  stall(): void {
    this.#isStalled = true
    for (const socket of this.#sockets) socket.pause()
  }

  /** As a router that has lost its table: connections that there are pass nothing any more and are not closed; new ones pass. */
  forget(): void {
    for (const socket of this.#sockets) this.#forgotten.add(socket)
  }

  /** Connections that there are end; new ones pass. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  goOn(): void {
    this.#isStalled = false
    for (const socket of this.#sockets) socket.resume()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  close(): void {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
  }

  #relay(from: Socket, to: Socket): void {
    from.on('data', bytes => {
      if (this.#isStalled || this.#forgotten.has(from)) return
      const passing = bytes.subarray(0, this.#stallAfterBytes - this.bytes)
      this.bytes += passing.length
      if (passing.length < bytes.length) {
        to.write(passing)
        this.stall()
        return
      }
      if (!to.write(bytes) && !this.#isStalled) {
        from.pause()
        to.once('drain', () => {
          if (!this.#isStalled) from.resume()
        })
      }
    })
    from.on('close', () => {
      if (!this.#isStalled && !this.#forgotten.has(from)) to.destroy()
    })
  }
}
