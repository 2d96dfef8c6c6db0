/**
 * The documents in an actor's state, for who checks a stranger's parts before this process opens them.
 *
 * A part is trusted where this process made it, by an edit or by folding what it trusts, and where a check said so here. What
 * comes from peers or from the disk is not. None of this changes what a state says: it stays equal to what it was.
 */

import type { ActorState } from '../state.ts'
import { Coverage } from './coverage.ts'
import { DocumentState } from './document.ts'
import type { DocumentContent, EngineName, EnginePart } from './engine.ts'
import { DocumentPart } from './part.ts'

export interface DocumentParts {
  /** Its key in the state. */
  readonly field: string
  readonly engine: EngineName
  readonly content: DocumentContent
  readonly trusted: readonly EnginePart[]
  readonly untrusted: readonly EnginePart[]
}

const none: readonly never[] = Object.freeze([])

/** Documents with parts that this process does not trust. Costs next to nothing where there are none. */
export function unvettedDocuments(state: ActorState): readonly DocumentParts[] {
  let found: DocumentParts[] | undefined
  state.each((child, field) => {
    if (!(child instanceof DocumentState) || child.isTrusted) return
    found ??= []
    found.push(partsOf(field, child))
  })
  return found ?? none
}

/** All documents. */
export function documentsOf(state: ActorState): readonly DocumentParts[] {
  const found: DocumentParts[] = []
  state.each((child, field) => {
    if (child instanceof DocumentState) found.push(partsOf(field, child))
  })
  return found
}

function partsOf(field: string, { kind, parts }: DocumentState): DocumentParts {
  return {
    field,
    engine: kind.engine,
    content: kind.content,
    trusted: parts.filter(part => part.isTrusted),
    untrusted: parts.filter(part => !part.isTrusted)
  }
}

/** The most parts that wait to be folded in one document of the state. */
export function documentBacklog(state: ActorState): number {
  let most = 0
  state.each(child => {
    if (child instanceof DocumentState) most = Math.max(most, child.partCount - 1)
  })
  return most
}

/**
 * The same state, in which the checked `parts` of a document became one trusted `snapshot` of them. Without `snapshot` they are
 * trusted as they are, in every state that has them, and `state` itself is the answer; this is for updates only, because a
 * snapshot must be written anew by who checked it. Parts that the state has no more (others hold their updates by now) do not
 * matter; `state` itself where it has none of them.
 */
export function withVetted(
  state: ActorState,
  field: string,
  parts: readonly EnginePart[],
  snapshot?: Uint8Array
): ActorState {
  const document = state.get(field)
  const given = parts.filter(part => part instanceof DocumentPart)
  if (!(document instanceof DocumentState) || given.length === 0) return state
  if (snapshot !== undefined) {
    const whole = DocumentPart.of('snapshot', Coverage.of(given).extents(), true, snapshot)
    return state.set(field, document.withFolded(given, whole))
  }
  if (given.some(({ kind }) => kind === 'snapshot')) throw new RangeError('a snapshot is not trusted as it is')
  for (const part of given) part.trust()
  return state
}
