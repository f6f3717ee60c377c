import { createTwoFilesPatch, FILE_HEADERS_ONLY } from 'diff';

/** A unified diff of a document's texts, JSON spread over lines first. Undefined: there is none on that side. */
export function diffDocuments(name: string, deployed: string | undefined, rendered: string | undefined): string {
  const nameOf = (text: string | undefined) => (text === undefined ? '/dev/null' : name);
  const [before, after] = [spreadOut(deployed), spreadOut(rendered)];
  const options = { context: 3, headerOptions: FILE_HEADERS_ONLY };
  return createTwoFilesPatch(nameOf(deployed), nameOf(rendered), before, after, 'deployed', 'rendered', options);
}

/** A text in lines that people can compare. */
function spreadOut(text = ''): string {
  try {
    return `${JSON.stringify(JSON.parse(text), null, 2)}\n`;
  } catch {
    return text === '' || text.endsWith('\n') ? text : `${text}\n`;
  }
}
