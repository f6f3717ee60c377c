import { readFileSync } from 'node:fs';

/** What an exporter answered, and whether it really did. */
export type Body = {
  readonly file: string;
  readonly origin: 'recorded' | 'written from the documentation';
  readonly contentType: string;
  readonly text: string;
};

/** The answers that each rule pack is tried on: a file of bodies/, or of the conformance data. */
const FILES: Readonly<Record<string, readonly string[]>> = {
  appmesh: ['bodies/envoy-1.40.0.prom'],
  fluentbit: ['bodies/fluent-bit-documented.prom'],
  go: ['bodies/client_golang-1.23.2.prom'],
  haproxy: ['../conformance/data/exporters/haproxy-2.6-builtin.text.1.prom', 'bodies/haproxy-exporter-0.14.0.prom'],
  javajmx: ['bodies/tomcat-jmx-0.16.1.prom', 'bodies/tomcat-jmx-1.0.1.prom'],
  'kafka-broker': ['bodies/kafka-broker-jmx-0.16.1.prom', 'bodies/kafka-broker-jmx-1.0.1.prom'],
  'kafka-connect': [
    '../conformance/data/exporters/kafka-connect-jmx-0.16.1.text.1.prom',
    '../conformance/data/jmx/connect-1.0.1.prom',
  ],
  memcached: ['bodies/memcached-exporter-0.14.3.prom'],
  nginx: ['../conformance/data/exporters/nginx-exporter-0.11.0.text.1.prom', 'bodies/nginx-exporter-1.1.0.prom'],
  nginxplus: ['bodies/nginx-plus-exporter-1.1.0.prom'],
  node: ['bodies/node-exporter-1.5.0.prom'],
  nodejs: ['bodies/prom-client-15.1.3.prom'],
  postgresql: ['bodies/postgres-exporter-0.11.1.prom', 'bodies/postgres-exporter-0.19.1.prom'],
  redis: ['../conformance/data/exporters/redis-exporter-1.45.0.text.1.prom'],
  spring: ['bodies/spring-boot-3.3.5.prom'],
  tomcat: ['bodies/tomcat-jmx-0.16.1.prom', 'bodies/tomcat-jmx-1.0.1.prom', 'bodies/tomcat-jmx-1.0.1-rules.prom'],
  traefik: ['bodies/traefik-3.7.13.prom'],
};

/** The bodies of a rule pack; none for a pack that nobody tried. */
export function bodiesOf(pack: string): readonly Body[] {
  return (FILES[pack] ?? []).map((file) => ({
    file,
    origin: file.includes('-documented') ? 'written from the documentation' : 'recorded',
    contentType: 'text/plain; version=0.0.4',
    text: readFileSync(new URL(file, import.meta.url), 'utf8'),
  }));
}
