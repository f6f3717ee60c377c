/** What one recorded case came to. A skip carries the reason why it was decided otherwise. */
export type Outcome =
  | { readonly case: string; readonly outcome: 'passed' }
  | { readonly case: string; readonly outcome: 'failed'; readonly detail: string }
  | { readonly case: string; readonly outcome: 'skipped'; readonly reason: string };

/** One folder of the conformance data and how its cases are run. */
export type Topic = { readonly name: string; readonly run: (folder: string) => Promise<Outcome[]> };
