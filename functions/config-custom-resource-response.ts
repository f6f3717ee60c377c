import { messageOf } from '../lib/document/problem.ts';
import type { TextObjects } from '../lib/io/s3.ts';
import {
  type CustomResourceEvent,
  type Kept,
  keptBy,
  keptWith,
  physicalIdOf,
  readProperties,
  removalOf,
  requestOf,
} from './config-custom-resource.ts';
import { type ConfigRequest, type ConfigResult, failuresOf } from './config-request.ts';

/** Source: AWS CloudFormation User Guide, "Custom resource response objects". */
export type CustomResourceResponse = {
  readonly Status: 'SUCCESS' | 'FAILED';
  readonly Reason?: string;
  readonly PhysicalResourceId: string;
  readonly StackId: string;
  readonly RequestId: string;
  readonly LogicalResourceId: string;
  /** For Fn::GetAtt. */
  readonly Data?: Readonly<Record<string, string>>;
};

/** What CloudFormation takes for an answer, in bytes. */
const MAX_RESPONSE_BYTES = 4096;
/** What is left to deliver the answer when the work has to be over. */
const RESERVE_MS = 12_000;

export type CustomResourcePorts = {
  readonly run: (request: ConfigRequest) => Promise<ConfigResult>;
  readonly objects: TextObjects;
  /** How long the function may still run. */
  readonly remainingMs: () => number;
};

/** Does what the request asks for; whatever goes wrong is an answer, too. */
export async function answerCustomResource(
  event: CustomResourceEvent,
  { run, objects, remainingMs }: CustomResourcePorts,
): Promise<CustomResourceResponse> {
  const former = keptBy(event.PhysicalResourceId);
  let kept: Kept | undefined;
  try {
    const properties = event.RequestType === 'Delete' ? undefined : readProperties(event);
    const asked = properties === undefined ? former : keptWith(properties, event);
    kept = asked;
    // What never came to be needs no deletion.
    if (asked === undefined) return respond(event, former, { Status: 'SUCCESS' });
    const result = await within(remainingMs() - RESERVE_MS, async (signal) => {
      const request = properties === undefined ? removalOf(asked) : await requestOf(properties, asked, former, objects);
      return run({ ...request, signal });
    });
    const failures = failuresOf(result);
    if (failures.length > 0) throw new Error(failures.join('\n'));
    return respond(event, kept, { Status: 'SUCCESS', Data: dataOf(asked, result) });
  } catch (error) {
    return respond(event, kept ?? former, { Status: 'FAILED', Reason: messageOf(error) });
  }
}

/** The answer as the text to be delivered: what is too long for CloudFormation is cut. */
export function formatResponse(response: CustomResourceResponse): string {
  let { Reason, Data } = response;
  for (;;) {
    const text = JSON.stringify({
      ...response,
      ...(Reason !== undefined && { Reason }),
      ...(Data !== undefined && { Data }),
    });
    const excess = Buffer.byteLength(text) - MAX_RESPONSE_BYTES;
    if (excess <= 0) return text;
    if (Reason !== undefined && Reason.length > 3) Reason = `${Reason.slice(0, -Math.ceil(excess / 12) - 4)}...`;
    else if (Data !== undefined && Object.keys(Data).length > 0)
      Data = Object.fromEntries(Object.entries(Data).slice(0, -1));
    else return text;
  }
}

function respond(
  { StackId, RequestId, LogicalResourceId, PhysicalResourceId }: CustomResourceEvent,
  kept: Kept | undefined,
  answer: Pick<CustomResourceResponse, 'Status' | 'Reason' | 'Data'>,
): CustomResourceResponse {
  const id = kept === undefined ? (PhysicalResourceId ?? `prom-emf-${LogicalResourceId}`) : physicalIdOf(kept);
  return { ...answer, PhysicalResourceId: id, StackId, RequestId, LogicalResourceId };
}

function dataOf({ cluster, project }: Kept, { families }: ConfigResult): Readonly<Record<string, string>> {
  const names = families.map(({ family }) => family);
  const sizes = families.map(({ family, sizes }) => [family, sizes]);
  return {
    Cluster: cluster,
    Project: project,
    Families: names.join(','),
    Sizes: JSON.stringify(Object.fromEntries(sizes)),
  };
}

/** @throws {Error} when the work is not done in time. It is told, and no longer waited for. */
async function within<T>(ms: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      controller.abort();
      reject(new Error('the time was out before all was done; deploy again: what is done already is not done twice'));
    }, ms);
  });
  try {
    return await Promise.race([work(controller.signal), late]);
  } finally {
    clearTimeout(timer);
  }
}
