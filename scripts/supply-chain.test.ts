// What an installation takes from elsewhere: every package is fixed by its content, wherever a registry serves it from, and
// none runs a program when it is installed.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

interface LockedPackage {
  version?: string
  integrity?: string
  resolved?: string
  license?: string
  link?: true
  dev?: true
  hasInstallScript?: true
}

interface Manifest {
  dependencies: Record<string, string>
  optionalDependencies: Record<string, string>
  devDependencies: Record<string, string>
  scripts: Record<string, string>
}

const root = join(import.meta.dirname, '..')
const textOf = (file: string) => readFileSync(join(root, file), 'utf8')
const lock = JSON.parse(textOf('package-lock.json')) as { packages: Record<string, LockedPackage> }
const manifest = JSON.parse(textOf('package.json')) as Manifest
const packages = Object.entries(lock.packages).filter(([path]) => path !== '')
const namesWhere = (holds: (one: LockedPackage) => unknown) =>
  packages.filter(([, one]) => holds(one)).map(([path]) => path)

test('every locked package has the SHA-512 of its content', () => {
  expect(packages.length).toBeGreaterThan(100)
  expect(namesWhere(({ integrity }) => !/^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity ?? ''))).toEqual([])
})

test('no locked package names a host, a folder or a repository', () => {
  expect(namesWhere(({ resolved, link }) => resolved ?? link)).toEqual([])
  expect(textOf('.npmrc')).toContain('omit-lockfile-registry-resolved=true')
})

test('every dependency is asked for by one exact version', () => {
  const { dependencies, optionalDependencies, devDependencies } = manifest
  const all = Object.entries({ ...dependencies, ...optionalDependencies, ...devDependencies })
  const isExact = (version: string) => /^(npm:(@[\w.-]+\/)?[\w.-]+@)?\d+\.\d+\.\d+$/.test(version)
  expect(all.filter(([, version]) => !isExact(version))).toEqual([])
})

test('nothing that is delivered has an install script, and the set-up runs none', () => {
  expect(namesWhere(({ hasInstallScript, dev }) => hasInstallScript && !dev)).toEqual([])
  expect(namesWhere(({ hasInstallScript }) => hasInstallScript)).toEqual([
    'node_modules/@portkey-ai/gateway',
    'node_modules/protobufjs',
  ])
  expect(textOf('scripts/setup.mjs')).toMatch(/'ci',[^\]]*'--ignore-scripts'/)
  expect(Object.keys(manifest.scripts).filter((name) => /^(pre|post)?install$|^prepare$/.test(name))).toEqual([])
})

test('everything that is delivered may be delivered', () => {
  const permissive = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT', 'Unlicense']
  expect(namesWhere(({ dev, license }) => !dev && !permissive.includes(license ?? ''))).toEqual([])
})
