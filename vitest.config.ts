import { defineConfig } from 'vitest/config'

// Three projects by file name: `*.test.ts` needs nothing but Node, `*.integration.test.ts` starts real processes and servers,
// `*.browser.test.ts` drives Chromium. Two workers, because the smallest supported machine has two cores.
// Unit tests of one worker share a process and its modules: to load them anew for each file took half of their time.
const project = (name: string, include: string[], exclude: string[], testTimeout: number) => ({
  test: {
    name,
    isolate: name !== 'unit',
    include,
    exclude: ['**/node_modules/**', '**/dist/**', ...exclude],
    testTimeout,
    hookTimeout: 120_000,
  },
})

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    projects: [
      project('unit', ['**/*.test.ts'], ['**/*.integration.test.ts', '**/*.browser.test.ts'], 20_000),
      project('integration', ['**/*.integration.test.ts'], [], 120_000),
      project('browser', ['**/*.browser.test.ts'], [], 120_000),
    ],
  },
})
