/** The text exposition of an exporter. Throws unless it answers 200. */
export async function bodyOf(url: string): Promise<string> {
  const response = await fetch(url, { headers: { accept: 'text/plain;version=0.0.4' } });
  if (response.status !== 200) throw new Error(`${url} answered ${response.status}`);
  return response.text();
}

/** Value of the first sample whose line begins with `series`; NaN when there is none. */
export function valueIn(body: string, series: string): number {
  const line = body.split('\n').find((candidate) => candidate.startsWith(series));
  return Number(line?.split(' ').at(-1));
}

/** Sample names of a text exposition, sorted, each once. */
export function namesIn(body: string): readonly string[] {
  const names = body.split('\n').flatMap((line) => /^[a-zA-Z_:][a-zA-Z0-9_:]*/.exec(line)?.[0] ?? []);
  return [...new Set(names)].sort();
}
