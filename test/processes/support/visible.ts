/** How long a write takes to be seen on every node, asked over HTTP. */
import assert from 'node:assert/strict'
import type { TestCluster } from './cluster.ts'
import { call, stateOf } from './http.ts'
import type { NodeProcess } from './node-process.ts'
import { until } from './until.ts'

const visibleDeadlineMs = 1_000

export interface Write {
  readonly path: string
  readonly argument: unknown
  /** Whether a state shows it. */
  isIn(state: never): boolean
}

/** Writes on the node, and answers how long after the write was sent the last node showed it. */
export async function visibleEverywhere(
  cluster: TestCluster,
  node: NodeProcess,
  actor: string,
  { path, argument, isIn }: Write
): Promise<number> {
  const startMs = performance.now()
  await call(node.http, `${actor}/${path}`, argument)
  await Promise.all(
    cluster.nodes.map(({ name, http }) =>
      until(`${name} shows the write of ${node.name} to ${actor}`, visibleDeadlineMs, async () => {
        const state = await stateOf<never>(http, actor)
        assert.ok(isIn(state), JSON.stringify(state))
      })
    )
  )
  return performance.now() - startMs
}
