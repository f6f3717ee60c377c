import { join } from 'node:path';
import { build } from 'esbuild';

/** SDK calls whose IAM action has another name. Every other call is `service:Call`. Source: the Service Authorization Reference */
const ACTIONS: Readonly<Record<string, string>> = {
  's3:HeadObject': 's3:GetObject',
  's3:ListObjectsV2': 's3:ListBucket',
  'sqs:SendMessageBatch': 'sqs:SendMessage',
};
/** Packages that are not named as their service's actions begin. */
const SERVICES: Readonly<Record<string, string>> = { 'cloudwatch-logs': 'logs' };

/** What calls AWS by another name than a command's. */
const PROVIDERS: Readonly<Record<string, string>> = { fromTemporaryCredentials: 'sts:AssumeRole' };

/** The imports of one package, in one statement. */
const IMPORT = /^import \{([^}]*)\} from "@aws-sdk\/(?:client-([a-z0-9-]+)|credential-providers)";$/gm;
/** How the SDK calls what calls AWS: PutObjectCommand, paginateListTasks, waitUntilTasksRunning. */
const CALL = /^(?:(\w+)Command|paginate(\w+)|waitUntil(\w+))$/;

/**
 * The IAM actions that the code of an entry point can need: of each `*Command` and `paginate*` that is still used after
 * everything which cannot be reached from there was left out.
 * @throws {Error} for an import from the SDK that this reading would miss.
 */
export async function sdkActions(entryPoint: string): Promise<ReadonlySet<string>> {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, '../..', entryPoint)],
    bundle: true,
    write: false,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    external: ['@aws-sdk/*'],
  });
  return actionsOf(outputFiles[0]?.text ?? '');
}

/** The same of a bundle's text that imports the SDK's clients. */
export function actionsOf(bundle: string): ReadonlySet<string> {
  const imports = [...bundle.matchAll(IMPORT)];
  const rest = bundle.replace(IMPORT, '');
  const missed = /["']@aws-sdk\/[^"']*["']/.exec(rest);
  if (missed !== null) throw new Error(`expected import { NAME } from "@aws-sdk/client-SERVICE", found ${missed[0]}`);
  const used = imports.flatMap(([, names = '', service = '']) =>
    names.split(',').flatMap((clause) => {
      const [imported = '', local = imported] = clause.trim().split(' as ');
      if (!new RegExp(`\\b${local}\\b`).test(rest)) return [];
      const [call, command, page, state] = CALL.exec(imported) ?? [];
      if (call === undefined) return PROVIDERS[imported] ?? [];
      if (state !== undefined) throw new Error(`${imported}: what this asks for is unknown here`);
      const action = `${SERVICES[service] ?? service.replaceAll('-', '')}:${command ?? page}`;
      return [ACTIONS[action] ?? action];
    }),
  );
  return new Set(used);
}
