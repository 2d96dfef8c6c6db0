/** The nodes and the links between them, as each pair reports them. */
import { html } from '/lib/preact.js'
import { condition, linkState, pairs } from './link-state.js'

const width = 320
const height = 214
const radius = 24
/** Where the three nodes stand: the first on top, the others below. */
const places = [
  { x: width / 2, y: 38 },
  { x: 54, y: 160 },
  { x: width - 54, y: 160 }
]
const words = { linked: '', cut: 'cut', half: 'half open', down: '', paused: 'no answer', none: 'not linked' }

export function LinkGraph({ nodes }) {
  const placed = nodes.map((node, at) => ({ node, ...places[at] }))
  return html`
    <section class="panel links" aria-label="links">
      <h2>Links</h2>
      <svg class="graph" viewBox=${`0 0 ${width} ${height}`} role="img" aria-label=${describe(nodes)}>
        ${pairs(placed).map(([one, other]) => html`<${Link} one=${one} other=${other} />`)}
        ${placed.map(place => html`<${Place} ...${place} />`)}
      </svg>
    </section>
  `
}

function Link({ one, other }) {
  const state = linkState(one.node, other.node)
  const [x, y] = [(one.x + other.x) / 2, (one.y + other.y) / 2]
  const word = words[state]
  return html`
    <g class=${`link ${state}`} data-link=${one.node.name + other.node.name} data-state=${state}>
      <line x1=${one.x} y1=${one.y} x2=${other.x} y2=${other.y} />
      ${
        word === ''
          ? null
          : html`<rect x=${x - word.length * 3.6 - 5} y=${y - 10} width=${word.length * 7.2 + 10} height="20" rx="10" />
            <text x=${x} y=${y + 4}>${word}</text>`
      }
    </g>
  `
}

function Place({ node, x, y }) {
  return html`
    <g class=${`place of-${node.name} ${node.process} ${node.isCut ? 'isolated' : ''}`}>
      <circle class="halo" cx=${x} cy=${y} r=${radius + 5} />
      <circle class="body" cx=${x} cy=${y} r=${radius} />
      <text class="name" x=${x} y=${y + 6}>${node.name}</text>
      <text class="caption" x=${x} y=${y + radius + 20}>${condition(node)}</text>
    </g>
  `
}

function describe(nodes) {
  return pairs(nodes)
    .map(([one, other]) => `${one.name} and ${other.name}: ${linkState(one, other)}`)
    .join('; ')
}
