import { DataSource } from 'typeorm';
import { DEFAULT_DATABASE_URL, databaseOptions } from './src/database/options.js';

/** For TypeORM's command line: `npm run migration:run`, `migration:revert`, `migration:show`. */
export default new DataSource(databaseOptions(process.env.DATABASE_URL ?? DEFAULT_DATABASE_URL));
