/** Shoal: an actor per key. A write is done when it is synced to this node's disk. */
import { z } from 'zod'
import { command, createNode, lwwRegister, replicated } from '../../src/index.ts'
import type { OpenDatabase } from './database.ts'

const unset = -1

const Entry = replicated('entry', lwwRegister(unset), {
  put: command(z.int(), ({ state }, value) => {
    state.set(value)
  })
})

export const openShoal: OpenDatabase = async ({ directory, secret, others }) => {
  const join = others.flatMap(addresses => addresses.split(' '))
  const node = await createNode({ data: directory, clusterKey: secret, actors: [Entry], join })
  return {
    address: node.addresses().join(' '),
    map: Entry.kind,
    async cut() {
      node.refuse(node.members().members.flatMap(({ id }) => (id === node.id ? [] : [id])))
    },
    async mend() {
      node.refuse([])
    },
    async put(key, value) {
      await node.actor(Entry, key).put(value)
    },
    async get(key) {
      const value = await node.actor(Entry, key).state()
      return value === unset ? undefined : value
    },
    watch(key, seen) {
      void follow(node.actor(Entry, key).watch(), seen)
    },
    async digest() {
      return node.digest()
    }
  }
}

async function follow(values: AsyncIterable<number>, seen: (value: number) => void): Promise<void> {
  for await (const value of values) seen(value)
}
