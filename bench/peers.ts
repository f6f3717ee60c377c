import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './root.ts';

const pathOf = (file: string) => join(ROOT, 'bench/peers', file);

/** Whose figures stand beside ours. */
export const OURS = 'prom-emf';
export const COLLECTOR = pathOf('bin/collector');

/** Programs that read a body again and again and print `{series, cpu_ms, max_rss_mb}`. */
export const PARSERS: Readonly<Record<string, (rounds: number, file: string) => readonly string[]>> = {
  'textparse-labels': goParser('textparse-labels'),
  textparse: goParser('textparse'),
  expfmt: goParser('expfmt'),
  // It takes seconds for what the others do in a fraction of one.
  'parse-prometheus-text-format': (rounds, file) => [
    process.execPath,
    pathOf('parse.js'),
    String(Math.min(rounds, 5)),
    file,
  ],
};

function goParser(name: string) {
  return (rounds: number, file: string) => [pathOf('bin/parse'), '-parser', name, '-rounds', String(rounds), file];
}

/** The command that is needed before there is anything to compare with; nothing where all is there. */
export function missingPeers(): string | undefined {
  const missing = ['bin/collector', 'bin/parse', 'node_modules/parse-prometheus-text-format'].filter(
    (file) => !existsSync(pathOf(file)),
  );
  if (missing.length === 0) return undefined;
  return `${missing.map((file) => `bench/peers/${file}`).join(', ')}: not there; npm run bench:peers builds the peers (the collector takes ten minutes the first time); measuring prom-emf alone`;
}

const MODULES = {
  collector: [
    'github.com/open-telemetry/opentelemetry-collector-contrib/receiver/prometheusreceiver',
    'github.com/open-telemetry/opentelemetry-collector-contrib/exporter/awsemfexporter',
  ],
  parse: ['github.com/prometheus/prometheus', 'github.com/prometheus/common'],
} as const;

/** The versions of what is compared with, by module or package. */
export function peerVersions(): Readonly<Record<string, string>> {
  const modules = Object.entries(MODULES).flatMap(([folder, names]) => {
    const text = readFileSync(pathOf(`${folder}/go.mod`), 'utf8');
    return names.map((name) => [name, versionIn(text, name)] as const);
  });
  const { dependencies } = JSON.parse(readFileSync(pathOf('package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  return Object.fromEntries([...modules, ...Object.entries(dependencies)]);
}

/** @throws {Error} where a go.mod does not name the module. */
export function versionIn(goMod: string, name: string): string {
  const line = goMod.split('\n').find((each) => each.trim().startsWith(`${name} `));
  const version = line?.trim().split(' ')[1];
  if (version === undefined) throw new Error(`go.mod: expected a line ${name} VERSION`);
  return version;
}
