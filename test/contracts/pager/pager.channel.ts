import { type Channel, type Message, MfaChannel } from '../../../src/index.js';

/** A channel as a team might add it. */
@MfaChannel('pager')
export class PagerChannel implements Channel {
  readonly paged: Message[] = [];
  broken = false;

  address(raw: string): string | null {
    return /^[\d -]{7,20}$/.test(raw) ? raw.replace(/\D/g, '') : null;
  }

  async send(message: Message): Promise<void> {
    if (this.broken) throw new Error('the pager network is down');
    this.paged.push(message);
  }
}
