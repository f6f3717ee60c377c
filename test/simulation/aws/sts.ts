import { AwsError, type AwsService } from './call.ts';
import { element } from './xml.ts';

/** The sessions that were given out, by access key. */
export type Sessions = Map<string, { readonly roleArn: string; readonly expiresAtMs: number }>;

/** AWS STS: each call gives credentials of their own, which are good for `lifetimeMs` or as long as was asked for. */
export function stsService(sessions: Sessions, lifetimeMs?: () => number | undefined): AwsService {
  return ({ operation, input }) => {
    if (operation !== 'AssumeRole') throw new AwsError('InvalidAction', `${operation} is not simulated`);
    const roleArn = String(input.RoleArn);
    const key = `ASIA${String(sessions.size + 1).padStart(16, '0')}`;
    const expiresAtMs = Date.now() + (lifetimeMs?.() ?? Number(input.DurationSeconds ?? 3600) * 1000);
    sessions.set(key, { roleArn, expiresAtMs });
    const credentials = [
      element('AccessKeyId', key),
      element('SecretAccessKey', 'placeholder'),
      element('SessionToken', `session-of-${key}`),
      element('Expiration', new Date(expiresAtMs).toISOString()),
    ];
    const result = element('AssumeRoleResult', element('Credentials', credentials.join('')));
    return { status: 200, body: element('AssumeRoleResponse', result) };
  };
}
