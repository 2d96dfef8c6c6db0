/** One actor's value on each node, side by side, with buttons that write on exactly that node. */
import { html, useEffect, useState } from '/lib/preact.js'
import { kinds } from './actor-kinds.js'
import { act } from './server.js'

/** Quiet time after typing before another actor is asked for, in milliseconds. */
const typingMs = 300

export function ActorTable({ nodes, actor, selection, select }) {
  const kind = kinds[selection.kind]
  const [inputs, setInputs] = useState(startInputs)
  const [answers, setAnswers] = useState({})
  const isCurrent = actor?.kind === selection.kind && actor?.id === selection.id
  const values = isCurrent ? actor.on : {}
  const odd = oddOnes(values)
  const call = async (node, button) => {
    const [method, argument] = button.call(inputs[selection.kind], values[node]?.state)
    const answer = await act({ type: 'call', node, ...selection, method, argument })
    setAnswers(before => ({ ...before, [node]: { ...answer, method } }))
  }
  const choose = selection => {
    setAnswers({})
    select(selection)
  }
  return html`
    <section class="panel actors" aria-label="actors">
      <h2>Actors <${Agreement} nodes=${nodes} values=${values} odd=${odd} /></h2>
      <div class="tabs" role="tablist">
        ${Object.keys(kinds).map(
          name => html`<button type="button" role="tab" aria-selected=${name === selection.kind}
            onClick=${() => choose({ kind: name, id: kinds[name].id })}>${name}</button>`
        )}
      </div>
      <p class="muted about">${kind.about}</p>
      <div class="inputs">
        <${IdInput} key=${selection.kind} id=${selection.id} onId=${id => choose({ kind: selection.kind, id })} />
        ${kind.inputs.map(
          input => html`<label>${input.name}
            <input value=${inputs[selection.kind][input.name]} inputmode=${input.isNumber ? 'numeric' : 'text'} size=${input.isNumber ? 6 : 14}
              onInput=${event => setInputs(set(inputs, selection.kind, input.name, event.currentTarget.value))} /></label>`
        )}
      </div>
      <table>
        <thead><tr><th>node</th><th>value there</th><th>write there</th></tr></thead>
        <tbody>
          ${nodes.map(
            node => html`<${Row} key=${node.name} node=${node} kind=${kind} value=${values[node.name]}
              isOdd=${odd.has(node.name)} answer=${answers[node.name]} onCall=${button => call(node.name, button)} />`
          )}
        </tbody>
      </table>
      <${Placement} values=${values} />
    </section>
  `
}

function Row({ node, kind, value, isOdd, answer, onCall }) {
  const isOld = node.process === 'paused' || node.says?.isFresh === false
  return html`
    <tr class=${`${isOdd ? 'odd' : ''} ${isOld ? 'old' : ''}`} data-node=${node.name}>
      <th><span class=${`dot of-${node.name}`}>${node.name}</span></th>
      <td class="value"><${Value} node=${node} kind=${kind} value=${value} /></td>
      <td class="write">
        <div>
          ${kind.buttons.map(
            button => html`<button type="button" disabled=${node.process === 'down' || node.process === 'starting'}
              onClick=${() => onCall(button)}>${button.label}</button>`
          )}
        </div>
        <${Answer} answer=${answer} />
      </td>
    </tr>
  `
}

function Value({ node, kind, value }) {
  if (node.process === 'down' || node.process === 'starting') return html`<span class="muted">${node.process}</span>`
  if (value === undefined) return html`<span class="muted">…</span>`
  if ('error' in value) return html`<span class="failure">${value.error}</span>`
  return kind.show(value.state)
}

function Answer({ answer }) {
  if (answer === undefined) return html`<p class="answer"> </p>`
  if (answer.code !== undefined) {
    return html`<p class="answer failure" role="alert" title=${answer.message}>${answer.code}: ${answer.message}</p>`
  }
  const result = answer.result === null ? 'done' : `→ ${JSON.stringify(answer.result)}`
  return html`<p class="answer muted">${answer.method} ${result} in ${answer.tookMs.toFixed(1)} ms</p>`
}

function Agreement({ nodes, values, odd }) {
  const shown = nodes.filter(({ name }) => values[name] !== undefined && !('error' in values[name]))
  if (shown.length < 2) return null
  return odd.size > 0
    ? html`<span class="badge warn" data-agreement="differ">values differ</span>`
    : html`<span class="badge ok" data-agreement="equal">equal on ${shown.length} nodes</span>`
}

function Placement({ values }) {
  const known = Object.entries(values).filter(([, value]) => 'mode' in value)
  const [, first] = known[0] ?? []
  if (first === undefined) return html`<p class="muted placement"> </p>`
  const place = `shard ${first.shard}`
  if (first.mode === 'replicated')
    return html`<p class="muted placement">${place}; every node runs it on its own replica</p>`
  const owners = Map.groupBy(known, ([, value]) => value.owner ?? 'nobody')
  const views = [...owners].map(([owner, by]) => `${owner} (says ${by.map(([name]) => name).join(', ')})`)
  return html`<p class="muted placement">${place}; runs on ${owners.size === 1 ? [...owners.keys()][0] : views.join(' and ')}</p>`
}

function IdInput({ id, onId }) {
  const [text, setText] = useState(id)
  useEffect(() => {
    if (text === id || text === '') return undefined
    const timer = setTimeout(() => onId(text), typingMs)
    return () => clearTimeout(timer)
  }, [text])
  return html`<label>id <input value=${text} size="14" maxlength="200" onInput=${event => setText(event.currentTarget.value)} /></label>`
}

/** The nodes whose value is not that of most; all of them where there is no most. */
function oddOnes(values) {
  const known = Object.entries(values).filter(([, value]) => !('error' in value))
  const groups = [...Map.groupBy(known, ([, value]) => canonical(value.state)).values()]
  if (groups.length < 2) return new Set()
  const most = Math.max(...groups.map(group => group.length))
  const largest = groups.filter(group => group.length === most)
  const odd = largest.length === 1 ? groups.filter(group => group !== largest[0]) : groups
  return new Set(odd.flat().map(([name]) => name))
}

/** Equal for equal states: maps have no order. */
function canonical(value) {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`
  const entries = Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1))
  return `{${entries.map(([key, entry]) => `${JSON.stringify(key)}:${canonical(entry)}`).join()}}`
}

function startInputs() {
  return Object.fromEntries(
    Object.entries(kinds).map(([name, { inputs }]) => [
      name,
      Object.fromEntries(inputs.map(input => [input.name, input.value]))
    ])
  )
}

function set(inputs, kind, name, value) {
  return { ...inputs, [kind]: { ...inputs[kind], [name]: value } }
}
