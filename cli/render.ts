import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { SSMClient } from '@aws-sdk/client-ssm';
import { formatProblem, type Problem } from '../lib/document/problem.ts';
import { folderDocumentStore } from '../lib/io/folder-documents.ts';
import { ssmDocumentStore } from '../lib/io/ssm-documents.ts';
import { type RenderedFamily, readRulePacks, renderFamilies, writeFamilies } from '../lib/render.ts';
import { packs } from '../rules/index.ts';
import { type Command, parseOptions, readNamed, UsageError } from './usage.ts';

const HELP = `Usage: prom-emf render COMPOSE... [OPTIONS]

Renders the x-prometheus sections of compose files, merged in order, into a Prometheus configuration, a
CloudWatch agent configuration and an options document for each task family. A refused render writes nothing.

  --out DIR            write FAMILY/prometheus.yaml, agent.json and options.json there
  --ssm PREFIX         write SSM parameters PREFIX/CLUSTER/FAMILY/{prometheus,agent,options}
                       (neither: one JSON document on stdout)
  --cluster NAME       the ECS cluster (default: default)
  --engine lambda      for the prom-emf functions; agent comes with a later release
  --compat compose-x   patterns and job names as ECS Compose-X 1.1.9 renders them
  --stack-id ID        with --compat: the first eight digits of the CloudFormation stack id
  --stack-name NAME    with --compat: the stack's name
  --json               addresses as a JSON list; warnings and sizes as one line of JSON

Examples:
  prom-emf render compose.yaml --cluster prod --out documents
  prom-emf render compose.yaml aws.yaml --cluster prod --ssm /prom-emf/dev

Exit status: 0; 1 when writing failed; 2 usage or configuration error, each with its place.
`;

export const render: Command = {
  name: 'render',
  summary: 'render compose files into documents',
  help: HELP,
  run: async (args) => {
    const { values, positionals } = parseOptions('render', args, {
      out: { type: 'string' },
      ssm: { type: 'string' },
      cluster: { type: 'string', default: 'default' },
      engine: { type: 'string', default: 'lambda' },
      compat: { type: 'string' },
      'stack-id': { type: 'string' },
      'stack-name': { type: 'string' },
      json: { type: 'boolean', default: false },
    });
    const { out, ssm, cluster, compat } = values;
    if (positionals.length === 0)
      throw new UsageError('render needs a compose file; prom-emf render --help tells more');
    if (out !== undefined && ssm !== undefined) throw new UsageError('give --out or --ssm, not both');
    if (values.engine !== 'lambda')
      throw new UsageError(
        `--engine: expected lambda, found ${JSON.stringify(values.engine)} (agent is not built yet)`,
      );
    if (compat !== undefined && compat !== 'compose-x')
      throw new UsageError(`--compat: expected compose-x, found ${JSON.stringify(compat)}`);
    const composeFiles = await Promise.all(positionals.map(async (file) => ({ file, text: await readNamed(file) })));
    const { families, warnings } = renderFamilies(composeFiles, {
      cluster,
      rulePacks: readRulePacks(packs),
      environment: definedVariables(),
      files: (await Promise.all(composeFiles.map(referencedFiles))).flat(),
      ...(compat !== undefined && { compat }),
      ...(values['stack-id'] !== undefined && { stackId: values['stack-id'] }),
      ...(values['stack-name'] !== undefined && { stackName: values['stack-name'] }),
    });
    process.stderr.write(values.json ? jsonNotes(families, warnings) : textNotes(families, warnings));
    if (out === undefined && ssm === undefined) {
      const documents = families.map(({ family, prometheus, agent, options }) => [
        family,
        { prometheus, agent, options },
      ]);
      process.stdout.write(`${JSON.stringify(Object.fromEntries(documents), null, 2)}\n`);
      return 0;
    }
    const store = out === undefined ? ssmDocumentStore(new SSMClient({}), ssm ?? '') : folderDocumentStore(out);
    const addresses = await writeFamilies(families, cluster, store);
    process.stdout.write(
      values.json ? `${JSON.stringify(addresses)}\n` : addresses.map((each) => `${each}\n`).join(''),
    );
    return 0;
  },
};

function jsonNotes(families: readonly RenderedFamily[], warnings: readonly Problem[]): string {
  const sizes = Object.fromEntries(families.map((family) => [family.family, family.sizes]));
  return `${JSON.stringify({ warnings, sizes })}\n`;
}

function textNotes(families: readonly RenderedFamily[], warnings: readonly Problem[]): string {
  const sizes = families.map(({ family, sizes }) => {
    const each = Object.entries(sizes).map(([kind, bytes]) => `${kind} ${bytes} bytes`);
    return `${family}: ${each.join(', ')}`;
  });
  return [...warnings.map(formatProblem), ...sizes].map((line) => `${line}\n`).join('');
}

function definedVariables(): Record<string, string> {
  const defined = Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return Object.fromEntries(defined);
}

/** The texts of files that a compose file may name in extends or ScrapingConfigurationFile, under the names it uses. */
async function referencedFiles({ file, text }: { file: string; text: string }) {
  const names = [...text.matchAll(/\b(?:ScrapingConfigurationFile|file):\s*["']?([^"'\s,}]+)/g)].map(
    ([, name = '']) => name,
  );
  const read = names.map(async (name) => {
    const found = await readFile(resolve(dirname(file), name), 'utf8').catch(() => undefined);
    return found === undefined ? [] : [{ file: name, text: found }];
  });
  return (await Promise.all(read)).flat();
}
