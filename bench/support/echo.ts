/**
 * The two ends of a connection of one of three kinds, over which blocks of `messageBytes` go to and fro: TCP, TLS as Node has it, and a
 * link of Shoal. Run as a program it is the far end, in a process of its own.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { connect as connectTls, createServer as createTlsServer } from 'node:tls'
import { generateNodeKey, Libp2pNetwork } from '../../src/adapters/libp2p/network.ts'
import { SystemClock } from '../../src/adapters/system/clock.ts'
import { silentLogger } from '../../src/ports/logger.ts'
import { noMetrics } from '../../src/ports/metrics.ts'

export const connectionKinds = ['TCP', 'TLS', 'link'] as const
export type ConnectionKind = (typeof connectionKinds)[number]

/** About what a call takes. */
export const messageBytes = 110

/** Sends so many messages at once, and hears of those that came back. */
export interface EchoClient {
  send(count: number): void
  onEcho: (count: number) => void
}

type FromFar = { readonly address: string } | { readonly cpuUs: number }

/** Encryption without certificates, which Node cannot make: the cost of a record is the same. */
const presharedKey = {
  ciphers: 'PSK-AES256-GCM-SHA384',
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.2'
} as const
const psk = Buffer.alloc(32, 7)

export class FarEnd implements AsyncDisposable {
  readonly #child: ChildProcess

  private constructor(child: ChildProcess) {
    this.#child = child
  }

  static async start(kind: ConnectionKind, nodeOptions: readonly string[]): Promise<{ far: FarEnd; address: string }> {
    const execArgv = ['--conditions=shoal-source', ...nodeOptions]
    const far = new FarEnd(fork(import.meta.filename, [kind], { execArgv }))
    const answer = await far.#hear()
    if (!('address' in answer)) throw new Error('the far end began with something else than its address')
    return { far, address: answer.address }
  }

  /** Of its process, since it started. */
  async cpuUs(): Promise<number> {
    this.#child.send('usage')
    const answer = await this.#hear()
    return 'cpuUs' in answer ? answer.cpuUs : Number.NaN
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const exited = once(this.#child, 'exit')
    this.#child.kill()
    await exited
  }

  async #hear(): Promise<FromFar> {
    const [answer] = await once(this.#child, 'message')
    return answer as FromFar
  }
}

/** The near end. */
export async function echoClient(kind: ConnectionKind, address: string): Promise<EchoClient & AsyncDisposable> {
  if (kind === 'link') return linkClient(address)
  const where = { port: Number(address), host: '127.0.0.1' }
  const socket =
    kind === 'TCP'
      ? connect(where)
      : connectTls({
          ...where,
          ...presharedKey,
          pskCallback: () => ({ psk, identity: 'near' }),
          checkServerIdentity: () => undefined
        })
  await once(socket, kind === 'TCP' ? 'connect' : 'secureConnect')
  socket.setNoDelay(true)
  const client = {
    send: (count: number) => void socket.write(Buffer.alloc(count * messageBytes)),
    onEcho: (_: number) => {},
    async [Symbol.asyncDispose]() {
      socket.destroy()
    }
  }
  let bytes = 0
  socket.on('data', data => {
    bytes += data.length
    const count = Math.floor(bytes / messageBytes)
    bytes -= count * messageBytes
    if (count > 0) client.onEcho(count)
  })
  return client
}

async function linkClient(address: string): Promise<EchoClient & AsyncDisposable> {
  const { network, clock } = newNetwork()
  const up = Promise.withResolvers<string>()
  const client = {
    send(count: number) {
      for (let i = 0; i < count; i++) network.send(peer, 'calls', new Uint8Array(messageBytes))
    },
    onEcho: (_: number) => {},
    async [Symbol.asyncDispose]() {
      await network.stop()
      clock.stop()
    }
  }
  await network.start({ ...deaf, linked: up.resolve, record: () => client.onEcho(1) })
  await network.dial([address])
  const peer = await up.promise
  return client
}

const deaf = { linked() {}, unlinked() {}, published() {}, discovered() {}, refused() {} }

function newNetwork() {
  const clock = new SystemClock()
  const network = new Libp2pNetwork({
    privateKey: generateNodeKey(),
    listen: ['/ip4/127.0.0.1/tcp/0'],
    clock,
    logger: silentLogger,
    metrics: noMetrics,
    admission: { clusterKey: new Uint8Array(32).fill(7), facts: { cluster: 'bench', shards: 1, protocol: 1 } }
  })
  return { network, clock }
}

async function serve(kind: ConnectionKind): Promise<string> {
  if (kind === 'link') {
    const { network } = newNetwork()
    await network.start({ ...deaf, record: (peer, channel, bytes) => void network.send(peer, channel, bytes) })
    return network.addresses()[0] ?? ''
  }
  const echo = (socket: Socket) => {
    socket.setNoDelay(true)
    socket.on('error', () => {})
    socket.on('data', data => void socket.write(data))
  }
  const server =
    kind === 'TCP' ? createServer(echo) : createTlsServer({ ...presharedKey, pskCallback: () => psk }, echo)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return String((server.address() as AddressInfo).port)
}

if (process.argv[1] === import.meta.filename) {
  const tell = (message: FromFar) => process.send?.(message)
  process.on('disconnect', () => process.exit())
  process.on('message', () => {
    const { user, system } = process.cpuUsage()
    tell({ cpuUs: user + system })
  })
  tell({ address: await serve(process.argv[2] as ConnectionKind) })
}
