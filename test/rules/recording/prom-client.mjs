import { createServer } from 'node:http';
import client from 'prom-client';

client.collectDefaultMetrics();
const seconds = new client.Histogram({
  name: 'http_request_duration_seconds',
  help: 'Duration of HTTP requests',
  labelNames: ['method', 'route', 'status'],
  buckets: [0.1, 1],
});
createServer(async (request, response) => {
  if (request.url === '/gc') {
    gc();
    return response.end();
  }
  if (request.url === '/metrics') return response.end(await client.register.metrics());
  seconds.observe({ method: 'GET', route: '/', status: '200' }, 0.02);
  response.end('ok');
}).listen(28202, '127.0.0.1');
