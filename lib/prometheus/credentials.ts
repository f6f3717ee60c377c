import * as v from 'valibot';
import { absentOr, closed, foundOf, nullableText, parsedText, text } from '../document/schema.ts';
import { parseSecretReference } from './secret-reference.ts';
import { switchText } from './switch-text.ts';
import { unsupported } from './unsupported-keys.ts';

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

const tlsVersion = absentOr(
  v.picklist(
    ['TLS12', 'TLS13'],
    (issue) => `expected TLS12 or TLS13, found ${foundOf(issue.input)}; older versions are not supported`,
  ),
);

const commonTls = {
  server_name: v.optional(nullableText),
  insecure_skip_verify: v.optional(switchText),
  min_version: tlsVersion,
  max_version: tlsVersion,
};

type Versions = { readonly min_version?: string | undefined; readonly max_version?: string | undefined };

function isVersionRange<Input extends Versions>() {
  return v.check<Input, string>(
    ({ min_version = 'TLS12', max_version = 'TLS13' }) => min_version <= max_version,
    'expected a max_version of at least min_version',
  );
}

/** Keys for secrets in files or in a manager that nobody here reads; `closed` does not offer them. */
const unread = {
  basic_auth: {
    username_file: unsupported('username_file'),
    username_ref: unsupported('username_ref'),
    password_ref: unsupported('password_ref'),
  },
  authorization: { credentials_ref: unsupported('credentials_ref') },
  tls_config: { ca_ref: unsupported('ca_ref'), cert_ref: unsupported('cert_ref'), key_ref: unsupported('key_ref') },
};

/** A closed mapping of these keys and of the unread ones of its section. */
function section<const Entries extends v.ObjectEntries, const Key extends keyof typeof unread>(
  key: Key,
  entries: Entries,
) {
  return closed({ ...entries, ...unread[key] }, entries);
}

type Pair = { readonly cert_file?: string | undefined; readonly key_file?: string | undefined };

function isWholePair<Input extends Pair>() {
  return v.check<Input, string>(
    ({ cert_file, key_file }) => (cert_file === undefined) === (key_file === undefined),
    'expected cert_file and key_file together; a client certificate needs both',
  );
}

const tlsConfig = v.pipe(
  section('tls_config', {
    ca_file: v.optional(reference),
    cert_file: v.optional(reference),
    key_file: v.optional(reference),
    ...commonTls,
    ca: inlineSecret('ca', 'ca_file'),
    cert: inlineSecret('cert', 'cert_file'),
    key: inlineSecret('key', 'key_file'),
  }),
  isWholePair(),
  isVersionRange(),
);

/** basic_auth, authorization and tls_config of a scrape configuration, secrets by reference. */
export const credentialSettings = {
  basic_auth: absentOr(
    section('basic_auth', {
      username: text,
      password_file: reference,
      password: inlineSecret('password', 'password_file'),
    }),
  ),
  authorization: absentOr(
    section('authorization', {
      type: v.optional(authorizationType),
      credentials_file: reference,
      credentials: inlineSecret('credentials', 'credentials_file'),
    }),
  ),
  tls_config: absentOr(tlsConfig),
};

/** The older spelling of `authorization` in a scrape configuration. */
export const bearerSettings = {
  bearer_token: inlineSecret('bearer_token', 'bearer_token_file'),
  bearer_token_file: absentOr(reference),
};

type Name = v.GenericSchema<unknown, string | undefined>;

/** Both end as the name of a secret. */
export type BearerSchemas = {
  readonly bearer_token: v.OptionalSchema<Name, undefined>;
  readonly bearer_token_file: v.OptionalSchema<Name, undefined>;
};

/** The same, where the token may be written out: it is put into `secrets` under the name that stands in its place. */
export function ownBearerSettings(secrets: Map<string, string>): BearerSchemas {
  const nothing = (written: string) => (written === '' ? undefined : written);
  return {
    bearer_token: v.optional(
      v.pipe(
        nullableText,
        v.transform((token) => (token === '' ? undefined : keep(secrets, token))),
      ),
    ),
    bearer_token_file: v.optional(v.pipe(nullableText, v.transform(nothing))),
  };
}

/** Puts a secret that is written out under a name of its own. */
function keep(secrets: Map<string, string>, value: string): string {
  const name = `inline:${secrets.size + 1}`;
  secrets.set(name, value);
  return name;
}

export const CREDENTIAL_KEYS = ['basic_auth', 'authorization', 'tls_config'] as const;

/** The credentials of a job as they are kept: each secret by the text that names it. */
export type CredentialSettings = {
  readonly [Key in (typeof CREDENTIAL_KEYS)[number]]?: v.InferOutput<(typeof credentialSettings)[Key]>;
};

type Written<Key extends keyof CredentialSettings> = v.OptionalSchema<
  v.GenericSchema<unknown, CredentialSettings[Key]>,
  undefined
>;

/** The schemas of these keys, whatever forms of secrets they take. */
export type CredentialSchemas = { readonly [Key in keyof Required<CredentialSettings>]: Written<Key> };

/** Text keys of a secret that is written out or in a file. */
function eitherOf<const Key extends string>(key: Key) {
  const entries = { [key]: absentOr(text), [`${key}_file`]: absentOr(text) };
  return entries as unknown as Record<
    Key | `${Key}_file`,
    v.OptionalSchema<v.GenericSchema<unknown, string | undefined>, undefined>
  >;
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
  const kept = (value: string) => keep(secrets, value);
  /** The name of a secret that is written out, or the file that holds it. */
  const nameOf = (value: string | undefined, file: string | undefined) => (value === undefined ? file : kept(value));
  return {
    basic_auth: absentOr(
      v.pipe(
        section('basic_auth', { username: v.optional(nullableText, ''), ...eitherOf('password') }),
        atMostOne('password'),
        v.transform(({ username, password, password_file }) => {
          return { username, password_file: nameOf(password, password_file) ?? kept('') };
        }),
      ),
    ),
    authorization: absentOr(
      v.pipe(
        section('authorization', { type: v.optional(authorizationType), ...eitherOf('credentials') }),
        atMostOne('credentials'),
        v.transform(({ credentials, credentials_file, ...rest }) => {
          return { ...rest, credentials_file: nameOf(credentials, credentials_file) ?? kept('') };
        }),
      ),
    ),
    tls_config: absentOr(
      v.pipe(
        section('tls_config', { ...eitherOf('ca'), ...eitherOf('cert'), ...eitherOf('key'), ...commonTls }),
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
        isVersionRange(),
      ),
    ),
  };
}
