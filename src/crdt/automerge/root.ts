/**
 * What all Automerge documents begin with: one change, the same everywhere, that makes a text, a list and an object.
 *
 * So replicas that create a document concurrently share them.
 */
import { hexToBytes } from '@noble/hashes/utils.js'
import type { DocumentContent } from '../document/engine.ts'
import type { AutomergeHost, OpenDocument } from './host.ts'

/** Actor 00 makes `text`, `list` and `json`, at time 0. Never to be changed: every document builds on its hash. */
export const firstChange = hexToBytes(
  '856f4a838d173b09012c000100010100000005151034014204560270027d0474657874046c697374046a736f6e037d04020003000300'
)

export interface Root {
  readonly name: string
  readonly object: string
  /** Automerge's word for what it is. */
  readonly kind: string
}

export const roots: Record<DocumentContent, Root> = {
  text: { name: 'text', object: '/text', kind: 'text' },
  list: { name: 'list', object: '/list', kind: 'list' },
  json: { name: 'json', object: '/json', kind: 'map' }
}

/** Gives a new document the change that all begin with. */
export function beginDocument(host: AutomergeHost, doc: OpenDocument): void {
  if (!doc.isNew) return
  host.use(doc, handle => handle.applyChanges([firstChange]))
  doc.isNew = false
}
