import * as v from 'valibot';
import { type AgentConfig, agentConfigSchema, agentProfileSchema } from './cloudwatch/agent-config.ts';
import { namespaceOf } from './cloudwatch/emission-rules.ts';
import { isNamespace } from './cloudwatch/limits.ts';
import { type Options, optionsSchema } from './cloudwatch/options.ts';
import { type FamilyConfig, groupOf } from './compiled-family.ts';
import { type LocatedDocument, parseDocument } from './document/document.ts';
import { ConfigError, formatPath, type Problem } from './document/problem.ts';
import { readDocument } from './document/schema.ts';
import type { DocumentKind } from './ports.ts';
import {
  type PrometheusConfig,
  parseOwnPrometheusConfig,
  parsePrometheusConfig,
  targetGroupSchema,
} from './prometheus/scrape-config.ts';
import type { Secret, Secrets } from './prometheus/secret-reference.ts';
import type { TargetGroup } from './prometheus/target.ts';

export {
  type CompiledFamily,
  compileFamily,
  type FamilyConfig,
  type IdentifiedGroup,
  type PlannedTarget,
  parseDuration,
  planFamilies,
  planTargets,
} from './compiled-family.ts';

/** A document's text and the address people know it by. */
export type DocumentText = { readonly address: string; readonly text: string };

export type DocumentTexts = Readonly<Partial<Record<DocumentKind, DocumentText>>>;

const NO_OPTIONS = '{}';

/**
 * Reads the documents of a family, which hold no secrets. Without an options document the defaults hold.
 * @throws {ConfigError} with the problems of all three at once.
 */
export function readFamily(family: string, texts: DocumentTexts): FamilyConfig {
  return readTexts(family, texts, parsePrometheusConfig);
}

/**
 * The same for documents that are stored nowhere: secrets may be written out, or files. Those that are written out
 * come back by the name that stands in their place. @throws {ConfigError}
 */
export function readOwnFamily(family: string, texts: DocumentTexts): { config: FamilyConfig; secrets: Secrets } {
  const secrets = new Map<string, Secret>();
  const config = readTexts(family, texts, (document) => {
    const own = parseOwnPrometheusConfig(document);
    for (const [name, value] of own.secrets) secrets.set(name, { value });
    return own.config;
  });
  return { config, secrets };
}

function readTexts(
  family: string,
  texts: DocumentTexts,
  parsePrometheus: (document: LocatedDocument) => PrometheusConfig,
): FamilyConfig {
  const problems: Problem[] = [];
  const attempt = <T>(read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      problems.push(...error.problems);
      return undefined;
    }
  };
  const missing = (kind: DocumentKind): LocatedDocument => {
    const text = `expected a ${kind} document for family ${family}, found none; render and write it again`;
    const place = { file: family, line: 1, column: 1 };
    throw new ConfigError([{ severity: 'error', place, path: '', text }]);
  };
  const parse = (kind: DocumentKind, scalars: 'typed' | 'text') => {
    const document = texts[kind];
    return document === undefined ? missing(kind) : parseDocument(document.text, document.address, scalars);
  };
  const prometheus = attempt(() => parsePrometheus(parse('prometheus', 'text')));
  const optionsDocument = attempt(() =>
    texts.options === undefined ? parseDocument(NO_OPTIONS, 'options') : parse('options', 'typed'),
  );
  const options = optionsDocument && attempt(() => readDocument(optionsSchema, optionsDocument));
  const agentSchema = options?.profile === 'cloudwatch-agent' ? agentProfileSchema : agentConfigSchema;
  const agent = attempt(() => readDocument(agentSchema, parse('agent', 'typed')));
  if (agent !== undefined && options !== undefined) attempt(() => checkNamespace(agent, options, optionsDocument));
  if (problems.length > 0) throw new ConfigError(problems);
  if (prometheus === undefined || agent === undefined || options === undefined) throw new ConfigError(problems);
  return { family, prometheus, agent, options };
}

/** @throws {ConfigError} if the suffix makes a namespace of it that CloudWatch refuses. */
function checkNamespace(agent: AgentConfig, options: Options, document: LocatedDocument | undefined): void {
  const namespace = namespaceOf(agent, options);
  if (isNamespace(namespace) || document === undefined) return;
  const text = `expected a suffix that leaves a namespace of at most 255 characters not starting with "AWS/", found ${JSON.stringify(namespace)}`;
  const path = ['namespace_suffix'];
  throw new ConfigError([{ severity: 'error', place: document.place(path), path: formatPath(path), text }]);
}

/** Whether a CloudWatch agent beside the tasks reads these documents, so that nobody else may. @throws {ConfigError} */
export function isLeftToAgent({ options }: DocumentTexts): boolean {
  if (options === undefined) return false;
  return readDocument(optionsSchema, parseDocument(options.text, options.address)).engine === 'agent';
}

/** The agent configuration and options alone, for discovery without a Prometheus configuration. @throws {ConfigError} */
export function readDiscoveryDocuments(agent: DocumentText, options: DocumentText | undefined): FamilyConfig {
  const noJobs = { address: 'none', text: 'scrape_configs: []' };
  return readFamily('discovery', { prometheus: noJobs, agent, ...(options !== undefined && { options }) });
}

/** Target groups of a file_sd document that was parsed already. @throws {ConfigError} */
export function groupsOfTargets(value: unknown, file: string): TargetGroup[] {
  return parseTargetGroups(JSON.stringify(value), file);
}

/** Target groups of a file_sd document (YAML or JSON). @throws {ConfigError} */
export function parseTargetGroups(text: string, file: string): TargetGroup[] {
  const schema = v.nullable(v.array(targetGroupSchema, 'expected a list of target groups'));
  return (readDocument(schema, parseDocument(text, file, 'text')) ?? []).map(groupOf);
}
