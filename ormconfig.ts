import { DataSource } from 'typeorm';
import { readEnvFile } from './src/config/env-file.js';
import { DEFAULT_DATABASE_URL, databaseOptions, patientOptions } from './src/database/options.js';

readEnvFile();

/** For TypeORM's command line: `npm run migration:run`, `migration:revert`, `migration:show`. */
export default new DataSource(patientOptions(databaseOptions(process.env.DATABASE_URL || DEFAULT_DATABASE_URL)));
