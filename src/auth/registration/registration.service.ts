import { Injectable } from '@nestjs/common';
import { Audit } from '../../audit/audit.service.js';
import { ChallengeProblem } from '../../challenges/challenge-problems.js';
import { CHALLENGE_TTL, Challenges } from '../../challenges/challenges.service.js';
import { Sending } from '../../challenges/sending.js';
import { OneTimeCodes } from '../../challenges/one-time-codes.js';
import { maskAddress } from '../../delivery/channel.js';
import { Courier } from '../../delivery/courier.js';
import type { Letter } from '../../delivery/letters.js';
import type { RequestOrigin } from '../../http/request-origin.js';
import { CommonProblem, invalidAt } from '../../kernel/problem.js';
import { randomId, Secrets } from '../../kernel/secrets.js';
import { normalizeEmail } from '../../users/email-address.js';
import { UnawaitedWork } from '../unawaited-work.js';
import { PasswordHasher } from '../../users/password-hasher.js';
import { type NewUser, UserStore } from '../../users/user-store.js';
import { type ChallengeDto, toChallengeDto } from '../session/challenge.dto.js';
import { NewPassword } from '../password/new-password.js';
import { AddressGuesses } from './address-guesses.js';
import type { RegisterDto } from './registration.dto.js';

const PURPOSE = 'email_verification';
const CHANNEL = 'email';

/**
 * Registration. No account exists before its address is proved: what it will be waits, sealed, in the challenge that
 * was mailed. So nobody can prepare an account for somebody else's address (pre-hijacking), and a taken address is
 * answered exactly as a new one (ASVS 6.3.8).
 */
@Injectable()
export class Registration {
  constructor(
    private readonly users: UserStore,
    private readonly hasher: PasswordHasher,
    private readonly newPassword: NewPassword,
    private readonly challenges: Challenges,
    private readonly codes: OneTimeCodes,
    private readonly guesses: AddressGuesses,
    private readonly courier: Courier,
    private readonly sending: Sending,
    private readonly secrets: Secrets,
    private readonly audit: Audit,
    private readonly unawaited: UnawaitedWork,
  ) {}

  /** @throws Problem `validation_failed` when the password is refused */
  async register({ email: address, password, ...rest }: RegisterDto, origin: RequestOrigin): Promise<ChallengeDto> {
    const email = normalizeEmail(address);
    if (email === null) throw invalidAt('/email', 'email must be an email');
    const displayName = rest.displayName ?? null;
    this.newPassword.require('/password', password, { email, displayName });
    const passwordHash = await this.hasher.hash(password);
    const taken = await this.users.findByEmail(email);

    const id = randomId();
    const { code, kept } = this.codes.create(id);
    const sealed = this.secrets.seal(
      PURPOSE,
      id,
      JSON.stringify({ email, displayName, passwordHash } satisfies NewUser),
    );
    const letter: Letter = taken
      ? { kind: 'address-taken' }
      : { kind: 'email-verification-code', code, minutes: CHALLENGE_TTL / 60_000 };
    const mailed = (await this.sending.take(PURPOSE, { channel: CHANNEL, to: email }, origin)) === null;
    // A code that nobody was sent could only be guessed.
    const question = { kept: mailed ? kept : null };
    const challenge = await this.challenges.issue({ id, purpose: PURPOSE, sealed }, question, origin);
    this.audit.record({ type: 'registration.requested', ...(taken && { userId: taken.id }) }, origin);
    // Not awaited, in both cases: how long the mail server takes must not tell which it is.
    if (mailed)
      this.unawaited.add('A registration mail', this.courier.deliver(CHANNEL, email, letter, origin.requestId), origin);
    const destination = maskAddress(this.courier.channel(CHANNEL), email);
    return toChallengeDto(challenge, 'pending', { id, type: CHANNEL, destination }, []);
  }

  /**
   * Proves the address and creates the account.
   * @throws Problem `not_found`, `challenge_expired`, `too_many_attempts` or `invalid_code`
   */
  async verify(challengeId: string, code: string, origin: RequestOrigin): Promise<void> {
    const challenge = await this.challenges.find({ id: challengeId, purpose: PURPOSE });
    if (!challenge) throw CommonProblem.notFound();
    this.challenges.requireOpen(challenge);
    const user = JSON.parse(this.secrets.unseal(PURPOSE, challenge.id, challenge.sealed!)) as NewUser;
    await this.guesses.spend(user.email);
    if (!this.codes.matches(challenge.id, challenge.kept, code)) {
      this.audit.record({ type: 'email.verification.failed' }, origin);
      return this.challenges.refuse(challenge);
    }
    await this.challenges.consume(challenge);
    await this.guesses.forgive(user.email);
    // Taken meanwhile by another registration of the same address.
    const created = await this.users.create(user);
    if (!created) throw ChallengeProblem.closed();
    this.audit.record({ type: 'email.verified', userId: created.id }, origin);
  }
}
