import type { EmfDocument } from './cloudwatch/emf.ts';
import type { ContainerInstance, Instance, Service, Task, TaskDefinition } from './ecs/task.ts';
import type { ScrapeRequest } from './prometheus/request.ts';

/** Everything a cycle may ask of the outside, as functions over plain data. */

/** Unix milliseconds. */
export type Clock = () => number;

/** An ECS cluster and how to reach its APIs. */
export type Cluster = {
  readonly name: string;
  readonly region?: string | undefined;
  readonly role_arn?: string | undefined;
  readonly external_id?: string | undefined;
};

/** Part of a request that failed: an ARN and why. */
export type Failure = { readonly arn: string; readonly reason: string };

/** The ECS and EC2 calls of discovery; each call takes at most one API page, pages of a list are joined. */
export type EcsPort = {
  readonly listTasks: (cluster: Cluster) => Promise<readonly string[]>;
  /** At most 100 ARNs. */
  readonly describeTasks: (
    cluster: Cluster,
    taskArns: readonly string[],
  ) => Promise<{ readonly tasks: readonly Task[]; readonly failures: readonly Failure[] }>;
  readonly describeTaskDefinition: (cluster: Cluster, arn: string) => Promise<TaskDefinition>;
  readonly listServices: (cluster: Cluster) => Promise<readonly string[]>;
  /** At most 10 ARNs. */
  readonly describeServices: (cluster: Cluster, serviceArns: readonly string[]) => Promise<readonly Service[]>;
  /** At most 100 ARNs. */
  readonly describeContainerInstances: (
    cluster: Cluster,
    arns: readonly string[],
  ) => Promise<readonly ContainerInstance[]>;
  readonly describeInstances: (cluster: Cluster, instanceIds: readonly string[]) => Promise<readonly Instance[]>;
};

export const DOCUMENT_KINDS = ['prometheus', 'agent', 'options'] as const;
export type DocumentKind = (typeof DOCUMENT_KINDS)[number];

/** The documents of one family as texts, each with the address people know it by. */
export type FamilyDocuments = {
  readonly family: string;
  readonly texts: Readonly<Partial<Record<DocumentKind, { readonly address: string; readonly text: string }>>>;
};

/** The rendered documents of one family. */
export type FamilyTexts = Readonly<Record<DocumentKind, string>> & { readonly family: string };

/** Where rendered documents live: SSM parameters, or a folder. */
export type DocumentStore = {
  readonly read: (cluster: string) => Promise<readonly FamilyDocuments[]>;
  /** Writes the documents of these families; returns their addresses. What cannot be written is told before any is. */
  readonly write: (cluster: string, families: readonly FamilyTexts[]) => Promise<readonly string[]>;
};

/** Content-addressed plans: the key is the SHA-256 of the text. */
export type PlanStore = {
  readonly write: (hash: string, text: string) => Promise<void>;
  readonly read: (hash: string) => Promise<string | undefined>;
};

export type QueueMessage = { readonly body: string; readonly delaySeconds: number };
export type Queue = (messages: readonly QueueMessage[]) => Promise<void>;

/**
 * The last counter values of one shard, as text. `tag` names the version that was read. The `nonce` of a text is its
 * writer's own: a store that meets a conflict over it has met a retry of a write that landed.
 */
export type StateStore = {
  readonly read: (shard: string) => Promise<{ readonly text: string; readonly tag: string } | undefined>;
  /**
   * Replaces the version named by `tag` (undefined: there is none yet). `lost`: another writer came first, and
   * nothing was written.
   */
  readonly commit: (
    shard: string,
    next: { readonly text: string; readonly nonce: string },
    tag: string | undefined,
  ) => Promise<'committed' | 'lost'>;
};

/** The whole answer of a target, decompressed. Anything but status 200 has no body. */
export type ScrapeResponse = { readonly status: number; readonly contentType: string; readonly body: Uint8Array };

/** Throws ScrapeError on refusal, time-out, an address that is not allowed, or a body that is cut or too large. */
export type Scrape = (request: ScrapeRequest) => Promise<ScrapeResponse>;

/** Writes all documents, in order, and returns when each has left the process. */
export type Sink = (documents: readonly EmfDocument[]) => Promise<void>;
