import { parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { SmsCarrier } from '../../carrier.js';
import { type Channel, type Message, MfaChannel } from '../../channel.js';

/** Numbers that cost the sender dear (toll fraud) or that reach no person. */
const REFUSED_TYPES = new Set(['PREMIUM_RATE', 'SHARED_COST', 'UAN', 'VOICEMAIL', 'PAGER', 'FIXED_LINE', 'TOLL_FREE']);

/** Text messages. A restricted authenticator (NIST SP 800-63B-4 3.1.3.3), so it should not be the only one on offer. */
@MfaChannel('sms')
export class SmsChannel implements Channel {
  readonly addressProperty = 'phoneNumber';
  readonly acr = 'aal2';
  readonly amr = ['sms', 'otp'];

  constructor(private readonly carrier: SmsCarrier) {}

  /** @returns the number in E.164 form */
  address(raw: string): string | null {
    const number = parsePhoneNumberFromString(raw);
    return number?.isValid() && !REFUSED_TYPES.has(number.getType() ?? '') ? number.number : null;
  }

  /** `•••• ••89` */
  mask(address: string): string {
    return `•••• ••${address.slice(-2)}`;
  }

  send(message: Message): Promise<void> {
    return this.carrier.carrySms(message);
  }
}
