import { TableColumn, TableIndex, type MigrationInterface, type QueryRunner } from 'typeorm';
import { columns as c } from '../columns.js';

const optional = { nullable: true };

export class OpenedByAndSlots1764000005000 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.addColumn('stepgate_session', new TableColumn(c.ref('openedBy', optional)));
    // Of one that has proved another factor since, nobody knows any more.
    await db.query("UPDATE stepgate_session SET openedBy = mfaFactorId WHERE amr <> 'pwd' AND amr NOT LIKE 'pwd %'");

    await db.addColumn('stepgate_factor', new TableColumn(c.count('slot', optional)));
    for (const [slot, id] of await slotsOf(db)) {
      await db.manager.createQueryBuilder().update('stepgate_factor').set({ slot }).where({ id }).execute();
    }
    // Both databases take any number of NULLs in a unique index.
    await db.createIndex(
      'stepgate_factor',
      new TableIndex({ name: 'ux_factor_slot', columnNames: ['userId', 'slot'], isUnique: true }),
    );
  }

  async down(db: QueryRunner): Promise<void> {
    await db.dropIndex('stepgate_factor', 'ux_factor_slot');
    await db.dropColumn('stepgate_factor', 'slot');
    await db.dropColumn('stepgate_session', 'openedBy');
  }
}

/** The factors of each user, numbered; recovery codes have no slot. */
async function slotsOf(db: QueryRunner): Promise<(readonly [slot: number, id: string])[]> {
  const factors = (await db.query(
    "SELECT id, userId FROM stepgate_factor WHERE type <> 'recovery_code' ORDER BY userId, createdAt, id",
  )) as { id: string; userId: string }[];
  let slot = 0;
  return factors.map(({ id, userId }, index) => {
    slot = factors[index - 1]?.userId === userId ? slot + 1 : 0;
    return [slot, id] as const;
  });
}
