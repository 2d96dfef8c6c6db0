/**
 * What can be seen from outside of a lease shard's hand-off and opening: messages between its nodes and writes of its record in the lease
 * store, each when it is sent and when it has arrived. Nodes are those of a test cluster, which must not be started yet.
 */
import type { TestCluster } from 'shoal/testing'
import { ownershipFrom, sessionFrom, sessionKey } from '../../../src/cluster/lease/lease-registers.ts'
import { decodeCalls } from '../../../src/cluster/wire.ts'
import { type LeaseStore, type Register, storeFailed, type WriteOutcome } from '../../../src/ports/lease-store.ts'
import type { SimulatedProcess } from '../../../src/simulation/process.ts'
import type { SimulatedPorts } from '../../../src/simulation/world.ts'

export const phases = ['sent', 'arrived'] as const
export type Phase = (typeof phases)[number]

/** Of the record: it is claimed, its epoch is opened, it is let go of; and of a node's session: the node ends it, as it leaves. */
const writes = ['claim', 'open', 'release', 'end'] as const
const messages = ['seal', 'sealed', 'entries', 'accepted', 'fetch', 'page', 'refused'] as const
export type StepName = (typeof writes)[number] | (typeof messages)[number]

export interface Step {
  readonly name: StepName
  readonly phase: Phase
  readonly epoch: number
  /** Numbers of nodes. */
  readonly from: number
  readonly to: number | 'store'
}

/** What becomes of a write of the record: it is done and nobody is told, it never comes, or it comes when nobody waits for it any more. */
export const mishaps = ['answer lost', 'request lost', 'late'] as const
export type Mishap = (typeof mishaps)[number]

export interface StepWatch {
  /** Runs before anything else does: whatever it breaks must be broken later. */
  step(step: Step): void
  /** Asked of each write. */
  mishap(step: Step): Mishap | undefined
}

/** A write that comes late does so after its sender has given up. */
const lateMs = 3_000

export class ObservedSteps {
  readonly #cluster: TestCluster
  readonly #watch: StepWatch
  /** Nodes whose calls to the lease store are lost. */
  readonly withoutStore = new Set<number>()

  constructor(cluster: TestCluster, watch: StepWatch) {
    this.#cluster = cluster
    this.#watch = watch
    cluster.world.machines().forEach((machine, number) => {
      const boot = machine.boot.bind(machine)
      machine.boot = admission => {
        const ports = boot(admission)
        this.#observeLinks(ports, number)
        return ports
      }
    })
    const open = cluster.leaseStore.open.bind(cluster.leaseStore)
    cluster.leaseStore.open = ports => this.#observed(open(ports), ports.process)
  }

  #observeLinks({ network }: SimulatedPorts, number: number): void {
    const send = network.send.bind(network)
    network.send = (peer, channel, record) => {
      const isSent = send(peer, channel, record)
      if (channel === 'calls' && isSent) this.#message(record, 'sent', number, this.#numberOf(peer))
      return isSent
    }
    const receive = network.receive.bind(network)
    network.receive = (peer, channel, record) => {
      receive(peer, channel, record)
      if (channel === 'calls') this.#message(record, 'arrived', this.#numberOf(peer), number)
    }
  }

  #message(record: Uint8Array, phase: Phase, from: number, to: number): void {
    const { lease } = decodeCalls(record)
    if (lease == null) return
    const name = messages.find(kind => lease[kind] != null)
    if (name !== undefined) this.#watch.step({ name, phase, epoch: Number(lease.epoch), from, to })
  }

  #observed(store: LeaseStore, process: SimulatedProcess): LeaseStore {
    const from = this.#cluster.world.machines().findIndex(machine => machine.process === process)
    const reach = async <T>(what: string, call: () => Promise<T>): Promise<T> => {
      if (this.withoutStore.has(from)) throw storeFailed(what, 'it cannot be reached')
      return call()
    }
    const written: LeaseStore['write'] = async (key, value, expected, deadlineMs): Promise<WriteOutcome> => {
      const write = () => reach(`write of ${key}`, () => store.write(key, value, expected, deadlineMs))
      const seen = this.#writeOf({ key, value, version: '' }, from)
      if (seen === undefined) return write()
      const step = { ...seen, from, to: 'store' } as const
      const mishap = this.#watch.mishap({ ...step, phase: 'sent' })
      this.#watch.step({ ...step, phase: 'sent' })
      if (mishap === undefined) {
        const outcome = await write()
        this.#watch.step({ ...step, phase: 'arrived' })
        return outcome
      }
      const { time } = this.#cluster.world
      if (mishap === 'answer lost') await write()
      if (mishap === 'late') time.schedule(lateMs * 1000, undefined, () => void write().catch(() => {}))
      throw storeFailed(`write of ${key}`, 'no answer')
    }
    return {
      read: (key, deadlineMs) => reach(`read of ${key}`, () => store.read(key, deadlineMs)),
      list: (prefix, deadlineMs, atMost) => reach(`list of ${prefix}`, () => store.list(prefix, deadlineMs, atMost)),
      write: written,
      remove: (key, version, deadlineMs) => reach(`removal of ${key}`, () => store.remove(key, version, deadlineMs)),
      close: () => store.close()
    }
  }

  #writeOf(register: Register, from: number): Pick<Step, 'name' | 'epoch'> | undefined {
    const own = this.#cluster.world.machines()[from]
    if (own !== undefined && register.key === sessionKey(own.id))
      return sessionFrom(register).isOver ? { name: 'end', epoch: 0 } : undefined
    if (!register.key.startsWith('shard/')) return undefined
    const { epoch, session, opened } = ownershipFrom(register)
    return { name: session === '' ? 'release' : opened.epoch === epoch ? 'open' : 'claim', epoch }
  }

  #numberOf(peer: string): number {
    return this.#cluster.world.machines().findIndex(({ id }) => id === peer)
  }
}
