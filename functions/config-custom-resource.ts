import * as v from 'valibot';
import { parseDocument } from '../lib/document/document.ts';
import { closed, dictionary, list, readDocument, text } from '../lib/document/schema.ts';
import { parseS3Address, type TextObjects } from '../lib/io/s3.ts';
import type { ConfigRequest } from './config-request.ts';
import { readReferenced, readSources, type Source } from './config-sources.ts';

/**
 * The request of a CloudFormation custom resource, as far as it is read.
 * Source: AWS CloudFormation User Guide, "Custom resource request objects".
 */
export type CustomResourceEvent = {
  readonly RequestType: 'Create' | 'Update' | 'Delete';
  readonly ResponseURL: string;
  readonly StackId: string;
  readonly RequestId: string;
  readonly LogicalResourceId: string;
  readonly PhysicalResourceId?: string;
  readonly ResourceProperties?: unknown;
};

/** CloudFormation hands numbers and booleans over as strings. */
const scalar = v.pipe(v.union([text, v.number(), v.boolean()], 'expected a string'), v.transform(String));
const source = v.union([text, closed({ file: text, text })], 'expected a text, an address or {"file", "text"}');
const sources = v.union([text, list(source)], 'expected a text, an address, or a list of them');

const propertiesSchema = closed({
  ServiceToken: v.optional(text),
  ServiceTimeout: v.optional(scalar),
  Cluster: text,
  Compose: sources,
  Environment: v.optional(dictionary(scalar), {}),
  Project: v.optional(v.pipe(text, v.minLength(1, 'expected a name'), v.maxLength(255, 'expected a shorter name'))),
  Rules: v.optional(sources, []),
});

type Properties = v.InferOutput<typeof propertiesSchema>;
/** Whose documents a custom resource keeps. */
export type Kept = { readonly cluster: string; readonly project: string };

export function isCustomResourceEvent(event: unknown): event is CustomResourceEvent {
  return typeof event === 'object' && event !== null && 'RequestType' in event && 'ResponseURL' in event;
}

/**
 * The PhysicalResourceId: a cluster and a project, so that CloudFormation deletes the documents of the former after an
 * update that changes either.
 */
export function physicalIdOf({ cluster, project }: Kept): string {
  return `prom-emf:${cluster}/${project}`;
}

/** What a PhysicalResourceId of ours names; undefined for that of a resource which never came to be. */
export function keptBy(physicalId: string | undefined): Kept | undefined {
  const [, cluster, project] = /^prom-emf:([^/]+)\/(.+)$/.exec(physicalId ?? '') ?? [];
  return cluster === undefined || project === undefined ? undefined : { cluster, project };
}

/** The properties of a resource. @throws {ConfigError} with the path of each problem. */
export function readProperties({ ResourceProperties }: CustomResourceEvent): Properties {
  const document = parseDocument(JSON.stringify(ResourceProperties ?? {}), 'ResourceProperties');
  return readDocument(propertiesSchema, document);
}

/** Whose documents these properties ask for; without a project, those of the stack's resource. */
export function keptWith({ Cluster, Project }: Properties, { StackId, LogicalResourceId }: CustomResourceEvent): Kept {
  const stack = StackId.split('/')[1] ?? StackId;
  return { cluster: Cluster, project: Project ?? `${stack}-${LogicalResourceId}` };
}

/**
 * The request that creates or updates a resource: the properties are all of its project. After a change of the project
 * alone the documents change their owner before CloudFormation deletes the former's.
 */
export async function requestOf(
  { Compose, Environment, Rules }: Properties,
  { cluster, project }: Kept,
  former: Kept | undefined,
  objects: TextObjects,
): Promise<ConfigRequest> {
  const compose = await readSources(sourcesOf('Compose', Compose), objects);
  return {
    cluster,
    project,
    formerProject: former?.cluster === cluster ? former.project : undefined,
    compose,
    files: await readReferenced(compose, Environment, objects),
    rules: await readSources(sourcesOf('Rules', Rules), objects),
    environment: Environment,
    prune: true,
    dryRun: false,
  };
}

/** The request that deletes what a resource kept. */
export function removalOf({ cluster, project }: Kept): ConfigRequest {
  return { cluster, project, compose: [], files: [], rules: [], environment: {}, prune: true, dryRun: false };
}

/** Addresses stay; a text gets the name of its property. */
function sourcesOf(property: string, given: string | readonly Source[]): readonly Source[] {
  const all = typeof given === 'string' ? [given] : given;
  return all.map((each, index) =>
    typeof each !== 'string' || parseS3Address(each) !== undefined
      ? each
      : { file: typeof given === 'string' ? property : `${property}[${index}]`, text: each },
  );
}
