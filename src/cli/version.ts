import { readFileSync } from 'node:fs';

/** From package.json, which stands above both `src/` and `dist/`. */
export const VERSION: string = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;
