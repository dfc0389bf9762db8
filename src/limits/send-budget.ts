import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { MoreThan, type Repository } from 'typeorm';
import { insertOnce } from '../database/insert-once.js';
import { Clock } from '../kernel/clock.js';
import { Secrets } from '../kernel/secrets.js';
import { SendBudgetRow } from './send-budget.entity.js';

/** Milliseconds between two messages to one address, where the sender has not just proved a password. */
export const SEND_GAP = 60_000;
const SHORT = { limit: 5, window: 600_000 };
const LONG = { limit: 10, window: 3_600_000 };

/** Where a message goes; or, as `account`, who had it sent there. */
export interface Destination {
  readonly channel: string;
  readonly to: string;
}

/**
 * How many messages one address gets for one purpose: 5 in 10 minutes and 10 an hour, whoever asks (ASVS 2.4.1). By
 * purpose, so that what a stranger can have sent, such as a registration, uses up no code that a password was right for.
 */
@Injectable()
export class SendBudget {
  constructor(
    @InjectRepository(SendBudgetRow) private readonly rows: Repository<SendBudgetRow>,
    private readonly secrets: Secrets,
    private readonly clock: Clock,
  ) {}

  /**
   * Takes one message from the address's budget, in one conditional UPDATE.
   * @param purpose what the message is for, as its challenge has it
   * @param gap also demand a minute since the last message
   * @returns null when taken, else the moment from which there is one again
   */
  async take(purpose: string, { channel, to }: Destination, { gap }: { gap: boolean }): Promise<Date | null> {
    const addressHash = this.hash(purpose, channel, to);
    // Once more for who finds that another has just opened the row.
    if ((await this.spend(addressHash, gap)) || (await this.open(addressHash)) || (await this.spend(addressHash, gap)))
      return null;
    return this.nextAt(await this.rows.findOneByOrFail({ addressHash }), gap);
  }

  /** Puts back one message that was taken and not sent. */
  async giveBack(purpose: string, { channel, to }: Destination): Promise<void> {
    const used = { shortUsed: MoreThan(0), longUsed: MoreThan(0) };
    const less = { shortUsed: () => 'shortUsed - 1', longUsed: () => 'longUsed - 1' };
    await this.rows.update({ addressHash: this.hash(purpose, channel, to), ...used }, less);
  }

  private hash(...which: [purpose: string, channel: string, to: string]): string {
    return this.secrets.hash('send-budget', ...which);
  }

  private async spend(addressHash: string, gap: boolean): Promise<boolean> {
    const now = this.clock.now();
    const { affected } = await this.rows
      .createQueryBuilder()
      .update()
      .set({
        lastAt: now,
        // A counter is set before its window: MySQL assigns from left to right, and later ones see the new values.
        shortUsed: () => 'CASE WHEN shortReset <= :now THEN 1 ELSE shortUsed + 1 END',
        shortReset: () => 'CASE WHEN shortReset <= :now THEN :shortEnd ELSE shortReset END',
        longUsed: () => 'CASE WHEN longReset <= :now THEN 1 ELSE longUsed + 1 END',
        longReset: () => 'CASE WHEN longReset <= :now THEN :longEnd ELSE longReset END',
      })
      .where('addressHash = :addressHash')
      .andWhere('(shortReset <= :now OR shortUsed < :shortLimit)')
      .andWhere('(longReset <= :now OR longUsed < :longLimit)')
      .andWhere(gap ? 'lastAt <= :gapStart' : '1 = 1')
      .setParameters({
        addressHash,
        now,
        gapStart: this.clock.ago(SEND_GAP),
        shortEnd: this.clock.in(SHORT.window),
        shortLimit: SHORT.limit,
        longEnd: this.clock.in(LONG.window),
        longLimit: LONG.limit,
      })
      .execute();
    return affected === 1;
  }

  private async open(addressHash: string): Promise<boolean> {
    if (await this.rows.existsBy({ addressHash })) return false;
    const row: SendBudgetRow = {
      addressHash,
      lastAt: this.clock.now(),
      shortUsed: 1,
      shortReset: this.clock.in(SHORT.window),
      longUsed: 1,
      longReset: this.clock.in(LONG.window),
    };
    return insertOnce(this.rows, row, { addressHash });
  }

  private nextAt(row: SendBudgetRow, gap: boolean): Date {
    const now = this.clock.now().getTime();
    const moments = [now + 1_000];
    if (gap) moments.push(row.lastAt.getTime() + SEND_GAP);
    if (row.shortUsed >= SHORT.limit) moments.push(row.shortReset.getTime());
    if (row.longUsed >= LONG.limit) moments.push(row.longReset.getTime());
    return new Date(Math.max(...moments));
  }
}
