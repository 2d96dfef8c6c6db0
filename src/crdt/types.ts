/** The table of the data types, by tag. A tag is for ever: states on disk and on the wire carry it. */
import { gCounterType, pnCounterType } from './counter.ts'
import { disableWinsType, enableWinsType } from './flag.ts'
import { opaqueEntriesTypes, opaqueKeyedTypes, opaqueRowsTypes } from './opaque.ts'
import { type MapState, mapType } from './or-map.ts'
import { lwwRegisterType, mvRegisterType } from './register.ts'
import { gSetType, orSetType } from './set.ts'
import { textType } from './text.ts'
import type { Type } from './type.ts'

const byTag = new Map<number, Type<unknown>>()

export const orMapType: Type<MapState> = mapType(tag => byTag.get(tag))

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
  ...opaqueEntriesTypes.map(erase),
  ...opaqueKeyedTypes.map(erase),
  ...opaqueRowsTypes.map(erase)
]

for (const type of types) byTag.set(type.tag, type)

/** Forgets which states the type takes. The tag beside each state says it again. */
export function erase<S>(type: Type<S>): Type<unknown> {
  return type as Type<unknown>
}
