import { fileURLToPath } from 'node:url'

/** Arguments with which this Node runs a TypeScript file of ours in a process of its own. */
export function scriptArguments(url: URL): string[] {
  const preload = fileURLToPath(new URL('../scripts/strip-types.mjs', import.meta.url))
  return ['--disable-warning=ExperimentalWarning', '--import', preload, fileURLToPath(url)]
}

/**
 * A shell line that runs its arguments with as many file descriptors as ten thousand streams need. Where the limit
 * cannot be raised, everything smaller still works.
 */
export const withManyDescriptors = 'ulimit -n 65536 2>/dev/null; exec "$0" "$@"'
