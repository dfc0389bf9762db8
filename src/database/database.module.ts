import { type DynamicModule, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { migrate } from './migrate.js';
import { databaseOptions } from './options.js';

export interface DatabaseOptions {
  /** See {@link databaseOptions}. */
  readonly url: string;
}

/** Runs before any other module's start-up code asks for a table: TypeORM's factory awaits it. */
async function connectAndMigrate(options?: DataSourceOptions): Promise<DataSource> {
  const dataSource = await new DataSource(options!).initialize();
  await migrate(dataSource);
  return dataSource;
}

/**
 * The connection, brought up to date at start. A team that has a TypeORM connection of its own leaves this module out
 * and adds `migrations` (exported) to its own.
 */
@Module({})
export class DatabaseModule {
  static forRoot({ url }: DatabaseOptions): DynamicModule {
    return {
      module: DatabaseModule,
      imports: [
        TypeOrmModule.forRootAsync({
          useFactory: () => ({ ...databaseOptions(url), autoLoadEntities: true, retryAttempts: 10, retryDelay: 1_000 }),
          dataSourceFactory: connectAndMigrate,
        }),
      ],
    };
  }
}
