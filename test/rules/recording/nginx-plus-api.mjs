import { createServer } from 'node:http';

const codes = { 200: 900, 404: 30, 502: 4 };
const responses = { '1xx': 0, '2xx': 900, '3xx': 20, '4xx': 30, '5xx': 4, codes, total: 954 };
const ssl = { handshakes: 40, handshakes_failed: 1, session_reuses: 12 };
const peer = (id, server) => ({
  id,
  server,
  name: server,
  backup: false,
  weight: 1,
  state: 'up',
  active: 1,
  requests: 470,
  responses,
  sent: 51000,
  received: 402000,
  fails: 2,
  unavail: 0,
  health_checks: { checks: 60, fails: 1, unhealthy: 0, last_passed: true },
  header_time: 9,
  response_time: 12,
  ssl,
});
const answers = {
  '': ['nginx', 'processes', 'connections', 'slabs', 'http', 'resolvers', 'ssl', 'workers'],
  nginx: {
    version: '1.25.1',
    build: 'nginx-plus-r30',
    address: '127.0.0.1',
    generation: 1,
    load_timestamp: '2026-11-24T00:00:00Z',
    timestamp: '2026-11-24T00:10:00Z',
    pid: 8,
    ppid: 1,
  },
  processes: { respawned: 0 },
  connections: { accepted: 1200, dropped: 3, active: 5, idle: 2 },
  slabs: {},
  ssl,
  'http/requests': { total: 954, current: 1 },
  'http/caches': {},
  'http/limit_conns': {},
  'http/limit_reqs': {},
  resolvers: {},
  'http/server_zones': {
    shop: { processing: 1, requests: 954, responses, discarded: 0, received: 80000, sent: 500000, ssl },
  },
  'http/location_zones': { orders: { requests: 700, responses, discarded: 0, received: 60000, sent: 400000 } },
  'http/upstreams': {
    orders: { peers: [peer(0, '10.0.0.11:8080'), peer(1, '10.0.0.12:8080')], keepalive: 2, zombies: 0, zone: 'orders' },
  },
  workers: [],
};
createServer((q, r) => {
  const path = q.url.replace(/^\/api\/?/, '');
  const rest = path.replace(/^\d+\/?/, '').replace(/\/$/, '');
  const answer = path === '' ? [4, 5, 6, 7, 8, 9] : answers[rest];
  r.statusCode = answer === undefined ? 404 : 200;
  r.end(JSON.stringify(answer ?? { error: { status: 404, text: 'path not found', code: 'PathNotFound' } }));
}).listen(28200, '127.0.0.1');
