import { readFile, writeFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { build } from 'esbuild';

/**
 * `npm run build`, last step: makes one file of what `npm start` loads of ours, and of the libraries below, which takes a
 * quarter off a start. A start is the loading of files, and these were 870 of 2,650. All else in `dist` stays as it was
 * compiled: the package that is imported, the other commands, and what `nest start --watch` runs.
 */
const DIST = join(import.meta.dirname, 'dist');

/** Many small files, which nothing but our code imports: of a library that others import too there would be two. */
const BUNDLED = ['@nestjs/swagger', 'es-toolkit', 'zod'];

/** Their licences (MIT) ask to go with every copy. */
const licences = await Promise.all(
  BUNDLED.map(
    async (name) => `${name}\n\n${await readFile(join(import.meta.dirname, 'node_modules', name, 'LICENSE'), 'utf8')}`,
  ),
);
await writeFile(join(DIST, 'bootstrap.LICENSES.txt'), licences.join('\n\n'));

await build({
  entryPoints: [join(DIST, 'bootstrap.js')],
  outdir: DIST,
  allowOverwrite: true,
  bundle: true,
  // What is imported when it is first needed stays apart.
  splitting: true,
  chunkNames: 'bootstrap-[hash]',
  format: 'esm',
  platform: 'node',
  target: 'node20',
  // Nest names loggers and providers by their classes.
  keepNames: true,
  sourcemap: true,
  plugins: [
    {
      name: 'stepgate',
      setup({ onResolve, onLoad }) {
        onResolve({ filter: /^[^./]/ }, ({ path }) => {
          const bundled = BUNDLED.some((name) => path === name || path.startsWith(`${name}/`));
          return bundled ? undefined : { path, external: true };
        });
        // Files beside a module are looked for where the module was, not where the bundle is.
        onLoad({ filter: /\.js$/ }, async ({ path }) => {
          if (!path.startsWith(DIST + sep)) return undefined;
          const place = JSON.stringify(`./${relative(DIST, path).replaceAll(sep, '/')}`);
          const source = await readFile(path, 'utf8');
          return { contents: source.replaceAll('import.meta.url', `new URL(${place}, import.meta.url).href`) };
        });
      },
    },
  ],
});
