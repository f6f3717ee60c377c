import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** A network in which a function reaches these places and nothing else. */
export type ClosedNetwork = {
  /** `HOST:PORT` as the function's code names it, and the address and port that stand for it. */
  readonly places: Readonly<Record<string, readonly [address: string, port: number]>>;
  /** Where attempts are written. */
  readonly logFile: string;
};

/** What the code of a function tried: `connect HOST:PORT`, `look up NAME` and so on. */
export type Attempts = { readonly allowed: readonly string[]; readonly refused: readonly string[] };

/**
 * The environment that closes the network of a function. Everything that Node offers to code goes through the hooks of
 * the preload, which also see what is never answered; a network namespace would need root, and the runtime client and
 * the servers of the test within it. The runtime client's own connection is native, and stays open.
 */
export function closedNetworkEnvironment({ places, logFile }: ClosedNetwork): Readonly<Record<string, string>> {
  const preload = pathToFileURL(join(import.meta.dirname, 'closed-network-preload.mjs')).href;
  return {
    NODE_OPTIONS: `--import=${preload}`,
    CLOSED_NETWORK: JSON.stringify(places),
    CLOSED_NETWORK_LOG: logFile,
  };
}

/** What was tried so far, each attempt once. */
export function attemptsIn({ logFile }: Pick<ClosedNetwork, 'logFile'>): Attempts {
  const lines = existsSync(logFile) ? readFileSync(logFile, 'utf8').split('\n').filter(Boolean) : [];
  const attempts = lines.map((line) => JSON.parse(line) as { readonly attempt: string; readonly isAllowed: boolean });
  const which = (isAllowed: boolean) =>
    [...new Set(attempts.filter((each) => each.isAllowed === isAllowed).map(({ attempt }) => attempt))].sort();
  return { allowed: which(true), refused: which(false) };
}
