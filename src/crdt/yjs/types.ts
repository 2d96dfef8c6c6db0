/** The document types on Yjs, for the table of types. They need Yjs only where one is opened. */
import type { DocumentState } from '../document/document.ts'
import { documentType } from '../document/type.ts'
import type { Type } from '../type.ts'
import { findUpdateFault } from './update.ts'

function yjsType(tag: number, content: 'text' | 'list' | 'json'): Type<DocumentState> {
  return documentType({
    tag,
    name: content,
    engine: 'yjs',
    content,
    checkUpdate: update => findUpdateFault(content, update)
  })
}

export const textType = yjsType(10, 'text')
export const listType = yjsType(11, 'list')
export const jsonType = yjsType(12, 'json')
