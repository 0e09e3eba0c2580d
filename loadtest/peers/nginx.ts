// The reference: nginx `proxy_pass` with one worker, a keep-alive upstream and no buffering. It replaces the credential
// and does nothing else that a gateway does.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../../shared/free-ports.ts'
import { accepts, startChildGroup } from './child-group.ts'
import { chatTarget, mockPath, type Subject, type SubjectOptions } from './subject.ts'

export async function startNginx(options: SubjectOptions): Promise<Subject> {
  const port = await freePort(Math.random)
  const configFile = join(options.folder, 'nginx.conf')
  writeFileSync(configFile, configOf(options, port))
  const args = ['-c', configFile, '-e', join(options.folder, 'nginx-error.log')]
  const child = startChildGroup({ command: 'nginx', args, logFile: join(options.folder, 'nginx.log') })
  await child.waitUntil(() => accepts(port))
  return {
    name: 'nginx',
    group: child.group,
    target: (work) => chatTarget(port, `${work.tls ? '/tls' : ''}${mockPath(work)}`, work),
    stop: () => child.stop(),
  }
}

function configOf({ mock, folder }: SubjectOptions, port: number): string {
  const host = (url: string) => new URL(url).host
  const upstream = (name: string, url: string) =>
    `upstream ${name} { server ${host(url)}; keepalive 256; keepalive_requests 100000000; }`
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${folder};`)
  const secure = mock.tlsUrl === undefined ? '' : upstream('secure', mock.tlsUrl)
  return `worker_processes 1; worker_rlimit_nofile 65536; daemon off; pid ${folder}/nginx.pid;
error_log ${folder}/nginx-error.log;
events { worker_connections 30000; }
http {
  access_log off; client_max_body_size 8m; client_body_buffer_size 1m; keepalive_requests 100000000;
  ${temporary.join(' ')}
  ${upstream('plain', mock.url)}
  ${secure}
  proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Authorization "Bearer x"; proxy_buffering off;
  proxy_read_timeout 600s;
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / { proxy_pass http://plain; }
    ${secure === '' ? '' : tlsLocation(mock.authority?.file ?? '')}
  }
}
`
}

function tlsLocation(authorityFile: string): string {
  const trust = `proxy_ssl_trusted_certificate ${authorityFile}; proxy_ssl_verify on; proxy_ssl_name localhost;`
  return `location /tls/ { proxy_pass https://secure/; ${trust} }`
}
