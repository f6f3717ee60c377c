import * as v from 'valibot';
import { absentOr, closed, dictionary, foundOf, list, text } from '../document/schema.ts';
import { unsupported } from './unsupported-keys.ts';

const header = v.nullable(
  closed({ values: absentOr(list(text)), secrets: unsupported('secrets'), files: unsupported('files') }),
  {},
);

/** Headers that Prometheus sets itself, or that hold secrets. Source: prometheus/common, config, reserved headers. */
const RESERVED: ReadonlySet<string> = new Set([
  'accept-encoding',
  'authorization',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'user-agent',
  'www-authenticate',
  'x-amz-content-sha256',
  'x-amz-date',
  'x-amz-security-token',
  'x-prometheus-remote-read-version',
  'x-prometheus-remote-write-version',
  'x-prometheus-scrape-timeout-seconds',
]);

/** http_headers: what a job sends beside its own headers. */
export const httpHeaders = v.pipe(
  dictionary(header),
  v.rawCheck(({ dataset, addIssue }) => {
    for (const name of Object.keys(dataset.value ?? {})) {
      if (RESERVED.has(name.toLowerCase()))
        addIssue({
          message: `expected a header of your own, found ${foundOf(name)}; use basic_auth or authorization for credentials`,
        });
    }
  }),
);
