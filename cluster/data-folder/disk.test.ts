import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { fileSystem } from './disk.ts'
import { diskContract } from './disk-contract.ts'

const folder = mkdtempSync(join(tmpdir(), 'headgate-disk-'))
afterAll(() => rmSync(folder, { recursive: true }))

diskContract('file system', () => ({ disk: fileSystem, folder: mkdtempSync(join(folder, 'disk-')) }))
