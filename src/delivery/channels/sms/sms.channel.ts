import { createRequire } from 'node:module';
import { Inject } from '@nestjs/common';
import type * as PhoneNumbers from 'libphonenumber-js/max';
import { SmsCarrier } from '../../carrier.js';
import { DELIVERY_OPTIONS, type DeliveryOptions } from '../../delivery.options.js';
import { type Channel, type Message, MfaChannel } from '../../channel.js';

/** Numbers that cost the sender dear (toll fraud) or that reach no person. */
const REFUSED_TYPES = new Set(['PREMIUM_RATE', 'SHARED_COST', 'UAN', 'VOICEMAIL', 'PAGER', 'FIXED_LINE', 'TOLL_FREE']);

const load = createRequire(import.meta.url);
/** Loaded when the first number is read: it takes 3 MB, and 60 ms of a start. */
const phoneNumbers = () => load('libphonenumber-js/max') as typeof PhoneNumbers;

/** Text messages. A restricted authenticator (NIST SP 800-63B-4 3.1.3.3), so it should not be the only one on offer. */
@MfaChannel('sms')
export class SmsChannel implements Channel {
  readonly addressProperty = 'phoneNumber';
  readonly acr = 'aal2';
  readonly amr = ['sms', 'otp'];

  constructor(
    private readonly carrier: SmsCarrier,
    @Inject(DELIVERY_OPTIONS) private readonly options: Pick<DeliveryOptions, 'smsCountries' | 'site'>,
  ) {}

  /** @returns the number in E.164 form */
  address(raw: string): string | null {
    const number = phoneNumbers().parsePhoneNumberFromString(raw);
    return number?.isValid() && this.serves(number) ? number.number : null;
  }

  /** The country's calling code. */
  prefix(address: string): string | undefined {
    return phoneNumbers().parsePhoneNumberFromString(address)?.countryCallingCode;
  }

  /** `•••• ••89` */
  mask(address: string): string {
    return `•••• ••${address.slice(-2)}`;
  }

  /** By which a phone offers the code on our page, and on no other (origin-bound one-time codes). */
  lastLine(code: string): string {
    return `@${this.options.site} #${code}`;
  }

  async send(message: Message): Promise<void> {
    // Once more: the number may have been enrolled before its country was taken off the list.
    if (this.address(message.to) === null) throw new Error('The number is not served (any more).');
    await this.carrier.carrySms(message);
  }

  private serves(number: PhoneNumbers.PhoneNumber): boolean {
    const { smsCountries } = this.options;
    const served = smsCountries.length === 0 || (number.country !== undefined && smsCountries.includes(number.country));
    return served && !REFUSED_TYPES.has(number.getType() ?? '');
  }
}
