import type { RulePack } from '../extensions/rule-pack.ts';
import type { Section } from '../extensions/section.ts';
import type { PromEmf } from '../extensions/x-prom-emf-schema.ts';
import type { ContainersInsights, ExporterSettings } from '../extensions/x-prometheus-schema.ts';
import type { Compat, Exporter } from './family.ts';
import type { MergeSettings } from './merge-family.ts';

/** Each key of ContainersInsights with a rule pack behind it, in the order their declarations are written. */
export const PREDEFINED = [
  ['CollectForAppMesh', 'appmesh'],
  ['CollectForJavaJmx', 'javajmx'],
  ['CollectForNginx', 'nginx'],
  ['CollectForNginxPlus', 'nginxplus'],
] as const;
type PredefinedKey = (typeof PREDEFINED)[number][0];

/** The sections in which something is on: all of them, or the last one alone. */
type Givers = (has: (value: ContainersInsights) => boolean) => readonly Section<ContainersInsights>[];

/** The exporters that are on, each once. A rule pack that is not there is a problem. */
export function exportersOf(
  givers: Givers,
  own: readonly Section<PromEmf>[],
  { rulePacks, compat, problems }: Pick<MergeSettings, 'rulePacks' | 'compat' | 'problems'>,
): readonly Exporter[] {
  const packs = new Map(rulePacks.map((pack) => [pack.name, pack]));
  const predefined = PREDEFINED.flatMap(([key, name]) =>
    givers((value) => settingsOf(value, key, compat) !== undefined).map((section) => ({
      name,
      settings: settingsOf(section.value, key, compat) ?? {},
      refuse: (text: string) => section.problemAt('error', [key], text),
    })),
  );
  const named = own.flatMap(({ value, problemAt }) =>
    Object.entries(value.Exporters ?? {}).flatMap(([name, written]) => ({
      name,
      settings: written === true ? {} : written,
      refuse: (text: string) => problemAt('error', ['Exporters', name], text),
    })),
  );
  const exporters = [...predefined, ...named].flatMap(({ name, settings, refuse }) => {
    const pack = packs.get(name);
    if (settings === false) return [];
    if (pack !== undefined) return [exporterOf(pack, settings)];
    const known = [...packs.keys()].sort().join(', ');
    problems.push(
      refuse(`expected a rule pack (${known}, or one of your own with --rules FILE), found ${JSON.stringify(name)}`),
    );
    return [];
  });
  const keyOf = ({ pack, ...settings }: Exporter) => JSON.stringify([pack.name, settings]);
  return [...new Map(exporters.map((exporter) => [keyOf(exporter), exporter])).values()];
}

/** The settings of an exporter that is on; `{}` means on with defaults here, and off in Compose-X. */
function settingsOf(value: ContainersInsights, key: PredefinedKey, compat: Compat): ExporterSettings | undefined {
  const written = value[key];
  if (written === undefined || written === false || isIgnored(key, compat)) return undefined;
  if (written === true) return {};
  return compat !== undefined && Object.keys(written).length === 0 ? undefined : written;
}

/** Keys that Compose-X documents and does not read; App Mesh was dropped after its release 1.0.1. */
export function isIgnored(key: string, compat: Compat): boolean {
  if (key === 'CollectForNginxPlus') return compat !== undefined;
  return key === 'CollectForAppMesh' && compat === 'compose-x';
}

function exporterOf(pack: RulePack, settings: ExporterSettings): Exporter {
  return {
    pack,
    port: settings.ExporterPort ?? pack.discovery.port,
    path: settings.ExporterPath ?? pack.discovery.path,
    source_labels: settings.source_labels,
    label_matcher: settings.label_matcher,
  };
}
