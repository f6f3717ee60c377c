import { readCollectsEmf } from '../../../../lib/compose/extensions/x-monitoring.ts';
import { readInsights } from '../../../../lib/compose/extensions/x-prometheus.ts';
import { type Compat, type Engine, type Family, groupFamilies } from '../../../../lib/compose/family/family.ts';
import { mergeFamily, type ServiceSections } from '../../../../lib/compose/family/merge-family.ts';
import { parseComposeFiles } from '../../../../lib/compose/file/compose-file.ts';
import { readMember, readService } from '../../../../lib/compose/file/compose-service.ts';
import type { SidecarSettings } from '../../../../lib/compose/task/container-definition.ts';
import { ConfigError, type Problem } from '../../../../lib/document/problem.ts';
import { rulePacks } from '../extensions/rule-packs.ts';

/** The families of a compose file by name. @throws {ConfigError} with its errors. */
export function familiesOf(text: string, compat?: Compat, engine: Engine = 'lambda'): ReadonlyMap<string, Family> {
  const problems: Problem[] = [];
  const { services, reader } = parseComposeFiles([{ file: 'compose.yaml', text }], { variables: {}, problems });
  const sections = new Map<string, ServiceSections>();
  for (const [name, definition] of services) {
    const insights = readInsights(name, definition, reader, problems);
    const emf = readCollectsEmf(definition, reader);
    sections.set(name, { insights, own: undefined, monitorsEmf: emf.collectsEmf, agentImage: emf.image });
  }
  const members = [...services].map(([name, definition]) => readMember(name, definition, reader));
  const merged = [...groupFamilies(members, compat)].flatMap(([name, group]): (readonly [string, Family])[] => {
    const read = group.map((member) => readService(member, services.get(member.name)!, reader));
    const family = mergeFamily(name, read, sections, { rulePacks, compat, engine, topLevel: undefined, problems });
    return family === undefined ? [] : [[name, family]];
  });
  const errors = problems.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) throw new ConfigError(errors);
  return new Map(merged);
}

/** The only family of a compose file. */
export function familyOf(text: string, compat?: Compat, engine: Engine = 'lambda'): Family {
  const [family, ...others] = familiesOf(text, compat, engine).values();
  if (family === undefined || others.length > 0) throw new Error('expected one family');
  return family;
}

export const settings: SidecarSettings = {
  engine: 'lambda',
  compat: undefined,
  cluster: 'prod',
  documents: { agent: '/prom-emf/dev/prod/web/agent', prometheus: '/prom-emf/dev/prod/web/prometheus' },
  logGroup: '/ecs/web',
  region: 'eu-west-1',
};
