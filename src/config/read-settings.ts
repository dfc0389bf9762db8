import { readEnvFile } from './env-file.js';
import { loadSettings, type Settings } from './settings.js';

/**
 * The settings of this process: environment variables, and `.env` in the working folder for what they do not set.
 * @throws SettingsError with one line for each wrong variable: its name and what it takes
 */
export function readSettings(): Settings {
  readEnvFile();
  return loadSettings(process.env);
}
