import * as v from 'valibot';
import { closed, foundOf, parsedText, text } from '../document/schema.ts';
import { switchText } from './switch-text.ts';

/**
 * Where a secret is kept: `ssm:/NAME`, `secretsmanager:NAME` (`#KEY` for one key of a JSON secret), or the ARN of
 * either. It stands where a Prometheus configuration names a file, so that no secret is ever part of a document.
 */
const reference = parsedText((value) => {
  if (/^ssm:\/[\w./-]+$/.test(value) || /^secretsmanager:[\w/+=.@-]+(#[\w.-]+)?$/.test(value)) return;
  if (
    /^arn:[\w-]+:(ssm:[\w-]*:\d{12}:parameter\/[\w./-]+|secretsmanager:[\w-]*:\d{12}:secret:[\w/+=.@-]+(#[\w.-]+)?)$/.test(
      value,
    )
  )
    return;
  throw new Error(
    `expected a reference to a secret, such as ssm:/path/of/parameter or secretsmanager:NAME#KEY, found ${foundOf(value)}`,
  );
});

function inlineSecret(key: string, fileKey: string) {
  return v.optional(
    v.custom<undefined>(
      (input) => input === undefined,
      `${key} would put the secret into documents; keep it in SSM or Secrets Manager and write ${fileKey}: ssm:/NAME`,
    ),
  );
}

const tlsConfig = v.pipe(
  closed({
    ca_file: v.optional(reference),
    cert_file: v.optional(reference),
    key_file: v.optional(reference),
    server_name: v.optional(text),
    insecure_skip_verify: v.optional(switchText),
    ca: inlineSecret('ca', 'ca_file'),
    cert: inlineSecret('cert', 'cert_file'),
    key: inlineSecret('key', 'key_file'),
  }),
  v.check(
    ({ cert_file, key_file }) => (cert_file === undefined) === (key_file === undefined),
    'expected cert_file and key_file together; a client certificate needs both',
  ),
);

/** basic_auth, authorization and tls_config of a scrape configuration, secrets by reference. */
export const credentialSettings = {
  basic_auth: v.optional(
    closed({ username: text, password_file: reference, password: inlineSecret('password', 'password_file') }),
  ),
  authorization: v.optional(
    closed({
      type: v.optional(text),
      credentials_file: reference,
      credentials: inlineSecret('credentials', 'credentials_file'),
    }),
  ),
  tls_config: v.optional(tlsConfig),
};

export const CREDENTIAL_KEYS = ['basic_auth', 'authorization', 'tls_config'] as const;
