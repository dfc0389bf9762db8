import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';

const ROOT = resolve(__dirname, '../..');
const MODULES = join(ROOT, 'node_modules');
/** What an application that is made by `nest new` compiles with. */
const COMPILER_OPTIONS = {
  target: 'ES2023',
  module: 'nodenext',
  strict: true,
  noUnusedLocals: true,
  experimentalDecorators: true,
  emitDecoratorMetadata: true,
  skipLibCheck: true,
  types: ['node'],
};

/** A project beside ours that has `stepgate`, NestJS and TypeScript installed. */
export class CustomerProject {
  readonly folder = mkdtempSync(join(tmpdir(), 'stepgate-customer-'));

  /** @param files by their names */
  constructor(files: Record<string, string>) {
    for (const name of ['@nestjs', '@types', 'reflect-metadata', 'rxjs']) this.install(name, join(MODULES, name));
    this.install('stepgate', ROOT);
    const configuration = { compilerOptions: COMPILER_OPTIONS, files: Object.keys(files) };
    const all = {
      'package.json': JSON.stringify({ type: 'module' }),
      'tsconfig.json': JSON.stringify(configuration),
      ...files,
    };
    for (const [name, text] of Object.entries(all)) writeFileSync(join(this.folder, name), text);
  }

  /** @returns what the compiler has to say */
  async compile(): Promise<string> {
    const compiler = promisify(execFile)(process.execPath, [join(MODULES, 'typescript/bin/tsc'), '-p', this.folder]);
    return compiler.then(
      () => '',
      (error: Error & { stdout: string }) => error.stdout || String(error),
    );
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private install(name: string, target: string): void {
    const link = join(this.folder, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(target, link);
  }
}
