import { Foundation1764000000000 } from './1764000000000-foundation.js';
import { Audit1764000001000 } from './1764000001000-audit.js';
import { TrustedDevices1764000002000 } from './1764000002000-trusted-devices.js';
import { GuessBudgets1764000003000 } from './1764000003000-guess-budgets.js';
import { FactorUniqueKey1764000004000 } from './1764000004000-factor-unique-key.js';
import { OpenedByAndSlots1764000005000 } from './1764000005000-opened-by-and-slots.js';
import { AuditById1764000006000 } from './1764000006000-audit-by-id.js';
import { UserIdsByCase1764000007000 } from './1764000007000-user-ids-by-case.js';

/** Every migration, in the order in which they run; the same for MySQL, MariaDB and SQLite. */
export const migrations = [
  Foundation1764000000000,
  Audit1764000001000,
  TrustedDevices1764000002000,
  GuessBudgets1764000003000,
  FactorUniqueKey1764000004000,
  OpenedByAndSlots1764000005000,
  AuditById1764000006000,
  UserIdsByCase1764000007000,
];
