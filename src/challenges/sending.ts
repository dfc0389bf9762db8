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
   * Takes one message from the budgets of its destination, its country and the address that asks for it. One that the
   * destination refuses counts for no country, or anybody could break a country off with messages that never go out.
   * @param purpose what it is for: each purpose has a budget of its own at the destination
   * @param origin of the request that asks for it
   * @param gap also demand a minute since the last message to that destination
   * @returns null when it may be sent, else the moment from which to try again
   */
  async take(
    purpose: string,
    destination: Destination,
    { ip }: RequestOrigin,
    { gap = false } = {},
  ): Promise<Date | null> {
    const refillsAt =
      (this.options.perSource ? await this.sources.take(ip) : null) ??
      (await this.destinations.take(purpose, destination, { gap }));
    const country = this.countryOf(destination);
    if (refillsAt || country === undefined) return refillsAt;
    const brokenOffUntil = await this.countries.take(country);
    if (brokenOffUntil) await this.destinations.giveBack(purpose, destination);
    return brokenOffUntil;
  }

  /**
   * Takes as {@link take} does what a question has to send, if anything.
   * @throws Problem `too_many_requests` when it may not be sent now
   */
  async require(
    purpose: string,
    destination: Destination | undefined,
    origin: RequestOrigin,
    { gap = false } = {},
  ): Promise<void> {
    const refillsAt = destination && (await this.take(purpose, destination, origin, { gap }));
    if (refillsAt) throw ChallengeProblem.tooManyRequests(retryAfter(refillsAt, this.clock.now()));
  }

  /** Puts back one message that was taken and not sent; that it was asked for stays counted. */
  async giveBack(purpose: string, destination: Destination): Promise<void> {
    await this.destinations.giveBack(purpose, destination);
    const country = this.countryOf(destination);
    if (country !== undefined) await this.countries.giveBack(country);
  }

  /** Notes that a code that was sent there came back. */
  reached(destination: Destination): void {
    const country = this.countryOf(destination);
    if (country !== undefined) this.countries.reached(country);
  }

  private countryOf({ channel, to }: Destination): string | undefined {
    const prefix = this.courier.channel(channel).prefix?.(to);
    return prefix === undefined ? undefined : `${channel}:${prefix}`;
  }
}
