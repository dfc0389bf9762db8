import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { MoreThan, type Repository } from 'typeorm';
import { DeferredWrites } from '../database/deferred-writes.js';
import { insertOnce } from '../database/insert-once.js';
import { endedConnection } from '../database/unavailable.js';
import { Clock } from '../kernel/clock.js';
import { CountryTrafficRow } from './country-traffic.entity.js';

/** In milliseconds. */
const WINDOW = 3_600_000;
/** So many messages a window go out whatever becomes of them. */
const UNWATCHED = 50;
/** Beyond that, one code in so many must have come back. */
const ONE_IN = 5;
/** So long the codes that came back are gathered: a whole country's answers would queue for its one row. Milliseconds. */
const GATHERING = 1_000;

/**
 * Breaks off sending to a country from which hardly a code comes back: that is what SMS pumping looks like, where
 * somebody earns on each message (ASVS 2.4.1). Each purpose of messages is a traffic of its own.
 */
@Injectable()
export class CountryTraffic implements BeforeApplicationShutdown {
  private readonly log = new Logger(CountryTraffic.name);
  /** How many codes came back from each country that its row does not have yet. */
  private readonly came = new Map<string, number>();
  private readonly writing = new DeferredWrites(() => this.writeAll());

  constructor(
    @InjectRepository(CountryTrafficRow) private readonly rows: Repository<CountryTrafficRow>,
    private readonly clock: Clock,
  ) {}

  /** Takes one message, in one conditional UPDATE. @returns null when taken, else when it is tried again */
  async take(country: string): Promise<Date | null> {
    if ((await this.spend(country)) || (await this.open(country))) return null;
    // Once more with all that has come back, and for who finds that another has just opened the row.
    await this.flush();
    if (await this.spend(country)) return null;
    return (await this.rows.findOneByOrFail({ country })).resetAt;
  }

  /** Puts back one message that was taken and not sent. */
  async giveBack(country: string): Promise<void> {
    await this.rows.update({ country, sent: MoreThan(0) }, { sent: () => 'sent - 1' });
  }

  /** Notes that a code came back. Never throws, and is never waited for; what a crash loses only breaks off earlier. */
  reached(country: string): void {
    this.gather(country, 1);
  }

  /** Writes what has come back until now. Never throws. */
  flush(): Promise<void> {
    return this.writing.flush();
  }

  /** While the database is still there. */
  beforeApplicationShutdown(): Promise<void> {
    return this.writing.finish();
  }

  private gather(country: string, codes: number): void {
    this.came.set(country, (this.came.get(country) ?? 0) + codes);
    this.writing.ask(GATHERING);
  }

  private async writeAll(): Promise<void> {
    for (const [country, codes] of this.came) {
      this.came.delete(country);
      try {
        await this.rows.update({ country }, { reached: () => `reached + ${codes}` });
      } catch (error) {
        this.log.error(`What came back from ${country} was not counted: ${(error as Error).name}`);
        // Else they may have been, and counted twice they would keep open what should break off.
        if (!endedConnection(error)) this.gather(country, codes);
        return this.writing.ask(GATHERING);
      }
    }
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
