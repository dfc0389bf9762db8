import { readFileSync, writeFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';

const README = 'README.md';
const PLACE = /(?<=<!-- bench -->\n)[^]*(?=<!-- \/bench -->)/;

/** Puts the figures into the README, between its two marks; those that miss their target in bold. */
export async function fillIn({ at, machine, rows }) {
  const databases = [...new Set(rows.map(({ database }) => database))];
  const found = (what, database) => rows.find((row) => row.what === what && row.database === database);
  const cell = (row) => (row ? (row.holds ? row.value : `**${row.value}**`) : '');
  const lines = [...new Set(rows.map(({ what }) => what))].map((what) => {
    const cells = databases.map((database) => cell(found(what, database)));
    return [what, rows.find((row) => row.what === what).target, ...cells];
  });
  const table = [['what', 'must reach', ...databases], Array(2 + databases.length).fill('---'), ...lines];
  const text = `\n${at.slice(0, 10)}, ${machine}:\n\n${table.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}\n\n`;
  const readme = readFileSync(README, 'utf8').replace(PLACE, () => text);
  writeFileSync(README, await format(readme, { ...(await resolveConfig(README)), parser: 'markdown' }));
}
