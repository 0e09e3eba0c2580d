// Every relative link of every page leads to a file, and its anchor to a heading there. Markdown renderers do not report
// broken ones.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { laterKinds, resourceKinds } from './shared/config/kinds/kind.ts'
import { judgeVariables } from './shared/variable-names.ts'

const root = import.meta.dirname
const folders = ['acceptance', 'cluster', 'docs', 'loadtest', 'nodes', 'shared']
const pages = [...markdownIn('.', false), ...folders.flatMap((folder) => markdownIn(folder, true))]

function markdownIn(folder: string, recursive: boolean): string[] {
  return readdirSync(join(root, folder), { recursive, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.md') && !entry.parentPath.includes('node_modules'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
}

/** The text of a page without its code, in which neither links nor headings are read. */
function proseOf(page: string): string {
  return readFileSync(join(root, page), 'utf8').replace(/^```[\s\S]*?^```$/gm, '')
}

/** Anchors as GitHub derives them from headings: lower case, punctuation removed, spaces as hyphens, repeats numbered. */
function anchorsOf(page: string): Set<string> {
  const seen = new Map<string, number>()
  const headings = proseOf(page).matchAll(/^#{1,6} (.+)$/gm)
  return new Set(
    [...headings].map(([, heading = '']) => {
      const anchor = heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .replace(/\s/g, '-')
      const repeats = seen.get(anchor) ?? 0
      seen.set(anchor, repeats + 1)
      return repeats === 0 ? anchor : `${anchor}-${repeats}`
    }),
  )
}

function linksOf(page: string): string[] {
  const prose = proseOf(page).replace(/`[^`\n]*`/g, '')
  const links = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link)
  return links.filter((link) => !/^[a-z]+:/.test(link))
}

function targetOf(page: string, link: string): string {
  const [path = ''] = link.split('#')
  return path === '' ? page : relative(root, resolve(root, dirname(page), path))
}

/** The fault of one link of a page; undefined when it leads somewhere. */
function problemOf(page: string, link: string): string | undefined {
  const target = targetOf(page, link)
  if (!existsSync(join(root, target))) return `${page}: ${link}: there is no such file`
  const [, anchor] = link.split('#')
  if (anchor === undefined) return undefined
  return anchorsOf(target).has(anchor) ? undefined : `${page}: ${link}: there is no such heading`
}

test('every relative link of a page leads to a file and a heading', () => {
  const links = pages.flatMap((page) => linksOf(page).map((link) => problemOf(page, link)))
  expect(links.length).toBeGreaterThan(50)
  expect(links.filter((problem) => problem !== undefined)).toEqual([])
})

test.each(['docs', 'docs/decisions'])('the index of %s names each of its pages', (folder) => {
  const index = join(folder, 'README.md')
  const named = new Set(linksOf(index).map((link) => targetOf(index, link)))
  const others = markdownIn(folder, false).filter((page) => page !== index)
  expect(others.length).toBeGreaterThan(5)
  expect(others.filter((page) => !named.has(page))).toEqual([])
})

test('every variable that a page names is one that is read', () => {
  const named = pages
    .filter((page) => !page.startsWith('CHANGELOG'))
    .flatMap((page) => readFileSync(join(root, page), 'utf8').match(/HEADGATE_[A-Z]+(?:_[A-Z]+)*/g) ?? [])
  const { mistyped, unknown } = judgeVariables(Object.fromEntries(named.map((name) => [name, 'x'])))
  expect(named.length).toBeGreaterThan(50)
  // An example of a mistake, and a variable of clients.
  expect([...mistyped.map(({ name }) => name), ...unknown].toSorted()).toEqual(['HEADGATE_KEY', 'HEADGATE_PROT'])
})

test('the kinds that are enforced, and those that are known and refused, are listed as they are', () => {
  const page = readFileSync(join(root, 'docs/configuration.md'), 'utf8')
  const namesIn = (line: RegExp) => [...(line.exec(page)?.[1] ?? '').matchAll(/`([a-z-]+)`/g)].map(([, name]) => name)
  expect(namesIn(/nine kinds of resource: ([^.]+)\./)).toEqual(Object.keys(resourceKinds))
  expect(namesIn(/^- kinds: (.+)$/m)).toEqual([...laterKinds])
})
