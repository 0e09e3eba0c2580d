// The built console in a real browser, under the page policy it is served with.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { buildConsoleIfNeeded } from './build.mjs'
import { hostileText, objectivesBody } from './fixture-answers.ts'
import { adminToken, FixtureServer } from './fixture-server.ts'

const chromiumPaths = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const executablePath = chromiumPaths.find((path) => existsSync(path))
if (executablePath === undefined && process.env['CI'] === 'true') throw new Error('the browser tests need Chromium')
const quietFlags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
const skipReason = executablePath === undefined ? ' (skipped: Chromium is not installed)' : ''

describe.skipIf(executablePath === undefined)(`the console in a browser${skipReason}`, () => {
  let browser: Browser
  let server: FixtureServer
  let origin: string
  let page: Page
  /** Broken policy, failed scripts, requests to elsewhere: whatever happens in a test, none of them may. */
  let wrongs: string[]

  beforeAll(async () => {
    await buildConsoleIfNeeded()
    browser = await chromium.launch({ executablePath: executablePath!, args: quietFlags })
  })
  afterAll(() => browser.close())

  beforeEach(async () => {
    server = new FixtureServer(join(import.meta.dirname, 'dist'))
    origin = await server.listen()
    wrongs = []
    const context = await browser.newContext({ baseURL: origin, permissions: ['clipboard-read', 'clipboard-write'] })
    page = await context.newPage()
    page.setDefaultTimeout(10_000)
    page.on('pageerror', (error) => wrongs.push(`script failed: ${error.message}`))
    page.on('console', (message) => {
      if (/Content Security Policy|Refused to/.test(message.text())) wrongs.push(message.text())
    })
    page.on('request', (request) => {
      if (!request.url().startsWith(origin)) wrongs.push(`asked elsewhere: ${request.url()}`)
    })
  })
  afterEach(async () => {
    const isHit = await page.evaluate(() => 'hit' in window)
    await page.context().close()
    await server.close()
    expect(wrongs).toEqual([])
    expect(isHit).toBe(false)
  })

  const heading = (name: string) => page.getByRole('heading', { name, level: 1 })
  async function signInByLink(): Promise<void> {
    await page.goto(server.makeLink())
    await heading('Connect').waitFor()
  }

  test('a one-time link signs in, leaves no token in the address, and works once', async () => {
    const link = server.makeLink()
    await page.goto(link)
    await heading('Connect').waitFor()
    expect(new URL(page.url()).pathname + new URL(page.url()).search).toBe('/')
    expect(await page.evaluate(() => document.cookie)).toBe('')

    await page.getByRole('button', { name: 'Sign out' }).click()
    await heading('Sign in to the console').waitFor()
    await page.goto(link)
    await page.getByRole('alert').getByText('This link or token does not open a session.').waitFor()
    expect(await page.getByRole('alert').getByRole('paragraph').allTextContents()).toEqual([
      'Sign in first',
      'This link or token does not open a session.',
    ])
    expect(page.url()).toBe(`${origin}/sign-in`)
  })

  test('the admin token signs in from any page, and the page that was wanted is shown', async () => {
    await page.goto('/status')
    await page.getByLabel('Admin token').fill('wrong-token-wrong-token')
    await page.keyboard.press('Enter')
    await page.getByRole('alert').getByText('This link or token does not open a session.').waitFor()
    await page.getByLabel('Admin token').fill(adminToken)
    await page.keyboard.press('Enter')
    await heading('Status').waitFor()
  })

  test('a session that ended elsewhere leads to the sign-in page', async () => {
    await signInByLink()
    server.endSession()
    await heading('Sign in to the console').waitFor()
  })

  test('a key is made, shown once and filled into every snippet', async () => {
    await signInByLink()
    await page.getByLabel('Name', { exact: true }).fill('taken')
    await page.getByRole('button', { name: 'Create key' }).click()
    await page.getByText('is in use by another key').waitFor()
    await page.getByLabel('Name', { exact: true }).fill('notebook')
    await page.getByRole('button', { name: 'Create key' }).click()
    await page.getByText('it is shown only this once').waitFor()

    for (const tab of await page.getByRole('tab').all()) {
      await tab.click()
      const snippet = await page.getByRole('tabpanel').locator('pre').textContent()
      expect(snippet).toContain('hg_key-1_4f1c')
      expect(snippet).toContain('http://127.0.0.1:8080')
      expect(snippet).toContain('fast')
    }
    await page.getByRole('button', { name: 'Copy key' }).click()
    await page.getByRole('button', { name: 'Copy key' }).getByText('Copied').waitFor()
    expect(await page.evaluate(() => navigator.clipboard.readText())).toMatch(/^hg_key-1_/)
    await page.reload()
    await heading('Connect').waitFor()
    expect(await page.content()).not.toContain('hg_key-1_')
  })

  test("the tick waits for the new key's own request and tells its figures", async () => {
    server.addRequest()
    await signInByLink()
    await page.getByRole('button', { name: 'Create key' }).click()
    await page.getByText('it is shown only this once').waitFor()
    const card = page.getByRole('region', { name: 'Waiting for your first request…' })
    await card.waitFor()
    server.addRequest()
    await page.waitForTimeout(1_500)
    expect(await card.count()).toBe(1)

    server.addRequest({ key: 'key-1', model: 'demo/echo', totalMs: 42, costUsd: 0 })
    const arrived = page.getByRole('region', { name: 'Your first request arrived' })
    await arrived.waitFor()
    const text = await arrived.textContent()
    for (const part of ['demo/echo', 'ok 200', '42 ms', '$0', '09:30:']) expect(text).toContain(part)
    expect(await arrived.locator('.badge-demo').textContent()).toBe('demo')
    const today = page.getByRole('region', { name: 'Today' })
    await today.getByText('$0.09').waitFor()
    await today.getByText('errors, rejected requests included').waitFor()
    for (const row of await today.getByRole('listitem').allTextContents()) expect(row).not.toMatch(/[^0-9]0$/)
  })

  test("without a new key, any request after the page's opening ticks", async () => {
    server.addRequest()
    await signInByLink()
    await page.waitForResponse(/api\/v1\/requests/)
    await page.waitForTimeout(200)
    server.addRequest({ model: 'smart' })
    await page.getByRole('region', { name: 'Your first request arrived' }).getByText('smart').waitFor()
  })

  test('requests are listed, filtered and opened with their attempts', async () => {
    // More than the page shows: what the filter finds is not among what was loaded.
    for (let i = 0; i < 70; i++) server.addRequest(i === 5 ? { status: 'failed', httpStatus: 502, model: 'smart' } : {})
    await signInByLink()
    await page.getByRole('link', { name: 'Requests' }).click()
    const rows = page.locator('tbody tr')
    await rows.nth(49).waitFor()
    await page.getByLabel('Status', { exact: true }).selectOption('failed')
    await rows.nth(1).waitFor({ state: 'detached' })
    expect(await rows.count()).toBe(1)
    await page.getByLabel('Status', { exact: true }).selectOption('')
    await rows.nth(49).waitFor()
    await page.getByRole('searchbox').fill('SMART')
    await rows.nth(1).waitFor({ state: 'detached' })
    expect(await rows.count()).toBe(1)
    expect(server.requestQueries).toContain('limit=50&status=failed')
    expect(server.requestQueries).toContain('limit=50&text=SMART')
    await page.getByRole('searchbox').fill('nothing like it')
    await page.getByText('Nothing matches').waitFor()
    await page.getByRole('searchbox').fill('req_01k0005')

    await page.getByRole('button', { name: 'Details of req_01k0005' }).focus()
    await page.keyboard.press('Enter')
    const drawer = page.getByRole('dialog', { name: 'Request' })
    await drawer.getByText('gpt-4o-mini').waitFor()
    expect(await drawer.textContent()).toContain('http-error 503')
    expect(await drawer.textContent()).toContain('The model is overloaded.')
    expect(page.url()).toContain('id=req_01k0005')
    await page.keyboard.press('Escape')
    await page.waitForURL(`${origin}/requests`)
    expect(await drawer.count()).toBe(0)
    expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe('Details of req_01k0005')
  })

  test('status shows nodes, targets and why the installation is degraded', async () => {
    server.readiness = { status: 'degraded', reasons: ['the configuration is 3 revisions behind'] }
    await signInByLink()
    await page.getByRole('link', { name: 'Status' }).click()
    await page.getByText('Headgate is degraded').waitFor()
    await page.getByText('the configuration is 3 revisions behind').waitFor()
    const nodes = await page.getByRole('region', { name: 'Nodes' }).last().textContent()
    for (const part of ['aggregator', '9f2ab8c1', 'draining', '4.20 s', '2 dropped', 'invalid_api_key 41'])
      expect(nodes).toContain(part)
    const targets = await page.getByRole('region', { name: 'Targets' }).last().textContent()
    for (const part of ['gpt-4o-mini', 'ejected', '231 ms', '1.12 s']) expect(targets).toContain(part)
    for (const part of ['84.2 % / 79 %', '× 0.28']) expect(targets).toContain(part)
  })

  test('objectives show what burns, how much budget is left, and what became of their alerts', async () => {
    await signInByLink()
    await page.getByRole('link', { name: 'Objectives' }).click()
    await page.getByText('No objective yet').waitFor()
    server.objectives = objectivesBody()
    const row = page.getByRole('row').filter({ hasText: 'fast-answers' }).first()
    await row.waitFor()
    const burning = await row.textContent()
    for (const part of ['99.9 % answered, 30d', 'model fast', 'page', '-21.4 %', '55×', '15×', '37 / 182K']) {
      expect(burning).toContain(part)
    }
    await page.getByRole('progressbar', { name: 'Budget left of fast-first-token' }).waitFor()
    await page.getByText('not judged').waitFor()
    const alerts = await page.getByRole('region', { name: 'Alerts' }).last().textContent()
    for (const part of ['page firing', 'ticket resolved', 'told', 'waiting', '50× over 5 min']) {
      expect(alerts).toContain(part)
    }
    await page.getByText('Judged each second by n-4f1c.').waitFor()
    server.objectives = objectivesBody({ stale: true })
    await page.getByText('Last judged 1.2 min ago, by n-4f1c').waitFor()
    expect(await page.locator('img').count()).toBe(0)
  })

  test('what callers and upstreams wrote is shown as text, never run', async () => {
    server.addRequest({
      id: hostileText,
      model: hostileText,
      errorCode: hostileText,
      status: hostileText,
      team: hostileText,
      route: hostileText,
    })
    await signInByLink()
    await page.getByLabel('Model', { exact: true }).selectOption(hostileText)
    await page.getByRole('tabpanel').getByText('<script>').first().waitFor()
    await page.getByRole('link', { name: 'Status' }).click()
    await page.getByText('onerror').first().waitFor()
    await page.goto(`/requests?id=${encodeURIComponent(hostileText)}`)
    await page.getByRole('dialog').getByText('http-error 503').waitFor()
    expect(await page.getByRole('dialog').textContent()).toContain('<script>window.hit=1</script>')
    expect(await page.locator('img, body script').count()).toBe(0)
  })

  test('an API that does not answer is said plainly, and the page recovers by itself', async () => {
    server.addRequest()
    await signInByLink()
    await page.getByRole('link', { name: 'Requests' }).click()
    await page.locator('tbody tr').first().waitFor()
    server.isDown = true
    await page.getByRole('alert').getByText('No aggregator answers.').waitFor()
    expect(await page.locator('tbody tr').count()).toBe(1)
    server.isDown = false
    await page.getByRole('alert').waitFor({ state: 'detached' })
  })

  test('the keyboard reaches the content first, then every page and tab', async () => {
    await signInByLink()
    await page.keyboard.press('Tab')
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to content')
    await page.keyboard.press('Enter')
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('main')
    await page.getByRole('tab', { name: 'curl' }).focus()
    await page.keyboard.press('ArrowRight')
    expect(await page.getByRole('tab', { selected: true }).textContent()).toBe('Python')
    await page.keyboard.press('End')
    expect(await page.getByRole('tab', { selected: true }).textContent()).toBe('Qwen Code')
  })

  test('no page is wider than a telephone', async () => {
    for (let i = 0; i < 3; i++) server.addRequest({ id: `${hostileText}${i}`, model: hostileText })
    await page.setViewportSize({ width: 390, height: 844 })
    await signInByLink()
    server.objectives = objectivesBody()
    for (const name of ['Connect', 'Requests', 'Objectives', 'Status']) {
      await page.getByRole('link', { name, exact: true }).click()
      await page.waitForTimeout(300)
      expect(await page.evaluate(() => document.documentElement.scrollWidth), name).toBeLessThanOrEqual(390)
    }
  })
})
