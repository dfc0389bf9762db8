import { execFileSync } from 'node:child_process';
import { generateSync } from 'otplib';
import { isPresent, SERVICES } from '../../../../test/support/services.js';
import { Clock } from '../../../kernel/clock.js';
import type { Accepted, Answer } from '../factor-type.js';
import { TotpFactorType } from './totp.factor-type.js';

/** A clock that shows one moment, given in seconds since 1970. */
class At extends Clock {
  constructor(private readonly seconds: number) {
    super();
  }

  now(): Date {
    return new Date(this.seconds * 1_000);
  }
}

const ada = { id: 'ada', email: 'ada@example.com', issuer: 'Stepgate' };
const challenge = { id: 'challenge', purpose: 'mfa', kept: null } as const;
/** ASCII 12345678901234567890, the seed of both RFCs. */
const RFC_SEED = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
const fresh = JSON.stringify({ secret: RFC_SEED, lastStep: null });

function verify(seconds: number, answer: Answer, secret = fresh): Accepted | null {
  return new TotpFactorType(new At(seconds)).verify({ id: 'factor', userId: 'ada', secret }, challenge, answer);
}

/** The code of the RFC's seed, at that time, by other means than ours. */
const codeAt = (seconds: number): string => generateSync({ secret: RFC_SEED, epoch: seconds });

describe('TOTP', () => {
  it.each([
    [59, '94287082'],
    [1_111_111_109, '07081804'],
    [1_111_111_111, '14050471'],
    [1_234_567_890, '89005924'],
    [2_000_000_000, '69279037'],
    [20_000_000_000, '65353130'],
  ])('takes the SHA-1 vector of RFC 6238, appendix B, for %d', (seconds, eightDigits) => {
    // Six digits are the last six of eight (RFC 4226, 5.3).
    expect(verify(seconds, { code: eightDigits.slice(2) })).toMatchObject({ amr: ['otp'], acr: 'aal2' });
  });

  it.each([
    [59, '46119246', '90693936'],
    [1_111_111_109, '68084774', '25091201'],
    [1_111_111_111, '67062674', '99943326'],
    [1_234_567_890, '91819424', '93441116'],
    [2_000_000_000, '90698825', '38618901'],
    [20_000_000_000, '77737706', '47863826'],
  ])('rests on a library that knows the SHA-256 and SHA-512 vectors for %d', (epoch, sha256, sha512) => {
    const seed = (length: number) => Buffer.from('1234567890'.repeat(7).slice(0, length));
    expect(generateSync({ secret: seed(32), epoch, digits: 8, algorithm: 'sha256' })).toBe(sha256);
    expect(generateSync({ secret: seed(64), epoch, digits: 8, algorithm: 'sha512' })).toBe(sha512);
  });

  it.each(
    '755224 287082 359152 969429 338314 254676 287922 162583 399871 520489'.split(' ').map((code, n) => [n, code]),
  )('takes the vector of RFC 4226, appendix D, for counter %d', (counter, code) => {
    expect(verify(Number(counter) * 30, { code: String(code) })).not.toBeNull();
  });

  it('takes the code of the current step and of the one before, and no other', () => {
    const start = 1_800_000_000;
    const verdicts = [-2, -1, 0, 1].map((steps) => [
      verify(start, { code: codeAt(start + steps * 30) }) !== null,
      verify(start + 29, { code: codeAt(start + steps * 30) }) !== null,
    ]);
    expect(verdicts).toEqual([
      [false, false],
      [true, true],
      [true, true],
      [false, false],
    ]);
  });

  it('takes no step twice, and none before one that was taken', () => {
    const { secret } = verify(1_800_000_000, { code: codeAt(1_800_000_000) })!;
    expect(verify(1_800_000_000, { code: codeAt(1_800_000_000) }, secret)).toBeNull();
    expect(verify(1_800_000_030, { code: codeAt(1_800_000_000) }, secret)).toBeNull();
    expect(verify(1_800_000_000, { code: codeAt(1_799_999_970) }, secret)).toBeNull();
    expect(verify(1_800_000_030, { code: codeAt(1_800_000_030) }, secret)).not.toBeNull();
  });

  it('refuses, and does not fail, when the clock was set back', () => {
    const { secret } = verify(1_800_000_000, { code: codeAt(1_800_000_000) })!;
    expect(verify(1_799_990_000, { code: codeAt(1_799_990_000) }, secret)).toBeNull();
  });

  it.each(['', '0', '12345', '1234567', '12 456', 'abcdef', '１２３４５６', '123456\n', '+12345', '1e5000', '-12345'])(
    'calls %j wrong',
    (code) => {
      expect(verify(1_800_000_000, { code })).toBeNull();
    },
  );

  it('calls an answer of another kind wrong', () => {
    expect(verify(1_800_000_000, { credential: {} })).toBeNull();
  });

  it('makes a secret of 160 bits for each factor, and shows it as text, URI and pictures', async () => {
    const type = new TotpFactorType(new At(0));
    const { secret, material } = (await type.enroll({}, ada)) as { secret: string; material: Record<string, string> };
    expect(material.secret).toMatch(/^[A-Z2-7]{32}$/);
    expect(JSON.parse(secret)).toEqual({ secret: material.secret, lastStep: null });
    const uri = new URL(material.uri);
    expect(uri.href).toMatch(/^otpauth:\/\/totp\/Stepgate:ada%40example\.com\?/);
    expect(Object.fromEntries(uri.searchParams)).toEqual({
      secret: material.secret,
      issuer: 'Stepgate',
    });
    expect(Buffer.from(material.qrCodeSvg.replace('data:image/svg+xml;base64,', ''), 'base64').toString()).toMatch(
      /^<svg /,
    );
    expect(Buffer.from(material.qrCodePng.replace('data:image/png;base64,', ''), 'base64').toString('latin1')).toMatch(
      /^.PNG/,
    );
    expect((await type.enroll({}, ada)).secret).not.toBe(secret);
  });

  (isPresent('oathtool') ? it : it.skip)("takes the codes of Debian's oathtool", async () => {
    const enrolling = new TotpFactorType(new At(0));
    for (const seconds of [1_800_000_000, 1_999_999_999, 4_102_444_800]) {
      const { secret, material } = await enrolling.enroll({}, ada);
      const now = `@${seconds}`;
      const code = execFileSync(SERVICES.oathtool, ['--totp', '-b', material!.secret as string, '--now', now]);
      expect(verify(seconds, { code: code.toString().trim() }, secret!)).not.toBeNull();
    }
  });
});
