/** Maps of registers in states whose schema is not at hand, with the dots of their writes: who wrote what, and in which order. */
import { eachEntry } from './dot-store.ts'
import { entryPrefix, fieldKey, type MapState } from './or-map.ts'
import { lwwRegisterType, type RegisterState, type StampedWrite } from './register.ts'
import type { ActorState } from './state.ts'
import { erase, orMapType } from './types.ts'

export type { StampedWrite } from './register.ts'

const erasedMap = erase(orMapType)
const textKeys = entryPrefix(erase(lwwRegisterType), 'string')

/** Each write of each last-writer-wins register in the map of this name, whose keys are text; of a register with several they come in a row. */
export function eachRegisterWrite(
  state: ActorState,
  field: string,
  visit: (key: string, write: StampedWrite) => void
): void {
  const map = state.get(fieldKey(erasedMap, field)) as MapState | undefined
  map?.each((register, entry) => {
    if (!entry.startsWith(textKeys)) return
    const key = entry.slice(textKeys.length)
    eachEntry(register as RegisterState, write => visit(key, write))
  })
}
