/**
 * A replica shows every edit that it has seen, in every state that small histories can reach; the rule of generations loses some,
 * and each rule by which parts are dropped or left out is needed (docs/adr/0010-documents-have-one-generation.md).
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DocumentState } from '../../src/crdt/document/document.ts'
import { DocumentPart } from '../../src/crdt/document/part.ts'
import type { CausalContext } from '../../src/crdt/index.ts'
import { textType } from '../../src/crdt/yjs/types.ts'
import { type Bounds, documentModel, type Rules } from './document.model.ts'
import { explore, told } from './explore.ts'

const { kind } = textType.empty
const nothing = { left: none(), right: none(), rightIsNews: false }

function none() {
  return { has: () => false, hasRange: () => false }
}

function maskOf(parts: readonly DocumentPart[]): number {
  return parts.reduce((mask, part) => mask | (part.bytes[0] ?? 0), 0)
}

const shippingRules: Rules<DocumentState> = {
  empty: textType.empty,
  edit(state, origin, seq, bit) {
    const number = state.coverage.next(origin)
    const part = DocumentPart.ofEdit({ origin, seq }, number, Uint8Array.of(bit))
    const fragment = DocumentState.of(kind, [part])
    return { state: state.join(fragment), fragment }
  },
  fold(state) {
    const { parts } = state
    const whole = DocumentPart.of('snapshot', state.coverage.extents(), true, Uint8Array.of(maskOf(parts)))
    return state.withFolded(parts, whole)
  },
  join: (a, b) => textType.join(a, b, nothing),
  diff: (state, known) => textType.diff(state, known, []),
  shown: state => maskOf(state.parts),
  key: state => state.parts.map(partKey).sort().join('+'),
  identity: state =>
    state.coverage
      .extents()
      .map(({ origin, from, to }) => `${origin}:${from}-${to}`)
      .join()
}

function partKey({ kind, extents, bytes }: DocumentPart): string {
  return `${kind[0]}${extents.map(({ origin, from, to }) => `${origin.at(-1)}:${from}-${to}`).join()}/${bytes[0]}`
}

const histories: Bounds[] = [
  { replicas: 2, edits: 4, folds: 3 },
  { replicas: 3, edits: 3, folds: 1 }
]

for (const bounds of histories) {
  test(`${bounds.edits} edits of ${bounds.replicas} replicas, however interleaved, all show where they were seen`, t => {
    const exploration = explore(documentModel(bounds, shippingRules))
    t.diagnostic(told(exploration))
    assert.equal(exploration.violation, undefined)
    for (const event of ['edit', 'see', 'fold', 'catch-up'])
      assert.ok((exploration.events.get(event) ?? 0) > 0, `no ${event}`)
  })
}

/** A document is named by the dot of the edit that created it; of two that were created concurrently the smaller stays. */
interface Generation {
  readonly name: string
  readonly mask: number
}

const generations: Rules<Generation> = {
  empty: { name: '', mask: 0 },
  edit(state, origin, seq, bit) {
    const name = state.name === '' ? `${origin}:${seq}` : state.name
    return { state: { name, mask: state.mask | bit }, fragment: { name, mask: bit } }
  },
  fold: state => state,
  join(a, b) {
    if (a.name === b.name) return { name: a.name, mask: a.mask | b.mask }
    if (a.name === '' || b.name === '') return a.name === '' ? b : a
    return a.name < b.name ? a : b
  },
  diff: state => state,
  shown: state => state.mask,
  key: ({ name, mask }) => `${name}/${mask}`,
  identity: ({ name, mask }) => `${name}/${mask}`
}

test('where updates of another generation are ignored, an edit is lost that two replicas made at once', t => {
  const { violation } = explore(documentModel({ replicas: 2, edits: 2, folds: 0 }, generations))
  t.diagnostic(violation?.history.join(', ') ?? 'none')
  assert.deepEqual(violation?.history.slice(0, 2), ['edit 0', 'edit 1'])
})

function dropping(isKnown: (state: DocumentState, part: DocumentPart) => boolean): Partial<Rules<DocumentState>> {
  return {
    join(a, b) {
      const news = b.parts.filter(part => !isKnown(a, part))
      return news.length === 0 ? a : DocumentState.of(kind, [...a.parts.filter(part => !isKnown(b, part)), ...news])
    }
  }
}

const mistakes: [string, Partial<Rules<DocumentState>>][] = [
  [
    'a part is dropped where a newer update of its origin is known',
    dropping((state, part) => part.extents.every(({ origin, to }) => to < state.coverage.next(origin)))
  ],
  [
    'a part is dropped where one of its updates is known',
    dropping((state, part) => part.extents.some(extent => state.coverage.has({ ...extent, from: extent.to })))
  ],
  [
    'a snapshot replaces what is there',
    { join: (a, b) => (b.parts.some(({ kind }) => kind === 'snapshot') ? b : a.join(b)) }
  ],
  [
    'a replica is sent only parts whose newest update it lacks',
    {
      diff(state, known: CausalContext) {
        const parts = state.parts.filter(part => !part.extents.every(({ origin, newest }) => known.has(origin, newest)))
        return parts.length === 0 ? textType.empty : DocumentState.of(kind, parts)
      }
    }
  ],
  [
    'a snapshot claims every update up to its newest',
    {
      fold(state) {
        const extents = new Map(state.coverage.extents().map(extent => [extent.origin, { ...extent, from: 1 }]))
        const whole = DocumentPart.of('snapshot', [...extents.values()], true, Uint8Array.of(maskOf(state.parts)))
        return DocumentState.of(kind, [whole])
      }
    }
  ]
]

for (const [mistake, rules] of mistakes) {
  test(`it would show where ${mistake}`, () => {
    const { violation } = explore(documentModel({ replicas: 3, edits: 3, folds: 2 }, { ...shippingRules, ...rules }))
    assert.ok(violation)
  })
}
