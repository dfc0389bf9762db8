import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { MoreThan, type Repository } from 'typeorm';
import { insertOnce } from '../database/insert-once.js';
import { Clock } from '../kernel/clock.js';
import { CountryTrafficRow } from './country-traffic.entity.js';

/** In milliseconds. */
const WINDOW = 3_600_000;
/** So many messages a window go out whatever becomes of them. */
const UNWATCHED = 50;
/** Beyond that, one code in so many must have come back. */
const ONE_IN = 5;

/**
 * Breaks off sending to a country from which hardly a code comes back: that is what SMS pumping looks like, where
 * somebody earns on each message (ASVS 2.4.1).
 */
@Injectable()
export class CountryTraffic {
  constructor(
    @InjectRepository(CountryTrafficRow) private readonly rows: Repository<CountryTrafficRow>,
    private readonly clock: Clock,
  ) {}

  /** Takes one message, in one conditional UPDATE. @returns null when taken, else when it is tried again */
  async take(country: string): Promise<Date | null> {
    // Once more for who finds that another has just opened the row.
    if ((await this.spend(country)) || (await this.open(country)) || (await this.spend(country))) return null;
    return (await this.rows.findOneByOrFail({ country })).resetAt;
  }

  /** Puts back one message that was taken and not sent. */
  async giveBack(country: string): Promise<void> {
    await this.rows.update({ country, sent: MoreThan(0) }, { sent: () => 'sent - 1' });
  }

  /** Notes that a code came back. */
  async reached(country: string): Promise<void> {
    await this.rows.update({ country }, { reached: () => 'reached + 1' });
  }

  private async open(country: string): Promise<boolean> {
    if (await this.rows.existsBy({ country })) return false;
    return insertOnce(this.rows, { country, sent: 1, reached: 0, resetAt: this.clock.in(WINDOW) }, { country });
  }

  private async spend(country: string): Promise<boolean> {
    const { affected } = await this.rows
      .createQueryBuilder()
      .update()
      .set({
        // The counters before the window: MySQL assigns from left to right.
        sent: () => 'CASE WHEN resetAt <= :now THEN 1 ELSE sent + 1 END',
        reached: () => 'CASE WHEN resetAt <= :now THEN 0 ELSE reached END',
        resetAt: () => 'CASE WHEN resetAt <= :now THEN :end ELSE resetAt END',
      })
      .where('country = :country AND (resetAt <= :now OR sent < :unwatched OR reached * :oneIn >= sent)')
      .setParameters({
        country,
        now: this.clock.now(),
        end: this.clock.in(WINDOW),
        unwatched: UNWATCHED,
        oneIn: ONE_IN,
      })
      .execute();
    return affected === 1;
  }
}
