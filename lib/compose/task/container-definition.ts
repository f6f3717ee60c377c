import type { Compat, Engine, Family } from '../family/family.ts';
import type { ComposeService } from '../file/compose-service.ts';
import type { StartCondition } from '../file/start-condition.ts';

/** What the sidecars of a family need to know beside it. */
export type SidecarSettings = {
  readonly engine: Engine;
  readonly compat: Compat;
  /** Name of the ECS cluster. */
  readonly cluster: string;
  /** Names of the SSM parameters with the documents, which an agent reads as its secrets. */
  readonly documents: { readonly agent: string; readonly prometheus: string };
  /** Log group of the sidecars' own logs. */
  readonly logGroup: string;
  readonly region?: string;
  /** Id of the security group that scrape runs in. */
  readonly scraperSecurityGroup?: string;
};

export type Variable = { readonly name: string; readonly value: string };
export type ContainerDependency = { readonly containerName: string; readonly condition: StartCondition };
type PortMapping = { readonly containerPort: number; readonly protocol: 'tcp' | 'udp'; readonly name: string };

/** A container as the ECS API's RegisterTaskDefinition spells it, as far as the sidecars need. */
export type ContainerDefinition = {
  readonly name: string;
  readonly image: string;
  /** Units of which a vCPU has 1024. */
  readonly cpu: number;
  /** Hard limit in MiB. */
  readonly memory: number;
  readonly essential: boolean;
  readonly portMappings: readonly PortMapping[];
  readonly dependsOn?: readonly ContainerDependency[];
  readonly environment?: readonly Variable[];
  readonly secrets?: readonly { readonly name: string; readonly valueFrom: string }[];
  readonly dockerLabels: Readonly<Record<string, string>>;
  readonly logConfiguration: { readonly logDriver: 'awslogs'; readonly options: Readonly<Record<string, string>> };
};

/** What changes in a container that the task definition has already: each key replaces the one that is there. */
export type ContainerChange = {
  readonly name: string;
  readonly dependsOn: readonly ContainerDependency[];
  readonly links?: readonly string[];
  /** Added to the variables that are there. */
  readonly environment?: readonly Variable[];
};

/** Whether an agent runs beside the family's containers. Whatever the engine, Compose-X knows nothing else. */
export function hasAgent({ engine, compat }: Pick<SidecarSettings, 'engine' | 'compat'>): boolean {
  return engine === 'agent' || compat !== undefined;
}

/** Whether the containers of the family have network namespaces of their own, and host ports of Docker's choice. */
export function isBridged({ services }: Pick<Family, 'services'>): boolean {
  return services.some(({ networkMode }) => networkMode === 'bridge');
}

/** A port under the name that ECS Compose-X gives it; ECS wants names once in a task definition. */
export function portMapping(containerPort: number, protocol: 'tcp' | 'udp'): PortMapping {
  return { containerPort, protocol, name: `${protocol}_${containerPort}` };
}

/** What a text of ours holds where the region is not known: for envsubst. */
const REGION = '${AWS_REGION}';

export function awslogs(
  container: string,
  { logGroup, region = REGION }: Pick<SidecarSettings, 'logGroup' | 'region'>,
): ContainerDefinition['logConfiguration'] {
  const options = { 'awslogs-group': logGroup, 'awslogs-region': region, 'awslogs-stream-prefix': container };
  return { logDriver: 'awslogs', options };
}

/** The container of each service, to be waited for as the service itself asks. */
export function dependencyOn({ name, startCondition = 'START' }: ComposeService): ContainerDependency {
  return { containerName: name, condition: startCondition };
}
