import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../document/problem.ts';

const ATTEMPTS = 3;
const ATTEMPT_MS = 3000;
const FIRST_PAUSE_MS = 200;

/**
 * Puts the answer of a custom resource to its ResponseURL, a presigned URL of S3, with a few retries (10 s at most).
 * @throws {Error} when it cannot be delivered: the stack then waits for its time-out.
 */
export async function putResponse(url: string, body: string): Promise<void> {
  checkUrl(url);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await putOnce(url, body);
    } catch (error) {
      if (attempt === ATTEMPTS)
        throw new Error(`the answer could not be delivered to CloudFormation: ${messageOf(error)}`, { cause: error });
      await sleep(FIRST_PAUSE_MS * 2 ** attempt);
    }
  }
}

async function putOnce(url: string, body: string): Promise<void> {
  const response = await fetch(url, {
    method: 'PUT',
    // The URL is signed for a request without a type.
    headers: { 'content-type': '' },
    body: new TextEncoder().encode(body),
    redirect: 'error',
    signal: AbortSignal.timeout(ATTEMPT_MS),
  });
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`HTTP status ${response.status}`);
}

/** Plain HTTP only to this machine, for tests. */
function checkUrl(url: string): void {
  const { protocol, hostname } = URL.canParse(url) ? new URL(url) : { protocol: '', hostname: '' };
  if (protocol === 'https:' || (protocol === 'http:' && hostname === '127.0.0.1')) return;
  throw new Error('expected an https URL as ResponseURL, found another; only CloudFormation can be answered');
}
