import { randomUUID } from 'node:crypto';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { jsonLine } from '../lib/document/json-line.ts';
import {
  compileFamily,
  type FamilyConfig,
  parseDuration,
  parseTargetGroups,
  planTargets,
  readOwnFamily,
} from '../lib/documents.ts';
import { formatReport, type ScrapeReport } from '../lib/explain/report.ts';
import { addressGuard, LOOPBACK_NETWORKS, PRIVATE_NETWORKS } from '../lib/io/address-guard.ts';
import { httpScrape } from '../lib/io/http.ts';
import { secretFiles } from '../lib/io/secret-files.ts';
import { secretsManagerSecrets } from '../lib/io/secrets-manager.ts';
import { ssmSecrets } from '../lib/io/ssm-secrets.ts';
import { folderStateStore, memoryStateStore } from '../lib/io/state-store.ts';
import { streamSink } from '../lib/io/stdout-sink.ts';
import { targetFiles } from '../lib/io/target-files.ts';
import { runScrape } from '../lib/scrape.ts';
import { scrapeMemory } from '../lib/scrape-memory.ts';
import { resolveSecrets, type Secrets } from '../lib/secrets.ts';
import { type Command, parseOptions, readNamed, UsageError } from './usage.ts';

const HELP = `Usage: prom-emf scrape --prometheus FILE --agent FILE [OPTIONS]

Scrapes every target of the documents and prints EMF lines on stdout, a summary on stderr.
Counters give their increase from the second round on.

  --prometheus FILE   Prometheus configuration (YAML)
  --agent FILE        CloudWatch agent configuration (JSON)
  --options FILE      options document (JSON)
  --targets FILE      file_sd document that stands for the ECS targets, such as discover prints
  --cluster NAME      ClusterName where the agent configuration names none
  --count N           rounds (default 1), each scraping every target
  --interval 15s      time from the start of one round to the next (default 15s)
  --state DIR         keep counters there from one run to the next (default: in memory)
  --allow NETWORK     also scrape addresses of this network (CIDR); may be repeated.
                      Private and loopback networks always are; link-local ones never
  --json              the summary as one line of JSON a round

Secrets of basic_auth, authorization and tls_config may be written out, stand in files (relative names are
those of the document's folder), or be references to SSM and Secrets Manager, as in deployed documents.

Examples:
  prom-emf scrape --prometheus prometheus.yaml --agent agent.json
  prom-emf scrape --prometheus prometheus.yaml --agent agent.json --targets targets.json --count 2 --interval 1m

Exit status: 0; 1 when no scrape of any target succeeded; 2 usage or configuration error.
`;

export const scrape: Command = {
  name: 'scrape',
  summary: 'scrape targets and print EMF lines',
  help: HELP,
  run: async (args) => {
    const { values, positionals } = parseOptions('scrape', args, {
      prometheus: { type: 'string' },
      agent: { type: 'string' },
      options: { type: 'string' },
      targets: { type: 'string' },
      cluster: { type: 'string', default: '' },
      count: { type: 'string', default: '1' },
      interval: { type: 'string', default: '15s' },
      state: { type: 'string' },
      allow: { type: 'string', multiple: true, default: [] },
      json: { type: 'boolean', default: false },
    });
    const { prometheus, agent } = values;
    if (positionals[0] !== undefined) throw new UsageError(`unexpected argument ${JSON.stringify(positionals[0])}`);
    if (prometheus === undefined || agent === undefined)
      throw new UsageError('scrape needs --prometheus FILE and --agent FILE; prom-emf scrape --help tells more');
    const { config, secrets } = await readConfig(prometheus, agent, values.options);
    const ecsTargets =
      values.targets === undefined ? [] : parseTargetGroups(await readNamed(values.targets), values.targets);
    const targets = await planTargets(config, 0, ecsTargets, targetFiles(dirname(prometheus), parseTargetGroups));
    const guard = networksOf(values.allow);
    const ports = {
      scrape: httpScrape({ guard }),
      state: values.state === undefined ? memoryStateStore() : folderStateStore(values.state),
      sink: streamSink(process.stdout),
      summary: (report: ScrapeReport) => printReport(report, values.json),
      clock: Date.now,
      nonce: randomUUID,
    };
    const families = [compileFamily(config, values.cluster)];
    const input = { families, targets, secrets, shard: 'command', memory: scrapeMemory() };
    const intervalMs = intervalOf(values.interval);
    let succeeded = false;
    for (let round = 0, startedAt = Date.now(); round < countOf(values.count); round += 1) {
      if (round > 0) {
        await sleep(Math.max(0, startedAt + intervalMs - Date.now()));
        startedAt = Math.max(Date.now(), startedAt + 1);
      }
      const report = await runScrape({ ...input, dueAt: startedAt }, ports);
      if (report.targets.some(({ up }) => up)) succeeded = true;
    }
    if (targets.length === 0) process.stderr.write('prom-emf: the documents name no target; give --targets FILE\n');
    return succeeded ? 0 : 1;
  },
};

export function printReport(report: ScrapeReport, json: boolean): void {
  process.stderr.write(`${json ? jsonLine(report, Number.POSITIVE_INFINITY) : formatReport(report)}\n`);
}

type OwnConfig = { readonly config: FamilyConfig; readonly secrets: Secrets };

/** The documents and their secrets: written out, in files beside the documents, or kept by AWS. */
async function readConfig(prometheus: string, agent: string, options: string | undefined): Promise<OwnConfig> {
  const document = async (file: string) => ({ address: file, text: await readNamed(file) });
  const { config, secrets } = readOwnFamily('command', {
    prometheus: await document(prometheus),
    agent: await document(agent),
    ...(options !== undefined && { options: await document(options) }),
  });
  const file = secretFiles(dirname(prometheus));
  const sources = { parameter: ssmSecrets(), secret: secretsManagerSecrets(), file };
  return { config, secrets: await resolveSecrets(config, secrets, sources) };
}

function networksOf(allowed: readonly string[]) {
  try {
    return addressGuard([...PRIVATE_NETWORKS, ...LOOPBACK_NETWORKS, ...allowed]);
  } catch (error) {
    throw new UsageError(`--allow: ${(error as Error).message}`);
  }
}

function countOf(text: string): number {
  if (!/^[1-9][0-9]{0,8}$/.test(text))
    throw new UsageError(`--count: expected a whole number of at least 1, found ${JSON.stringify(text)}`);
  return Number(text);
}

function intervalOf(text: string): number {
  try {
    return parseDuration(text);
  } catch (error) {
    throw new UsageError(`--interval: ${(error as Error).message}`);
  }
}
