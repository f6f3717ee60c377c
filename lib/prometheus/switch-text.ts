import * as v from 'valibot';
import { foundOf } from '../document/schema.ts';

/** A boolean that was read as text: true, yes, on and their opposites, as Go's YAML takes them. */
export const switchText = v.pipe(
  v.picklist(
    ['true', 'false', 'yes', 'no', 'on', 'off'],
    (issue) => `expected true or false, found ${foundOf(issue.input)}`,
  ),
  v.transform((value) => value === 'true' || value === 'yes' || value === 'on'),
);
