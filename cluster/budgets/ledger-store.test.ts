import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ledgerStoreContract } from './ledger-store-contract.ts'
import { memoryLedgerStore } from './memory-ledger-store.ts'
import { sealLedgers } from './sealed-ledgers.ts'
import { SqliteLedgerStore } from './sqlite-ledger-store.ts'

function sqlite() {
  const folder = mkdtempSync(join(tmpdir(), 'budgets-'))
  const path = join(folder, 'budgets.sqlite')
  return { path, store: new SqliteLedgerStore(path), remove: () => rmSync(folder, { recursive: true }) }
}

ledgerStoreContract('memory', async () => ({ stores: [memoryLedgerStore()], close: async () => {} }))

ledgerStoreContract('SQLite', async () => {
  const { store, remove } = sqlite()
  return { stores: [store], close: () => store.close().then(remove) }
})

const key = new Uint8Array(32).fill(7)

ledgerStoreContract('sealed', async () => ({ stores: [sealLedgers(memoryLedgerStore(), key)], close: async () => {} }))

test('a file keeps what was written across a restart', async () => {
  const { path, store, remove } = sqlite()
  await store.write('1', new TextEncoder().encode('one'), 0)
  await store.close()
  const again = new SqliteLedgerStore(path)
  expect(await again.read('1')).toMatchObject({ ok: true, value: { version: 1 } })
  await again.close()
  remove()
})

test.each<[string, (rows: Map<string, { value: Uint8Array; version: number }>) => void]>([
  ['of another table', (rows) => rows.set('1', rows.get('2') as { value: Uint8Array; version: number })],
  ['that somebody changed', (rows) => flip(rows.get('1')?.value, 20)],
])('a sealed value %s does not open', async (_, tamper) => {
  const rows = new Map<string, { value: Uint8Array; version: number }>()
  const store = sealLedgers(memoryLedgerStore(rows), key)
  await store.write('1', new TextEncoder().encode('one'), 0)
  await store.write('2', new TextEncoder().encode('two'), 0)
  tamper(rows)
  expect(await store.read('1')).toMatchObject({ ok: false, error: { type: 'unavailable' } })
})

function flip(bytes: Uint8Array = new Uint8Array(), index = 0): void {
  bytes[index] = (bytes[index] ?? 0) ^ 1
}
