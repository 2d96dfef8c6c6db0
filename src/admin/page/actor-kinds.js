/** The shop's kinds as the page shows them: what may be typed, what the buttons call, and how a state looks. */
import { html } from '/lib/preact.js'

const number = text => (text.trim() === '' ? text : Number(text))

export const kinds = {
  counter: {
    id: 'visits',
    about: 'A counter that every node adds to on its own; sums meet.',
    inputs: [],
    buttons: [
      { label: '−1', call: () => ['add', -1] },
      { label: '+1', call: () => ['add', 1] },
      { label: '+10', call: () => ['add', 10] }
    ],
    show: state => html`<span class="figure">${state}</span>`
  },
  tags: {
    id: 'fish',
    about: 'A set of words. An add wins over a removal that did not see it.',
    inputs: [{ name: 'tag', value: 'herring' }],
    buttons: [
      { label: 'Add', call: ({ tag }) => ['add', tag] },
      { label: 'Remove', call: ({ tag }) => ['remove', tag] }
    ],
    show: state => (state.length === 0 ? empty : state.map(tag => html`<span class="chip">${tag}</span>`))
  },
  cart: {
    id: 'user-42',
    about: 'A map of counters: quantities that are added on two sides add up.',
    inputs: [
      { name: 'sku', value: 'tea' },
      { name: 'quantity', value: '1', isNumber: true }
    ],
    buttons: [
      { label: 'Add line', call: ({ sku, quantity }) => ['addLine', { sku, quantity: number(quantity) }] },
      { label: 'Remove', call: ({ sku }) => ['removeLine', { sku }] }
    ],
    show: state => {
      const lines = Object.entries(state.lines)
      return lines.length === 0
        ? empty
        : lines.map(([sku, quantity]) => html`<span class="chip">${sku} <b>× ${quantity}</b></span>`)
    }
  },
  document: {
    id: 'notes',
    about: 'A text. Both sides of a cut may write; the letters of each stay together.',
    inputs: [{ name: 'text', value: 'Fish swim. ' }],
    buttons: [
      { label: 'Append', call: ({ text }, state) => ['insert', { at: state?.length ?? 0, text }] },
      { label: 'Prepend', call: ({ text }) => ['insert', { at: 0, text }] },
      { label: 'Clear', call: (_inputs, state) => ['remove', { at: 0, length: state?.length ?? 0 }] }
    ],
    show: state => (state === '' ? empty : html`<span class="text">${state}</span>`)
  },
  account: {
    id: 'ann',
    about: 'An exclusive actor: only its owner runs it, and it refuses an overdraft.',
    inputs: [{ name: 'amount', value: '10', isNumber: true }],
    buttons: [
      { label: 'Deposit', call: ({ amount }) => ['deposit', { amount: number(amount) }] },
      { label: 'Withdraw', call: ({ amount }) => ['withdraw', { amount: number(amount) }] }
    ],
    show: state => html`<span class="figure">${state.balance}</span>`
  }
}

const empty = html`<span class="muted">empty</span>`
