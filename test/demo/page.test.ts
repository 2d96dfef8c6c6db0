import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { type Browser, chromium, type Page } from 'playwright-core'
import { eventually } from '../cli/shoal-process.ts'
import { demoDirectory, startDemo } from './demo-process.ts'

const executablePath = process.env['SHOAL_CHROMIUM'] ?? '/usr/bin/chromium'
/** Bounds that are there to fail a hang; how fast things are is the benchmarks' business. */
const clickMs = 60_000
const settleMs = 60_000

test('the page shows the cluster as it is, and its buttons change it', { timeout: 300_000 }, async t => {
  if (!existsSync(executablePath)) {
    const message = `NOT TESTED: no browser at ${executablePath}: apt-get install chromium, or name another one in SHOAL_CHROMIUM`
    // A newcomer's machine may have none. CI brings one, and then a test that was left out is a fault.
    assert.ok(process.env['CI'] === undefined, message)
    t.skip(message)
    return
  }
  const demo = await startDemo(t, await demoDirectory(t))
  const { page, complaints } = await openPage(t, demo.page)
  const shown = shownOn(page)

  await t.test('three members are alive, each in the eyes of all three', async () => {
    await eventually(async () => assert.equal(await page.locator('.status.alive:not(.old)').count(), 9), settleMs)
    assert.deepEqual(await shown.conditions(), ['running', 'running', 'running'])
    // Members hear of each other before all are linked.
    await eventually(
      async () => assert.deepEqual(await shown.links(), { ab: 'linked', ac: 'linked', bc: 'linked' }),
      settleMs
    )
    const shares = await page
      .locator('.shares [data-owner]')
      .evaluateAll(items => items.map(item => item.dataset['owner']))
    assert.deepEqual(shares, ['a', 'b', 'c'])
  })

  await t.test('a click on one node shows on all three', async () => {
    await shown.write('b', '+1')
    await eventually(async () => assert.deepEqual(await shown.values(), ['1', '1', '1']), settleMs)
  })

  await t.test('the time from write to visible is measured', async () => {
    await eventually(
      async () => assert.match((await page.locator('[data-figure=median]').textContent()) ?? '', /^[\d.]+ ms$/),
      settleMs
    )
  })

  await t.test('a cut lets both sides write, and after the heal all have all of it', async () => {
    await shown.drill('c', 'Cut off')
    await eventually(
      async () => assert.deepEqual(await shown.links(), { ab: 'linked', ac: 'cut', bc: 'cut' }),
      settleMs
    )
    await shown.write('a', '+1')
    await shown.write('c', '+10')
    await eventually(async () => assert.deepEqual(await shown.values(), ['2', '2', '11']), settleMs)
    assert.equal(await page.locator('[data-agreement]').getAttribute('data-agreement'), 'differ')
    assert.deepEqual(await page.locator('tr.odd').evaluateAll(rows => rows.map(row => row.dataset['node'])), ['c'])
    await shown.drill('c', 'Heal')
    await eventually(async () => assert.deepEqual(await shown.values(), ['12', '12', '12']), settleMs)
    assert.equal(await page.locator('[data-agreement]').getAttribute('data-agreement'), 'equal')
    await eventually(
      async () => assert.deepEqual(await shown.links(), { ab: 'linked', ac: 'linked', bc: 'linked' }),
      settleMs
    )
  })

  await t.test('a killed node is seen to be dead, and comes back with what was written meanwhile', async () => {
    await shown.drill('a', 'Kill −9')
    await eventually(async () => {
      assert.deepEqual(await shown.conditions(), ['killed', 'running', 'running'])
      assert.equal(await page.locator('[aria-label="node a"] .status.dead').count(), 2)
    }, settleMs)
    await shown.write('c', '+1')
    await shown.drill('a', 'Bring back')
    await eventually(async () => assert.deepEqual(await shown.values(), ['13', '13', '13']), settleMs)
    await eventually(async () => assert.equal(await page.locator('.status.alive:not(.old)').count(), 9), settleMs)
  })

  await t.test('a paused node is shown as it was, and goes on', async () => {
    await shown.drill('b', 'Pause')
    await eventually(async () => assert.deepEqual(await shown.conditions(), ['running', 'paused', 'running']), settleMs)
    await shown.write('a', '+1')
    await eventually(async () => assert.deepEqual(await shown.values(), ['14', '13', '14']), settleMs)
    await shown.drill('b', 'Resume')
    await eventually(async () => assert.deepEqual(await shown.values(), ['14', '14', '14']), settleMs)
  })

  await t.test('every kind can be written, and a refusal says why', async () => {
    const cases: [kind: string, button: string, value: string][] = [
      ['tags', 'Add', 'herring'],
      ['cart', 'Add line', 'tea × 1'],
      ['document', 'Append', 'Fish swim. '],
      ['account', 'Deposit', '10']
    ]
    for (const [kind, button, value] of cases) {
      await page.getByRole('tab', { name: kind }).click()
      await shown.write('b', button)
      await eventually(async () => assert.deepEqual(await shown.values(), [value, value, value]), settleMs)
    }
    await shown.write('c', 'Withdraw')
    await shown.write('a', 'Withdraw')
    await page.getByRole('alert').getByText('INSUFFICIENT_FUNDS: balance is 0').waitFor({ timeout: clickMs })
  })

  await t.test('it fits a phone, in both themes, and asks nobody but the demo', async () => {
    await page.setViewportSize({ width: 360, height: 740 })
    for (const theme of ['Dark', 'Light']) {
      await page.getByRole('button', { name: theme }).click({ timeout: clickMs })
      assert.ok(
        await page.evaluate('document.documentElement.scrollWidth <= innerWidth'),
        'nothing sticks out sideways'
      )
    }
    assert.deepEqual(complaints, [])
  })
})

async function openPage(t: TestContext, address: string): Promise<{ page: Page; complaints: string[] }> {
  const browser: Browser = await chromium.launch({
    executablePath,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      // Where /dev/shm is small, as in containers, the page would crash.
      '--disable-dev-shm-usage',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync'
    ]
  })
  t.after(() => browser.close())
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, colorScheme: 'light' })
  const complaints: string[] = []
  page.on('pageerror', error => complaints.push(error.message))
  page.on('request', request => {
    if (!request.url().startsWith(`${address}/`)) complaints.push(`asked for ${request.url()}`)
  })
  // A refused action is a 422, which the browser logs; everything else that it complains of is a fault of the page.
  page.on('console', message => {
    if (message.type() === 'error' && !message.text().includes('422')) complaints.push(message.text())
  })
  await page.goto(address)
  return { page, complaints }
}

function shownOn(page: Page) {
  const texts = async (selector: string) => (await page.locator(selector).allTextContents()).map(text => text.trim())
  return {
    /** What each node is said to be doing. */
    conditions: () => texts('.card header .badge'),
    /** The actor's value on each node, as a reader sees it. */
    values: () => page.locator('td.value').allTextContents(),
    async links() {
      const links = await page
        .locator('[data-link]')
        .evaluateAll(found => found.map(link => [link.dataset['link'], link.dataset['state']]))
      return Object.fromEntries(links)
    },
    drill: (node: string, button: string) =>
      page
        .getByRole('region', { name: `node ${node}` })
        .getByRole('button', { name: button })
        .click({ timeout: clickMs }),
    /** Presses a button and waits for the node's answer. */
    async write(node: string, button: string) {
      const row = page.locator(`tr[data-node=${node}]`)
      const answered = page.waitForResponse(response => response.url().endsWith('/actions'), { timeout: clickMs })
      await row.getByRole('button', { name: button, exact: true }).click({ timeout: clickMs })
      await answered
    }
  }
}
