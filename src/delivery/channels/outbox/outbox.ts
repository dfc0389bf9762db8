import { Injectable } from '@nestjs/common';
import { Clock } from '../../../kernel/clock.js';
import type { MailCarrier, SmsCarrier } from '../../carrier.js';
import type { Message } from '../../channel.js';

/** A message that was caught instead of sent. */
export interface CaughtMessage {
  readonly channel: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly code?: string;
  readonly at: Date;
}

const CAPACITY = 2_000;

/** Catches mail and text messages in memory, so that development and tests need no mail server and no provider. */
@Injectable()
export class Outbox implements MailCarrier, SmsCarrier {
  private readonly caught: CaughtMessage[] = [];

  constructor(private readonly clock: Clock) {}

  async carryMail(mail: Message): Promise<void> {
    this.catch('email', mail);
  }

  async carrySms(sms: Message): Promise<void> {
    this.catch('sms', sms);
  }

  /** Newest first; the last 2,000. @param to only those to this address */
  messages(to?: string): readonly CaughtMessage[] {
    return this.caught.filter((message) => to === undefined || message.to === to).reverse();
  }

  private catch(channel: string, { to, subject, text, code }: Message): void {
    this.caught.push({ channel, to, subject, text, code, at: this.clock.now() });
    if (this.caught.length > CAPACITY) this.caught.shift();
  }
}
