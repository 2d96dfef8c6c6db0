/**
 * How an actor whose documents are large becomes smaller: its documents folded into one part each, and edits that only remove.
 * Nothing here changes what a state says.
 */
import { isShoalError } from '../../ports/errors.ts'
import type { ActorState } from '../state.ts'
import { DocumentState } from './document.ts'
import { engineOf } from './engine.ts'
import { DocumentPart, maxPartBytes } from './part.ts'

/** What a document may have beside its largest snapshot before it is folded: a share of that one's bytes, or so many bytes. */
export interface LooseParts {
  readonly looseShare: number
  readonly minLooseBytes: number
}

const noLooseParts: LooseParts = { looseShare: 0, minLooseBytes: 0 }

/**
 * The state with every document that may be opened in this process as one snapshot, but for those that have no more loose parts than they
 * may; itself where there is nothing to fold.
 */
export function withFoldedDocuments(state: ActorState, loose = noLooseParts): ActorState {
  let result = state
  state.each((child, field) => {
    if (!(child instanceof DocumentState) || !isLooser(child, loose)) return
    const folded = foldedDocument(child)
    if (folded !== child) result = result.set(field, folded)
  })
  return result
}

/** The head of a part in a state, about. */
const partHeadBytes = 12

function isLooser(document: DocumentState, { looseShare, minLooseBytes }: LooseParts): boolean {
  const { parts } = document
  let largest = 0
  let bytes = 0
  for (const { kind, byteLength } of parts) {
    if (kind === 'snapshot') largest = Math.max(largest, byteLength)
    bytes += byteLength + partHeadBytes
  }
  return parts.length > 1 && bytes - largest > Math.max(minLooseBytes, looseShare * largest)
}

/** Not where a stranger's part is in it, or one that waits for another, or where its engine is of no help. */
function foldedDocument(document: DocumentState): DocumentState {
  if (document.partCount < 2 || !document.isTrusted) return document
  try {
    const engine = engineOf(document.kind.engine, document.kind.content)
    const opened = document.open()
    // To open it may have folded it already.
    if (document.partCount < 2 || engine.isWaiting(opened)) return document
    const bytes = engine.snapshot(opened)
    if (bytes.length > maxPartBytes) return document
    return document.withFolded(document.parts, DocumentPart.of('snapshot', document.coverage.extents(), true, bytes))
  } catch (error) {
    if (isShoalError(error)) return document
    throw error
  }
}

/** Whether the fragment, of this process's own making, edits a document and its edits of documents add nothing to them. */
export function onlyRemovesFromDocuments(fragment: ActorState): boolean {
  let edits = 0
  let additions = 0
  fragment.each(child => {
    if (!(child instanceof DocumentState)) return
    const engine = engineOf(child.kind.engine, child.kind.content)
    for (const { bytes } of child.parts) {
      if (engine.removesOnly(bytes)) edits++
      else additions++
    }
  })
  return edits > 0 && additions === 0
}
