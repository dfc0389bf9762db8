import { SmsCarrier } from '../../carrier.js';

/** Stands where no carrier is registered: every message fails, so no number can be enrolled. */
export class NoSmsCarrier extends SmsCarrier {
  carrySms(): Promise<void> {
    return Promise.reject(
      new Error('No SMS carrier is registered: pass one to AppModule.with(settings, { delivery: { smsCarrier } }).'),
    );
  }
}
