import { SSMClient } from '@aws-sdk/client-ssm';
import middy from '@middy/core';
import { formatProblem } from '../lib/document/problem.ts';
import { ssmDocumentStore } from '../lib/io/ssm-documents.ts';
import { type RenderedFamily, readRulePacks, renderFamilies, writeFamilies } from '../lib/render.ts';
import { packs } from '../rules/index.ts';
import { setting } from './environment.ts';
import { reportErrors } from './report-errors.ts';

/** Compose files as texts, merged in order. With `write` false the documents are only returned. */
export type ConfigEvent = {
  readonly cluster: string;
  readonly compose: readonly { readonly file: string; readonly text: string }[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly write?: boolean;
};

export type ConfigResult = {
  readonly families: readonly RenderedFamily[];
  readonly warnings: readonly string[];
  /** The parameters that were written. */
  readonly written: readonly string[];
};

const rulePacks = readRulePacks(packs);

async function config(event: ConfigEvent): Promise<ConfigResult> {
  const { cluster, compose, environment = {}, write = true } = checked(event);
  const { families, warnings } = renderFamilies(compose, { cluster, rulePacks, environment });
  const written = write
    ? await writeFamilies(families, cluster, ssmDocumentStore(new SSMClient({}), setting('DOCUMENTS_PREFIX')))
    : [];
  return { families, warnings: warnings.map(formatProblem), written };
}

function checked(event: ConfigEvent): ConfigEvent {
  const isFile = (file: unknown) => typeof file === 'object' && file !== null && 'file' in file && 'text' in file;
  if (typeof event?.cluster === 'string' && Array.isArray(event.compose) && event.compose.every(isFile)) return event;
  throw new Error('expected an event {"cluster": "NAME", "compose": [{"file": "compose.yaml", "text": "..."}]}');
}

export const handler = middy<ConfigEvent, ConfigResult>().use(reportErrors()).handler(config);
