/**
 * The field types that maps may hold, as a user writes them: `pnCounter()`, `orSet<string>()`, `orMap(orSet<string>())`.
 *
 * Each names its data type and makes the view through which a handler uses it. What concurrent operations do is told, type by
 * type, in docs/data-types.md.
 */
export { type CounterView, type GCounterView, gCounter, pnCounter } from './counter-field.ts'
export { type FlagOptions, type FlagView, flag } from './flag-field.ts'
export { type LwwMapView, lwwMap, type MapOptions, type MapView, orMap } from './map-field.ts'
export {
  lwwRegister,
  type MvRegisterView,
  mvRegister,
  type RegisterOptions,
  type RegisterView,
  type StampedRegisterView
} from './register-field.ts'
export { type GSetView, gSet, orSet, type SetView } from './set-field.ts'
