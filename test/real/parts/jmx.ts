import { join } from 'node:path';
import { answers, cached, freePort, type Stop, startPart } from './program.ts';

/** The two versions installed: the article's and a current one, which renames several metrics. */
export type JmxAgentVersion = '0.16.1' | '1.0.1';

/** A running JVM with the JMX exporter in it. */
export type JmxPart = {
  readonly host: string;
  readonly port: number;
  /** The exporter's exposition. */
  readonly url: string;
  readonly stop: Stop;
};

/** The JVM option that loads the JMX exporter on `host:port` with the rules of test/real/jmx. */
export function jmxAgentOption(version: JmxAgentVersion, host: string, port: number): string {
  const rules = join(import.meta.dirname, '..', 'jmx', 'kafka-connect-rules.yml');
  const jar = cached('agents', `jmx_prometheus_javaagent-${version}.jar`);
  return `-javaagent:${jar}=${host}:${port}:${rules}`;
}

/** Starts the Java program of Kafka Connect's MBeans under jmx_prometheus_javaagent of that version. */
export function startJmx(
  version: JmxAgentVersion,
  address: { readonly host?: string; readonly port?: number } = {},
): Promise<JmxPart> {
  return startPart('jmx', async ({ start }) => {
    const host = address.host ?? '127.0.0.1';
    const port = address.port ?? (await freePort(host));
    const url = `http://${host}:${port}/metrics`;
    const source = join(import.meta.dirname, '..', 'java', 'KafkaConnectBeans.java');
    await start({
      name: `jmx-${version}`,
      command: 'java',
      args: [...jvmOptions(128), jmxAgentOption(version, host, port), source],
      ready: () => exposesKafkaConnect(url),
      timeoutMs: 60_000,
    });
    return { host, port, url };
  });
}

/** Options for a JVM that starts fast and stays within `megabytes` of heap. */
export function jvmOptions(megabytes: number): readonly string[] {
  return [`-Xmx${megabytes}m`, '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];
}

/** The agent answers before the program behind it has registered its beans. */
async function exposesKafkaConnect(url: string): Promise<boolean> {
  if (!(await answers(url))) return false;
  const body = await (await fetch(url)).text();
  return body.includes('kafka_connect_connector_task_metrics_batch_size_avg{connector="source.ledger.v1"');
}
