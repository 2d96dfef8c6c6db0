/** In a worker, where Automerge is loaded: answers the deltas of two replicas that write concurrently. */
import { parentPort } from 'node:worker_threads'
import { automergeJson, automergeList, automergeText } from '../../../src/automerge.ts'
import { Replica } from '../../../src/crdt/index.ts'

export interface Written {
  readonly deltas: Uint8Array[]
  readonly plain: unknown
}

const schema = { body: automergeText(), items: automergeList<number>(), form: automergeJson() }
const replicas = ['a', 'b'].map(origin => new Replica(schema, { origin }))
const deltas: Uint8Array[] = []
for (const replica of replicas) {
  for (let round = 0; round < 3; round++) {
    const delta = replica.change(({ body, items, form }) => {
      body.insert(0, `${replica.origin}${round} `)
      items.push(round)
      form.set([replica.origin], round)
    })
    if (delta !== undefined) deltas.push(delta)
  }
}
const [one] = replicas
for (const delta of deltas) one?.apply(delta)
const written: Written = { deltas, plain: one?.plain }
parentPort?.postMessage(written)
