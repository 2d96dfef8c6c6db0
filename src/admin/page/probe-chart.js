/** The time from a write to its being visible everywhere: a dot per probe, and bands where not everywhere could be reached. */
import { html, useEffect, useRef } from '/lib/preact.js'
import UPlot from '/lib/uplot.js'

const windowMs = 120_000
const height = 190
/** A probe stands for this time around it, in milliseconds. */
const probeMs = 500

export function ProbeChart({ samples, probes, atMs, nodeCount, theme }) {
  const place = useRef(null)
  const chart = useRef(null)
  const shown = useRef({ samples: [], atMs: 0 })
  shown.current = { samples: samples.filter(sample => sample.atMs > atMs - windowMs - probeMs), atMs, nodeCount }

  useEffect(() => {
    chart.current = createChart(place.current, shown)
    const observer = new ResizeObserver(([entry]) => chart.current.setSize({ width: entry.contentRect.width, height }))
    observer.observe(place.current)
    return () => {
      observer.disconnect()
      chart.current.destroy()
    }
  }, [theme])
  useEffect(() => chart.current.setData(columns(shown.current)), [atMs, theme])

  return html`
    <section class="panel chart" aria-label="from write to visible">
      <h2>
        Write to visible everywhere
        <span class="legend">
          <span class="key all">on all ${nodeCount}</span>
          <span class="key some">on those in reach</span>
          <span class="key gap">not everywhere</span>
        </span>
      </h2>
      <p class="figures" aria-label="last minute">
        <span>median <b data-figure="median">${milliseconds(probes.medianMs)}</b></span>
        <span>99 % within <b data-figure="p99">${milliseconds(probes.p99Ms)}</b></span>
<span class="muted">of ${probes.count} writes to all ${nodeCount} in the last minute</span>
      </p>
      <div class="plot" ref=${place}></div>
    </section>
  `
}

function milliseconds(ms) {
  if (ms === null) return '–'
  return ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`
}

function columns({ samples, nodeCount }) {
  return [
    samples.map(sample => sample.atMs / 1000),
    samples.map(sample => (sample.reached >= nodeCount ? sample.visibleMs : null)),
    samples.map(sample => (sample.reached < nodeCount ? sample.visibleMs : null))
  ]
}

function createChart(place, shown) {
  const [all, some, gap, line, text] = ['--chart-all', '--chart-some', '--chart-gap', '--line', '--muted'].map(name =>
    colour(place, name)
  )
  const dots = (label, fill) => ({
    label,
    paths: () => null,
    points: { show: true, size: 5, width: 0, fill, stroke: fill }
  })
  const axis = {
    stroke: text,
    grid: { stroke: line, width: 1 },
    ticks: { show: false },
    font: '12px system-ui, sans-serif'
  }
  return new UPlot(
    {
      width: place.clientWidth,
      height,
      legend: { show: false },
      cursor: { show: false },
      padding: [8, 20, 0, 0],
      scales: {
        x: { time: true, range: () => [(shown.current.atMs - windowMs) / 1000, shown.current.atMs / 1000] },
        y: { distr: 3, range: (_chart, _min, max) => [1, Math.max(100, 10 ** Math.ceil(Math.log10(max || 1)))] }
      },
      series: [{}, dots('all', all), dots('some', some)],
      axes: [
        {
          ...axis,
          splits: () => ticks(shown.current.atMs / 1000),
          values: (_chart, seconds) => seconds.map(at => ago(shown.current.atMs / 1000 - at)),
          size: 28
        },
        {
          ...axis,
          values: (_chart, splits) => splits.map(ms => (Number.isInteger(Math.log10(ms)) ? `${ms} ms` : '')),
          size: 64
        }
      ],
      hooks: { drawClear: [chart => drawGaps(chart, shown.current, gap)] }
    },
    columns(shown.current),
    place
  )
}

/** Marks that stand still while the dots pass: the last one is now. */
function ticks(nowSeconds) {
  const everySeconds = 20
  const count = windowMs / 1000 / everySeconds
  return Array.from({ length: count }, (_, at) => nowSeconds - (count - 1 - at) * everySeconds)
}

function ago(seconds) {
  const rounded = Math.round(seconds)
  return rounded < 1 ? 'now' : `−${rounded} s`
}

function drawGaps(chart, { samples, nodeCount }, fill) {
  const { left, top, width, height } = chart.bbox
  chart.ctx.save()
  chart.ctx.beginPath()
  chart.ctx.rect(left, top, width, height)
  chart.ctx.clip()
  chart.ctx.fillStyle = fill
  for (const [from, to] of gaps(samples, nodeCount)) {
    const x = chart.valToPos(from / 1000, 'x', true)
    chart.ctx.fillRect(x, top, chart.valToPos(to / 1000, 'x', true) - x, height)
  }
  chart.ctx.restore()
}

/** Times in which a probe did not come to be visible on all nodes, neighbouring ones as one. */
function gaps(samples, nodeCount) {
  const found = []
  for (const { atMs, reached, visibleMs } of samples) {
    if (reached >= nodeCount && visibleMs !== null) continue
    const last = found.at(-1)
    if (last !== undefined && atMs - last[1] < 2 * probeMs) last[1] = atMs + probeMs / 2
    else found.push([atMs - probeMs / 2, atMs + probeMs / 2])
  }
  return found
}

/** A colour of the present theme as the canvas takes it: variables that depend on the theme are resolved on an element only. */
function colour(place, variable) {
  place.style.color = `var(${variable})`
  const resolved = getComputedStyle(place).color
  place.style.color = ''
  return resolved
}
