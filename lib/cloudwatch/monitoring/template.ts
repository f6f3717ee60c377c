import { renderAlarms } from './alarms.ts';
import { renderAthena } from './athena.ts';
import { renderDashboardResources } from './dashboard.ts';
import { renderClusterQueries, renderFamilyQueries } from './insights-queries.ts';
import { renderLogArchive } from './log-archive.ts';
import type { MonitoredFamily } from './monitored-family.ts';
import { renderObservabilityLink, renderObservabilitySink } from './observability-link.ts';
import { renderScaling } from './scaling.ts';
import { renderTemplate, type Template, type TemplatePart } from './template-part.ts';

/**
 * What CloudWatch shows of one family, as a CloudFormation template: dashboards, alarms, scaling and saved queries.
 * `others` are parts that belong to the family's stack, such as policies and security groups' ingress.
 * @throws {Error} with the errors that lintAlarms and lintScaling find.
 */
export function renderFamilyTemplate(family: MonitoredFamily, others: readonly TemplatePart[] = []): Template {
  return renderTemplate(`prom-emf: family ${family.family} of ECS cluster ${family.cluster}`, [
    renderDashboardResources(family),
    renderAlarms(family),
    renderScaling(family),
    renderFamilyQueries(family),
    ...others,
  ]);
}

/** What is there once for a cluster. */
export type MonitoredCluster = {
  readonly cluster: string;
  readonly namespace: string;
  /** Where the EMF documents are. */
  readonly logGroupName: string;
};

/**
 * What a cluster's families share: saved queries over all of them; where a sink is given, a link to the monitoring
 * account; where a bucket is given, the archive of EMF documents and an Athena table over it.
 */
export function renderClusterTemplate(cluster: MonitoredCluster): Template {
  return renderTemplate(`prom-emf: ECS cluster ${cluster.cluster}`, [
    renderClusterQueries(cluster),
    renderObservabilityLink(cluster),
    renderLogArchive(cluster),
    renderAthena(cluster),
  ]);
}

/** For the account that sees the metrics of others: the sink that their links point to. */
export function renderMonitoringAccountTemplate(): Template {
  return renderTemplate('prom-emf: monitoring account', [renderObservabilitySink()]);
}
