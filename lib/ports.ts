import type { EmfDocument } from './cloudwatch/emf.ts';
import type { Problem } from './document/problem.ts';
import type { CloudMapInstance, ContainerInstance, Instance, Service, Task, TaskDefinition } from './ecs/task.ts';
import type { ScrapeRequest } from './prometheus/request.ts';
import type { Secret, SecretReference } from './prometheus/secret-reference.ts';

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
    withTags: boolean,
  ) => Promise<{ readonly tasks: readonly Task[]; readonly failures: readonly Failure[] }>;
  readonly describeTaskDefinition: (cluster: Cluster, arn: string) => Promise<TaskDefinition>;
  readonly listServices: (cluster: Cluster) => Promise<readonly string[]>;
  /** At most 10 ARNs or names. */
  readonly describeServices: (
    cluster: Cluster,
    services: readonly string[],
    withTags: boolean,
  ) => Promise<readonly Service[]>;
  /** At most 100 ARNs. */
  readonly describeContainerInstances: (
    cluster: Cluster,
    arns: readonly string[],
  ) => Promise<readonly ContainerInstance[]>;
  readonly describeInstances: (cluster: Cluster, instanceIds: readonly string[]) => Promise<readonly Instance[]>;
  /** Instances outside EC2 (ECS Anywhere), which SSM manages: `mi-...`; at most 50 ids. */
  readonly describeManagedInstances: (cluster: Cluster, instanceIds: readonly string[]) => Promise<readonly Instance[]>;
  /** The VPC of each of these subnets, by its id; at most 200 ids. */
  readonly describeSubnets: (
    cluster: Cluster,
    subnetIds: readonly string[],
  ) => Promise<readonly (readonly [string, string])[]>;
  /** The instances of a Cloud Map service, whatever their health; at most 1000, which is all that the API gives. */
  readonly discoverInstances: (
    cluster: Cluster,
    namespace: string,
    service: string,
  ) => Promise<readonly CloudMapInstance[]>;
};

export const DOCUMENT_KINDS = ['prometheus', 'agent', 'options'] as const;
export type DocumentKind = (typeof DOCUMENT_KINDS)[number];

/** A stored text and the address people know it by. */
export type StoredText = { readonly address: string; readonly text: string };

/** The documents of one family as they are stored, and what their release says of them. */
export type FamilyDocuments = {
  readonly family: string;
  readonly texts: Readonly<Partial<Record<DocumentKind, StoredText>>>;
  /** Further files of the family by name, where the store holds any. */
  readonly artifacts?: Readonly<Record<string, StoredText>>;
  /** Written with the documents, last. Documents without one were written by hand, or before there were releases. */
  readonly release?: { readonly project?: string | undefined };
  /** Errors: the family cannot be used. Warnings: what is stored is not what the release names; the texts are. */
  readonly problems: readonly Problem[];
};

/** The rendered documents of one family: a kind that is absent is not to be stored. */
export type FamilyTexts = Readonly<Partial<Record<DocumentKind, string>>> & {
  readonly family: string;
  /** Further files of the family by name, such as task-definition.json; stores that only hold documents leave them. */
  readonly artifacts?: Readonly<Record<string, string>>;
};

/** Where rendered documents live: SSM parameters, or a folder. A family changes as a whole or not at all. */
export type DocumentStore = {
  /** All families of a cluster. One without texts is being created or deleted. */
  readonly read: (cluster: string) => Promise<readonly FamilyDocuments[]>;
  /** The addresses at which these texts are stored. */
  readonly addresses: (cluster: string, family: FamilyTexts) => readonly string[];
  /** What of these families the store cannot hold. */
  readonly refusals: (cluster: string, families: readonly FamilyTexts[]) => readonly Problem[];
  /** Replaces a family's documents. Throws what was and was not done; a reader then sees the previous documents. */
  readonly write: (cluster: string, family: FamilyTexts, project: string | undefined) => Promise<void>;
  /** Deletes the documents that were written for a family, and nothing else. */
  readonly remove: (cluster: string, family: string) => Promise<void>;
};

/** Content-addressed texts: the key is the SHA-256 of the text. */
export type HashedTexts = {
  readonly write: (hash: string, text: string) => Promise<void>;
  readonly read: (hash: string) => Promise<string | undefined>;
};

/** The plans of all clusters. */
export type PlanArchive = {
  /** All of them, with when each was written last; Unix milliseconds. */
  readonly list: () => Promise<readonly { readonly hash: string; readonly writtenAtMs: number }[]>;
  readonly remove: (hashes: readonly string[]) => Promise<void>;
};

/** Reads secrets of one kind: an answer for each reference, by its text; what cannot be read harms no other. */
export type SecretSource<Kind extends SecretReference['kind']> = (
  references: readonly Extract<SecretReference, { kind: Kind }>[],
) => Promise<ReadonlyMap<string, Secret>>;

/** Where each kind of reference is read; a kind without a source cannot be resolved. */
export type SecretSources = { readonly [Kind in SecretReference['kind']]?: SecretSource<Kind> };

/** The resolved secrets of a cluster, encrypted; the key is the SHA-256 of the text, which holds a salt. */
export type SecretStore = HashedTexts;

/** What the clusters ran when they were last read, by the name of the cluster whose documents look into them. */
export type SnapshotStore = {
  readonly read: (cluster: string) => Promise<string | undefined>;
  readonly write: (cluster: string, text: string) => Promise<void>;
};

export type QueueMessage = { readonly body: string; readonly delaySeconds: number };
export type Queue = (messages: readonly QueueMessage[]) => Promise<void>;

/**
 * Texts by name, each replaced by comparing. `tag` names the version that was read. The `nonce` of a text is its
 * writer's own: a store that meets a conflict over it has met a retry of a write that landed.
 */
export type VersionedTexts = {
  readonly read: (name: string) => Promise<{ readonly text: string; readonly tag: string } | undefined>;
  /**
   * Replaces the version named by `tag` (undefined: there is none yet). `lost`: another writer came first, and
   * nothing was written.
   */
  readonly commit: (
    name: string,
    next: { readonly text: string; readonly nonce: string },
    tag: string | undefined,
  ) => Promise<'committed' | 'lost'>;
};

/** The last counter values of shards, as text, and whether what belongs to them was written. */
export type StateStore = VersionedTexts & {
  /** Remembers that the documents that belong to the text of this nonce were written, and what they cost. */
  readonly confirm: (shard: string, nonce: string, load: number) => Promise<void>;
  /** The nonce that was confirmed last. */
  readonly confirmed: (shard: string) => Promise<string | undefined>;
};

/** What the last scrape of each of these shards came to (`loadOf`); shards that nobody confirmed are absent. */
export type ReadLoads = (shards: readonly string[]) => Promise<ReadonlyMap<string, number>>;

/**
 * The whole answer of a target, decompressed. Anything but status 200 has no body; it is empty as well where its
 * chunks went to a BodyReader.
 */
export type ScrapeResponse = { readonly status: number; readonly contentType: string; readonly body: Uint8Array };

/**
 * Takes the next chunk of a body, whose bytes may be gone when it returns. Nothing of it may be used before the scrape
 * has returned: then the body is whole.
 */
export type BodyReader = (chunk: Uint8Array, contentType: string) => void;

/** The code of the error that a target throws that takes no connection at all. */
export const UNREACHABLE = 'unreachable';

/**
 * Throws ScrapeError on refusal, time-out, an address that is not allowed, or a body that is cut or too large. Who
 * has the whole body at once may return it and leave `read` alone.
 */
export type Scrape = (request: ScrapeRequest, read?: BodyReader) => Promise<ScrapeResponse>;

/** Writes all documents, in order, and returns when each has left the process. */
export type Sink = (documents: Iterable<EmfDocument>) => Promise<void>;
