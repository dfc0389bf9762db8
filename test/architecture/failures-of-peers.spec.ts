import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ROOT = resolve(__dirname, '../..');
const TABLE = '## 72 failures of peers, and the test that catches each';

interface Row {
  readonly number: number;
  readonly spec: string;
  readonly test: string;
}

function rows(): Row[] {
  const [, chapter = ''] = readFileSync(join(ROOT, 'SECURITY.md'), 'utf8').split(TABLE);
  return [...chapter.matchAll(/^\| (\d+) +\|[^|]+\|[^|]+\| `([^`]+)` +\| ([^|]+?) +\|$/gm)].map(
    ([, number, spec, test]) => ({ number: Number(number), spec, test }),
  );
}

/** Whether the file has a test of that name: the name stands quoted where `it` is called. */
function has({ spec, test }: Row): boolean {
  const file = join(ROOT, spec);
  if (!existsSync(file)) return false;
  const source = readFileSync(file, 'utf8');
  return ["'", '"', '`'].some((quote) => {
    const at = source.indexOf(`${quote}${test}${quote}`);
    return at >= 0 && /(\bit|\)|\])\(\s*$/.test(source.slice(0, at));
  });
}

describe('the table of failures of peers in SECURITY.md', () => {
  it('has 72 rows', () => {
    expect(rows().map(({ number }) => number)).toEqual(Array.from({ length: 72 }, (_, index) => index + 1));
  });

  it('names tests that are there', () => {
    expect(rows().filter((row) => !has(row))).toEqual([]);
  });
});
