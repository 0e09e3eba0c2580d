// Portkey's open gateway as its package starts it, on the same Node: the widely used gateway in the same language.
import { join } from 'node:path'
import { freePort } from '../../shared/free-ports.ts'
import { accepts, startChildGroup } from './child-group.ts'
import { chatPath, chatTarget, mockBaseUrl, type Subject, type SubjectOptions } from './subject.ts'

export async function startPortkey(options: SubjectOptions): Promise<Subject> {
  const port = await freePort(Math.random)
  const folder = join(options.root, 'node_modules', '@portkey-ai', 'gateway')
  const authority = options.mock.authority
  const preload = new URL('./portkey-preload.mjs', import.meta.url).href
  const child = startChildGroup({
    command: process.execPath,
    args: ['--import', preload, join(folder, 'build', 'start-server.js'), `--port=${port}`, '--headless'],
    logFile: join(options.folder, 'portkey.log'),
    environment: { NODE_ENV: 'production', ...(authority ? { NODE_EXTRA_CA_CERTS: authority.file } : {}) },
    folder,
  })
  await child.waitUntil(() => accepts(port))
  return {
    name: 'portkey',
    group: child.group,
    target: (work) =>
      chatTarget(port, chatPath, work, {
        authorization: 'Bearer x',
        'x-portkey-provider': 'openai',
        'x-portkey-custom-host': mockBaseUrl(options.mock, work),
      }),
    stop: () => child.stop(),
  }
}
