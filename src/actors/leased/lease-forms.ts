/** The form that each kind's states have. */
import type { AnyDefinition } from '../definitions/definition.ts'
import { isCrdt, type Shape } from '../definitions/shape.ts'
import { CrdtForm } from './lease-crdt.ts'
import { EventsForm } from './lease-events.ts'
import type { LeaseForm } from './lease-form.ts'
import { ValueForm } from './lease-value.ts'

const forms = new WeakMap<AnyDefinition, LeaseForm>()

export function formOf(definition: AnyDefinition): LeaseForm {
  let form = forms.get(definition)
  if (form === undefined) {
    form = newForm(definition.shape)
    forms.set(definition, form)
  }
  return form
}

function newForm(shape: Shape): LeaseForm {
  if (isCrdt(shape)) return new CrdtForm(shape) as LeaseForm
  return (shape.form === 'value' ? new ValueForm(shape) : new EventsForm(shape)) as LeaseForm
}
