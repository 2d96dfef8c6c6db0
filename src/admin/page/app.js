/** The live page of a running demo cluster: it draws the newest snapshot, and keeps nothing but what was chosen and the chart. */
import { html, render, useEffect, useState } from '/lib/preact.js'
import { ActorTable } from './actor-table.js'
import { LinkGraph } from './link-graph.js'
import { summary } from './link-state.js'
import { NodeCard } from './node-card.js'
import { ProbeChart } from './probe-chart.js'
import { RingView } from './ring-view.js'
import { follow } from './server.js'
import { ThemeButton, useTheme } from './theme.js'

/** Five minutes of probes. */
const maxSamples = 600

function Page() {
  const [selection, select] = useState({ kind: 'counter', id: 'visits' })
  const [{ snapshot, samples, isLost }, setSeen] = useState({ snapshot: undefined, samples: [], isLost: false })
  const [theme, setTheme] = useTheme()
  useEffect(() => {
    let isFirst = true
    return follow(selection, snapshot => {
      const restart = isFirst
      isFirst = snapshot === undefined
      setSeen(before => taken(before, snapshot, restart))
    })
  }, [selection.kind, selection.id])
  if (snapshot === undefined) return html`<p class="waiting muted">waiting for the cluster…</p>`
  const { nodes, actor, probes, atMs } = snapshot
  const { level, text } = isLost
    ? { level: 'bad', text: 'the demo does not answer; it may have been stopped' }
    : summary(nodes)
  return html`
    <header class="top">
      <h1>Shoal</h1>
      <p class="muted">three real nodes on this machine</p>
      <p class=${`badge ${level}`} role="status">${text}</p>
      <${ThemeButton} theme=${theme} setTheme=${setTheme} />
    </header>
    <main class=${isLost ? 'lost' : ''}>
      <div class="cards">${nodes.map(node => html`<${NodeCard} key=${node.name} node=${node} nodes=${nodes} />`)}</div>
      <${LinkGraph} nodes=${nodes} />
      <${RingView} nodes=${nodes} actor=${actor} />
      <${ActorTable} nodes=${nodes} actor=${actor} selection=${selection} select=${select} />
      <${ProbeChart} samples=${samples} probes=${probes} atMs=${atMs} nodeCount=${nodes.length} theme=${theme} />
    </main>
  `
}

/** A stream that begins sends all probes there are; one that goes on sends the new ones. */
function taken(before, snapshot, restart) {
  if (snapshot === undefined) return { ...before, isLost: true }
  const samples = restart ? snapshot.probes.samples : [...before.samples, ...snapshot.probes.samples]
  return { snapshot, samples: samples.slice(-maxSamples), isLost: false }
}

render(html`<${Page} />`, document.body)
