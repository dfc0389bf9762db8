import { randomBytes } from 'node:crypto';
import { generateSync } from 'otplib';
import { OneTimeCodes } from '../../src/challenges/one-time-codes.js';
import { EmailChannel } from '../../src/delivery/channels/email/email.channel.js';
import { Secrets } from '../../src/kernel/secrets.js';
import { CodeFactorType } from '../../src/mfa/factor-types/code/code.factor-type.js';
import { RecoveryCodeFactorType } from '../../src/mfa/factor-types/recovery-code/recovery-code.factor-type.js';
import { TotpFactorType } from '../../src/mfa/factor-types/totp/totp.factor-type.js';
import { ManualClock } from '../support/manual-clock.js';
import { factorTypeContract } from './factor-type.contract.js';
import { PagerChannel } from './pager/pager.channel.js';
import { PinFactorType } from './pin/pin.factor-type.js';

const secrets = new Secrets(randomBytes(32));
const codes = new OneTimeCodes(secrets);

factorTypeContract('email', () => ({
  type: new CodeFactorType('email', new EmailChannel({ carryMail: () => Promise.resolve() }), codes, 5),
  answer: ({ parcel }) => ({ code: (parcel!.letter as { code: string }).code }),
}));

factorTypeContract('pager', () => ({
  type: new CodeFactorType('pager', new PagerChannel(), codes, 5),
  input: { address: '555-0199' },
  badInputs: [{}, { address: '' }, { address: 'no digits' }, { address: 5_550_199 }, { address: '555-0199', more: 1 }],
  answer: ({ parcel }) => ({ code: (parcel!.letter as { code: string }).code }),
}));

factorTypeContract('totp', () => {
  const clock = new ManualClock();
  return {
    type: new TotpFactorType(clock),
    proceed: () => clock.advance('30s'),
    answer: (_, { secret }) => ({
      code: generateSync({ secret: secret as string, epoch: Math.floor(clock.now().getTime() / 1_000) }),
    }),
  };
});

factorTypeContract('recovery_code', () => {
  const type = new RecoveryCodeFactorType(secrets);
  return {
    type,
    answer: (_, { recoveryCodes }, { secret }) => ({
      code: (recoveryCodes as string[])[10 - type.remaining(secret!)],
    }),
  };
});

factorTypeContract('pin', () => ({
  type: new PinFactorType(secrets),
  input: { pin: '493817' },
  badInputs: [{}, { pin: '' }, { pin: '12345' }, { pin: 493_817 }, { pin: 'abcdef' }, { pin: '493817', more: 1 }],
  answer: () => ({ code: '493817' }),
  reusable: true,
}));
