/**
 * Where the nodes of a test meet, and what may befall that: network namespaces with addresses of their own on one bridge, where this
 * machine allows it, else loopback.
 *
 * In namespaces packets are dropped by classifiers in the kernel, one way or both, all of them or some: nobody is told, as with a
 * broken switch. On loopback the nodes refuse each other by their own drill, which is kinder: links close at once, and both ways.
 */
import { execFileSync } from 'node:child_process'
import { freePort } from '../../support/free-ports.ts'
import type { NodeProcess } from './node-process.ts'

export interface NodeAddress {
  /** Where its door and its peers' listener are bound. */
  readonly host: string
  readonly port: number
  /** The command that its own is run by. */
  readonly within: readonly string[]
}

export interface TestNetwork {
  readonly kind: 'namespaces' | 'loopback'
  readonly can: { readonly oneWay: boolean; readonly loss: boolean }
  /** Where the nodes reach what runs beside them. */
  readonly outside: string
  address(name: string): Promise<NodeAddress>
  /** Nothing from these nodes reaches those any more. */
  cut(from: readonly NodeProcess[], to: readonly NodeProcess[]): Promise<void>
  /** Of what is sent to this node, so much is lost. */
  lose(to: NodeProcess, share: number): Promise<void>
  heal(nodes: readonly NodeProcess[]): Promise<void>
  close(): void
}

/** `SHOAL_LOOPBACK=1` takes loopback also where namespaces are allowed. */
export function openNetwork(): TestNetwork {
  if (process.env['SHOAL_LOOPBACK'] === undefined) {
    const network = new Namespaces()
    if (network.isAllowed()) return network
    network.close()
  }
  return new Loopback()
}

function ip(...args: readonly string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] })
}

function tc(...args: readonly string[]): void {
  execFileSync('tc', args, { stdio: ['ignore', 'ignore', 'pipe'] })
}

/** Classic BPF for `tc … bpf da`: the packet is dropped where the program answers 2, and goes on where it answers -1. */
const drop = '6 0 0 2'
const pass = '6 0 0 4294967295'
const loadEtherType = '40 0 0 12'
const loadSource = '32 0 0 26'
const loadRandom = '32 0 0 4294963256'
const ipv4 = 2048

let networks = 0

class Namespaces implements TestNetwork {
  readonly kind = 'namespaces'
  readonly can = { oneWay: true, loss: true }
  readonly #prefix = `sh${(process.pid % 10_000).toString(36)}${networks++}`
  /** A net of its own within 10.0.0.0/8, for tests that run at the same time. */
  readonly #net = `10.${64 + (process.pid % 128)}.${networks % 256}`
  readonly outside = `${this.#net}.254`
  readonly #hosts = new Map<string, number>()
  readonly #onExit = () => this.close()

  isAllowed(): boolean {
    if (process.platform !== 'linux' || process.getuid?.() !== 0) return false
    process.on('exit', this.#onExit)
    try {
      ip('link', 'add', this.#prefix, 'type', 'bridge')
      ip('addr', 'add', `${this.outside}/24`, 'dev', this.#prefix)
      ip('link', 'set', this.#prefix, 'up')
      this.#add('probe')
      this.#filter('probe', [drop])
      this.#clear('probe')
      return true
    } catch {
      return false
    }
  }

  async address(name: string): Promise<NodeAddress> {
    if (!this.#hosts.has(name)) this.#add(name)
    return { host: this.#hostOf(name), port: 7201, within: ['ip', 'netns', 'exec', this.#space(name)] }
  }

  async cut(from: readonly NodeProcess[], to: readonly NodeProcess[]): Promise<void> {
    for (const { name } of to) {
      for (const source of from) {
        const [a = 0, b = 0, c = 0, d = 0] = this.#hostOf(source.name).split('.').map(Number)
        const address = ((a * 256 + b) * 256 + c) * 256 + d
        this.#filter(name, [loadEtherType, `21 0 3 ${ipv4}`, loadSource, `21 0 1 ${address}`, drop, pass])
      }
    }
  }

  async lose(to: NodeProcess, share: number): Promise<void> {
    this.#filter(to.name, [loadRandom, `53 1 0 ${Math.round(share * 0xffff_ffff)}`, drop, pass])
  }

  async heal(nodes: readonly NodeProcess[]): Promise<void> {
    for (const { name } of nodes) this.#clear(name)
  }

  close(): void {
    process.off('exit', this.#onExit)
    const quietly = (run: () => void) => {
      try {
        run()
      } catch {
        // It was never made, or is gone.
      }
    }
    for (const name of this.#hosts.keys()) {
      quietly(() => ip('link', 'del', this.#wire(name)))
      quietly(() => ip('netns', 'del', this.#space(name)))
    }
    quietly(() => ip('link', 'del', this.#prefix))
  }

  #add(name: string): void {
    const number = this.#hosts.size + 1
    this.#hosts.set(name, number)
    const [space, wire] = [this.#space(name), this.#wire(name)]
    ip('netns', 'add', space)
    ip('link', 'add', wire, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', space)
    ip('link', 'set', wire, 'master', this.#prefix, 'up')
    ip('-n', space, 'addr', 'add', `${this.#hostOf(name)}/24`, 'dev', 'eth0')
    ip('-n', space, 'link', 'set', 'eth0', 'up')
    ip('-n', space, 'link', 'set', 'lo', 'up')
    tc('qdisc', 'add', 'dev', wire, 'clsact')
  }

  /** Each packet on its way to the node is shown to the program. */
  #filter(name: string, program: readonly string[]): void {
    const bytecode = `${program.length},${program.join(',')}`
    tc('filter', 'add', 'dev', this.#wire(name), 'egress', 'bpf', 'da', 'bytecode', bytecode)
  }

  #clear(name: string): void {
    tc('filter', 'del', 'dev', this.#wire(name), 'egress')
  }

  #hostOf(name: string): string {
    return `${this.#net}.${this.#hosts.get(name) ?? 0}`
  }

  #space(name: string): string {
    return `${this.#prefix}-${name}`
  }

  /** Its end outside; at most 15 characters. */
  #wire(name: string): string {
    return `${this.#prefix}.${this.#hosts.get(name) ?? 0}`
  }
}

class Loopback implements TestNetwork {
  readonly kind = 'loopback'
  readonly can = { oneWay: false, loss: false }
  readonly outside = '127.0.0.1'
  readonly #ports = new Map<string, number>()

  async address(name: string): Promise<NodeAddress> {
    const port = this.#ports.get(name) ?? (await freePort())
    this.#ports.set(name, port)
    return { host: '127.0.0.1', port, within: [] }
  }

  /** Both ways. */
  async cut(from: readonly NodeProcess[], to: readonly NodeProcess[]): Promise<void> {
    for (const node of from.filter(({ isRunning }) => isRunning)) await node.cutFrom(to)
  }

  async lose(): Promise<void> {
    throw new Error('nothing is lost on loopback')
  }

  async heal(nodes: readonly NodeProcess[]): Promise<void> {
    for (const node of nodes.filter(({ isRunning }) => isRunning)) await node.heal()
  }

  close(): void {}
}
