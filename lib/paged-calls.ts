import { printable } from './document/problem.ts';
import { mapBounded } from './map-bounded.ts';
import type { Failure } from './ports.ts';

/** Calls under way at once: a cold start stays below the burst rates of the ECS API. */
const PARALLEL_CALLS = 5;

/** Calls for each page of the items, a few at a time, and joins the answers in order. */
export async function inPages<Result>(
  items: readonly string[],
  size: number,
  problems: Failure[],
  api: string,
  call: (page: readonly string[]) => Promise<readonly Result[]>,
): Promise<readonly Result[]> {
  const pages = Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
  const answers = await mapBounded(pages, PARALLEL_CALLS, (page) => {
    const name = page.length > 1 ? `${page[0]} and ${page.length - 1} more` : (page[0] ?? '');
    return isolated(name, problems, api, () => call(page));
  });
  return answers.flat();
}

/** The answer of a call, or nothing and a problem under the name of what was asked for. */
export async function isolated<Result>(
  arn: string,
  problems: Failure[],
  api: string,
  call: () => Promise<readonly Result[]>,
): Promise<readonly Result[]> {
  try {
    return await call();
  } catch (error) {
    problems.push({ arn, reason: failureText(api, error) });
    return [];
  }
}

export function failureText(api: string, error: unknown): string {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  return printable(`${api}: ${name === 'Error' ? '' : `${name}: `}${message}`, 500);
}
