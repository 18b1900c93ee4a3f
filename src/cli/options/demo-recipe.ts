import {readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';

// From dist/src/cli/ to the root of the package.
export const DEMO_RECIPE_PATH = fileURLToPath(
  new URL('../../../../templates/recipes/demo.json', import.meta.url),
);

/** What the demo sets, for its help. */
export const readDemoDefaults = (): Readonly<Record<string, unknown>> =>
  JSON.parse(readFileSync(DEMO_RECIPE_PATH, 'utf8')) as Readonly<Record<string, unknown>>;
