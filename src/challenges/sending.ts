import { Inject, Injectable } from '@nestjs/common';
import { Courier } from '../delivery/courier.js';
import type { RequestOrigin } from '../http/request-origin.js';
import { Clock } from '../kernel/clock.js';
import { retryAfter } from '../kernel/problem.js';
import { CountryTraffic } from '../limits/country-traffic.js';
import { LIMITS_OPTIONS, type LimitsOptions } from '../limits/limits.options.js';
import { type Destination, SendBudget } from '../limits/send-budget.js';
import { SourceBudget } from '../limits/source-budget.js';
import { ChallengeProblem } from './challenge-problems.js';

/** One of the budgets that a message takes from. */
interface Budget {
  take(): Promise<Date | null>;
  giveBack(): Promise<void>;
}

/** What more is asked of a message. */
interface Terms {
  /** Also demand a minute since the last message to that destination. */
  readonly gap?: boolean;
  /** The account that chose the destination: it has a budget of its own, or one could flood ever new ones. */
  readonly account?: string;
}

/** May a message be sent? Every budget that a message takes from, asked in one place. */
@Injectable()
export class Sending {
  constructor(
    private readonly courier: Courier,
    private readonly sources: SourceBudget,
    private readonly countries: CountryTraffic,
    private readonly destinations: SendBudget,
    private readonly clock: Clock,
    @Inject(LIMITS_OPTIONS) private readonly options: LimitsOptions,
  ) {}

  /**
   * Takes one message from the budgets of the address that asks for it, its destination, its account and its country. One
   * that any of them refuses counts for none but that address, or anybody could break a country off with messages that
   * never go out.
   * @param purpose what it is for: each purpose has budgets of its own
   * @param origin of the request that asks for it
   * @returns null when it may be sent, else the moment from which to try again
   */
  async take(
    purpose: string,
    destination: Destination,
    { ip }: RequestOrigin,
    terms: Terms = {},
  ): Promise<Date | null> {
    const refillsAt = this.options.perSource ? await this.sources.take(ip) : null;
    if (refillsAt) return refillsAt;
    const taken: Budget[] = [];
    for (const budget of this.budgetsOf(purpose, destination, terms)) {
      const refillsAt = await budget.take();
      if (refillsAt) {
        for (const each of taken) await each.giveBack();
        return refillsAt;
      }
      taken.push(budget);
    }
    return null;
  }

  /**
   * Takes as {@link take} does what a question has to send, if anything.
   * @throws Problem `too_many_requests` when it may not be sent now
   */
  async require(
    purpose: string,
    destination: Destination | undefined,
    origin: RequestOrigin,
    terms: Terms = {},
  ): Promise<void> {
    const refillsAt = destination && (await this.take(purpose, destination, origin, terms));
    if (refillsAt) throw ChallengeProblem.tooManyRequests(retryAfter(refillsAt, this.clock.now()));
  }

  /** Puts back one message that was taken and not sent; that it was asked for stays counted. */
  async giveBack(purpose: string, destination: Destination): Promise<void> {
    for (const budget of this.budgetsOf(purpose, destination, {})) await budget.giveBack();
  }

  /** Notes that a code that was sent there came back. */
  reached(purpose: string, destination: Destination): void {
    const country = this.countryOf(purpose, destination);
    if (country !== undefined) this.countries.reached(country);
  }

  private budgetsOf(purpose: string, destination: Destination, { gap = false, account }: Terms): Budget[] {
    const budgets = [this.sendsTo(purpose, destination, gap)];
    if (account !== undefined) budgets.push(this.sendsTo(purpose, { channel: 'account', to: account }, false));
    const country = this.countryOf(purpose, destination);
    if (country !== undefined)
      budgets.push({
        take: () => this.countries.take(country),
        giveBack: () => this.countries.giveBack(country),
      });
    return budgets;
  }

  private sendsTo(purpose: string, destination: Destination, gap: boolean): Budget {
    return {
      take: () => this.destinations.take(purpose, destination, { gap }),
      giveBack: () => this.destinations.giveBack(purpose, destination),
    };
  }

  /** By purpose: enrolments, which need no more than an account, are not to break off the codes of sign-ins. */
  private countryOf(purpose: string, { channel, to }: Destination): string | undefined {
    const prefix = this.courier.channel(channel).prefix?.(to);
    return prefix === undefined ? undefined : `${channel}:${prefix}:${purpose}`;
  }
}
