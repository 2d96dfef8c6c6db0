/** A chunk of events that is named only once it is acknowledged is there for every owner, though replicas are torn record by record. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chunksModel } from './chunks.model.ts'
import type { Bounds } from './epochs.model.ts'
import { explore, told } from './explore.ts'

const bounds: Bounds = { nodes: 3, sets: [[0, 1, 2]], epochs: 3, actors: 2, writes: 2, parts: 1 }

test('whoever owns a shard has every chunk that its records name', t => {
  const exploration = explore(chunksModel(bounds))
  t.diagnostic(told(exploration))
  assert.equal(exploration.violation, undefined)
  for (const event of ['claim', 'adopt', 'open', 'append', 'name', 'take', 'part', 'fetched', 'accept'])
    assert.ok((exploration.events.get(event) ?? 0) > 0, `no ${event} ever happened`)
})

test('caught: an owner that names a chunk at once', t => {
  const exploration = explore(chunksModel(bounds, 'names it at once'))
  t.diagnostic(told(exploration))
  assert.match(exploration.violation?.reason ?? 'nothing found', /and not the chunk/)
})
