import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { gatheredRows } from '../database/gathered.js';
import { insertOnce } from '../database/insert-once.js';
import type { Provided } from '../database/provided.js';
import { Table } from '../database/table.js';
import { Clock } from '../kernel/clock.js';
import { randomId } from '../kernel/secrets.js';
import { emailHash } from './email-address.js';
import { PasswordHasher } from './password-hasher.js';
import { UserRow } from './user.entity.js';
import { type NewUser, type User, UserStore } from './user-store.js';

/** The default store: a table of its own. */
@Injectable()
export class TypeOrmUserStore extends UserStore {
  private readonly table: Table<UserRow>;
  /** The hashes that the passwords of users were right for. */
  private readonly provedBy = new WeakMap<User, string>();
  private readonly findByHash: (hash: string) => Promise<UserRow | null>;

  constructor(
    @InjectRepository(UserRow) private readonly rows: Repository<UserRow>,
    private readonly hasher: PasswordHasher,
    private readonly clock: Clock,
  ) {
    super();
    this.table = new Table(rows);
    this.findByHash = gatheredRows(this.table, 'emailHash');
  }

  async authenticate(email: string, password: string): Promise<User | null> {
    const row = await this.findByHash(emailHash(email));
    const right = await this.hasher.matches(row?.passwordHash ?? null, password);
    if (!row || !right || row.disabledAt) return null;
    const user = toUser(row);
    this.provedBy.set(user, row.passwordHash);
    return user;
  }

  async findById(id: string): Promise<User | null> {
    const row = await this.table.findOne({ id });
    return row && toUser(row);
  }

  async findByEmail(email: string): Promise<User | null> {
    const row = await this.findByHash(emailHash(email));
    return row && toUser(row);
  }

  async create({ email, displayName, passwordHash }: NewUser): Promise<User | null> {
    const now = this.clock.now();
    const row: UserRow = {
      id: randomId(),
      email,
      emailHash: emailHash(email),
      displayName,
      passwordHash,
      passwordChangedAt: now,
      disabledAt: null,
      createdAt: now,
    };
    return (await insertOnce(this.rows, row, { emailHash: row.emailHash })) ? toUser(row) : null;
  }

  async setPassword(id: string, passwordHash: string): Promise<void> {
    await this.rows.update({ id }, { passwordHash, passwordChangedAt: this.clock.now() });
  }

  async setDisabled(id: string, disabled: boolean): Promise<void> {
    await this.rows.update({ id }, { disabledAt: disabled ? this.clock.now() : null });
  }

  async delete(id: string): Promise<void> {
    await this.rows.delete({ id });
  }

  override whileProved(user: User): Provided {
    // Nothing is equal to null: of whoever did not come from `authenticate`, nothing was proved.
    return this.enabled(user.id, ' AND passwordHash = :provedBy', { provedBy: this.provedBy.get(user) ?? null });
  }

  override whileEnabled(id: string): Provided {
    return this.enabled(id);
  }

  private enabled(enabledUser: string, also = '', parameters: Provided['parameters'] = {}): Provided {
    const { tableName } = this.rows.metadata;
    return {
      sql: `EXISTS (SELECT 1 FROM ${tableName} WHERE id = :enabledUser AND disabledAt IS NULL${also})`,
      parameters: { enabledUser, ...parameters },
    };
  }
}

function toUser({ id, email, displayName, disabledAt }: UserRow): User {
  return { id, email, displayName, disabled: disabledAt !== null };
}
