/** The commands to other actors that one handler sends: kept until its command is committed, and dropped with it. */
import { isThenable } from '../../crdt/thenable.ts'
import { ShoalError } from '../../ports/errors.ts'
import type { AnyDefinition } from '../definitions/definition.ts'
import type { OutboxView } from '../definitions/handler-context.ts'
import type { Method } from '../definitions/method.ts'
import type { ActorOf, Outgoing } from '../definitions/reference.ts'
import type { Shape } from '../definitions/shape.ts'
import { issuesOf } from '../definitions/state-schema.ts'
import { bytesOf, type Intent, type Mail, maxSent, maxSentBytes, sentBytesIn } from './outbox-log.ts'

export const emptyOutbox: OutboxView = Object.freeze({ waiting: 0, refused: Object.freeze([]) })

export function noOutbox(kind: string): ShoalError {
  const message = `${kind} is no lease kind: only those send commands, and are sent any, that take effect once`
  return new ShoalError('SHOAL_NO_OUTBOX', message)
}

export class OutboxSends {
  readonly #name: string
  readonly #mail: Mail
  readonly #written: Mail
  readonly #readOnly: boolean
  readonly #actorOf: ActorOf
  readonly #intents: Intent[] = []
  #bytes: number | undefined
  #isOver = false

  /** `name`: of the sender, `kind/id`. `written`: what entries have of its outbox, and so may be shown once they are accepted. */
  constructor(name: string, { mail, written }: { mail: Mail; written: Mail }, readOnly: boolean, actorOf: ActorOf) {
    this.#name = name
    this.#mail = mail
    this.#written = written
    this.#readOnly = readOnly
    this.#actorOf = actorOf
  }

  get intents(): readonly Intent[] {
    return this.#intents
  }

  end(): void {
    this.#isOver = true
  }

  view(): OutboxView {
    return { waiting: this.#written.commands.length, refused: this.#written.refused }
  }

  /** One function for each of the other's commands. */
  to<D extends AnyDefinition>(definition: D, id: string): Outgoing<D> {
    if (this.#readOnly) throw new ShoalError('SHOAL_READ_ONLY', `${this.#name}: a query cannot send commands`)
    if (definition.partition !== 'lease') throw noOutbox(definition.kind)
    // The checks of a reference.
    this.#actorOf(definition, id)
    const outgoing: Record<string, unknown> = {}
    for (const [name, method] of Object.entries<Method<Shape>>(definition.methods))
      if (method.type === 'command') outgoing[name] = (argument?: unknown) => this.#send(definition, id, name, argument)
    return Object.freeze(outgoing) as Outgoing<D>
  }

  #send(definition: AnyDefinition, id: string, method: string, value: unknown): void {
    const to = `${definition.kind}/${id}`
    if (this.#isOver) throw new ShoalError('SHOAL_DEADLINE', `${this.#name}: this handler is over, and sends nothing`)
    const intent = { to, method, argument: textOf(definition, method, value) }
    this.#bytes ??= sentBytesIn(this.#mail)
    const bytes = this.#bytes + bytesOf(intent)
    const waiting = this.#mail.commands.length + this.#mail.over.size + this.#intents.length
    if (waiting >= maxSent || bytes > maxSentBytes) {
      const message = `${this.#name}: ${waiting} commands of ${bytes} bytes wait to be delivered; at most ${maxSent} of ${maxSentBytes} may`
      throw new ShoalError('SHOAL_OVERLOADED', message, { retryable: true })
    }
    this.#bytes = bytes
    this.#intents.push(intent)
  }
}

/** In JSON; empty for none. What the command's schema refuses at once is refused here; all is checked where it arrives. */
function textOf(definition: AnyDefinition, method: string, value: unknown): string {
  const what = `${definition.kind}.${method}`
  const { argument } = definition.methods[method] as Method<Shape>
  if (argument === undefined) {
    if (value === undefined || value === null) return ''
    throw new ShoalError('SHOAL_BAD_ARGUMENT', `${what} takes no argument`)
  }
  const text = jsonOf(what, value)
  // As it will arrive.
  const checked = argument['~standard'].validate(text === '' ? undefined : JSON.parse(text))
  if (isThenable(checked)) Promise.resolve(checked).catch(() => {})
  else if (checked.issues !== undefined) throw new ShoalError('SHOAL_BAD_ARGUMENT', `${what}: ${issuesOf(checked)}`)
  return text
}

function jsonOf(what: string, value: unknown): string {
  try {
    return JSON.stringify(value) ?? ''
  } catch (error) {
    throw new ShoalError('SHOAL_BAD_ARGUMENT', `${what}: its argument is nothing that JSON can carry`, { cause: error })
  }
}
