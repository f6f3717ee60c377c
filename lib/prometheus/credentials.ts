import * as v from 'valibot';
import { closed, foundOf, parsedText, text } from '../document/schema.ts';
import { parseSecretReference } from './secret-reference.ts';
import { switchText } from './switch-text.ts';

/** It stands where a Prometheus configuration names a file, so that no secret is ever part of a document. */
const reference = parsedText((value) => {
  if (parseSecretReference(value).kind !== 'file') return;
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

const authorizationType = v.pipe(
  text,
  v.check((type) => type.trim().toLowerCase() !== 'basic', 'expected another type than Basic; use basic_auth'),
);

const commonTls = { server_name: v.optional(text), insecure_skip_verify: v.optional(switchText) };

type Pair = { readonly cert_file?: string | undefined; readonly key_file?: string | undefined };

function isWholePair<Input extends Pair>() {
  return v.check<Input, string>(
    ({ cert_file, key_file }) => (cert_file === undefined) === (key_file === undefined),
    'expected cert_file and key_file together; a client certificate needs both',
  );
}

const tlsConfig = v.pipe(
  closed({
    ca_file: v.optional(reference),
    cert_file: v.optional(reference),
    key_file: v.optional(reference),
    ...commonTls,
    ca: inlineSecret('ca', 'ca_file'),
    cert: inlineSecret('cert', 'cert_file'),
    key: inlineSecret('key', 'key_file'),
  }),
  isWholePair(),
);

/** basic_auth, authorization and tls_config of a scrape configuration, secrets by reference. */
export const credentialSettings = {
  basic_auth: v.optional(
    closed({ username: text, password_file: reference, password: inlineSecret('password', 'password_file') }),
  ),
  authorization: v.optional(
    closed({
      type: v.optional(authorizationType),
      credentials_file: reference,
      credentials: inlineSecret('credentials', 'credentials_file'),
    }),
  ),
  tls_config: v.optional(tlsConfig),
};

export const CREDENTIAL_KEYS = ['basic_auth', 'authorization', 'tls_config'] as const;

/** The credentials of a job as they are kept: each secret by the text that names it. */
export type CredentialSettings = {
  readonly [Key in (typeof CREDENTIAL_KEYS)[number]]?: v.InferOutput<(typeof credentialSettings)[Key]>;
};

type Written<Key extends keyof CredentialSettings> = v.OptionalSchema<
  v.GenericSchema<unknown, NonNullable<CredentialSettings[Key]>>,
  undefined
>;

/** The schemas of these keys, whatever forms of secrets they take. */
export type CredentialSchemas = { readonly [Key in keyof Required<CredentialSettings>]: Written<Key> };

/** Text keys of a secret that is written out or in a file. */
function eitherOf<const Key extends string>(key: Key) {
  const entries = { [key]: v.optional(text), [`${key}_file`]: v.optional(text) };
  return entries as Record<Key | `${Key}_file`, v.OptionalSchema<typeof text, undefined>>;
}

function atMostOne<Input extends object>(key: keyof Input & string) {
  const isGiven = (input: Input, name: string) => (input as Record<string, unknown>)[name] !== undefined;
  return v.check<Input, string>(
    (input) => !(isGiven(input, key) && isGiven(input, `${key}_file`)),
    `expected ${key} or ${key}_file, found both; keep one of them`,
  );
}

/**
 * The same settings as Prometheus takes them: secrets written out, or in files, or by reference. What is written out
 * is put into `secrets`, and its name there stands in its place, so that no report or state holds a value.
 */
export function ownCredentialSettings(secrets: Map<string, string>): CredentialSchemas {
  const kept = (value: string) => {
    const name = `inline:${secrets.size + 1}`;
    secrets.set(name, value);
    return name;
  };
  /** The name of a secret that is written out, or the file that holds it. */
  const nameOf = (value: string | undefined, file: string | undefined) => (value === undefined ? file : kept(value));
  return {
    basic_auth: v.optional(
      v.pipe(
        closed({ username: v.optional(text, ''), ...eitherOf('password') }),
        atMostOne('password'),
        v.transform(({ username, password, password_file }) => {
          return { username, password_file: nameOf(password, password_file) ?? kept('') };
        }),
      ),
    ),
    authorization: v.optional(
      v.pipe(
        closed({ type: v.optional(authorizationType), ...eitherOf('credentials') }),
        atMostOne('credentials'),
        v.transform(({ credentials, credentials_file, ...rest }) => {
          return { ...rest, credentials_file: nameOf(credentials, credentials_file) ?? kept('') };
        }),
      ),
    ),
    tls_config: v.optional(
      v.pipe(
        closed({ ...eitherOf('ca'), ...eitherOf('cert'), ...eitherOf('key'), ...commonTls }),
        atMostOne('ca'),
        atMostOne('cert'),
        atMostOne('key'),
        v.transform(({ ca, cert, key, ca_file, cert_file, key_file, ...rest }) => {
          const files = {
            ca_file: nameOf(ca, ca_file),
            cert_file: nameOf(cert, cert_file),
            key_file: nameOf(key, key_file),
          };
          return { ...files, ...rest };
        }),
        isWholePair(),
      ),
    ),
  };
}
