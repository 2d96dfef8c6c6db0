/** Who owns which of the shards, in the view of one node; two nodes that do not see each other draw different rings. */
import { html, useState } from '/lib/preact.js'

const size = 200
const outer = 92
const inner = 64

export function RingView({ nodes, actor }) {
  const [chosen, choose] = useState('a')
  const node = nodes.find(({ name }) => name === chosen)
  const ring = node?.says?.ring ?? []
  const shard = Object.values(actor?.on ?? {}).find(value => value.shard !== undefined)?.shard
  return html`
    <section class="panel ring" aria-label="ring">
      <h2>
        Ring
        <span class="choice" role="group" aria-label="as seen by">
          <span class="muted">seen by</span>
          ${nodes.map(
            ({ name }) =>
              html`<button type="button" aria-pressed=${name === chosen} onClick=${() => choose(name)}>${name}</button>`
          )}
        </span>
      </h2>
      <div class="owners">
        <svg viewBox=${`0 0 ${size} ${size}`} role="img" aria-label=${`owners of ${ring.length} shards as seen by ${chosen}`}>
          ${arcs(ring).map(({ owner, from, to }) => html`<path class=${`arc of-${owner} ${to - from === ring.length ? 'whole' : ''}`} d=${arc(from / ring.length, to / ring.length)}><title>${owner}: shards ${from} to ${to - 1}</title></path>`)}
          ${shard === undefined || ring.length === 0 ? null : html`<${Mark} at=${(shard + 0.5) / ring.length} />`}
          <text class="total" x=${size / 2} y=${size / 2 - 2}>${ring.length === 0 ? '–' : ring.length}</text>
          <text class="label" x=${size / 2} y=${size / 2 + 16}>${ring.length === 0 ? `${chosen} is not running` : 'shards'}</text>
        </svg>
        <ul class="shares">
          ${shares(ring).map(({ owner, count, share }) => html`<li data-owner=${owner}><span class=${`dot small of-${owner}`}>${owner}</span> ${share} % <span class="muted">${count}</span></li>`)}
          ${
            shard === undefined || ring.length === 0
              ? null
              : html`<li class="muted marked"><span class="tick">▸</span> ${actor.kind}/${shorten(actor.id)} is in shard ${shard}, first on ${ring[shard]}</li>`
          }
        </ul>
      </div>
    </section>
  `
}

/** A triangle outside the ring that points at one shard. */
function Mark({ at }) {
  const tip = point(at, outer + 1)
  const left = point(at - 0.009, outer + 8)
  const right = point(at + 0.009, outer + 8)
  return html`<path class="mark" d=${`M${tip}L${left}L${right}Z`} />`
}

/** Neighbouring shards of one owner as one arc. */
function arcs(ring) {
  const found = []
  for (const [shard, owner] of ring.entries()) {
    const last = found.at(-1)
    if (last?.owner === owner) last.to = shard + 1
    else found.push({ owner, from: shard, to: shard + 1 })
  }
  return found
}

function arc(from, to) {
  // A whole circle has no arc of its own: its ends would be one point.
  if (to - from > 0.999) return `${arc(from, from + 0.5)}${arc(from + 0.5, from + 0.999)}`
  const large = to - from > 0.5 ? 1 : 0
  return `M${point(from, outer)}A${outer},${outer} 0 ${large} 1 ${point(to, outer)}L${point(to, inner)}A${inner},${inner} 0 ${large} 0 ${point(from, inner)}Z`
}

/** From the top, clockwise; `turn` goes from 0 to 1. */
function point(turn, radius) {
  const angle = 2 * Math.PI * turn
  return `${(size / 2 + radius * Math.sin(angle)).toFixed(2)},${(size / 2 - radius * Math.cos(angle)).toFixed(2)}`
}

function shares(ring) {
  const counts = new Map()
  for (const owner of ring) counts.set(owner, (counts.get(owner) ?? 0) + 1)
  return [...counts]
    .map(([owner, count]) => ({ owner, count, share: Math.round((100 * count) / ring.length) }))
    .toSorted((one, other) => (one.owner < other.owner ? -1 : 1))
}

function shorten(id) {
  return id.length > 16 ? `${id.slice(0, 15)}…` : id
}
