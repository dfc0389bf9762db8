import { DataSource, type EntityTarget, type ObjectLiteral, type Repository } from 'typeorm';
import { migrate } from '../../src/database/migrate.js';
import { databaseOptions } from '../../src/database/options.js';
import type { DatabaseKind } from './databases.js';

/** The tables of a new database, for what needs no more of the app than these. */
export interface Tables {
  of<Row extends ObjectLiteral>(entity: EntityTarget<Row>): Repository<Row>;
  close(): Promise<void>;
}

export async function openTables(kind: DatabaseKind, entities: (new () => ObjectLiteral)[]): Promise<Tables> {
  const database = await kind.create();
  const dataSource = await new DataSource({ ...databaseOptions(database.url), entities }).initialize();
  await migrate(dataSource);
  return {
    of: (entity) => dataSource.getRepository(entity),
    close: async () => {
      await dataSource.destroy();
      await database.drop();
    },
  };
}
