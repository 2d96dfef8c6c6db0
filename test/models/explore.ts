/**
 * Visits every state that a small model can reach, breadth first, so that the first violation found has the shortest history.
 *
 * A model is a start, the events that may happen next, and what must hold. States with the same key are visited once; a key
 * must therefore hold everything that the future and the checks depend on.
 */
export interface Model<State> {
  readonly starts: readonly State[]
  /** Calls `emit` with every event that may happen in `state` and the state after it. Must not change `state`. */
  next(state: State, emit: (event: string, after: State) => void): void
  key(state: State): string
  /** What is wrong with this state, or `undefined`. */
  check(state: State): string | undefined
}

export interface Exploration {
  /** Distinct states visited. */
  readonly states: number
  readonly violation: Violation | undefined
  /** How often each kind of event (its first word) led to a new state: an event that never happened tests nothing. */
  readonly events: ReadonlyMap<string, number>
}

export interface Violation {
  readonly reason: string
  /** The events that lead there from the start. */
  readonly history: readonly string[]
}

/** Far above what these models reach: a model that grows past it has lost its bound, and would otherwise eat the machine. */
const maxStates = 3_000_000

export function explore<State>(model: Model<State>): Exploration {
  const seen = new Set<string>()
  const parents: number[] = []
  const labels: string[] = []
  const events = new Map<string, number>()
  let frontier: { state: State; id: number }[] = []
  let violation: Violation | undefined

  const visit = (state: State, parent: number, event: string, into: { state: State; id: number }[]): void => {
    const key = model.key(state)
    if (violation !== undefined || seen.has(key)) return
    if (seen.size === maxStates) throw new RangeError(`the model has more than ${maxStates} states`)
    seen.add(key)
    const id = parents.length
    parents.push(parent)
    labels.push(event)
    const reason = model.check(state)
    if (reason !== undefined) violation = { reason, history: historyOf(id, parents, labels) }
    into.push({ state, id })
  }

  for (const start of model.starts) visit(start, -1, '', frontier)
  while (frontier.length > 0 && violation === undefined) {
    const following: { state: State; id: number }[] = []
    for (const { state, id } of frontier) {
      model.next(state, (event, after) => {
        const before = seen.size
        visit(after, id, event, following)
        if (seen.size > before) count(events, event)
      })
      if (violation !== undefined) break
    }
    frontier = following
  }
  return { states: seen.size, violation, events }
}

function count(events: Map<string, number>, event: string): void {
  const end = event.indexOf(' ')
  const kind = end < 0 ? event : event.slice(0, end)
  events.set(kind, (events.get(kind) ?? 0) + 1)
}

function historyOf(id: number, parents: readonly number[], labels: readonly string[]): string[] {
  const history: string[] = []
  for (let at = id; at >= 0; at = parents[at] ?? -1) history.push(labels[at] ?? '')
  return history.reverse().filter(event => event !== '')
}

/** One line for a test's output. */
export function told(exploration: Exploration): string {
  const { states, violation } = exploration
  const figure = `${states.toLocaleString('en')} states`
  if (violation === undefined) return `${figure}, none bad`
  return `${figure} until: ${violation.reason}\n    ${violation.history.join('\n    ')}`
}
