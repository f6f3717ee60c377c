import { boundedName, logicalId, type Resource, type TemplatePart } from '../../cloudwatch/monitoring/template-part.ts';
import { DEFAULT_SD_PORT_LABEL } from '../../ecs/discovery-settings.ts';
import type { Family } from '../family/family.ts';
import { hasAgent, isBridged, type SidecarSettings } from './container-definition.ts';

/** What a text of ours holds where the scraper's security group is not known: for envsubst and for ECS Compose-X. */
export const SCRAPER_SECURITY_GROUP = '${SCRAPER_SECURITY_GROUP}';

/** A rule of a task definition overlay, in the spelling of the EC2 API. */
export type IngressRule = {
  readonly ipProtocol: 'tcp';
  readonly fromPort: number;
  readonly toPort: number;
  readonly sourceSecurityGroupId: string;
  readonly description: string;
};

/** Host ports that Docker chooses from. Source: ECS, PortMapping, hostPort. */
const EPHEMERAL_PORTS = { from: 32_768, to: 65_535 } as const;

/** Container ports that are scraped, in ascending order. */
export function exporterPorts({ exporters, customRules, services }: Family): readonly number[] {
  const labelled = services
    .map(({ dockerLabels }) => Number(dockerLabels.get(DEFAULT_SD_PORT_LABEL)?.value))
    .filter((port) => Number.isInteger(port) && port >= 1 && port <= 65_535);
  const ports = [...exporters.map(({ port }) => port), ...customRules.map((rule) => rule.ExporterPort), ...labelled];
  return [...new Set(ports)].sort((a, b) => a - b);
}

/** The ports the scraper connects to: those of the containers, or in bridge mode of their hosts. */
function scrapedRanges(family: Family): readonly { readonly from: number; readonly to: number }[] {
  const ranges = exporterPorts(family).map((port) => (isBridged(family) ? hostRange(port, family) : exactly(port)));
  return [...new Map(ranges.map((range) => [`${range.from}-${range.to}`, range])).values()];
}

function hostRange(port: number, { services }: Family): { readonly from: number; readonly to: number } {
  const mapping = services.flatMap(({ ports }) => ports).find(({ first, last }) => first === port && last === port);
  const published = Number(mapping?.published);
  return Number.isInteger(published) ? exactly(published) : EPHEMERAL_PORTS;
}

function exactly(port: number) {
  return { from: port, to: port };
}

function descriptionOf({ name }: Family): string {
  return boundedName(`scrape of ${name}`);
}

/** What lets the scraper reach the exporters. */
export function ingressRules(family: Family, sourceSecurityGroupId: string): readonly IngressRule[] {
  return scrapedRanges(family).map(({ from, to }) => ({
    ipProtocol: 'tcp',
    fromPort: from,
    toPort: to,
    sourceSecurityGroupId,
    description: descriptionOf(family),
  }));
}

/**
 * The same as CloudFormation, for the security group of the tasks; without one, the stack has none of it. An agent
 * scrapes from within that group, which lets its members in then. Nothing where nothing is scraped.
 */
export function renderIngress(family: Family, settings: SidecarSettings): TemplatePart | undefined {
  const prefix = logicalId('', family.logicalName);
  const tasks = `${prefix}SecurityGroup`;
  const source = hasAgent(settings) ? tasks : 'ScraperSecurityGroup';
  const isGiven = `${prefix}LetsScraperIn`;
  const rules = scrapedRanges(family).map(({ from, to }): [string, Resource] => [
    `${prefix}IngressOn${from}`,
    {
      Type: 'AWS::EC2::SecurityGroupIngress',
      Condition: isGiven,
      Properties: {
        GroupId: { Ref: tasks },
        SourceSecurityGroupId: { Ref: source },
        IpProtocol: 'tcp',
        FromPort: from,
        ToPort: to,
        Description: descriptionOf(family),
      },
    },
  ]);
  if (rules.length === 0) return undefined;
  const groups = {
    [source]: securityGroup('Security group of scrape', settings.scraperSecurityGroup),
    [tasks]: securityGroup(`Security group of the tasks of ${family.name}; empty: the scraper is let in elsewhere`),
  };
  const given = Object.keys(groups).map((name) => ({ 'Fn::Not': [{ 'Fn::Equals': [{ Ref: name }, ''] }] }));
  return {
    Parameters: groups,
    Conditions: { [isGiven]: given.length === 1 ? given[0] : { 'Fn::And': given } },
    Resources: Object.fromEntries(rules),
  };
}

function securityGroup(description: string, preset = '') {
  return { Type: 'String', Description: description, Default: preset, AllowedPattern: '(sg-[0-9a-f]+)?' };
}
