import { execFileSync } from 'node:child_process';

/** Builds dist before the tests that run the command as a process. */
export default function build(): void {
  execFileSync(process.execPath, ['build.mjs'], { stdio: 'inherit' });
}
