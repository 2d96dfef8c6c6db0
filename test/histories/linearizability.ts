/**
 * Whether a history is linearizable: whether each operation can be given one moment between its call and its answer such that, in
 * the order of these moments, a cell that does one thing at a time would have given the same answers.
 *
 * The search tries what may come next (Wing & Gong, "Testing and verifying concurrent objects", 1993) and never looks twice at the same
 * set of operations with the same state (Lowe, "Testing for linearizability", 2017), cell by cell (Horn & Kroening, "Faster linearizability
 * checking via P-compositionality", 2015). It is exponential at worst: past `maxConfigurations` it says that it does not know.
 */
import { type Answered, byKey, describe, isAnswered, type Operation } from './history.ts'
import { initialState, isObservation, step } from './models.ts'

export interface CheckOptions {
  /** Sets of operations to look at per cell; a million take about 200 MB. @default 1000000 */
  readonly maxConfigurations?: number
}

export type Verdict =
  | { readonly verdict: 'linearizable' }
  | { readonly verdict: 'unknown'; readonly key: string }
  | {
      readonly verdict: 'refused'
      readonly key: string
      /** The first answer that no order of what came before explains. */
      readonly at: Operation
    }

export function check(history: readonly Operation[], options: CheckOptions = {}): Verdict {
  let unknown: Verdict | undefined
  for (const [key, operations] of byKey(history)) {
    const { verdict, at } = new CellSearch(operations, options).run()
    if (verdict === 'refused' && at !== undefined) return { verdict, key, at }
    if (verdict === 'unknown') unknown = { verdict, key }
  }
  return unknown ?? { verdict: 'linearizable' }
}

/** A call, or an answer, in a doubly linked list in order of time. */
interface Event {
  readonly number: number
  readonly operation: Operation
  /** Of a call: its answer. Of an answer: none. */
  readonly answer: Event | undefined
  readonly isCall: boolean
  previous: Event | undefined
  next: Event | undefined
}

/** An operation that was given its moment, and what to go back to. */
interface Choice {
  readonly event: Event
  readonly before: Configuration
  /** An observation that holds now. Whatever else may come next may as well come after it: there is nothing to go back for. */
  readonly isFree: boolean
}

/** What was given its moment: all operations with numbers below `base`, and `beyond`, which is sorted. */
interface Configuration {
  readonly state: number
  readonly base: number
  readonly beyond: readonly number[]
  /** Where the last operation was never answered: the state before it. */
  readonly unless?: number
}

class CellSearch {
  /** By their answers, and those without one behind, by their calls. */
  readonly #operations: readonly Operation[]
  readonly #answered: number
  readonly #head: Event
  readonly #maxConfigurations: number
  /** Of an operation without an answer: the one before it that asked for the same. They are exchangeable, so they go in order. */
  readonly #twins = new Map<number, number>()
  readonly #seen = new Set<string>()
  /** The number of the latest answer that the search got stuck at. */
  #stuck = 0

  constructor(operations: readonly Operation[], { maxConfigurations = 1_000_000 }: CheckOptions) {
    const answered = operations.filter(isAnswered).sort((a, b) => a.answer.at - b.answer.at)
    const open = operations.filter(operation => !isAnswered(operation)).sort((a, b) => a.call - b.call)
    this.#operations = [...answered, ...open]
    this.#answered = answered.length
    this.#maxConfigurations = maxConfigurations
    this.#head = eventsOf(this.#operations)
    const latest = new Map<string, number>()
    for (let number = answered.length; number < this.#operations.length; number++) {
      const asked = JSON.stringify(this.#operations[number]?.input)
      const twin = latest.get(asked)
      if (twin !== undefined) this.#twins.set(number, twin)
      latest.set(asked, number)
    }
  }

  run(): { readonly verdict: Verdict['verdict']; readonly at?: Operation } {
    const choices: Choice[] = []
    let now: Configuration = { state: initialState, base: 0, beyond: [] }
    let event = this.#head.next
    // What was answered is tried first: it must come, and what never was may not be needed.
    let isAnswersTurn = true
    while (now.base < this.#answered) {
      if (event?.isCall === true) {
        const isTurn = isAnswersTurn === (event.answer !== undefined)
        const after = isTurn ? this.#after(now, event) : undefined
        if (after !== undefined && this.#isNew(after)) {
          const isFree = isObservation(event.operation.input, event.operation.answer?.output)
          choices.push({ event, before: now, isFree })
          now = after
          lift(event)
          event = this.#head.next
          isAnswersTurn = true
        } else event = event.next
        continue
      }
      if (isAnswersTurn) {
        isAnswersTurn = false
        event = this.#head.next
        continue
      }
      // An answer, and nothing more that could come before it.
      if (event !== undefined) this.#stuck = Math.max(this.#stuck, event.number)
      if (this.#seen.size >= this.#maxConfigurations) return { verdict: 'unknown' }
      const last = goBack(choices)
      if (last === undefined) return { verdict: 'refused', ...withOperation(this.#operations[this.#stuck]) }
      now = last.before
      event = last.event.next
      isAnswersTurn = last.event.answer !== undefined
    }
    return { verdict: 'linearizable' }
  }

  /** Where giving the operation its moment now leads to, if it can have it. */
  #after({ state, base, beyond, unless }: Configuration, { number, operation }: Event): Configuration | undefined {
    const { input, answer } = operation
    const after = step(state, input, answer?.output)
    if (after === undefined) return undefined
    // What was never answered has its moment where something sees it: else it may as well come later, or never.
    if (unless !== undefined && step(unless, input, answer?.output) === after) return undefined
    const taken = including(number, base, beyond)
    if (answer !== undefined) return { state: after, ...taken }
    const twin = this.#twins.get(number)
    if (after === state || (twin !== undefined && !beyond.includes(twin))) return undefined
    return { state: after, ...taken, unless: state }
  }

  #isNew({ state, base, beyond }: Configuration): boolean {
    const before = this.#seen.size
    this.#seen.add(`${state} ${base} ${beyond.join(' ')}`)
    return this.#seen.size > before
  }
}

function withOperation(at: Operation | undefined): { readonly at?: Operation } {
  return at === undefined ? {} : { at }
}

function including(number: number, base: number, beyond: readonly number[]): Omit<Configuration, 'state'> {
  if (number !== base) {
    const at = beyond.findIndex(other => other > number)
    return { base, beyond: at < 0 ? [...beyond, number] : beyond.toSpliced(at, 0, number) }
  }
  let [end, taken] = [base + 1, 0]
  while (beyond[taken] === end) [end, taken] = [end + 1, taken + 1]
  return { base: end, beyond: taken === 0 ? beyond : beyond.slice(taken) }
}

/** Takes back choices, the last first, and answers the first of them that had an alternative. */
function goBack(choices: Choice[]): Choice | undefined {
  for (;;) {
    const choice = choices.pop()
    if (choice === undefined) return undefined
    unlift(choice.event)
    if (!choice.isFree) return choice
  }
}

/** In order of time, calls before answers where they are equal. Answers the head, an event of its own. */
function eventsOf(operations: readonly Operation[]): Event {
  const events: { readonly at: number; readonly event: Event }[] = []
  const links = { previous: undefined, next: undefined }
  for (const [number, operation] of operations.entries()) {
    const answer: Event | undefined = isAnswered(operation)
      ? { number, operation, answer: undefined, isCall: false, ...links }
      : undefined
    events.push({ at: operation.call, event: { number, operation, answer, isCall: true, ...links } })
    if (answer !== undefined && isAnswered(operation)) events.push({ at: operation.answer.at, event: answer })
  }
  events.sort(
    (a, b) => a.at - b.at || Number(b.event.isCall) - Number(a.event.isCall) || a.event.number - b.event.number
  )
  const nobody: Operation = { client: 0, key: '', input: { op: 'read' }, call: 0 }
  const head: Event = { number: -1, operation: nobody, answer: undefined, isCall: true, ...links }
  let last = head
  for (const { event } of events) {
    last.next = event
    event.previous = last
    last = event
  }
  return head
}

function lift(event: Event): void {
  for (const out of [event, event.answer]) {
    if (out?.previous !== undefined) out.previous.next = out.next
    if (out?.next !== undefined) out.next.previous = out.previous
  }
}

/** The other way round, in the other order. */
function unlift(event: Event): void {
  for (const out of [event.answer, event]) {
    if (out?.previous !== undefined) out.previous.next = out
    if (out?.next !== undefined) out.next.previous = out
  }
}

/**
 * A refused history with whatever can be left out left out, for people: what came after the answer that cannot be, and reads that
 * are not needed to see it. Answers that came later than it are forgotten. All of these can only make a history easier to accept.
 */
export function explain(history: readonly Operation[], verdict: Verdict, options: CheckOptions = {}): string[] {
  if (verdict.verdict !== 'refused') return []
  const { key, at } = verdict
  if (!isAnswered(at)) return []
  let kept = history
    .filter(operation => operation.key === key && operation.call <= at.answer.at)
    .map(operation => (isAnsweredBy(operation, at) ? operation : withoutAnswer(operation)))
    .filter(operation => isAnswered(operation) || operation.input.op !== 'read')
    .sort((a, b) => a.call - b.call)
  for (const operation of kept) {
    if (operation.input.op !== 'read') continue
    const fewer = kept.filter(other => other !== operation)
    if (check(fewer, options).verdict === 'refused') kept = fewer
  }
  return kept.map(operation => `${describe(operation)}${operation === at ? ': cannot be' : ''}`)
}

function isAnsweredBy(operation: Operation, { answer }: Answered): boolean {
  return isAnswered(operation) && operation.answer.at <= answer.at
}

function withoutAnswer({ client, key, input, call }: Operation): Operation {
  return { client, key, input, call }
}
