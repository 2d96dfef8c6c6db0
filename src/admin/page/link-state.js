/** What is known of a node and of the link between two, in one word each, for the drawing, the colours and the text. */

/** `linked` when both say so, `half` when one does, else why not: `cut`, `down`, `paused`, `none`. */
export function linkState(one, other) {
  const both = [one, other]
  if (both.some(node => node.process === 'down' || node.process === 'starting')) return 'down'
  if (one.isCut || other.isCut) return sides(one, other) === 0 ? 'cut' : 'half'
  if (both.some(node => node.process === 'paused')) return 'paused'
  return ['none', 'half', 'linked'][sides(one, other)]
}

function sides(one, other) {
  return [
    [one, other],
    [other, one]
  ].filter(([from, to]) => from.says?.links.includes(to.name)).length
}

/** What the node is doing, for people. */
export function condition(node) {
  if (node.process === 'down') return node.lastEnd === 'SIGKILL' ? 'killed' : `ended (${node.lastEnd ?? 'not started'})`
  if (node.process !== 'running') return node.process
  if (node.isCut) return 'cut off'
  return 'running'
}

/** One sentence about the whole, and how serious it is. */
export function summary(nodes) {
  const isUp = node => node.process === 'running'
  const links = pairs(nodes).map(([one, other]) => linkState(one, other))
  if (nodes.every(isUp) && links.every(link => link === 'linked')) return { level: 'ok', text: 'all nodes are linked' }
  if (nodes.every(node => node.process === 'starting' || node.says === null)) {
    return { level: 'off', text: 'the nodes are starting' }
  }
  const down = nodes.filter(node => node.process === 'down').map(node => node.name)
  const others = nodes.filter(node => node.process !== 'down' && condition(node) !== 'running')
  const parts = others.map(node => `${node.name} is ${condition(node)}`)
  if (down.length > 0) parts.unshift(`${down.join(', ')} ${down.length > 1 ? 'are' : 'is'} down`)
  return { level: 'warn', text: parts.join(', ') || 'links are being made' }
}

export function pairs(nodes) {
  return nodes.flatMap((one, at) => nodes.slice(at + 1).map(other => [one, other]))
}
