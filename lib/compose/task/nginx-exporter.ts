import { DEFAULT_SD_PORT_LABEL } from '../../ecs/discovery-settings.ts';
import type { Compat, Family } from '../family/family.ts';
import { emfVariables } from './agent-sidecar.ts';
import {
  awslogs,
  type ContainerDefinition,
  dependencyOn,
  portMapping,
  type SidecarSettings,
} from './container-definition.ts';

export const NGINX_EXPORTER_NAME = 'nginx-prometheus-exporter';
export const NGINX_EXPORTER_IMAGE = 'public.ecr.aws/nginx/nginx-prometheus-exporter:latest';
/** Limits of ECS Compose-X: CPU units (0.1 vCPU) and MiB. */
export const NGINX_EXPORTER_LIMITS = { cpu: 102, memory: 64 } as const;
/** Where the exporter listens unless it is told otherwise. */
const DEFAULT_PORT = 9113;
const DEFAULT_PATH = '/metrics';
/** Where it looks for NGINX, and for the API of NGINX Plus. */
const SCRAPE_URIS = {
  nginx: 'http://127.0.0.1:8080/stub_status',
  nginxplus: 'http://127.0.0.1:8080/api',
} as const;
type NginxPack = keyof typeof SCRAPE_URIS;

/** How the added exporter is configured. */
export type NginxExporter = {
  readonly port: number;
  readonly dockerLabels: Readonly<Record<string, string>>;
  /** The exporter's variables; LISTEN_ADDRESS, TELEMETRY_PATH and NGINX_PLUS only where they are not the default. */
  readonly environment: Readonly<Record<string, string>>;
};

/**
 * The exporter that AutoAddNginxPrometheusExporter adds, where CollectForNginx or CollectForNginxPlus expects it.
 * As ECS Compose-X adds it, it has its defaults whatever is expected.
 * Source of the variables: https://github.com/nginx/nginx-prometheus-exporter, "Command-line Arguments".
 */
export function nginxExporterOf(family: Family, compat: Compat): NginxExporter | undefined {
  const expected = family.exporters.find(({ pack }) => pack.name in SCRAPE_URIS);
  if (!family.addsNginxExporter || expected === undefined) return undefined;
  const { port, path } = compat === undefined ? expected : { port: DEFAULT_PORT, path: DEFAULT_PATH };
  const dockerLabels = {
    container_name: NGINX_EXPORTER_NAME,
    [DEFAULT_SD_PORT_LABEL]: String(port),
    job: NGINX_EXPORTER_NAME,
  };
  if (compat !== undefined) return { port, dockerLabels, environment: {} };
  const environment = {
    SCRAPE_URI: SCRAPE_URIS[expected.pack.name as NginxPack],
    ...(port !== DEFAULT_PORT && { LISTEN_ADDRESS: `:${port}` }),
    ...(path !== DEFAULT_PATH && { TELEMETRY_PATH: path }),
    ...(expected.pack.name === 'nginxplus' && { NGINX_PLUS: 'true' }),
  };
  const pathLabel = path !== DEFAULT_PATH && { ECS_PROMETHEUS_METRICS_PATH: path };
  return { port, dockerLabels: { ...dockerLabels, ...pathLabel }, environment };
}

/** The exporter as a container. Its health check is left to the user. */
export function nginxExporterSidecar(
  family: Family,
  { port, dockerLabels, environment }: NginxExporter,
  settings: SidecarSettings,
): ContainerDefinition {
  const own = Object.entries(environment).map(([name, value]) => ({ name, value }));
  // ECS Compose-X tells every container of the family where EMF goes.
  const variables = settings.compat === undefined ? own : [...own, ...emfVariables(family)];
  return {
    name: NGINX_EXPORTER_NAME,
    image: NGINX_EXPORTER_IMAGE,
    ...NGINX_EXPORTER_LIMITS,
    essential: false,
    portMappings: [portMapping(port, 'tcp')],
    dependsOn: family.services.map(dependencyOn),
    ...(variables.length > 0 && { environment: variables }),
    dockerLabels,
    logConfiguration: awslogs(NGINX_EXPORTER_NAME, settings),
  };
}
