/** OrbitDB: its indexed key-value database over Helia, with LevelDB for blocks. A write is done when `put` resolves; nothing is synced. */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { OpenDatabase } from './database.ts'
import { startPeer } from './libp2p-peer.ts'
import { load } from './packages.ts'

interface Entry {
  readonly payload: { readonly key: string; readonly value: number }
}

interface KeyValue {
  readonly address: string
  readonly log: { heads(): Promise<{ hash: string }[]> }
  readonly events: { on(event: 'update', listener: (entry: Entry) => void): void }
  put(key: string, value: number): Promise<string>
  get(key: string): Promise<number | undefined>
}

interface OrbitDbModule {
  createOrbitDB(options: unknown): Promise<{ open(name: string, options: unknown): Promise<KeyValue> }>
  KeyValueIndexed(): unknown
  IPFSAccessController(options: { write: string[] }): unknown
}

export const openOrbitDb: OpenDatabase = async ({ directory, others, map }) => {
  const { createHelia } = await load<{ createHelia(options: unknown): Promise<unknown> }>('helia')
  const { LevelBlockstore } = await load<{ LevelBlockstore: new (directory: string) => unknown }>('blockstore-level')
  const { createOrbitDB, KeyValueIndexed, IPFSAccessController } = await load<OrbitDbModule>('@orbitdb/core')
  const peer = await startPeer()
  const ipfs = await createHelia({
    libp2p: peer.libp2p,
    blockstore: new LevelBlockstore(join(directory, 'blocks')),
    // Blocks come from the other processes; public gateways are not asked.
    blockBrokers: [(await load<{ bitswap(): unknown }>('@helia/block-brokers')).bitswap()]
  })
  const orbitdb = await createOrbitDB({ ipfs, directory: join(directory, 'orbitdb') })
  await peer.dial(others)
  const database = await orbitdb.open(map ?? 'entries', {
    type: 'keyvalue-indexed',
    Database: KeyValueIndexed(),
    AccessController: IPFSAccessController({ write: ['*'] })
  })
  return {
    address: peer.address,
    map: database.address,
    cut: () => peer.hangUp(),
    mend: () => peer.dial(others),
    async put(key, value) {
      await database.put(key, value)
    },
    get: key => database.get(key),
    watch(key, seen) {
      database.events.on('update', ({ payload }) => {
        if (payload.key === key) seen(payload.value)
      })
    },
    async digest() {
      const heads = await database.log.heads()
      const hash = createHash('sha256')
      for (const name of heads.map(head => head.hash).sort()) hash.update(name)
      return hash.digest('hex')
    }
  }
}
