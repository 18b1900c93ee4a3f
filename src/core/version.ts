import {readFileSync} from 'node:fs';

const PACKAGE_JSON = new URL('../../../package.json', import.meta.url);

/** Version of this package. */
export const PACKAGE_VERSION = (JSON.parse(readFileSync(PACKAGE_JSON, 'utf8')) as {version: string})
  .version;
