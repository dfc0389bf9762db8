import { Table, TableIndex, type MigrationInterface, type QueryRunner } from 'typeorm';
import { columns as c } from '../columns.js';

const optional = { nullable: true };

export class Foundation1764000000000 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.createTable(
      new Table({
        name: 'stepgate_user',
        columns: [
          c.primaryId(),
          c.line('email'),
          c.digest('emailHash'),
          c.line('displayName', optional),
          c.line('passwordHash'),
          c.instant('passwordChangedAt'),
          c.instant('disabledAt', optional),
          c.instant('createdAt'),
        ],
      }),
    );
    await db.createIndex(
      'stepgate_user',
      new TableIndex({ name: 'ux_user_email', columnNames: ['emailHash'], isUnique: true }),
    );

    await db.createTable(
      new Table({
        name: 'stepgate_signing_key',
        columns: [
          c.primaryId(),
          c.count('generation'),
          c.word('algorithm'),
          c.body('sealed'),
          c.instant('createdAt'),
          c.instant('activeFrom'),
        ],
      }),
    );
    await db.createIndex(
      'stepgate_signing_key',
      new TableIndex({ name: 'ux_signing_key_generation', columnNames: ['generation'], isUnique: true }),
    );

    await db.createTable(
      new Table({
        name: 'stepgate_session',
        columns: [
          c.primaryId(),
          c.ref('userId'),
          c.line('device'),
          c.word('ip'),
          c.instant('authTime'),
          c.word('acr'),
          c.line('amr'),
          c.instant('mfaAt', optional),
          c.word('mfaFactor', optional),
          c.ref('mfaFactorId', optional),
          c.count('epoch'),
          c.digest('refreshHash'),
          c.count('refreshGeneration'),
          c.instant('createdAt'),
          c.instant('lastUsedAt'),
          c.instant('expiresAt'),
          c.instant('revokedAt', optional),
          c.instant('endedAt', optional),
          c.word('endReason', optional),
        ],
      }),
    );
    await db.createIndex('stepgate_session', new TableIndex({ name: 'ix_session_user', columnNames: ['userId'] }));
    await db.createIndex(
      'stepgate_session',
      new TableIndex({ name: 'ix_session_revoked', columnNames: ['revokedAt'] }),
    );
    await db.createIndex(
      'stepgate_session',
      new TableIndex({ name: 'ix_session_expires', columnNames: ['expiresAt'] }),
    );

    await db.createTable(
      new Table({
        name: 'stepgate_factor',
        columns: [
          c.primaryId(),
          c.ref('userId'),
          c.word('type'),
          c.word('status'),
          c.line('label'),
          c.line('destination', optional),
          c.body('sealed', optional),
          c.flag('preferred'),
          c.instant('createdAt'),
          c.instant('lastUsedAt', optional),
        ],
      }),
    );
    await db.createIndex('stepgate_factor', new TableIndex({ name: 'ix_factor_user', columnNames: ['userId'] }));

    await db.createTable(
      new Table({
        name: 'stepgate_challenge',
        columns: [
          c.primaryId(),
          c.word('purpose'),
          c.ref('userId', optional),
          c.ref('sessionId', optional),
          c.ref('factorId', optional),
          c.body('kept', optional),
          c.body('sealed', optional),
          c.count('attempts'),
          c.word('delivery', optional),
          c.instant('resendAt', optional),
          c.instant('createdAt'),
          c.instant('expiresAt'),
          c.instant('consumedAt', optional),
        ],
      }),
    );
    await db.createIndex(
      'stepgate_challenge',
      new TableIndex({ name: 'ix_challenge_expires', columnNames: ['expiresAt'] }),
    );

    await db.createTable(
      new Table({
        name: 'stepgate_send_budget',
        columns: [
          c.primaryDigest('addressHash'),
          c.instant('lastAt'),
          c.count('shortUsed'),
          c.instant('shortReset'),
          c.count('longUsed'),
          c.instant('longReset'),
        ],
      }),
    );
    await db.createIndex(
      'stepgate_send_budget',
      new TableIndex({ name: 'ix_send_budget_reset', columnNames: ['longReset'] }),
    );
  }

  async down(db: QueryRunner): Promise<void> {
    for (const table of ['send_budget', 'challenge', 'factor', 'session', 'signing_key', 'user']) {
      await db.dropTable(`stepgate_${table}`);
    }
  }
}
