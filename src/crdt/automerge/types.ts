/** The document types on Automerge, for the table of types. They need Automerge only where one is opened. */

import type { DocumentState } from '../document/document.ts'
import type { DocumentContent } from '../document/engine.ts'
import { documentType } from '../document/type.ts'
import type { Type } from '../type.ts'
import { findUpdateFault } from './change.ts'

function automergeType(tag: number, name: string, content: DocumentContent): Type<DocumentState> {
  return documentType({ tag, name, engine: 'automerge', content, checkUpdate: findUpdateFault })
}

export const automergeTextType = automergeType(15, 'automergeText', 'text')
export const automergeListType = automergeType(16, 'automergeList', 'list')
export const automergeJsonType = automergeType(17, 'automergeJson', 'json')
