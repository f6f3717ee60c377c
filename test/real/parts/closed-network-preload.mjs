// Loaded into a function before its code (NODE_OPTIONS=--import): lets it connect to the places that CLOSED_NETWORK
// lists, refuses all others, and writes each attempt as a line of JSON to the file of CLOSED_NETWORK_LOG.
import childProcess from 'node:child_process';
import dgram from 'node:dgram';
import dns from 'node:dns';
import { appendFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';

/** HOST:PORT as the code names it, to the [address, port] that stands for it here. */
const places = new Map(Object.entries(JSON.parse(process.env.CLOSED_NETWORK ?? '{}')));
const file = process.env.CLOSED_NETWORK_LOG ?? '';

function told(attempt, isAllowed) {
  appendFileSync(file, `${JSON.stringify({ attempt, isAllowed })}\n`);
  return isAllowed;
}

function refusal(attempt) {
  return Object.assign(new Error(`${attempt} is outside the closed network`), { code: 'ECONNREFUSED' });
}

const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function (...given) {
  // net.connect hands over its arguments as one list.
  const args = Array.isArray(given[0]) ? given[0] : given;
  const options = typeof args[0] === 'object' ? args[0] : { port: args[0], host: args[1] };
  const place = options.path ?? `${options.host ?? 'localhost'}:${options.port}`;
  const standIn = places.get(place);
  if (!told(`connect ${place}`, standIn !== undefined)) {
    process.nextTick(() => this.destroy(refusal(`connect ${place}`)));
    return this;
  }
  Object.assign(options, { host: standIn[0], port: standIn[1] });
  return connect.apply(this, typeof args[0] === 'object' ? given : [options, args.at(-1)]);
};

// A connection to a place that is open looks up the address of its stand-in.
const lookup = dns.lookup;
dns.lookup = (name, ...rest) => {
  if (net.isIP(name) !== 0) return lookup(name, ...rest);
  told(`look up ${name}`, false);
  process.nextTick(rest.at(-1), refusal(`look up ${name}`));
};

/** Ways out that none of our code needs. */
for (const [module, name] of [
  ...Object.keys(dns)
    .filter((key) => /^(resolve|reverse|lookupService)/.test(key))
    .map((key) => [dns, key]),
  ...Object.keys(dns.promises)
    .filter((key) => /^(lookup|resolve|reverse)/.test(key))
    .map((key) => [dns.promises, key]),
  ...Object.keys(childProcess)
    .filter((key) => /^(exec|fork|spawn)/.test(key))
    .map((key) => [childProcess, key]),
  [dgram, 'createSocket'],
]) {
  module[name] = (first) => {
    const attempt = `${name} ${typeof first === 'string' ? first : ''}`.trim();
    told(attempt, false);
    throw refusal(attempt);
  };
}
syncBuiltinESMExports();
