import { Injectable } from '@nestjs/common';
import type { Challenge } from '../../challenges/challenge.entity.js';
import { Challenges } from '../../challenges/challenges.service.js';
import type { RequestOrigin } from '../../http/request-origin.js';
import { randomId, Secrets } from '../../kernel/secrets.js';
import { newResetToken, readResetToken, type ResetToken, writeResetToken } from './reset-token.js';

/** The purpose of the challenges behind reset links, and of the mails that bring them. */
export const PASSWORD_RESET = 'password_reset';
/** How long a link is good for, in milliseconds. */
export const RESET_TTL = 1_800_000;

/** The challenges behind reset links. Only a keyed hash of a link's secret is kept, bound to challenge and user. */
@Injectable()
export class PasswordResets {
  constructor(
    private readonly challenges: Challenges,
    private readonly secrets: Secrets,
  ) {}

  /** @returns the token for the link */
  async issue(userId: string, origin: RequestOrigin): Promise<string> {
    const token = newResetToken(randomId());
    const asking = { id: token.challengeId, purpose: PASSWORD_RESET, userId, ttl: RESET_TTL };
    await this.challenges.issue(asking, { kept: this.secrets.hash(PASSWORD_RESET, ...parts(token, userId)) }, origin);
    return writeResetToken(token);
  }

  /** The open challenge that the token answers, and whose it is; null for any other token. */
  async find(text: string): Promise<{ challenge: Challenge; userId: string } | null> {
    const token = readResetToken(text);
    if (!token) return null;
    const challenge = await this.challenges.find({ id: token.challengeId, purpose: PASSWORD_RESET });
    if (!challenge?.userId || challenge.kept === null || this.challenges.statusOf(challenge) !== 'pending') return null;
    const { userId, kept } = challenge;
    return this.secrets.matches(kept, PASSWORD_RESET, ...parts(token, userId)) ? { challenge, userId } : null;
  }

  /** @throws Problem `challenge_expired` when another request was faster */
  consume(challenge: Challenge): Promise<void> {
    return this.challenges.consume(challenge);
  }

  /** Every link that the user has been sent is dead. */
  withdraw(userId: string): Promise<void> {
    return this.challenges.withdraw(PASSWORD_RESET, userId);
  }
}

function parts({ challengeId, secret }: ResetToken, userId: string): [string, string, Buffer] {
  return [challengeId, userId, secret];
}
