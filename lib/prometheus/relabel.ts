import { createHash } from 'node:crypto';
import { isLegacyLabelName, type Labels } from './labels.ts';
import { compileAnchoredRegex, type Regex } from './regex.ts';

export const RELABEL_ACTIONS = [
  'replace',
  'keep',
  'drop',
  'keepequal',
  'dropequal',
  'hashmod',
  'labelmap',
  'labeldrop',
  'labelkeep',
  'lowercase',
  'uppercase',
] as const;

export type RelabelAction = (typeof RELABEL_ACTIONS)[number];
export type NameValidation = 'utf8' | 'legacy';

/** One relabel_config as it is written; what is absent has Prometheus's default. */
export type RelabelConfig = {
  readonly source_labels?: readonly string[] | undefined;
  readonly separator?: string | undefined;
  readonly regex?: string | undefined;
  readonly modulus?: bigint | undefined;
  readonly target_label?: string | undefined;
  readonly replacement?: string | undefined;
  readonly action?: RelabelAction | undefined;
};

/** The relabeled label set, a new one, or nothing when the target or sample is dropped. */
export type Relabel = (labels: Labels) => Map<string, string> | undefined;

const DEFAULTS = { separator: ';', regex: '(.*)', replacement: '$1', modulus: 0n } as const;

/** Why the configuration cannot work, or nothing. Source: prometheus model/relabel, Config.Validate. */
export function relabelConfigFault(config: RelabelConfig, validation: NameValidation): string | undefined {
  const action = config.action ?? 'replace';
  const target = config.target_label ?? '';
  const needsTarget = ['replace', 'keepequal', 'dropequal', 'hashmod', 'lowercase', 'uppercase'].includes(action);
  if (needsTarget && target === '') return `action ${action} needs target_label`;
  if (action === 'hashmod' && (config.modulus ?? 0n) === 0n) return 'action hashmod needs a modulus of at least 1';
  if (action === 'replace' && !isTargetTemplate(target, validation))
    return `expected a label name as target_label, found ${JSON.stringify(target)}`;
  if (needsTarget && action !== 'replace' && !isLabelName(target, validation))
    return `expected a label name as target_label, found ${JSON.stringify(target)}`;
  if (action === 'labelmap' && !isTargetTemplate(config.replacement ?? DEFAULTS.replacement, validation))
    return `expected a label name as replacement, found ${JSON.stringify(config.replacement)}`;
  if ((action === 'lowercase' || action === 'uppercase') && (config.replacement ?? '$1') !== DEFAULTS.replacement)
    return `action ${action} takes no replacement`;
  const extra = unusedFields(action, config);
  return extra.length === 0 ? undefined : `action ${action} takes no ${extra.join(', ')}`;
}

/** Fields that an action refuses when they differ from their default. */
function unusedFields(action: RelabelAction, config: RelabelConfig): string[] {
  const differing = [
    ...(config.source_labels !== undefined ? ['source_labels'] : []),
    ...((config.target_label ?? '') !== '' ? ['target_label'] : []),
    ...((config.regex ?? DEFAULTS.regex) !== DEFAULTS.regex ? ['regex'] : []),
    ...((config.modulus ?? 0n) !== 0n ? ['modulus'] : []),
    ...((config.separator ?? DEFAULTS.separator) !== DEFAULTS.separator ? ['separator'] : []),
    ...((config.replacement ?? DEFAULTS.replacement) !== DEFAULTS.replacement ? ['replacement'] : []),
  ];
  if (action === 'labeldrop' || action === 'labelkeep') return differing.filter((field) => field !== 'regex');
  if (action === 'keepequal' || action === 'dropequal') {
    // Any regex is one too many, also the default one spelled out.
    const others = differing.filter((field) => !['source_labels', 'target_label', 'regex'].includes(field));
    return config.regex === undefined ? others : ['regex', ...others];
  }
  return [];
}

/** Compiles the configurations, applied in order. The first that drops ends the walk. */
export function compileRelabel(configs: readonly RelabelConfig[], validation: NameValidation): Relabel {
  const steps = configs.map((config) => compileStep(config, validation));
  return (labels) => {
    let current: Map<string, string> | undefined = new Map(labels);
    for (const step of steps) {
      current = step(current);
      if (current === undefined) return undefined;
    }
    return current;
  };
}

/** Changes the label set in place; nothing means dropped. */
type Step = (labels: Map<string, string>) => Map<string, string> | undefined;

function compileStep(config: RelabelConfig, validation: NameValidation): Step {
  const regex = compileAnchoredRegex(config.regex ?? DEFAULTS.regex);
  const separator = config.separator ?? DEFAULTS.separator;
  const sources = config.source_labels ?? [];
  const replacement = config.replacement ?? DEFAULTS.replacement;
  const target = config.target_label ?? '';
  const sourceValue = (labels: Labels) => sources.map((name) => labels.get(name) ?? '').join(separator);
  const action = config.action ?? 'replace';
  switch (action) {
    case 'replace':
      return (labels) => replaceLabel(labels, sourceValue(labels), { regex, target, replacement, validation });
    case 'keep':
      return (labels) => (regex.match(sourceValue(labels)) === undefined ? undefined : labels);
    case 'drop':
      return (labels) => (regex.match(sourceValue(labels)) === undefined ? labels : undefined);
    case 'keepequal':
      return (labels) => ((labels.get(target) ?? '') === sourceValue(labels) ? labels : undefined);
    case 'dropequal':
      return (labels) => ((labels.get(target) ?? '') === sourceValue(labels) ? undefined : labels);
    case 'hashmod':
      return (labels) => setLabel(labels, target, String(hashMod(sourceValue(labels), config.modulus ?? 1n)));
    case 'labelmap':
      return (labels) => mapLabels(labels, regex, replacement);
    case 'labeldrop':
      return (labels) => removeLabels(labels, (name) => regex.match(name) !== undefined);
    case 'labelkeep':
      return (labels) => removeLabels(labels, (name) => regex.match(name) === undefined);
    case 'lowercase':
      return (labels) => setLabel(labels, target, lowerRunes(sourceValue(labels)));
    case 'uppercase':
      return (labels) => setLabel(labels, target, upperRunes(sourceValue(labels)));
    default:
      return action satisfies never;
  }
}

type Replacement = {
  readonly regex: Regex;
  readonly target: string;
  readonly replacement: string;
  readonly validation: NameValidation;
};

function replaceLabel(labels: Map<string, string>, source: string, to: Replacement): Map<string, string> {
  const groups = to.regex.match(source);
  if (groups === undefined) return labels;
  const target = to.regex.expand(to.target, groups);
  if (!isLabelName(target, to.validation)) return labels;
  return setLabel(labels, target, to.regex.expand(to.replacement, groups));
}

function setLabel(labels: Map<string, string>, name: string, value: string): Map<string, string> {
  if (value === '') labels.delete(name);
  else labels.set(name, value);
  return labels;
}

/** Source labels are read as they were before the action, in the order of their names. */
function mapLabels(labels: Map<string, string>, regex: Regex, replacement: string): Map<string, string> {
  const before = [...labels].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  for (const [name, value] of before) {
    if (regex.match(name) !== undefined) setLabel(labels, regex.replaceAll(name, replacement), value);
  }
  return labels;
}

function removeLabels(labels: Map<string, string>, isRemoved: (name: string) => boolean): Map<string, string> {
  for (const name of [...labels.keys()]) if (isRemoved(name)) labels.delete(name);
  return labels;
}

/** The last eight bytes of the MD5 sum, big-endian, modulo the modulus. */
function hashMod(text: string, modulus: bigint): bigint {
  return createHash('md5').update(text).digest().readBigUInt64BE(8) % modulus;
}

/** Rune by rune as Go: a mapping to several runes does not exist there. */
function lowerRunes(text: string): string {
  return mapRunes(text, (rune) => [...rune.toLowerCase()][0] ?? rune);
}

function upperRunes(text: string): string {
  return mapRunes(text, (rune) => {
    const upper = rune.toUpperCase();
    return [...upper].length === 1 ? upper : (TITLED.get(rune) ?? rune);
  });
}

/** Greek letters with iota: JavaScript writes the iota out, their simple mapping is one letter. */
const TITLED: ReadonlyMap<string, string> = new Map([
  ...[0x1f80, 0x1f90, 0x1fa0].flatMap((first) =>
    Array.from({ length: 8 }, (_, i): [string, string] => [
      String.fromCharCode(first + i),
      String.fromCharCode(first + i + 8),
    ]),
  ),
  ['\u1fb3', '\u1fbc'],
  ['\u1fc3', '\u1fcc'],
  ['\u1ff3', '\u1ffc'],
]);

function mapRunes(text: string, map: (rune: string) => string): string {
  return Array.from(text, map).join('');
}

function isLabelName(name: string, validation: NameValidation): boolean {
  return validation === 'legacy' ? isLegacyLabelName(name) : name !== '' && name.isWellFormed();
}

/** A label name in which groups may stand, such as `${1}_total`. Source: model/relabel, relabelTarget. */
function isTargetTemplate(target: string, validation: NameValidation): boolean {
  if (validation === 'utf8') return isLabelName(target, validation);
  return /^(?:[a-zA-Z_]|\$(?:\{\w+\}|\w))(?:\w|\$(?:\{\w+\}|\w))*$/.test(target);
}
