// A thread that starts, or refuses, or ends, as the name of its node says.
import { parentPort, workerData } from 'node:worker_threads'
import type { WorkerNews, WorkerTask } from './worker-messages.ts'

const { node } = workerData as WorkerTask
const tell = (news: WorkerNews) => parentPort!.postMessage(news)

if (node === 'refuses') tell({ type: 'refused', message: 'no such thing' })
else {
  tell({ type: 'standing', standing: { troubles: [{ level: 'degraded', reason: 'as it told' }] } })
  tell({ type: 'ready' })
  if (node === 'throws') setTimeout(() => Promise.reject(new Error('out of luck')), 20)
  if (node === 'exits') setTimeout(() => process.exit(1), 20)
  parentPort!.once('message', () => parentPort!.close())
}
