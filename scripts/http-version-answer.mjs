// The parser of uWebSockets.js refuses HTTP/1.0 before the gateway sees the request, with a fixed HTML page. It meets everybody who
// puts an nginx older than 1.29.7 in front with its defaults, and says nothing of use. The page is data in the binary; this replaces
// it by a JSON error of the same length that names the line to add. Linux only: on macOS a changed binary loses its signature.
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const page =
  'HTTP/1.1 505 HTTP Version Not Supported\r\nConnection: close\r\n\r\n' +
  '<h1>HTTP Version Not Supported</h1><p>This server does not support HTTP/1.0.</p><hr><i>uWebSockets/20 Server</i>'
const error = {
  message: 'Use HTTP/1.1 (proxy_http_version 1.1;)',
  type: 'invalid_request_error',
  param: null,
  code: 'http_1_0',
}
const answer = `HTTP/1.1 505 \r\nContent-Type: application/json\r\n\r\n${JSON.stringify({ error })}`

/** Quick when it is done already. A binary without the page stays as it is. */
export function answerOldHttpInJson(root, { platform, arch } = process) {
  const folder = join(root, 'node_modules', 'uWebSockets.js', 'dist', 'bin')
  const stamp = join(folder, `.http-version-answer-${arch}`)
  if (platform !== 'linux' || !existsSync(folder) || (existsSync(stamp) && readFileSync(stamp, 'utf8') === answer))
    return
  const files = readdirSync(folder).filter((name) => name.startsWith(`uws_linux_${arch}_`) && name.endsWith('.node'))
  for (const file of files) replaceIn(join(folder, file))
  writeFileSync(stamp, answer)
}

function replaceIn(path) {
  const bytes = readFileSync(path)
  const at = bytes.indexOf(page)
  if (at < 0 || bytes.indexOf(page, at + 1) >= 0 || answer.length > page.length) return
  bytes.write(answer.padEnd(page.length), at, 'latin1')
  // Another file in its place: a process that runs keeps the one that it has mapped.
  writeFileSync(`${path}.${process.pid}`, bytes)
  renameSync(`${path}.${process.pid}`, path)
}
