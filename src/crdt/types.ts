/** The table of the data types, by tag. A tag is for ever: states on disk and on the wire carry it. */
import { automergeJsonType, automergeListType, automergeTextType } from './automerge/types.ts'
import { boundedCounterType } from './bounded-counter.ts'
import { gCounterType, pnCounterType } from './counter.ts'
import { disableWinsType, enableWinsType } from './flag.ts'
import { opaqueEntriesTypes, opaqueKeyedTypes, opaqueRowsTypes } from './opaque.ts'
import { type MapState, mapType } from './or-map.ts'
import { lwwRegisterType, mvRegisterType } from './register.ts'
import { gSetType, orSetType } from './set.ts'
import type { Type } from './type.ts'
import { voteType } from './vote.ts'
import { jsonType, listType, textType } from './yjs/types.ts'

const byTag: (Type<unknown> | undefined)[] = []

export const orMapType: Type<MapState> = mapType(tag => byTag[tag])

const types: readonly Type<unknown>[] = [
  erase(gCounterType),
  erase(pnCounterType),
  erase(gSetType),
  erase(orSetType),
  erase(enableWinsType),
  erase(disableWinsType),
  erase(lwwRegisterType),
  erase(mvRegisterType),
  erase(orMapType),
  erase(textType),
  erase(listType),
  erase(jsonType),
  erase(boundedCounterType),
  erase(voteType),
  erase(automergeTextType),
  erase(automergeListType),
  erase(automergeJsonType),
  ...opaqueEntriesTypes.map(erase),
  ...opaqueKeyedTypes.map(erase),
  ...opaqueRowsTypes.map(erase)
]

for (const type of types) byTag[type.tag] = type

export function typeWithTag(tag: number): Type<unknown> | undefined {
  return byTag[tag]
}

/** Whether something in the map has an identity that is not its bytes: a document. */
export function hasOwnIdentity(map: MapState): boolean {
  return map.some((child, entry) => {
    const type = byTag[entry.charCodeAt(0)]
    return type === orMapType ? hasOwnIdentity(child as MapState) : type?.writeIdentity !== undefined
  })
}

/** Forgets which states the type takes. The tag beside each state says it again. */
export function erase<S>(type: Type<S>): Type<unknown> {
  return type as Type<unknown>
}
