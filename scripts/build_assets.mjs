/**
 * Bundle the browser side of the console into admin/static/dist/.
 *
 * `npm run build` (or `make setup`, which also knows when nothing changed). The output is written into a
 * folder next to the final one and swapped in at the end, so that a broken build never replaces a good one.
 */
import { build } from 'esbuild';
import { copyFile, mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const source = join(root, 'admin', 'assets', 'src');
const target = join(root, 'admin', 'static', 'dist');
const fresh = `${target}.new`;
const packages = join(root, 'node_modules');

/**
 * Words that form-js-viewer 2.0.0 does not pass through its own `translate` service, and a date format it
 * takes from the browser instead of from the page. Each is replaced while bundling; a text that is no longer
 * found stops the build, so that an upgrade cannot bring English back unseen.
 */
const formWords = [
  ["children: valueLabel || 'Select'", "children: valueLabel || __say('Select')"],
  ["placeholder: 'Search'", "placeholder: __say('Search')"],
  ['`Remove list item ${itemIndex + 1}`', "__say('Remove list item {value}', { value: itemIndex + 1 })"],
  ["getLocaleDateFormat(locale = 'default') {", "getLocaleDateFormat(locale = 'default') {\n  return 'yyyy-MM-dd';"],
  ['placeholder: getLocaleReadableDateFormat(),', 'placeholder: __say(getLocaleReadableDateFormat()),'],
  ["placeholder: use24h ? 'hh:mm' : 'hh:mm --'", "placeholder: __say(use24h ? 'hh:mm' : 'hh:mm --')"],
  ["'today' : '01/01/1900'", "'today' : '1900-01-01'"],
];

const translateWholeForm = {
  name: 'translate-whole-form',
  setup(bundler) {
    bundler.onLoad({ filter: /form-js-viewer[\\/]dist[\\/]index\.es\.js$/ }, async ({ path }) => {
      let text = await readFile(path, 'utf8');
      for (const [before, after] of formWords) {
        if (text.split(before).length !== 2) {
          throw new Error(`form-js-viewer no longer holds ${JSON.stringify(before)} exactly once; adapt formWords in scripts/build_assets.mjs`);
        }
        text = text.replace(before, () => after);
      }
      const words = JSON.stringify(join(source, 'words.js'));
      return { contents: `import { say as __say } from ${words};\n${text}`, loader: 'js' };
    });
  },
};

const common = {
  bundle: true,
  minify: true,
  target: ['es2020', 'chrome90', 'firefox90', 'safari15'],
  metafile: true,
  define: { 'process.env.NODE_ENV': '"production"' },
  legalComments: 'eof',
  logLevel: 'warning',
};

function script(name, globalName) {
  return build({
    ...common,
    entryPoints: [join(source, `${name}.js`)],
    outfile: join(fresh, `${name}.js`),
    format: 'iife',
    globalName,
    plugins: [translateWholeForm],
  });
}

function style(name) {
  return build({
    ...common,
    entryPoints: [join(source, `${name}.css`)],
    outfile: join(fresh, `${name}.css`),
    // Every supported browser reads woff2; the older shapes of the icon font are left out.
    loader: { '.woff2': 'file', '.woff': 'empty', '.ttf': 'empty', '.eot': 'empty', '.svg': 'empty' },
    assetNames: '[name]',
    external: ['data:*'],
  });
}

/** The font of letters, so that their Chinese comes out on a machine without any; one weight of the many. */
const letterFont = '@expo-google-fonts/noto-sans-sc';

function font() {
  return copyFile(join(packages, letterFont, '400Regular', 'NotoSansSC_400Regular.ttf'), join(fresh, 'letter.ttf'));
}

/** Copy the licence texts of everything bundled, for the licences page. */
async function licences(metafile) {
  const names = new Set([letterFont]);
  for (const path of Object.keys(metafile.inputs)) {
    const found = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path);
    if (found) names.add(found[1]);
  }
  const parts = [];
  for (const name of [...names].sort()) {
    const folder = join(packages, name);
    const about = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
    const files = (await readdir(folder)).filter((entry) => /^licen[cs]e/i.test(entry)).sort();
    const texts = await Promise.all(files.map((entry) => readFile(join(folder, entry), 'utf8')));
    const text = texts.join('\n');
    parts.push(`${name} ${about.version} (${about.license ?? 'see text'})\n\n${text.trim()}\n`);
  }
  await writeFile(join(fresh, 'LICENSES.txt'), parts.join(`\n${'-'.repeat(78)}\n\n`));
}

async function main() {
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh, { recursive: true });
  const results = await Promise.all([
    script('viewer', 'RenewalViewer'),
    script('form', 'RenewalForm'),
    style('viewer'),
    style('form'),
  ]);
  await font();
  await licences({ inputs: Object.assign({}, ...results.map((result) => result.metafile.inputs)) });
  await rm(target, { recursive: true, force: true });
  await rename(fresh, target);
}

main().catch((error) => {
  // esbuild has already shown its own findings, with file and line.
  if (!error.errors) console.error(error.message);
  process.exit(1);
});
