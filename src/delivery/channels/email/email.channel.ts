import { MailCarrier } from '../../carrier.js';
import { type Channel, type Message, MfaChannel } from '../../channel.js';

/** E-mail, to the verified address of the account. Not AAL2: NIST SP 800-63B-4 3.1.3.1 and ASVS 6.3.6 bar it. */
@MfaChannel('email')
export class EmailChannel implements Channel {
  readonly acr = 'mfa';

  constructor(private readonly carrier: MailCarrier) {}

  address(raw: string): string | null {
    return /^[^\s@]+@[^\s@]+$/.test(raw) ? raw : null;
  }

  accountAddress({ email }: { email: string }): string {
    return email;
  }

  /** `a•••@example.com` */
  mask(address: string): string {
    return `${[...address][0]}•••${address.slice(address.lastIndexOf('@'))}`;
  }

  send(message: Message): Promise<void> {
    return this.carrier.carryMail(message);
  }
}
