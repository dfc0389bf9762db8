import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import ts from 'typescript';

const SRC = resolve(__dirname, '../../src');

/**
 * Who may import whom, by the folders of `src`; every folder may import itself. A feature that has a door (`index.ts`)
 * is entered through it alone.
 */
const MAY_IMPORT: Record<string, readonly string[]> = {
  kernel: [],
  database: ['kernel'],
  http: ['kernel', 'database'],
  tokens: ['kernel', 'database', 'http'],
  users: ['kernel', 'database', 'http'],
  delivery: ['kernel', 'database', 'http'],
  limits: ['kernel', 'database', 'http'],
  audit: ['kernel', 'database', 'http'],
  operations: ['kernel', 'database', 'http'],
  challenges: ['delivery', 'limits', 'audit', 'http', 'database', 'kernel'],
  sessions: ['tokens', 'users', 'audit', 'http', 'database', 'kernel'],
  auth: ['challenges', 'sessions', 'tokens', 'users', 'delivery', 'limits', 'audit', 'http', 'database', 'kernel'],
  mfa: [
    'auth',
    'challenges',
    'sessions',
    'tokens',
    'users',
    'delivery',
    'limits',
    'audit',
    'http',
    'database',
    'kernel',
  ],
  'account-page': [],
  examples: ['auth', 'mfa', 'http', 'tokens'],
  config: ['database', 'tokens', 'kernel'],
};
const DOORS = ['auth', 'mfa'];
/** Files at the top of `src` put everything together. */
const TOP = '';

interface Import {
  readonly from: string;
  readonly to: string;
}

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.spec.ts'))
    .map((entry) => relative(SRC, join(entry.parentPath, entry.name)));
}

function importsOf(file: string): Import[] {
  const { importedFiles } = ts.preProcessFile(readFileSync(join(SRC, file), 'utf8'), true, true);
  return importedFiles
    .filter(({ fileName }) => fileName.startsWith('.'))
    .map(({ fileName }) => ({ from: file, to: join(dirname(file), fileName).replace(/\.js$/, '.ts') }));
}

const folderOf = (file: string): string => (file.includes('/') ? file.slice(0, file.indexOf('/')) : TOP);
const files = sources(SRC);
const imports = files.flatMap(importsOf);
const written = ({ from, to }: Import): string => `${from} -> ${to}`;

describe('who may import whom', () => {
  it('finds the code', () => {
    expect(files.length).toBeGreaterThan(50);
    expect(imports.length).toBeGreaterThan(100);
  });

  it('follows the table', () => {
    const forbidden = imports.filter(({ from, to }) => {
      const [own, other] = [folderOf(from), folderOf(to)];
      return own !== TOP && own !== other && !MAY_IMPORT[own]?.includes(other);
    });
    expect(forbidden.map(written)).toEqual([]);
  });

  it('enters a feature through its door', () => {
    const around = imports.filter(
      ({ from, to }) => folderOf(from) !== folderOf(to) && DOORS.includes(folderOf(to)) && !to.endsWith('/index.ts'),
    );
    expect(around.map(written)).toEqual([]);
  });

  it('lets a plug-in import its contract and the kernel alone', () => {
    const plugIns = /^(mfa\/factor-types|delivery\/channels)\/([^/]+)\//;
    const contracts = /^(mfa\/factor-types\/factor-type|delivery\/(channel|carrier|letters|delivery\.options))\.ts$/;
    const forbidden = imports.filter(({ from, to }) => {
      const [folder] = plugIns.exec(from) ?? [];
      return folder && !to.startsWith(folder) && !contracts.test(to) && folderOf(to) !== 'kernel';
    });
    expect(forbidden.map(written)).toEqual([]);
  });

  it('has no cycle', () => {
    const graph = new Map(files.map((file) => [file, importsOf(file).map(({ to }) => to)]));
    const done = new Set<string>();
    const visit = (file: string, path: string[]): string[] | null => {
      if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
      if (done.has(file)) return null;
      for (const next of graph.get(file) ?? []) {
        const cycle = visit(next, [...path, file]);
        if (cycle) return cycle;
      }
      done.add(file);
      return null;
    };
    expect(files.map((file) => visit(file, [])).find((cycle) => cycle !== null)).toBeUndefined();
  });

  it('keeps the kernel small', () => {
    expect(files.filter((file) => folderOf(file) === 'kernel').length).toBeLessThanOrEqual(5);
  });
});
