import { DataSource } from 'typeorm';
import { Challenge } from '../../src/challenges/challenge.entity.js';
import { NO_REQUEST } from '../../src/http/request-origin.js';
import { Sessions } from '../../src/sessions/sessions.service.js';
import { startApp, type TestApp } from '../support/app.js';
import { databases } from '../support/databases.js';
import { eventually, newPerson, PASSWORD } from '../support/people.js';

describe.each(databases)('the schema on $name', (database) => {
  let app: TestApp;
  let source: DataSource;

  beforeAll(async () => {
    app = await startApp({ database });
    source = app.nest.get(DataSource);
  });

  afterAll(() => app.close());

  it('has every column that the entities declare, as they declare it, and no other', async () => {
    const runner = source.createQueryRunner();
    for (const { tableName, columns } of source.entityMetadatas) {
      const table = (await runner.getTable(tableName))!;
      const declared = columns.map((column) => ({
        name: column.databaseName,
        type: source.driver.normalizeType(column),
        length: source.driver.getColumnLength(column),
        precision: column.precision ?? null,
        nullable: column.isNullable,
        primary: column.isPrimary,
      }));
      const found = table.columns.map((column) => ({
        name: column.name,
        type: column.type,
        length: column.length,
        precision: column.precision ?? null,
        nullable: column.isNullable,
        primary: column.isPrimary,
      }));
      const byName = (a: { name: string }, b: { name: string }) => a.name.localeCompare(b.name);
      expect({ tableName, columns: found.sort(byName) }).toEqual({ tableName, columns: declared.sort(byName) });
    }
    await runner.release();
    expect(source.entityMetadatas.length).toBeGreaterThan(5);
  });

  it('keeps the milliseconds of a moment, in UTC', async () => {
    const moment = new Date('2026-03-29T01:30:00.123Z');
    const rows = source.getRepository(Challenge);
    const row = { id: 'f'.repeat(32), purpose: 'test', attempts: 0, createdAt: moment, expiresAt: moment };
    await rows.insert(row);
    expect((await rows.findOneByOrFail({ id: row.id })).createdAt.toISOString()).toBe('2026-03-29T01:30:00.123Z');
    expect(await rows.existsBy({ createdAt: moment })).toBe(true);
    expect(await rows.existsBy({ createdAt: new Date(moment.getTime() + 1) })).toBe(false);
    const [stored] = await source.query<{ text: string }[]>(
      `SELECT ${source.options.type === 'mysql' ? 'CAST(createdAt AS CHAR)' : 'createdAt'} AS text FROM stepgate_challenge WHERE id = '${row.id}'`,
    );
    expect(stored.text).toBe('2026-03-29 01:30:00.123');
  });

  /** @param mailed how the mail server is told the address */
  const register = async (email: string, mailed: string) => {
    const { body } = await app.http.post('/v1/auth/register').send({ email, password: PASSWORD }).expect(202);
    const code = await eventually(() => app.lastCode(mailed));
    await app.http.post('/v1/auth/email/verify').send({ challengeId: body.verification.id, code }).expect(204);
  };
  const login = (email: string) => app.http.post('/v1/auth/login').send({ email, password: PASSWORD });
  const unique = () => newPerson('x').email.split('@')[0];

  it('finds an address however its letters are written', async () => {
    const local = unique();
    await register(`Ada.${local}@X.ORG`, `ada.${local}@x.org`);
    await login(`ada.${local}@x.org`).expect(200);
    await login(`ADA.${local.toUpperCase()}@X.org`).expect(200);
  });

  it('tells users apart whose ids differ in case', async () => {
    const sessions = app.nest.get(Sessions);
    await sessions.open('kY3x', { acr: 'aal1', amr: ['pwd'] }, NO_REQUEST);
    expect(await sessions.list('Ky3X')).toEqual([]);
    await sessions.endAll('Ky3X', 'test', NO_REQUEST);
    expect(await sessions.list('kY3x')).toHaveLength(1);
  });

  it('tells addresses apart that differ in an accent', async () => {
    const domain = `${unique()}.example.org`;
    await register(`José@${domain}`, `josé@${domain}`);
    await login(`jose@${domain}`).expect(401);
    await register(`jose@${domain}`, `jose@${domain}`);
    await login(`jose@${domain}`).expect(200);
    await login(`josé@${domain}`).expect(200);
  });
});
