import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { answers, freePort, type Stop, startPart } from './program.ts';

/** A running NGINX and the exporter that scrapes it. */
export type NginxPart = {
  /** The exporter's address; `http://HOST:PORT/metrics` is its exposition. */
  readonly host: string;
  readonly port: number;
  readonly url: string;
  /** NGINX itself: any request moves nginx_http_requests_total. */
  readonly siteUrl: string;
  readonly stop: Stop;
};

/** Starts NGINX with the article's stub_status server and prometheus-nginx-exporter on loopback. */
export function startNginx(address: { readonly host?: string; readonly port?: number } = {}): Promise<NginxPart> {
  return startPart('nginx', async ({ folder, start }) => {
    const sitePort = await freePort();
    const siteUrl = `http://127.0.0.1:${sitePort}/`;
    const configuration = join(folder, 'nginx.conf');
    writeFileSync(configuration, nginxConfiguration(folder, sitePort));
    await start({
      name: 'nginx',
      command: 'nginx',
      args: ['-c', configuration, '-p', folder, '-e', 'stderr'],
      ready: () => answers(siteUrl),
      timeoutMs: 15_000,
    });

    const host = address.host ?? '127.0.0.1';
    const port = address.port ?? (await freePort(host));
    const url = `http://${host}:${port}/metrics`;
    await start({
      name: 'prometheus-nginx-exporter',
      command: 'prometheus-nginx-exporter',
      args: [`-nginx.scrape-uri=${siteUrl}`, `-web.listen-address=${host}:${port}`],
      ready: () => answers(url),
      timeoutMs: 15_000,
    });
    return { host, port, url, siteUrl };
  });
}

function nginxConfiguration(folder: string, port: number): string {
  const bodies = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return [
    'daemon off;',
    'worker_processes 1;',
    `pid ${folder}/nginx.pid;`,
    'error_log stderr warn;',
    'events { worker_connections 64; }',
    'http {',
    '  access_log off;',
    ...bodies.map((body) => `  ${body}_temp_path ${folder}/${body};`),
    '  server {',
    `    listen 127.0.0.1:${port};`,
    '    server_name _;',
    '    location / { stub_status; access_log off; }',
    '  }',
    '}',
    '',
  ].join('\n');
}
