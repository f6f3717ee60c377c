// The server behind Envoy, Traefik and HAProxy: node upstream.mjs PORT.
import { createServer } from 'node:http';

const STATUSES = { '/fail': 500, '/missing': 404 };

createServer(({ url = '/' }, response) => {
  const [, status = 200] = Object.entries(STATUSES).find(([end]) => url.endsWith(end)) ?? [];
  response.writeHead(status).end('ok\n');
}).listen(Number(process.argv[2]), '127.0.0.1');
