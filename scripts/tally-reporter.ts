// A Vitest reporter that writes what the last lines of a run need: the counts, and the tests that passed at a second try.
import { writeFileSync } from 'node:fs'
import type { Reporter, TestCase, TestModule } from 'vitest/node'
import type { Tally } from './tally.ts'

export class TallyReporter implements Reporter {
  readonly #path: string

  constructor(path: string) {
    this.#path = path
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()])
    const failed = tests.filter((test) => test.result().state === 'failed')
    // A file that does not load, or a hook that fails, has no failed test; it must not pass for success.
    const brokenFiles = modules.filter((module) => module.state() === 'failed' && !failed.some(isIn(module)))
    const tally: Tally = {
      passed: tests.filter((test) => test.result().state === 'passed').length,
      failed: failed.length + brokenFiles.length + unhandledErrors.length,
      secondTries: tests.filter((test) => (test.diagnostic()?.retryCount ?? 0) > 0).map(titleOf),
    }
    writeFileSync(this.#path, JSON.stringify(tally))
  }
}

function isIn(module: TestModule): (test: TestCase) => boolean {
  return (test) => test.module === module
}

function titleOf(test: TestCase): string {
  return `${test.module.relativeModuleId} > ${test.fullName}`
}
