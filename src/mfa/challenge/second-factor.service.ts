import { Injectable } from '@nestjs/common';
import { type Caller, type ChallengeDto, type MfaState, type SessionDto, toSessionDto } from '../../auth/index.js';
import { Audit } from '../../audit/audit.service.js';
import type { Challenge } from '../../challenges/challenge.entity.js';
import { ChallengeProblem } from '../../challenges/challenge-problems.js';
import { Challenges } from '../../challenges/challenges.service.js';
import { Sending } from '../../challenges/sending.js';
import type { RequestOrigin } from '../../http/request-origin.js';
import { Clock } from '../../kernel/clock.js';
import { CommonProblem, retryAfter } from '../../kernel/problem.js';
import { randomId } from '../../kernel/secrets.js';
import { Sessions } from '../../sessions/sessions.service.js';
import type { Principal } from '../../tokens/principal.js';
import type { Factor } from '../enrollment/factor.entity.js';
import { FactorRepository } from '../enrollment/factor.repository.js';
import { FactorVault } from '../enrollment/factor-vault.js';
import { type Demand, NO_DEMAND, UsableFactors } from '../enrollment/usable-factors.js';
import type { Accepted, Answer, FactorQuestion } from '../factor-types/factor-type.js';
import { FactorTypes } from '../factor-types/factor-types.js';
import { MfaProblem } from '../mfa-problems.js';
import { RecoveryCodes } from '../recovery-codes/recovery-codes.service.js';
import { ChallengeDemands } from './challenge-demands.js';
import { viewChallenge } from './challenge-view.js';
import { FactorGuesses } from './factor-guesses.js';

const PURPOSE = 'mfa';

/** Asks for a second factor and takes the answer. A challenge belongs to the session that it was opened in. */
@Injectable()
export class SecondFactor {
  constructor(
    private readonly challenges: Challenges,
    private readonly factors: UsableFactors,
    private readonly demands: ChallengeDemands,
    private readonly rows: FactorRepository,
    private readonly vault: FactorVault,
    private readonly types: FactorTypes,
    private readonly guesses: FactorGuesses,
    private readonly sending: Sending,
    private readonly sessions: Sessions,
    private readonly recoveryCodes: RecoveryCodes,
    private readonly audit: Audit,
    private readonly clock: Clock,
  ) {}

  /** After a right password: asks for the preferred factor, if there is one. Never fails for want of a message. */
  async afterPassword(caller: Caller): Promise<MfaState> {
    const { userId, origin } = caller;
    const { enrolled, offered: factors } = await this.factors.standing(userId);
    const [factor] = factors;
    if (!factor) return { status: enrolled ? 'required' : 'not_enrolled' };
    const id = randomId();
    const question = await this.ask(factor, id);
    const refillsAt = question.parcel ? await this.sending.take(PURPOSE, question.parcel, origin) : null;
    const challenge = await this.challenges.issue(this.asking(id, caller, factor), question, origin);
    if (!refillsAt)
      return { status: 'required', challenge: await this.delivered(challenge, question, factors, origin) };
    const waiting = await this.challenges.undelivered(challenge, refillsAt);
    return { status: 'required', challenge: this.toDto(waiting, factors, question.publicKey) };
  }

  /**
   * Step-up: asks a signed-in user.
   * @param wanted what the answer is to satisfy; nothing less is offered, now or later
   * @throws Problem `not_found`, `conflict` when he has no factor that would do, `too_many_requests`
   */
  async start(caller: Caller, factorId?: string, wanted: Partial<Demand> = {}): Promise<ChallengeDto> {
    const { userId, origin } = caller;
    const demand = { acr: wanted.acr ?? NO_DEMAND.acr, factors: wanted.factors ?? NO_DEMAND.factors };
    const factors = await this.factors.offered(userId, demand);
    if (factors.length === 0) throw MfaProblem.conflict({ detail: 'There is no active factor that would do.' });
    const factor = await this.choose(caller, factors, factorId);
    const id = randomId();
    const question = await this.ask(factor, id);
    await this.sending.require(PURPOSE, question.parcel, origin);
    const sealed = this.demands.seal(id, demand);
    const challenge = await this.challenges.issue({ ...this.asking(id, caller, factor), sealed }, question, origin);
    return this.delivered(challenge, question, factors, origin);
  }

  /** @throws Problem `not_found` */
  async show(principal: Principal, id: string): Promise<ChallengeDto> {
    const challenge = await this.find(principal, id);
    const factors = await this.factors.offered(principal.userId, this.demands.of(challenge));
    return this.toDto(challenge, factors, await this.publicKeyOf(challenge, factors));
  }

  /**
   * Sends a new code, or switches to another factor. The old code is dead, the attempts used stay used.
   * @throws Problem `not_found`, `challenge_expired`, `conflict` when the factor would not do, `too_many_requests`
   */
  async send(caller: Caller, id: string, factorId?: string): Promise<ChallengeDto> {
    const { userId, origin } = caller;
    const challenge = await this.find(caller, id);
    this.challenges.requireOpen(challenge);
    const factors = await this.factors.offered(userId, this.demands.of(challenge));
    const factor = await this.choose(caller, factors, factorId ?? challenge.factorId ?? undefined);
    const again = factor.id === challenge.factorId;
    const now = this.clock.now();
    if (again && challenge.resendAt && challenge.resendAt > now)
      throw ChallengeProblem.tooManyRequests(retryAfter(challenge.resendAt, now));
    const question = await this.ask(factor, id);
    // For the same factor `resendAt` has told the minute; to and fro between two is no way around it.
    await this.sending.require(PURPOSE, question.parcel, origin, { gap: !again });
    const asked = await this.reissue(challenge, factor.id, question);
    return this.delivered(asked, question, factors, origin);
  }

  /**
   * Takes the answer. When it is right, the session gets a new access token with the MFA claim, and the old is dead.
   * @throws Problem `not_found`, `challenge_expired`, `too_many_attempts`, `invalid_code` with `attemptsLeft`
   */
  async verify(caller: Caller, id: string, answer: Answer): Promise<SessionDto> {
    const { userId, origin } = caller;
    const challenge = await this.find(caller, id);
    this.challenges.requireOpen(challenge);
    const factor = await this.rows.findOne(challenge.factorId!, userId);
    if (factor?.status !== 'active') throw ChallengeProblem.closed();
    this.guesses.requireFree(factor);
    const open = { id, purpose: PURPOSE, kept: challenge.kept } as const;
    const accepted = await this.types.get(factor.type).verify(this.vault.open(factor), open, answer);
    // First the factor, then the challenge: of two right answers with one secret, in two challenges, one finds it changed.
    if (!accepted || !(await this.takeProof(factor, accepted))) {
      await this.countFailure(caller, factor);
      return this.challenges.refuse(challenge);
    }
    await this.challenges.consume(challenge);
    if (accepted.reached) this.sending.reached(PURPOSE, accepted.reached);
    const proved = { id: factor.id, type: factor.type, acr: accepted.acr, amr: accepted.amr };
    // A removal takes the claim from the sessions that have it by then: this one must not get it afterwards.
    const grant = await this.sessions.upgrade(caller, proved, this.rows.whileActive(factor));
    if (!grant) throw ChallengeProblem.closed();
    this.audit.record({ type: 'mfa.verified', ...about(caller, factor) }, origin);
    if (this.types.isBackup(factor.type)) this.recoveryCodes.noteUse(about(caller, factor), accepted.secret!, origin);
    return toSessionDto(grant, { status: 'satisfied' });
  }

  /** Of several at the same moment one wins; what the others took of the budget they put back. */
  private async reissue(challenge: Challenge, factorId: string, question: FactorQuestion): Promise<Challenge> {
    try {
      return await this.challenges.reissue(challenge, factorId, question);
    } catch (error) {
      if (question.parcel) await this.sending.giveBack(PURPOSE, question.parcel);
      throw error;
    }
  }

  private async countFailure(caller: Caller, factor: Factor): Promise<void> {
    const failures = await this.guesses.count(factor, caller.origin);
    this.audit.record({ type: 'mfa.failed', ...about(caller, factor), detail: { failures } }, caller.origin);
  }

  /**
   * Takes a right answer in its turn: of many at the same moment, the wrong ones that came before it are counted, and may
   * leave nothing for it.
   * @returns false when the secret that it was checked against is not the factor's any more: it was used meanwhile
   * @throws Problem `too_many_attempts`
   */
  private async takeProof(read: Factor, { secret }: Accepted): Promise<boolean> {
    const sealed = secret === undefined ? read.sealed : this.vault.seal(read, secret);
    const stands = (factor: Factor | null): factor is Factor =>
      factor?.status === 'active' && factor.sealed === read.sealed;
    for (let factor: Factor | null = read; stands(factor); factor = await this.rows.findOne(read.id, read.userId)) {
      this.guesses.requireFree(factor);
      if (await this.rows.prove(factor, sealed, this.clock.now())) return true;
    }
    return false;
  }

  private async find({ userId, sessionId }: Principal, id: string): Promise<Challenge> {
    const challenge = await this.challenges.find({ id, purpose: PURPOSE, userId, sessionId });
    if (!challenge) throw CommonProblem.notFound();
    return challenge;
  }

  /** @throws Problem `not_found` when the user has no such active factor, `conflict` when it would not do */
  private async choose({ userId }: Principal, offered: Factor[], id: string | undefined): Promise<Factor> {
    const chosen = id === undefined ? offered[0] : offered.find((factor) => factor.id === id);
    if (chosen) return chosen;
    if (!(await this.factors.offered(userId)).some((factor) => factor.id === id)) throw CommonProblem.notFound();
    throw MfaProblem.conflict({ detail: 'This factor would not do here. Choose one that the challenge offers.' });
  }

  private ask(factor: Factor, challengeId: string): FactorQuestion | Promise<FactorQuestion> {
    return this.types.get(factor.type).ask(this.vault.open(factor), { id: challengeId, purpose: PURPOSE });
  }

  /** What the authenticator has to be given, for who comes back to a challenge that is still open. */
  private async publicKeyOf(challenge: Challenge, factors: Factor[]): Promise<object | undefined> {
    const factor = factors.find(({ id }) => id === challenge.factorId);
    if (!factor || this.challenges.statusOf(challenge) !== 'pending') return undefined;
    const { id, kept } = challenge;
    return this.types.get(factor.type).publicKey?.(this.vault.open(factor), { id, purpose: PURPOSE, kept });
  }

  private asking(id: string, { userId, sessionId }: Principal, factor: Factor) {
    return { id, purpose: PURPOSE, userId, sessionId, factorId: factor.id };
  }

  private async delivered(
    challenge: Challenge,
    { parcel, publicKey }: FactorQuestion,
    factors: Factor[],
    origin: RequestOrigin,
  ): Promise<ChallengeDto> {
    const sent = parcel ? await this.challenges.deliver(challenge, parcel, origin) : challenge;
    return this.toDto(sent, factors, publicKey);
  }

  private toDto(challenge: Challenge, factors: Factor[], publicKey?: object): ChallengeDto {
    return viewChallenge(challenge, this.challenges.statusOf(challenge), factors, publicKey);
  }
}

function about({ userId, sessionId }: Principal, { id, type }: Factor) {
  return { userId, sessionId, factorId: id, factorType: type };
}
