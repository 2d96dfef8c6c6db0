/** One node: what it is doing, how the others see it, and the buttons that make its life hard. */
import { html, useState } from '/lib/preact.js'
import { condition } from './link-state.js'
import { act } from './server.js'

export function NodeCard({ node, nodes }) {
  const [message, setMessage] = useState('')
  const [isBusy, setBusy] = useState(false)
  const drill = async type => {
    setBusy(true)
    const answer = await act({ type, node: node.name })
    setBusy(false)
    setMessage(answer.code === undefined ? '' : answer.message)
  }
  const button = (type, label, title) =>
    html`<button type="button" disabled=${isBusy || node.process === 'starting'} title=${title} onClick=${() => drill(type)}>${label}</button>`
  return html`
    <section class="panel card" aria-label=${`node ${node.name}`} data-condition=${condition(node)}>
      <header>
        <span class=${`dot of-${node.name}`}>${node.name}</span>
        <span class="region" title="region">${node.region}</span>
        <span class=${`badge ${level(node)}`}>${condition(node)}</span>
      </header>
      <dl>
        <dt>seen by</dt>
        <dd class="seen"><${SeenBy} node=${node} nodes=${nodes} /></dd>
        <dt>process</dt>
        <dd>
          ${node.pid === null ? 'none' : html`pid ${node.pid}`}
          ${node.says?.isFresh ? html`<span class="muted"> up ${duration(node.says.uptimeMs)}</span>` : null}
          ${node.http === null ? null : html`, <a class="code" title="its HTTP door" href=${`${node.http}/v1/status`}>${node.http.replace('http://', '')}</a>`}
        </dd>
        <dt>incarnation</dt>
        <dd class="code" title="drawn at every start of the process">${node.says?.incarnation ?? '–'}</dd>
        <dt>peers</dt>
        <dd class="code">${node.address ?? '–'}</dd>
      </dl>
      <footer>
        ${
          node.process === 'down'
            ? button('revive', 'Bring back', 'start it again on its data')
            : html`
              ${
                node.isCut
                  ? button('heal', 'Heal', 'let it link with the others again')
                  : button('cut', 'Cut off', 'close its links with the others and refuse new ones')
              }
              ${
                node.process === 'paused'
                  ? button('resume', 'Resume', 'SIGCONT')
                  : button('pause', 'Pause', 'SIGSTOP: it hangs, with its connections open')
              }
              ${button('kill', 'Kill −9', 'SIGKILL: no time to tidy up')}
            `
        }
      </footer>
      ${message === '' ? null : html`<p class="failure" role="alert">${message}</p>`}
    </section>
  `
}

function SeenBy({ node, nodes }) {
  return nodes.map(observer => {
    const { name, process, says } = observer
    const status = says === null ? '–' : (says.sees[node.name] ?? 'unknown')
    const isOld = process !== 'running' || !says?.isFresh
    const title =
      says === null
        ? `${name} is not running`
        : `${name} sees ${node.name} as ${status}${isOld ? ' (before it stopped answering)' : ''}`
    return html`<span class=${`status ${status} ${isOld ? 'old' : ''}`} title=${title} data-by=${name}><b>${name}</b> ${status}</span>`
  })
}

function level(node) {
  if (node.process === 'down') return 'bad'
  if (node.process === 'starting') return 'off'
  return node.process === 'paused' || node.isCut ? 'warn' : 'ok'
}

function duration(ms) {
  const seconds = Math.round(ms / 1000)
  if (seconds < 120) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}
