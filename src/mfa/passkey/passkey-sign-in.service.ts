import { Injectable } from '@nestjs/common';
import { Audit } from '../../audit/audit.service.js';
import { type SessionDto, toSessionDto } from '../../auth/index.js';
import type { Challenge } from '../../challenges/challenge.entity.js';
import { Challenges } from '../../challenges/challenges.service.js';
import type { RequestOrigin } from '../../http/request-origin.js';
import { Clock } from '../../kernel/clock.js';
import { CommonProblem, Problem } from '../../kernel/problem.js';
import type { Grant } from '../../sessions/grants.js';
import { Sessions } from '../../sessions/sessions.service.js';
import { UserStore } from '../../users/user-store.js';
import type { Factor } from '../enrollment/factor.entity.js';
import { FactorRepository } from '../enrollment/factor.repository.js';
import { FactorVault } from '../enrollment/factor-vault.js';
import type { Accepted, Answer, PasskeyType } from '../factor-types/factor-type.js';
import { FactorTypes } from '../factor-types/factor-types.js';
import { MfaProblem } from '../mfa-problems.js';
import type { PasskeyOptionsDto } from './passkey.dtos.js';

const PURPOSE = 'passkey';

/** Signing in with a factor that proves possession and person in one gesture, without a password. */
@Injectable()
export class PasskeySignIn {
  constructor(
    private readonly challenges: Challenges,
    private readonly factors: FactorRepository,
    private readonly vault: FactorVault,
    private readonly types: FactorTypes,
    private readonly users: UserStore,
    private readonly sessions: Sessions,
    private readonly audit: Audit,
    private readonly clock: Clock,
  ) {}

  /** @throws Problem `not_found` where no type can sign in alone */
  async start(origin: RequestOrigin): Promise<PasskeyOptionsDto> {
    const [, type] = this.passkeyType();
    const question = await type.askAnyone();
    const { id, expiresAt } = await this.challenges.issue({ purpose: PURPOSE }, question, origin);
    return { challengeId: id, expiresAt: expiresAt.toISOString(), publicKey: question.publicKey! };
  }

  /** @throws Problem `invalid_credentials`, the same for whatever is wrong */
  async signIn(challengeId: string, credential: Answer['credential'], origin: RequestOrigin): Promise<SessionDto> {
    const [name, type] = this.passkeyType();
    const answer = { credential };
    const challenge = await this.take(challengeId);
    const factor = await this.claimed(name, type.uniqueKeyOf(answer));
    const about = { factorType: name, ...(factor && { userId: factor.userId, factorId: factor.id }) };
    const accepted = challenge && factor && (await this.prove(type, factor, challenge, answer));
    const grant = accepted && (await this.open(factor, accepted, origin));
    if (!grant) {
      this.audit.record({ type: 'login.failed', ...about }, origin);
      throw MfaProblem.passkeyRefused();
    }
    this.audit.record({ type: 'login.succeeded', ...about, sessionId: grant.principal.sessionId }, origin);
    return toSessionDto(grant, { status: 'satisfied' });
  }

  private open(factor: Factor, { acr, amr }: Accepted, origin: RequestOrigin): Promise<Grant | null> {
    // Its removal ends the sessions that it has opened by then: this one must not come afterwards.
    const provided = this.factors.whileActive(factor);
    return this.sessions.open(factor.userId, { acr, amr: [...amr, 'mfa'] }, origin, { proved: factor, provided });
  }

  /** Uses the challenge up before its answer is looked at: it takes one, right or wrong. */
  private async take(id: string): Promise<Challenge | null> {
    const challenge = await this.challenges.find({ id, purpose: PURPOSE });
    try {
      if (challenge) await this.challenges.consume(challenge);
      return challenge;
    } catch (error) {
      // Used or expired.
      if (error instanceof Problem) return null;
      throw error;
    }
  }

  /** The factor that the answer claims to be of. */
  private async claimed(type: string, uniqueKey: string | null): Promise<Factor | null> {
    return uniqueKey === null ? null : this.factors.findByUniqueKey(this.vault.hashUniqueKey(type, uniqueKey));
  }

  // Wrong answers are not counted against the factor: a signature cannot be guessed, and anybody could block it.
  private async prove(
    type: PasskeyType,
    factor: Factor,
    { id, kept }: Challenge,
    answer: Answer,
  ): Promise<Accepted | null> {
    const user = await this.users.findById(factor.userId);
    if (!user || user.disabled) return null;
    const accepted = await type.verify(this.vault.open(factor), { id, purpose: PURPOSE, kept }, answer);
    if (!accepted) return null;
    const sealed = accepted.secret === undefined ? factor.sealed : this.vault.seal(factor, accepted.secret);
    // Nor where the factor is disabled, has to wait, or was removed meanwhile.
    return (await this.factors.prove(factor, sealed, this.clock.now())) ? accepted : null;
  }

  private passkeyType(): readonly [string, PasskeyType] {
    const found = this.types.passkey();
    if (!found) throw CommonProblem.notFound();
    return found;
  }
}
