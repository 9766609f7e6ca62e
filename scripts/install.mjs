// Runs before `npm start`, `npm test` and the like: installs what the lock file names, unless it is there already.
// Plain JavaScript, because on a fresh machine the Node that starts it may be too old to read TypeScript.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const stamp = 'node_modules/.sallyport-installed';
const lock = createHash('sha256').update(readFileSync('package-lock.json')).digest('hex');

if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== lock) {
  process.stderr.write('Installing the dependencies named in package-lock.json …\n');
  // No package may run code of its own at installation.
  const npm = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    stdio: ['ignore', 2, 2],
  });
  if (npm.status !== 0) {
    process.stderr.write('The installation failed. Check that this machine reaches an npm registry, then try again.\n');
    process.exit(1);
  }
  writeFileSync(stamp, lock);
}

// The registry package node-linux-* brings Node 24; elsewhere the machine's own Node has to be new enough.
const bundled = existsSync('node_modules/.bin/node');
if (!bundled && Number(process.versions.node.split('.')[0]) < 24) {
  process.stderr.write(
    `Sallyport needs Node 24 and this is ${process.version}. Install Node 24 (https://nodejs.org) and try again.\n`,
  );
  process.exit(1);
}
