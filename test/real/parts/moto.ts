import { join } from 'node:path';
import { answers, cached, freePort, type Stop, startPart } from './program.ts';

/** A running moto_server: every AWS service behind one URL, in memory. */
export type MotoPart = {
  readonly port: number;
  readonly url: string;
  /** Environment that leads the AWS SDK of any program to this server. */
  readonly environment: Readonly<Record<string, string>>;
  /** Settings that lead an AWS SDK client of this program to this server. */
  readonly client: MotoClientSettings;
  /** Every request with its status, and the traceback when moto itself fails. */
  readonly log: () => string;
  readonly stop: Stop;
};

export type MotoClientSettings = {
  readonly endpoint: string;
  readonly region: typeof region;
  readonly credentials: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
};

const region = 'eu-west-1' as const;

/** Starts moto_server on a loopback port. */
export function startMoto(): Promise<MotoPart> {
  return startPart('moto', async ({ start }) => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const { log } = await start({
      name: 'moto',
      command: cached('venv', 'bin', 'python'),
      args: [join(import.meta.dirname, '..', 'moto', 'server.py'), '-H', '127.0.0.1', '-p', String(port)],
      ready: () => answers(`${url}/moto-api/data.json`),
      timeoutMs: 60_000,
    });
    await keepTasksRunning(url);
    return { port, url, environment: motoEnvironment(url), client: motoClient(url), log };
  });
}

/** By default every DescribeTasks moves a task of moto one step on, from RUNNING towards STOPPED. */
async function keepTasksRunning(url: string): Promise<void> {
  const transition = { progression: 'manual', times: 1_000_000 };
  const response = await fetch(`${url}/moto-api/state-manager/set-transition`, {
    method: 'POST',
    body: JSON.stringify({ model_name: 'ecs::task', transition }),
  });
  if (!response.ok) throw new Error(`moto refused the transition of its tasks with ${response.status}`);
}

function motoClient(endpoint: string): MotoClientSettings {
  return { endpoint, region, credentials: { accessKeyId: 'testing', secretAccessKey: 'testing' } };
}

function motoEnvironment(url: string): Readonly<Record<string, string>> {
  return {
    AWS_ENDPOINT_URL: url,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: 'testing',
    AWS_SECRET_ACCESS_KEY: 'testing',
    AWS_SESSION_TOKEN: 'testing',
  };
}
