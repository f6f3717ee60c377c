import type { Context } from 'aws-lambda';

/** A setting of the function. @throws {Error} naming the variable. */
export function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '')
    throw new Error(`environment variable ${name} is not set; see serverless.yml`);
  return value;
}

/** The stack's bucket: its name ends with the account and region this function runs in. */
export function bucketName(context: Context): string {
  // Local invocation gives no ARN.
  const [, , , region, account] = (context.invokedFunctionArn ?? '').split(':');
  if (region === undefined || account === undefined)
    throw new Error('this event needs the deployed stack: without a function ARN the bucket has no name');
  return `${setting('BUCKET_PREFIX')}-${account}-${region}`;
}

/** The texts separated by commas in a setting that may be empty. */
export function listSetting(name: string): string[] {
  return (process.env[name] ?? '')
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}
