import { DEFAULT_METRIC_NAMESPACE, defaultLogGroupName } from './cloudwatch/agent-config.ts';
import { lintAlarms } from './cloudwatch/monitoring/alarms.ts';
import { renderDashboards } from './cloudwatch/monitoring/dashboard.ts';
import type { MonitoredFamily, SettingProblem } from './cloudwatch/monitoring/monitored-family.ts';
import { lintScaling } from './cloudwatch/monitoring/scaling.ts';
import {
  renderClusterTemplate,
  renderFamilyTemplate,
  renderMonitoringAccountTemplate,
} from './cloudwatch/monitoring/template.ts';
import { renderTemplate, type Template, templateFaults } from './cloudwatch/monitoring/template-part.ts';
import { customDeclarations, declarationsOf } from './compose/documents/render-agent.ts';
import type { Family } from './compose/family/family.ts';
import { renderComposeOverride } from './compose/task/compose-override.ts';
import type { SidecarSettings } from './compose/task/container-definition.ts';
import { renderAgentPolicies } from './compose/task/iam-policies.ts';
import { renderIngress } from './compose/task/security-group-ingress.ts';
import { checkTaskDefinition, renderTaskDefinition } from './compose/task/task-definition.ts';
import type { Problem } from './document/problem.ts';
import type { DocumentSettings } from './render-family.ts';

/** Texts by file name. */
export type Artifacts = Readonly<Record<string, string>>;

/**
 * The files that go with a family's documents, none that does not apply, adding what is wrong with them to `problems`.
 * `project`: all families of the compose files.
 */
export function renderArtifacts(
  family: Family,
  project: readonly Family[],
  settings: DocumentSettings,
  problems: Problem[],
): Artifacts {
  const sidecars = sidecarSettings(family, settings);
  const found = [...checkTaskDefinition(family, sidecars), ...monitoringProblems(family, settings)];
  problems.push(...found);
  if (found.some(({ severity }) => severity === 'error')) return {};
  const template = templateOf(family, settings, sidecars);
  problems.push(...refusedTemplate(family, template));
  const overlay = renderTaskDefinition(family, sidecars);
  const override = renderComposeOverride(family, sidecars, project);
  return {
    ...(overlay !== undefined && { 'task-definition.json': formatted(overlay) }),
    ...(override !== undefined && { 'compose.override.yaml': override }),
    ...dashboardsOf(family, settings),
    'cloudformation.json': formatted(template),
  };
}

function sidecarSettings({ name }: Family, settings: DocumentSettings): SidecarSettings {
  const { cluster, compat, engine = 'lambda', region, scraperSecurityGroup } = settings;
  const path = `${settings.documentsPrefix ?? DEFAULT_DOCUMENTS_PREFIX}/${cluster}/${name}`;
  return {
    engine,
    compat,
    cluster,
    documents: { agent: `${path}/agent`, prometheus: `${path}/prometheus` },
    logGroup: settings.taskLogGroup ?? `/ecs/${name}`,
    ...(region !== undefined && { region }),
    ...(scraperSecurityGroup !== undefined && { scraperSecurityGroup }),
  };
}

function monitoringProblems(family: Family, settings: DocumentSettings): readonly Problem[] {
  const monitored = monitoredFamily(family, settings);
  return [...lintAlarms(monitored), ...lintScaling(monitored)].map((problem) => placed(family, problem));
}

/** ECS Compose-X renders none. */
function dashboardsOf(family: Family, settings: DocumentSettings): Artifacts {
  if (settings.compat !== undefined) return {};
  const dashboards = renderDashboards(monitoredFamily(family, settings), settings.region ?? DEFAULT_REGION);
  const files = dashboards.map(({ body }, index) => [
    index === 0 ? 'dashboard.json' : `dashboard-${index + 1}.json`,
    formatted(body),
  ]);
  return Object.fromEntries(files);
}

function templateOf(family: Family, settings: DocumentSettings, sidecars: SidecarSettings): Template {
  const parts = [renderAgentPolicies(family, sidecars), renderIngress(family, sidecars)].filter(
    (part) => part !== undefined,
  );
  if (settings.compat !== undefined) return renderTemplate(`prom-emf: family ${family.name}`, parts);
  return renderFamilyTemplate(monitoredFamily(family, settings), parts);
}

/** What CloudFormation would say to a template; the documents can be used without it. */
function refusedTemplate({ services }: Family, template: Template): readonly Problem[] {
  const [first] = services;
  if (first === undefined) return [];
  const { familyPlace: place, name } = first;
  return templateFaults(template).map((text) => ({
    severity: 'warning',
    place,
    path: `services.${name}`,
    text: `cloudformation.json: ${text}`,
  }));
}

function monitoredFamily(family: Family, settings: DocumentSettings): MonitoredFamily {
  return {
    family: family.name,
    logicalName: family.logicalName,
    cluster: settings.cluster,
    namespace: DEFAULT_METRIC_NAMESPACE + (settings.engine === 'agent' ? '' : (family.options.namespace_suffix ?? '')),
    logGroupName: logGroupOf(settings),
    exporters: family.exporters.map((exporter) => ({
      name: exporter.pack.name,
      title: exporter.pack.title,
      widgets: exporter.pack.widgets ?? [],
      alarms: exporter.pack.alarms ?? [],
      declarations: declarationsOf(exporter),
    })),
    customDeclarations: customDeclarations(family),
    alarms: family.alarms,
    scaling: family.scaling,
  };
}

const DEFAULT_REGION = 'us-east-1';
/** That of a stack of stage dev. */
const DEFAULT_DOCUMENTS_PREFIX = '/prom-emf/dev';

/** Where EMF arrives: an agent's log group, or that of the stack with its documents under this prefix. */
function logGroupOf({ cluster, engine, documentsPrefix = DEFAULT_DOCUMENTS_PREFIX }: DocumentSettings): string {
  if (engine === 'agent') return defaultLogGroupName(cluster);
  const steps = documentsPrefix.split('/').filter((step) => step !== '');
  return `/aws/lambda/${steps.join('-')}-scrape`;
}

function placed({ own }: Family, { severity, path, text }: SettingProblem): Problem {
  const [key, name = ''] = path as ['Alarms' | 'Scaling', string?];
  const section = own.findLast(({ value }) => Object.hasOwn(value[key] ?? {}, name));
  if (section === undefined) throw new Error(`${path.join('.')} is nobody's: ${text}`);
  return section.problemAt(severity, path, text);
}

function formatted(document: object): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** Templates that belong to no family: for a cluster's account, or for the account that watches others. */
export const SHARED_TEMPLATES = ['cluster', 'monitoring-account'] as const;
export type SharedTemplate = (typeof SHARED_TEMPLATES)[number];

/** A shared CloudFormation template as text; the one for a monitoring account is the same for every cluster. */
export function renderSharedTemplate(kind: SharedTemplate, settings: DocumentSettings): string {
  if (kind === 'monitoring-account') return formatted(renderMonitoringAccountTemplate());
  const { cluster } = settings;
  const logGroupName = logGroupOf(settings);
  return formatted(renderClusterTemplate({ cluster, namespace: DEFAULT_METRIC_NAMESPACE, logGroupName }));
}
