// A process that takes the lock named on its command line, reports the outcome, and holds the lock until it is killed.
import { lockFolder } from './folder-lock.ts'

const lock = lockFolder(process.argv[2] ?? '', process.pid)
process.send?.({ locked: lock.ok })
setInterval(() => lock.ok, 1_000)
