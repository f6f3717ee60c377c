/** The path of the folder that holds a file: empty, or with a slash at its end. */
export function folderOf(file: string): string {
  const path = file.replaceAll('\\', '/');
  return path.includes('/') ? path.slice(0, path.lastIndexOf('/') + 1) : '';
}

/** Whether `file` is what `written`, found in the file `from`, stands for: as given, or relative to its folder. */
export function isNamed(file: string, written: string, from: string): boolean {
  return findNamed([{ file }], written, [folderOf(from)]) !== undefined;
}

/** The file that `written` names relative to the first of `folders` where there is one, or else as given. */
export function findNamed<File extends { readonly file: string }>(
  files: readonly File[],
  written: string,
  folders: readonly string[],
): File | undefined {
  for (const path of [...folders.map((folder) => folder + written), written].map(plainPath)) {
    const found = files.find(({ file }) => plainPath(file) === path);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The path without `.` and `name/..` steps. */
function plainPath(path: string): string {
  const steps: string[] = [];
  for (const step of path.replaceAll('\\', '/').split('/')) {
    const last = steps.at(-1);
    if (step === '..' && last !== undefined && last !== '..' && last !== '') steps.pop();
    else if (step !== '.') steps.push(step);
  }
  return steps.join('/');
}
