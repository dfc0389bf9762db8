import { EmailChannel } from '../../src/delivery/channels/email/email.channel.js';
import { Outbox } from '../../src/delivery/channels/outbox/outbox.js';
import { SmsChannel } from '../../src/delivery/channels/sms/sms.channel.js';
import { ManualClock } from '../support/manual-clock.js';
import { channelContract } from './channel.contract.js';
import { PagerChannel } from './pager/pager.channel.js';

/** A carrier that keeps what it takes, until it breaks. */
class BreakableCarrier extends Outbox {
  broken = false;

  constructor() {
    super(new ManualClock());
  }

  override carryMail(...mail: Parameters<Outbox['carryMail']>): Promise<void> {
    return this.broken ? Promise.reject(new Error('down')) : super.carryMail(...mail);
  }

  override carrySms(...sms: Parameters<Outbox['carrySms']>): Promise<void> {
    return this.broken ? Promise.reject(new Error('down')) : super.carrySms(...sms);
  }
}

function carrier() {
  const outbox = new BreakableCarrier();
  return { outbox, carried: () => outbox.messages(), breakCarrier: () => void (outbox.broken = true) };
}

channelContract('email', () => {
  const { outbox, ...rest } = carrier();
  return { channel: new EmailChannel(outbox), spellings: ['ada@example.com'], bad: ['ada', 'ada@', '@x'], ...rest };
});

channelContract('sms', () => {
  const { outbox, ...rest } = carrier();
  return {
    channel: new SmsChannel(outbox, { smsCountries: [], site: 'example.com' }),
    spellings: ['+49 1511 2345678', '+4915112345678', '+49 (1511) 234-5678'],
    bad: ['12', 'ada@example.com', '+49', '+1 900 555 0199', '01511 2345678'],
    ...rest,
  };
});

channelContract('pager', () => {
  const channel = new PagerChannel();
  return {
    channel,
    spellings: ['555-0199', '555 01 99', '5550199'],
    bad: ['555', 'five'],
    carried: () => channel.paged,
    breakCarrier: () => void (channel.broken = true),
  };
});
