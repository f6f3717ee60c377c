import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { logicalNameOf } from '../../lib/compose/family/family.ts';
import type { RenderedFamily } from '../../lib/render.ts';

type Mapping = Readonly<Record<string, unknown>>;
type Container = Readonly<Record<string, unknown>> & { readonly name: string };

/** What Compose-X's parameters hold; the templates only refer to them. */
const IMAGES: Readonly<Record<string, string>> = {
  cloudwatchagentImageUrl: 'public.ecr.aws/cloudwatch-agent/cloudwatch-agent:latest',
  nginxprometheusexporterImageUrl: 'public.ecr.aws/nginx/nginx-prometheus-exporter:latest',
};

/** The agent's policy; what a container may log is Compose-X's own affair. */
const AGENT_POLICY = 'CWAgentAccessForEcsScraping';

/**
 * The first sidecar, dependency or permission that is not the recorded one; nothing when all are equal. Where the name
 * of Compose-X's NGINX exporter strikes, what it means to render is in intended-fixed/.
 */
export function sidecarDifference(folder: string, rendered: readonly RenderedFamily[]): string | undefined {
  const intended = join(folder, 'intended-fixed');
  const recorded = recordedFrom(existsSync(intended) ? intended : folder);
  for (const { family, artifacts } of rendered) {
    const expected = recorded(logicalNameOf(family));
    const found = {
      containers: foundContainers(artifacts['task-definition.json']),
      actions: foundActions(artifacts['cloudformation.json']),
    };
    if (isDeepStrictEqual(found, expected)) continue;
    return `sidecars of ${family}: expected ${JSON.stringify(expected)}, found ${JSON.stringify(found)}`;
  }
  return undefined;
}

function recordedFrom(folder: string) {
  const read = (name: string) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Record<string, Mapping>;
  const [sidecars, containers, iam] = [read('sidecars.json'), read('containers.json'), read('iam.json')];
  return (family: string) => ({
    containers: byName([
      ...containersOf(sidecars[family]).map(comparable),
      ...containersOf(containers[family]).map(comparableChange),
    ]),
    actions: actionsOf([(iam[family] as Record<string, Mapping>)[AGENT_POLICY]]),
  });
}

function foundContainers(overlay: string | undefined) {
  const { containerDefinitions = [] } = JSON.parse(overlay ?? '{}') as { containerDefinitions?: Container[] };
  return byName(containerDefinitions.map((each) => (each.image === undefined ? comparableChange : comparable)(each)));
}

function foundActions(template: string | undefined) {
  const { Resources = {} } = JSON.parse(template ?? '{}') as { Resources?: Record<string, Mapping> };
  return actionsOf(Object.values(Resources).filter(({ Type }) => Type === 'AWS::IAM::Policy'));
}

function containersOf(recorded: unknown): Container[] {
  return resolved(recorded) as Container[];
}

/** After deployment on Fargate: no condition holds. Keys as the ECS API spells them. */
function resolved(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(resolved).filter((item) => item !== undefined);
  if (typeof value !== 'object' || value === null) return value;
  const { Ref, 'Fn::If': choice } = value as Mapping;
  if (typeof Ref === 'string') return Ref === 'AWS::NoValue' ? undefined : (IMAGES[Ref] ?? Ref);
  if (Array.isArray(choice)) return resolved(choice[2]);
  const entries = Object.entries(value).map(([key, item]) => [spelled(key), resolved(item)]);
  return Object.fromEntries(entries.filter(([, item]) => item !== undefined));
}

function spelled(key: string): string {
  return /^[A-Z][a-z]/.test(key) ? key.charAt(0).toLowerCase() + key.slice(1) : key;
}

/** Everything of a sidecar but what a deployment decides: names of parameters, log groups, regions. */
function comparable(container: Container) {
  const { name, image, cpu, memory, essential, portMappings, links } = container;
  return {
    ...{ name, image, cpu, memory, essential, portMappings, links },
    dependsOn: dependenciesOf(container),
    environment: container.environment ?? [],
    secrets: ((container.secrets ?? []) as Container[]).map((secret) => secret.name),
    dockerLabels: Object.fromEntries(Object.entries(container.dockerLabels ?? {}).map(([k, v]) => [k, String(v)])),
    logDriver: (container.logConfiguration as Mapping).logDriver,
  };
}

/** What sidecars change in a container of the family. */
function comparableChange(container: Container) {
  const environment = ((container.environment ?? []) as Container[]).filter(({ name }) => name.startsWith('AWS_EMF_'));
  return { name: container.name, links: container.links, dependsOn: dependenciesOf(container), environment };
}

function dependenciesOf({ dependsOn = [] }: Container): string[] {
  return (dependsOn as Record<string, string>[]).map((each) => `${each.containerName} ${each.condition}`).sort();
}

function byName<Named extends { readonly name: string }>(containers: readonly Named[]): Record<string, Named> {
  return Object.fromEntries(containers.map((container) => [container.name, container]));
}

/** The actions that are allowed, whatever the statement they stand in. */
function actionsOf(policies: readonly unknown[]): string[] {
  const statements = policies.flatMap((policy) => {
    const { Properties } = policy as { Properties: { PolicyDocument: { Statement: { Action: string[] }[] } } };
    return Properties.PolicyDocument.Statement;
  });
  return [...new Set(statements.flatMap(({ Action }) => Action))].sort();
}
