import type { Instance, Service, Tag, Task } from './task.ts';

/** What carries tags, the least specific first: the instance, the service, the task itself. */
export const TAG_KINDS = ['ec2', 'service', 'task'] as const;
export type TagKind = (typeof TAG_KINDS)[number];

/** The tags of a task, of its service and of its instance. */
export type TagSets = Readonly<Record<TagKind, ReadonlyMap<string, string>>>;

/** In the names of Prometheus's own discovery of ECS (`aws_sd_configs`), whatever a tag key holds. */
const META_LABEL = '__meta_ecs_tag_';

export const NO_TAGS: TagSets = { ec2: new Map(), service: new Map(), task: new Map() };

export function tagSets(task: Task, service: Service | undefined, instance: Instance | undefined): TagSets {
  const ofInstance = (instance?.Tags ?? []).map(({ Key, Value }): Tag => ({ key: Key, value: Value }));
  return { ec2: mapOf(ofInstance), service: mapOf(service?.tags ?? []), task: mapOf(task.tags ?? []) };
}

function mapOf(tags: readonly Tag[]): ReadonlyMap<string, string> {
  return new Map(tags.flatMap(({ key, value }) => (key === undefined ? [] : [[key, value ?? ''] as const])));
}

/** The value of a tag where it is most specific. */
export function tagValue(sets: TagSets, key: string): string | undefined {
  return sets.task.get(key) ?? sets.service.get(key) ?? sets.ec2.get(key);
}

/** The meta labels of these kinds. Source: Prometheus, discovery/aws/ecs.go, and strutil.SanitizeLabelName. */
export function tagLabels(sets: TagSets, kinds: ReadonlySet<TagKind>): readonly (readonly [string, string])[] {
  return [...kinds].flatMap((kind) =>
    [...sets[kind]].map(
      ([key, value]) => [`${META_LABEL}${kind}_${key.replace(/[^a-zA-Z0-9_]/gu, '_')}`, value] as const,
    ),
  );
}

/** The kinds whose meta labels a text names: nobody pays for the tags that no relabel_config reads. */
export function tagKindsIn(text: string): ReadonlySet<TagKind> {
  return new Set(TAG_KINDS.filter((kind) => text.includes(`${META_LABEL}${kind}_`)));
}
