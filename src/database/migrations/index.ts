import { GuessBudgets1764000003000 } from './1764000003000-guess-budgets.js';
import { Foundation1764000000000 } from './1764000000000-foundation.js';

/** Every migration, in the order in which they run; the same for MySQL, MariaDB and SQLite. */
export const migrations = [Foundation1764000000000, GuessBudgets1764000003000];
