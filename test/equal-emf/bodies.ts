import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ownBodies } from './own-bodies.ts';

/** A body as a target sent it. */
export type Answer = { readonly body: Buffer; readonly contentType: string };
export type NamedAnswer = Answer & { readonly name: string };

/** CONFORMANCE_DATA names another folder; then nothing is left out for the sake of time. */
const GIVEN = process.env.CONFORMANCE_DATA ?? '';
export const IS_THOROUGH = GIVEN !== '';

const TEST = join(import.meta.dirname, '..');
const TEXT = 'text/plain; version=0.0.4; charset=utf-8';
const OPENMETRICS = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

/** Our own bodies, those of the conformance data, of the examples and of the rule packs, none twice. */
export async function recordedBodies(mostBytes: number): Promise<NamedAnswer[]> {
  const all = await allBodies(!IS_THOROUGH ? join(TEST, 'conformance', 'data') : resolve(GIVEN));
  const keyOf = ({ body, contentType }: Answer) => `${contentType} ${body.toString('latin1')}`;
  const distinct = [...new Map(all.map((answer) => [keyOf(answer), answer])).values()];
  return distinct.filter(({ body }) => body.length <= mostBytes);
}

async function allBodies(data: string): Promise<NamedAnswer[]> {
  return [
    ...ownBodies,
    ...ofExposition(join(data, 'exposition')),
    ...ofScrapes(join(data, 'scrape')),
    ...ofExporters(join(data, 'exporters')),
    ...ofAgent(join(data, 'agent')),
    ...(await ofGenerator(join(data, 'hostile'))),
    ...ofFolder(join(data, 'jmx')),
    ...ofFolder(join(TEST, '..', 'examples', 'exporters')),
    ...ofFolder(join(TEST, 'rules', 'bodies')),
  ];
}

function filesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}

function linesIn<T>(folder: string): T[] {
  const files = filesIn(folder).filter((file) => file.endsWith('.ndjson'));
  const lines = files.flatMap((file) => readFileSync(join(folder, file), 'utf8').split('\n'));
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as T);
}

function ofExposition(folder: string): NamedAnswer[] {
  type Line = { id: string; content_type: string; body?: string; body_b64?: string };
  return linesIn<Line>(folder).map(({ id, content_type: contentType, body, body_b64 }) => ({
    name: id,
    contentType,
    body: body_b64 === undefined ? Buffer.from(body ?? '') : Buffer.from(body_b64, 'base64'),
  }));
}

function ofScrapes(folder: string): NamedAnswer[] {
  type Response = { status: number; headers: Record<string, string>; body: string };
  type Line = { id: string; responses?: Response[]; responses_by_host?: Record<string, Response[]> };
  return linesIn<Line>(folder).flatMap(({ id, responses = [], responses_by_host = {} }) =>
    [...responses, ...Object.values(responses_by_host).flat()].map(({ headers, body }) => {
      const [, contentType = ''] = Object.entries(headers).find(([name]) => /^content-type$/i.test(name)) ?? [];
      return { name: id, contentType, body: Buffer.from(body) };
    }),
  );
}

function ofExporters(folder: string): NamedAnswer[] {
  type Line = { file: string; headers: Record<string, string> };
  return linesIn<Line>(folder).map(({ file, headers }) => ({
    name: file,
    contentType: headers['content-type'] ?? '',
    body: readFileSync(join(folder, file)),
  }));
}

/** Cases of the agent have a folder each. */
function ofAgent(folder: string): NamedAnswer[] {
  return filesIn(folder).flatMap((name) => {
    const meta = JSON.parse(readFileSync(join(folder, name, 'meta.json'), 'utf8')) as { content_type?: string | null };
    const contentType = meta.content_type === undefined ? TEXT : (meta.content_type ?? '');
    return ofFolder(join(folder, name)).map((answer) => ({ ...answer, contentType }));
  });
}

async function ofGenerator(folder: string): Promise<NamedAnswer[]> {
  if (!existsSync(join(folder, 'gen.mjs'))) return [];
  type Generator = { bodies: Record<string, () => Buffer> };
  const { bodies } = (await import(pathToFileURL(join(folder, 'gen.mjs')).href)) as Generator;
  return Object.entries(bodies).map(([name, make]) => ({ name, contentType: TEXT, body: make() }));
}

/** `NAME.prom` is text, `NAME.openmetrics.txt` is not; so are those whose last line says that they are over. */
function ofFolder(folder: string): NamedAnswer[] {
  const files = filesIn(folder).filter((file) => /\.prom$|\.openmetrics\.txt$/.test(file));
  return files.map((file) => {
    const body = readFileSync(join(folder, file));
    return { name: file, contentType: body.toString('latin1').endsWith('# EOF\n') ? OPENMETRICS : TEXT, body };
  });
}

/**
 * The same body a while earlier: every plain number is half as large, so that counters and buckets rise to what was
 * recorded, and buckets stay in order. Timestamps are those of the body, so that gauges which bring one are repeated.
 */
export function earlier({ body, contentType }: Answer): Answer {
  const text = body.toString('latin1').replace(PLAIN_NUMBER, (_, series: string, value: string) => {
    return series + Math.floor(Number(value) / 2);
  });
  return { body: Buffer.from(text, 'latin1'), contentType };
}

const PLAIN_NUMBER = /^([^#\n].*?[^\n ][ \t]+)([0-9]{1,15}(?:\.[0-9]{1,6})?)(?=(?:[ \t][0-9.]+)?$)/gm;
