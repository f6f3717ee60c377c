import { S3Client } from '@aws-sdk/client-s3';
import { SSMClient } from '@aws-sdk/client-ssm';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { jsonLine } from '../lib/document/json-line.ts';
import { messageOf, printable } from '../lib/document/problem.ts';
import { putResponse } from '../lib/io/custom-resource.ts';
import { s3Texts } from '../lib/io/s3.ts';
import { ssmDocumentStore } from '../lib/io/ssm-documents.ts';
import { SSM_RETRIES } from '../lib/io/ssm-parameters.ts';
import type { DocumentStore } from '../lib/ports.ts';
import { type CustomResourceEvent, isCustomResourceEvent } from './config-custom-resource.ts';
import {
  answerCustomResource,
  type CustomResourceResponse,
  formatResponse,
} from './config-custom-resource-response.ts';
import { type InlineEvent, readInlineEvent } from './config-inline.ts';
import { type ConfigRequest, type ConfigResult, failuresOf, runRequest } from './config-request.ts';
import { foldersOf, isUploadEvent, type ProjectFolder, readFolder, type UploadEvent } from './config-upload.ts';
import { bucketName, setting } from './environment.ts';
import { reportErrors } from './report-errors.ts';

export type ConfigEvent = InlineEvent | UploadEvent | CustomResourceEvent;
export type { ConfigResult } from './config-request.ts';

type Answer = ConfigResult | readonly ConfigResult[] | CustomResourceResponse;

let client: S3Client | undefined;
/** Made when the first object is needed: an event with texts alone needs no bucket. */
const objects = s3Texts(() => (client ??= new S3Client({})));

function config(event: ConfigEvent, context: Context): Promise<Answer> {
  if (isCustomResourceEvent(event)) return keepCustomResource(event, context);
  return isUploadEvent(event) ? publishUploads(event, context) : publishInline(event, context);
}

/** @throws {Error} if nothing could be written: one failing family is told in the result, and harms no other. */
async function publishInline(event: unknown, context: Context): Promise<ConfigResult> {
  const { write, ...request } = await readInlineEvent(event, objects);
  const result = await runRequest(request, write ? storeFor(request, context) : undefined);
  const failures = failuresOf(result);
  if (failures.length > 0 && failures.length === result.outcomes.length) throw new Error(failures.join('; '));
  for (const failure of failures) process.stderr.write(`${printable(failure)}\n`);
  return result;
}

/** @throws {Error} with every family and folder that failed, so that Lambda tries again. */
async function publishUploads(event: UploadEvent, context: Context): Promise<readonly ConfigResult[]> {
  const results: ConfigResult[] = [];
  const failures: string[] = [];
  for (const folder of foldersOf(event)) {
    const place = `compose/${folder.cluster}/${folder.project}`;
    try {
      const result = await publishFolder(folder, context);
      results.push(result);
      failures.push(...failuresOf(result).map((failure) => `${place}: ${failure}`));
    } catch (error) {
      failures.push(`${place}: ${messageOf(error)}`);
    }
  }
  if (failures.length > 0) throw new Error(failures.join('\n'));
  return results;
}

/** More than a few uploads at once are a fault of whoever uploads. */
const MAX_ROUNDS = 5;

/**
 * Publishes a folder until it is as it was when that began: of two uploads at the same time the older could otherwise
 * be published last.
 */
async function publishFolder(folder: ProjectFolder, context: Context): Promise<ConfigResult> {
  let request = await readFolder(folder, objects);
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const result = await runReported(request, context);
    const now = await readFolder(folder, objects);
    if (JSON.stringify(now) === JSON.stringify(request)) return result;
    request = now;
  }
  throw new Error('the folder kept changing while it was published; the next notification publishes it again');
}

/** CloudFormation gets an answer whatever happens: without one the stack waits for an hour. */
async function keepCustomResource(event: CustomResourceEvent, context: Context): Promise<CustomResourceResponse> {
  const run = (request: ConfigRequest) => runReported(request, context);
  const remainingMs = () => context.getRemainingTimeInMillis();
  const response = await answerCustomResource(event, { run, objects, remainingMs });
  if (response.Reason !== undefined) process.stderr.write(`${printable(response.Reason)}\n`);
  await putResponse(event.ResponseURL, formatResponse(response));
  return response;
}

/** With the outcome on stderr, where nobody looks at the result. */
async function runReported(request: ConfigRequest, context: Context): Promise<ConfigResult> {
  const result = await runRequest(request, storeFor(request, context));
  const { warnings, outcomes } = result;
  const { cluster, project } = request;
  // Diffs are told whole.
  process.stderr.write(`${jsonLine({ cluster, project, warnings, outcomes }, Number.POSITIVE_INFINITY)}\n`);
  return result;
}

function storeFor({ engine }: ConfigRequest, context: Context): DocumentStore {
  // An agent reads parameters alone, and local invocation has no bucket.
  const hasBucket = engine !== 'agent' && (context.invokedFunctionArn ?? '') !== '';
  const bucket = hasBucket ? bucketName(context) : undefined;
  return ssmDocumentStore(new SSMClient(SSM_RETRIES), setting('DOCUMENTS_PREFIX'), { objects, bucket });
}

export const handler = middy<ConfigEvent, Answer>().use(reportErrors()).handler(config);
